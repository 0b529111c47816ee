#include "spark/agents/message.h"

namespace spark {

namespace {

Object text_part(const std::string& text) { return Object{{"type", "text"}, {"content", text}}; }

Array parts_of(const Message& message) {
  Array parts;
  if (message.role == MessageRole::tool) {
    parts.emplace_back(Object{{"type", "tool_call_response"}, {"id", message.tool_call_id}, {"result", message.text}});
    return parts;
  }
  if (!message.text.empty()) parts.emplace_back(text_part(message.text));
  for (const ToolCall& call : message.tool_calls) {
    parts.emplace_back(
        Object{{"type", "tool_call"}, {"id", call.id}, {"name", call.name}, {"arguments", call.arguments}});
  }
  return parts;
}

}  // namespace

std::string_view to_string(MessageRole role) noexcept {
  switch (role) {
    case MessageRole::system:
      return "system";
    case MessageRole::user:
      return "user";
    case MessageRole::assistant:
      return "assistant";
    case MessageRole::tool:
      return "tool";
  }
  return "unknown";
}

Message Message::assistant(std::string text, std::vector<ToolCall> tool_calls) {
  Message message(MessageRole::assistant, std::move(text));
  message.tool_calls = std::move(tool_calls);
  return message;
}

Message Message::tool(std::string tool_call_id, std::string text) {
  Message message(MessageRole::tool, std::move(text));
  message.tool_call_id = std::move(tool_call_id);
  return message;
}

Value to_value(const std::vector<Message>& messages) {
  Array array;
  for (const Message& message : messages) {
    array.emplace_back(Object{{"role", to_string(message.role)}, {"parts", parts_of(message)}});
  }
  return array;
}

}  // namespace spark
