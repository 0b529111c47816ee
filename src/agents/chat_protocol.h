// OpenAI's protocol of chat completions (https://platform.openai.com/docs/api-reference/chat), which many servers
// speak: requests as JSON text, answers and streams of chunks as values. Without input or output. What comes from a
// server is trusted in nothing: whatever is not of the protocol is ModelError(malformed_response) that says what is
// wrong.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>

#include "agents/chat_errors.h"
#include "spark/agents/model.h"

namespace spark::agents {

// Of all requests of a model.
struct ChatSettings {
  std::string model = {};
  bool has_strict_output = true;
  bool says_max_tokens = false;  // where "max_completion_tokens" is not known
  Object extra = {};             // members; what the request itself says wins
};

inline constexpr std::int64_t max_tool_calls = 128;  // in one answer
inline constexpr int max_response_depth = 32;        // of nested arrays and objects

// The body of a request; streamed if it has on_text. Throws Error(invalid_argument) for what JSON has no form of.
[[nodiscard]] std::string chat_request(const ModelRequest& request, const ChatSettings& settings);
// Whether requests say this themselves, so that ChatSettings::extra cannot.
[[nodiscard]] bool is_member_of_chat_requests(std::string_view key) noexcept;

// Of a body that came with a status of success. Usage that cannot be (negative counts, parts more than their whole)
// counts as not said. Throws ModelError, also for an error that stands in the body.
[[nodiscard]] ModelResponse read_chat_response(std::string_view body, const ChatErrors& errors);

// Puts the chunks of a stream together. Made for one stream; used by one thread at a time.
class ChatStream {
 public:
  // `errors` must outlive it.
  explicit ChatStream(const ChatErrors& errors) noexcept : errors_(errors) {}

  // The data of one event; gives the text in it. Throws as read_chat_response.
  [[nodiscard]] std::string take(std::string_view data);
  // "[DONE]" has come, behind which nothing counts.
  [[nodiscard]] bool is_done() const noexcept { return is_done_; }
  // The answer, after the last event. Throws ModelError(truncated_stream) if the end has not come: neither "[DONE]"
  // nor the reason why the answer ended.
  [[nodiscard]] ModelResponse finish();

 private:
  void take_choice(const Value& choice, std::string& text);
  void take_tool_call(const Value& piece);
  ToolCall& tool_call_at(const Value& piece, std::string_view id, std::string_view name);

  const ChatErrors& errors_;
  ModelResponse response_;
  std::map<std::int64_t, std::size_t> places_;  // of the tool calls that their indexes stand for
  std::int64_t last_index_ = -1;
  bool is_refusal_ = false;
  bool is_done_ = false;
};

}  // namespace spark::agents
