#include <algorithm>
#include <cmath>

#include "agents/chat_protocol.h"
#include "agents/plain_json.h"
#include "spark/base/error.h"
#include "spark/base/json.h"

namespace spark::agents {

namespace {

constexpr std::string_view own_members[] = {"messages", "model",          "response_format",
                                            "stream",   "stream_options", "tools"};

// Writes one object, of which nothing is said twice.
class BodyWriter {
 public:
  explicit BodyWriter(const Object& extra) : extra_(extra) {}

  // Begins a member; its value is to be appended.
  std::string& member(std::string_view key) {
    text_.push_back(text_.empty() ? '{' : ',');
    append_json_string(text_, key);
    text_.push_back(':');
    extra_.erase(key);
    return text_;
  }
  // The members that were not said, and the end.
  std::string finish() {
    const Object rest = std::move(extra_);
    for (const Object::Member& each : rest) append_plain_json(member(each.key), each.value);
    text_.push_back('}');
    return std::move(text_);
  }

 private:
  std::string text_;
  Object extra_;
};

void append_tool_calls(std::string& out, const std::vector<ToolCall>& calls) {
  char before = '[';
  for (const ToolCall& call : calls) {
    out.push_back(before);
    before = ',';
    append_json_string(out.append(R"({"id":)"), call.id);
    append_json_string(out.append(R"(,"type":"function","function":{"name":)"), call.name);
    append_json_string(out.append(R"(,"arguments":)"), call.arguments);
    out.append("}}");
  }
  out.push_back(']');
}

void append_message(std::string& out, const Message& message) {
  append_json_string(out.append(R"({"role":)"), to_string(message.role));
  if (message.role == MessageRole::tool) {
    append_json_string(out.append(R"(,"tool_call_id":)"), message.tool_call_id);
  }
  const bool has_calls = message.role == MessageRole::assistant && !message.tool_calls.empty();
  out.append(R"(,"content":)");
  if (has_calls && message.text.empty()) {
    out.append("null");
  } else {
    append_json_string(out, message.text);
  }
  if (has_calls) append_tool_calls(out.append(R"(,"tool_calls":)"), message.tool_calls);
  out.push_back('}');
}

void append_tool(std::string& out, const ToolDefinition& tool) {
  append_json_string(out.append(R"({"type":"function","function":{"name":)"), tool.name);
  if (!tool.description.empty()) append_json_string(out.append(R"(,"description":)"), tool.description);
  out.append(R"(,"parameters":)");
  if (tool.parameters.empty()) {
    out.append(R"({"type":"object","properties":{}})");
  } else {
    append_plain_json(out, tool.parameters);
  }
  out.append("}}");
}

void add_settings(BodyWriter& body, const ModelRequest& request, const ChatSettings& settings) {
  const auto number = [&body](const char* key, const std::optional<double>& value) {
    if (!value) return;
    if (!std::isfinite(*value)) {
      throw Error(ErrorCode::invalid_argument, std::string("ModelRequest::") + key + " is not a finite number");
    }
    append_json_double(body.member(key), *value);
  };
  number("temperature", request.temperature);
  number("top_p", request.top_p);
  if (request.max_output_tokens) {
    const char* const key = settings.says_max_tokens ? "max_tokens" : "max_completion_tokens";
    body.member(key).append(std::to_string(*request.max_output_tokens));
  }
  if (request.seed) body.member("seed").append(std::to_string(*request.seed));
  if (request.stop_sequences.empty()) return;
  const Value stops(Array(request.stop_sequences.begin(), request.stop_sequences.end()));
  append_plain_json(body.member("stop"), stops);
}

}  // namespace

bool is_member_of_chat_requests(std::string_view key) noexcept {
  return std::find(std::begin(own_members), std::end(own_members), key) != std::end(own_members);
}

std::string chat_request(const ModelRequest& request, const ChatSettings& settings) {
  BodyWriter body(settings.extra);
  append_json_string(body.member("model"), settings.model);
  std::string& messages = body.member("messages");
  for (std::size_t i = 0; i < request.messages.size(); ++i) {
    messages.push_back(i == 0 ? '[' : ',');
    append_message(messages, request.messages[i]);
  }
  messages.append(request.messages.empty() ? "[]" : "]");
  if (!request.tools.empty()) {
    std::string& tools = body.member("tools");
    for (std::size_t i = 0; i < request.tools.size(); ++i) {
      tools.push_back(i == 0 ? '[' : ',');
      append_tool(tools, request.tools[i]);
    }
    tools.push_back(']');
  }
  if (request.output_schema) {
    std::string& format = body.member("response_format");
    format.append(R"({"type":"json_schema","json_schema":{"name":"output","strict":)");
    format.append(settings.has_strict_output ? "true" : "false").append(R"(,"schema":)");
    append_plain_json(format, *request.output_schema);
    format.append("}}");
  }
  add_settings(body, request, settings);
  if (request.on_text) {
    body.member("stream").append("true");
    body.member("stream_options").append(R"({"include_usage":true})");
  }
  return body.finish();
}

}  // namespace spark::agents
