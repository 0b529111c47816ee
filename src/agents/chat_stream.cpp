#include <utility>

#include "agents/chat_fields.h"
#include "agents/chat_protocol.h"

namespace spark::agents {

std::string ChatStream::take(std::string_view data) {
  std::string text;
  if (is_done_) return text;
  if (data == "[DONE]") {
    is_done_ = true;
    return text;
  }
  const Value chunk = parse_chat(data, errors_);
  if (const Value* const error = error_in(chunk)) throw errors_.of_error(*error);
  take_names(chunk, response_, errors_);
  // It comes once, or grows.
  if (auto usage = usage_of(chunk)) response_.usage = usage;
  const Value* const choices = field(chunk, "choices");
  if (choices == nullptr) return text;
  if (!choices->is_array()) throw errors_.malformed("choices is no array");
  for (const Value& choice : choices->as_array()) take_choice(choice, text);
  response_.text += text;
  return text;
}

void ChatStream::take_choice(const Value& choice, std::string& text) {
  // One answer was asked for.
  const Value* const index = field(choice, "index");
  if (index != nullptr && *index != Value(0)) return;
  if (const std::string* const reason = string_field(choice, "finish_reason", "choices[0]", errors_)) {
    response_.finish_reason = errors_.clean(*reason, 64);
  }
  const Value* const delta = field(choice, "delta");
  if (delta == nullptr) return;
  if (!delta->is_object()) throw errors_.malformed("choices[0].delta is no object");
  text += content_of(*delta, "choices[0].delta", errors_);
  if (const std::string* const refusal = string_field(*delta, "refusal", "choices[0].delta", errors_)) {
    text += *refusal;
    if (!refusal->empty()) is_refusal_ = true;
  }
  const Value* const calls = field(*delta, "tool_calls");
  if (calls == nullptr) return;
  if (!calls->is_array()) throw errors_.malformed("choices[0].delta.tool_calls is no array");
  for (const Value& piece : calls->as_array()) take_tool_call(piece);
}

void ChatStream::take_tool_call(const Value& piece) {
  constexpr std::string_view place = "choices[0].delta.tool_calls";
  if (!piece.is_object()) throw errors_.malformed(std::string(place) + " has what is no object");
  const std::string* const id = string_field(piece, "id", place, errors_);
  const Value* const function = field(piece, "function");
  if (function != nullptr && !function->is_object()) {
    throw errors_.malformed(std::string(place) + " has a function that is no object");
  }
  const std::string* const name = function != nullptr ? string_field(*function, "name", place, errors_) : nullptr;
  ToolCall& call = tool_call_at(piece, id != nullptr ? std::string_view(*id) : std::string_view(),
                                name != nullptr ? std::string_view(*name) : std::string_view());
  if (function != nullptr) call.arguments += arguments_of(*function, place, errors_);
}

// The call that a piece belongs to: that of its index; one without an index continues the last one. A name with a new
// id begins a call, also where an index is used twice, as some servers do.
ToolCall& ChatStream::tool_call_at(const Value& piece, std::string_view id, std::string_view name) {
  std::int64_t index = last_index_;
  if (const Value* const said = field(piece, "index")) {
    if (!said->is_int() || said->as_int() < 0 || said->as_int() >= max_tool_calls) {
      throw errors_.malformed("the index of a tool call is not from 0 to " + std::to_string(max_tool_calls - 1));
    }
    index = said->as_int();
  } else if (index < 0) {
    index = 0;
  }
  last_index_ = index;
  std::vector<ToolCall>& calls = response_.tool_calls;
  const auto place = places_.find(index);
  const bool is_new = place == places_.end() || (!id.empty() && !name.empty() && !calls[place->second].id.empty() &&
                                                 calls[place->second].id != id);
  if (is_new) {
    if (calls.size() == static_cast<std::size_t>(max_tool_calls)) {
      throw errors_.malformed("it has more than " + std::to_string(max_tool_calls) + " tool calls");
    }
    places_[index] = calls.size();
    calls.emplace_back();
  }
  ToolCall& call = calls[places_[index]];
  if (call.id.empty()) call.id = id;
  if (call.name.empty()) call.name = name;
  return call;
}

ModelResponse ChatStream::finish() {
  if (!is_done_ && response_.finish_reason.empty()) {
    throw errors_.of_kind(ModelErrorKind::truncated_stream, "ended a stream before its end");
  }
  check_tool_calls(response_, errors_);
  if (is_refusal_) response_.finish_reason = "refusal";
  return std::move(response_);
}

}  // namespace spark::agents
