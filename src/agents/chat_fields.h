// What both the reader of whole answers and the one of streams take out of their JSON. Free functions; everything that
// is wrong is thrown as ChatErrors::malformed.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "agents/chat_errors.h"
#include "spark/agents/model.h"

namespace spark::agents {

[[nodiscard]] Value parse_chat(std::string_view text, const ChatErrors& errors);

// The member of an object; null if it is not there, or there as null.
[[nodiscard]] const Value* field(const Value& object, std::string_view key);
// What stands where an answer should: the member "error", or the whole where it calls itself one, as older servers do.
// Null: no error.
[[nodiscard]] const Value* error_in(const Value& response);
// A string, null if it is not said. `place` names the object: "choices[0].message".
[[nodiscard]] const std::string* string_field(const Value& object, std::string_view key, std::string_view place,
                                              const ChatErrors& errors);
// The text of "content": a string, or the parts of an array that are texts.
[[nodiscard]] std::string content_of(const Value& message, std::string_view place, const ChatErrors& errors);
// The arguments of a tool call's "function": a string, or the object that some servers send.
[[nodiscard]] std::string arguments_of(const Value& function, std::string_view place, const ChatErrors& errors);
// Empty: not said, or said in numbers that cannot be.
[[nodiscard]] std::optional<TokenUsage> usage_of(const Value& response);
// id and model, as far as they are said.
void take_names(const Value& response, ModelResponse& to, const ChatErrors& errors);
// Each has a name, and gets an id where the server gave none.
void check_tool_calls(ModelResponse& response, const ChatErrors& errors);

}  // namespace spark::agents
