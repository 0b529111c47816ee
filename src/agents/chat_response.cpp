#include <utility>

#include "agents/chat_fields.h"
#include "agents/chat_protocol.h"

namespace spark::agents {

namespace {

ToolCall read_tool_call(const Value& value, std::size_t i, const ChatErrors& errors) {
  const std::string place = "choices[0].message.tool_calls[" + std::to_string(i) + "]";
  const Value* const function = field(value, "function");
  if (function == nullptr || !function->is_object()) throw errors.malformed(place + " has no function");
  ToolCall call;
  if (const std::string* const id = string_field(value, "id", place, errors)) call.id = *id;
  if (const std::string* const name = string_field(*function, "name", place, errors)) call.name = *name;
  call.arguments = arguments_of(*function, place, errors);
  return call;
}

void read_tool_calls(const Value& message, ModelResponse& response, const ChatErrors& errors) {
  const Value* const calls = field(message, "tool_calls");
  if (calls == nullptr) return;
  if (!calls->is_array()) throw errors.malformed("choices[0].message.tool_calls is no array");
  const Array& all = calls->as_array();
  if (all.size() > static_cast<std::size_t>(max_tool_calls)) {
    throw errors.malformed("it has more than " + std::to_string(max_tool_calls) + " tool calls");
  }
  for (std::size_t i = 0; i < all.size(); ++i) response.tool_calls.push_back(read_tool_call(all[i], i, errors));
  check_tool_calls(response, errors);
}

}  // namespace

ModelResponse read_chat_response(std::string_view body, const ChatErrors& errors) {
  const Value value = parse_chat(body, errors);
  if (const Value* const error = error_in(value)) throw errors.of_error(*error);
  const Value* const choices = field(value, "choices");
  if (choices == nullptr || !choices->is_array() || choices->as_array().empty()) {
    throw errors.malformed("it has no choices");
  }
  const Value& choice = choices->as_array().front();
  const Value* const message = field(choice, "message");
  if (message == nullptr || !message->is_object()) throw errors.malformed("choices[0] has no message");
  ModelResponse response;
  take_names(value, response, errors);
  response.usage = usage_of(value);
  response.text = content_of(*message, "choices[0].message", errors);
  if (const std::string* const reason = string_field(choice, "finish_reason", "choices[0]", errors)) {
    response.finish_reason = errors.clean(*reason, 64);
  }
  read_tool_calls(*message, response, errors);
  const std::string* const refusal = string_field(*message, "refusal", "choices[0].message", errors);
  if (refusal != nullptr && !refusal->empty()) {
    response.text += *refusal;
    response.finish_reason = "refusal";
  }
  return response;
}

}  // namespace spark::agents
