// Messages are what a conversation with a model consists of. Values with constructors, so that they may be part of an
// expression with co_await.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "spark/base/value.h"

namespace spark {

enum class MessageRole : std::uint8_t { system, user, assistant, tool };
[[nodiscard]] std::string_view to_string(MessageRole role) noexcept;

// A model asks for a tool.
class ToolCall {
 public:
  ToolCall() = default;
  ToolCall(std::string its_id, std::string its_name, std::string its_arguments)
      : id(std::move(its_id)), name(std::move(its_name)), arguments(std::move(its_arguments)) {}

  std::string id;
  std::string name;
  std::string arguments;  // JSON as the model wrote it, which may be none

  bool operator==(const ToolCall&) const = default;
};

class Message {
 public:
  Message() = default;
  Message(MessageRole its_role, std::string its_text) : role(its_role), text(std::move(its_text)) {}

  [[nodiscard]] static Message system(std::string text) { return {MessageRole::system, std::move(text)}; }
  [[nodiscard]] static Message user(std::string text) { return {MessageRole::user, std::move(text)}; }
  [[nodiscard]] static Message assistant(std::string text, std::vector<ToolCall> tool_calls = {});
  // What a tool gave for the call of this id.
  [[nodiscard]] static Message tool(std::string tool_call_id, std::string text);

  MessageRole role = MessageRole::user;
  std::string text;
  std::vector<ToolCall> tool_calls;  // of an assistant
  std::string tool_call_id;          // of a tool

  bool operator==(const Message&) const = default;
};

// What a model is told of a tool.
class ToolDefinition {
 public:
  ToolDefinition() = default;
  ToolDefinition(std::string its_name, std::string its_description, Object its_parameters)
      : name(std::move(its_name)), description(std::move(its_description)), parameters(std::move(its_parameters)) {}

  std::string name;
  std::string description;
  Object parameters;  // a JSON schema of an object

  bool operator==(const ToolDefinition&) const = default;
};

// The conversation as OpenTelemetry's conventions for generative AI have it: [{"role": …, "parts": […]}, …].
[[nodiscard]] Value to_value(const std::vector<Message>& messages);

}  // namespace spark
