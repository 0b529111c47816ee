#include "agents/chat_fields.h"

#include <utility>

#include "agents/chat_protocol.h"
#include "agents/plain_json.h"
#include "spark/base/json.h"

namespace spark::agents {

namespace {

constexpr std::size_t max_name_bytes = 256;  // of an id, of a model's name

std::string wrong_type(std::string_view place, std::string_view key, const Value& value, std::string_view wanted) {
  std::string text(place);
  if (!place.empty()) text.push_back('.');
  text.append(key).append(" is of type ").append(to_string(value.type())).append(", not ").append(wanted);
  return text;
}

// A count; 0 where it is not said, empty where it is no count.
std::optional<std::int64_t> count_field(const Value* object, std::string_view key) {
  if (object == nullptr) return 0;
  const Value* const value = field(*object, key);
  if (value == nullptr) return 0;
  if (!value->is_int() || value->as_int() < 0) return std::nullopt;
  return value->as_int();
}

}  // namespace

Value parse_chat(std::string_view text, const ChatErrors& errors) {
  Value value;
  try {
    value = parse_json(text, max_response_depth);
  } catch (const Error& error) {
    throw errors.malformed(error.what());
  }
  if (!value.is_object()) throw errors.malformed("it is no JSON object");
  return value;
}

const Value* field(const Value& object, std::string_view key) {
  if (!object.is_object()) return nullptr;
  const Value* const value = object.as_object().find(key);
  return value != nullptr && !value->is_null() ? value : nullptr;
}

const Value* error_in(const Value& response) {
  if (const Value* const error = field(response, "error")) return error;
  const Value* const object = field(response, "object");
  return object != nullptr && *object == Value("error") ? &response : nullptr;
}

const std::string* string_field(const Value& object, std::string_view key, std::string_view place,
                                const ChatErrors& errors) {
  const Value* const value = field(object, key);
  if (value == nullptr) return nullptr;
  if (!value->is_string()) throw errors.malformed(wrong_type(place, key, *value, "string"));
  return &value->as_string();
}

std::string content_of(const Value& message, std::string_view place, const ChatErrors& errors) {
  const Value* const content = field(message, "content");
  if (content == nullptr) return {};
  if (content->is_string()) return content->as_string();
  if (!content->is_array()) throw errors.malformed(wrong_type(place, "content", *content, "string"));
  std::string text;
  for (const Value& part : content->as_array()) {
    const Value* const type = field(part, "type");
    if (type == nullptr || *type != Value("text")) continue;
    if (const std::string* const piece = string_field(part, "text", "a part of content", errors)) text += *piece;
  }
  return text;
}

std::string arguments_of(const Value& function, std::string_view place, const ChatErrors& errors) {
  const Value* const arguments = field(function, "arguments");
  if (arguments == nullptr) return {};
  if (arguments->is_string()) return arguments->as_string();
  if (!arguments->is_object()) throw errors.malformed(wrong_type(place, "arguments", *arguments, "string"));
  std::string text;
  append_plain_json(text, *arguments);
  return text;
}

std::optional<TokenUsage> usage_of(const Value& response) {
  const Value* const usage = field(response, "usage");
  if (usage == nullptr || field(*usage, "prompt_tokens") == nullptr) return std::nullopt;
  const Value* const input = field(*usage, "prompt_tokens_details");
  const Value* const output = field(*usage, "completion_tokens_details");
  const auto input_tokens = count_field(usage, "prompt_tokens");
  const auto output_tokens = count_field(usage, "completion_tokens");
  const auto cached = count_field(input, "cached_tokens");
  const auto cache_write = count_field(input, "cache_write_tokens");  // OpenRouter's
  const auto reasoning = count_field(output, "reasoning_tokens");
  if (!input_tokens || !output_tokens || !cached || !cache_write || !reasoning) return std::nullopt;
  if (*cached > *input_tokens || *cache_write > *input_tokens - *cached || *reasoning > *output_tokens) {
    return std::nullopt;
  }
  TokenUsage result;
  result.input_tokens = *input_tokens;
  result.cache_read_input_tokens = *cached;
  result.cache_write_input_tokens = *cache_write;
  result.output_tokens = *output_tokens;
  result.reasoning_output_tokens = *reasoning;
  return result;
}

void take_names(const Value& response, ModelResponse& to, const ChatErrors& errors) {
  if (const std::string* const id = string_field(response, "id", "", errors); id != nullptr && to.id.empty()) {
    to.id = errors.clean(*id, max_name_bytes);
  }
  if (const std::string* const model = string_field(response, "model", "", errors);
      model != nullptr && to.model.empty()) {
    to.model = errors.clean(*model, max_name_bytes);
  }
}

void check_tool_calls(ModelResponse& response, const ChatErrors& errors) {
  for (std::size_t i = 0; i < response.tool_calls.size(); ++i) {
    ToolCall& call = response.tool_calls[i];
    if (call.name.empty()) throw errors.malformed("tool call " + std::to_string(i) + " has no name");
    // Some servers give none; the answer to the call needs one.
    if (call.id.empty()) call.id = "call_" + std::to_string(i);
  }
}

}  // namespace spark::agents
