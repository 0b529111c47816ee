#include "fuzz/agents_targets.h"

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <optional>
#include <string>
#include <vector>

#include "agents/chat_protocol.h"
#include "agents/event_stream.h"
#include "spark/base/error.h"
#include "spark/base/json.h"
#include "spark/base/utf8.h"

namespace spark::testing {
namespace {

constexpr std::size_t event_limit = 500;

void demand_that(bool is_so, const char* what) {
  if (is_so) return;
  std::fprintf(stderr, "it does not hold that %s\n", what);
  std::abort();
}

const agents::ChatErrors& fuzz_errors() {
  static const agents::ChatErrors errors("the server", {"canary"});
  return errors;
}

void check_error(const ModelError& error) {
  const std::string_view message = error.what();
  demand_that(message.size() < 1'000, "errors are short");
  demand_that(message.find("canary") == std::string_view::npos, "errors keep secrets");
  demand_that(is_storable_utf8(message), "errors are storable");
  const auto is_control = [](char c) { return static_cast<unsigned char>(c) < 0x20; };
  demand_that(std::none_of(message.begin(), message.end(), is_control), "errors are printable");
}

struct Events {
  std::vector<agents::ServerSentEvent> all;
  bool is_too_long = false;
};

Events events_in_pieces(std::string_view bytes, std::size_t piece) {
  Events events;
  agents::EventStream stream(event_limit);
  try {
    for (std::size_t i = 0; i < bytes.size(); i += piece) {
      const std::string part(bytes.substr(i, piece));
      stream.feed(part);
      while (const agents::ServerSentEvent* const event = stream.next()) events.all.push_back(*event);
    }
  } catch (const ModelError& error) {
    check_error(error);
    events.is_too_long = true;
  }
  return events;
}

void check_usage(const std::optional<TokenUsage>& usage) {
  if (!usage) return;
  demand_that(usage->cache_read_input_tokens >= 0 && usage->cache_write_input_tokens >= 0 &&
                  usage->reasoning_output_tokens >= 0,
              "no tokens are negative");
  demand_that(usage->cache_read_input_tokens <= usage->input_tokens - usage->cache_write_input_tokens &&
                  usage->reasoning_output_tokens <= usage->output_tokens,
              "no part is more than its whole");
}

void check_response(const ModelResponse& response) {
  demand_that(response.tool_calls.size() <= static_cast<std::size_t>(agents::max_tool_calls), "tool calls are limited");
  for (const ToolCall& call : response.tool_calls) {
    demand_that(!call.name.empty() && !call.id.empty(), "a tool call has a name and an id");
  }
  for (const std::string& name : {response.id, response.model, response.finish_reason}) {
    demand_that(name.size() < 300 && name.find("canary") == std::string::npos, "names are short, and no secrets");
  }
  check_usage(response.usage);
  // It is sent back with the next request.
  ModelRequest request;
  request.messages.push_back(Message::assistant(response.text, response.tool_calls));
  const Value body = parse_json(agents::chat_request(request, {}));
  const Object& message = body.as_object().at("messages").as_array().front().as_object();
  const Value& content = message.at("content");
  demand_that(content.is_null() ? response.text.empty() : content.as_string() == response.text, "a text comes back");
  const Value* const calls = message.find("tool_calls");
  const std::size_t count = calls != nullptr ? calls->as_array().size() : 0;
  demand_that(count == response.tool_calls.size(), "tool calls come back");
}

}  // namespace

void fuzz_event_stream(std::string_view bytes) {
  const Events whole = events_in_pieces(bytes, std::max<std::size_t>(bytes.size(), 1));
  for (const agents::ServerSentEvent& event : whole.all) {
    demand_that(event.data.size() <= event_limit && event.id.size() <= event_limit && event.type.size() <= event_limit,
                "events are limited");
    demand_that(!event.type.empty() && event.data.find('\r') == std::string::npos, "events are as they should be");
  }
  for (const std::size_t piece : {1, 2, 3, 7}) {
    const Events other = events_in_pieces(bytes, piece);
    demand_that(other.all == whole.all && other.is_too_long == whole.is_too_long, "pieces make no difference");
  }
}

void fuzz_chat_response(std::string_view bytes) {
  try {
    check_response(agents::read_chat_response(bytes, fuzz_errors()));
  } catch (const ModelError& error) {
    check_error(error);
  }
  const ModelError error = fuzz_errors().of_status(429, bytes);
  check_error(error);
  demand_that(error.kind() == ModelErrorKind::rate_limited, "the kind is that of the status");
  static_cast<void>(agents::is_out_of_quota(bytes));
}

void fuzz_chat_stream(std::string_view bytes) {
  agents::EventStream events(64 << 10);
  agents::ChatStream chat(fuzz_errors());
  std::string told;
  try {
    events.feed(bytes);
    while (const agents::ServerSentEvent* const event = events.next()) told += chat.take(event->data);
    const ModelResponse response = chat.finish();
    demand_that(response.text == told, "the text is what was told");
    check_response(response);
  } catch (const ModelError& error) {
    check_error(error);
  }
}

}  // namespace spark::testing
