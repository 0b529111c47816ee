#include "agents/chat_options.h"

#include <algorithm>
#include <cstdlib>
#include <utility>

#include "agents/chat_protocol.h"
#include "agents/plain_json.h"
#include "spark/base/error.h"
#include "telemetry/header_rules.h"

namespace spark::agents {

namespace {

constexpr std::int64_t most_retries = 1'000;

[[noreturn]] void refuse_option(const std::string& what) {
  throw Error(ErrorCode::invalid_argument, "OpenAIModelOptions::" + what);
}

std::string environment_text(const char* name) {
  const char* const value = std::getenv(name);
  return value != nullptr ? value : "";
}

// Those who authorize themselves by a header of their own have no use for a key that happens to be there.
bool has_own_authorization(const OpenAIModelOptions& options) {
  return std::any_of(options.headers.begin(), options.headers.end(), [](const auto& header) {
    return http::equal_without_case(header.first, "authorization") || http::equal_without_case(header.first, "api-key");
  });
}

void check_times(const OpenAIModelOptions& options) {
  NodePolicy policy;
  policy.backoff = options.backoff;
  policy.timeout = options.timeout;
  validate(policy, "OpenAIModelOptions");
  const auto check = [](const char* name, Seconds value, Seconds least, Seconds most) {
    if (value >= least && value <= most) return;
    refuse_option(std::string(name) + " is " + std::to_string(value.count()) + " s, must be from " +
                  std::to_string(least.count()) + " s to " + std::to_string(most.count()) + " s");
  };
  check("timeout", options.timeout, min_node_timeout, max_node_timeout);
  check("stream_idle_timeout", options.stream_idle_timeout, min_node_timeout, max_node_timeout);
  check("connect_timeout", options.connect_timeout, min_node_timeout, max_node_timeout);
  check("max_retry_wait", options.max_retry_wait, Seconds(0), max_backoff);
}

void check_header(const char* option, const std::string& name, const std::string& value) {
  const std::string_view fault = detail::header_fault(name, value);
  if (fault.empty()) return;
  const std::string which = std::string(option) == "headers" ? ": \"" + name + "\"" : std::string();
  refuse_option(option + which + " is " + std::string(fault));
}

void check_extra_body(const Object& extra) {
  for (const Object::Member& member : extra) {
    if (!is_member_of_chat_requests(member.key)) continue;
    refuse_option("extra_body has \"" + member.key + "\", which the request says itself");
  }
  try {
    std::string text;
    append_plain_json(text, extra);
  } catch (const Error& error) {
    refuse_option(std::string("extra_body: ") + error.what());
  }
}

}  // namespace

OpenAIModelOptions valid_options(OpenAIModelOptions options) {
  if (options.model_id.empty()) refuse_option("model_id is empty");
  if (options.provider.empty()) refuse_option("provider is empty");
  if (options.base_url.empty()) options.base_url = environment_text("OPENAI_BASE_URL");
  if (options.base_url.empty()) options.base_url = "https://api.openai.com/v1";
  if (options.api_key.empty() && !has_own_authorization(options)) {
    options.api_key = Secret(environment_text("OPENAI_API_KEY"));
  }
  check_times(options);
  if (options.retries < 0 || options.retries > most_retries) {
    refuse_option("retries is " + std::to_string(options.retries) + ", must be from 0 to 1000");
  }
  if (options.max_response_bytes < 1'024) {
    refuse_option("max_response_bytes is " + std::to_string(options.max_response_bytes) + ", must be at least 1024");
  }
  check_header("api_key", "Authorization", "Bearer " + options.api_key.reveal());
  check_header("organization", "OpenAI-Organization", options.organization);
  check_header("project", "OpenAI-Project", options.project);
  for (const auto& [name, value] : options.headers) check_header("headers", name, value.reveal());
  check_extra_body(options.extra_body);
  static_cast<void>(chat_url(options));
  return options;
}

http::Url chat_url(const OpenAIModelOptions& options) {
  http::Url url;
  try {
    url = http::Url::parse(options.base_url);
  } catch (const Error& error) {
    refuse_option(std::string("base_url: ") + error.what());
  }
  const std::size_t question_mark = url.target.find('?');
  std::string path = url.target.substr(0, question_mark);
  const std::string query = question_mark == std::string::npos ? std::string() : url.target.substr(question_mark);
  while (path.ends_with('/')) path.pop_back();
  url.target = path + "/chat/completions" + query;
  return url;
}

http::ClientOptions http_options(const OpenAIModelOptions& options) {
  http::ClientOptions result;
  result.tls.ca_file = options.tls.ca_file;
  result.tls.certificate_file = options.tls.certificate_file;
  result.tls.key_file = options.tls.key_file;
  result.tls.verify = options.tls.verify;
  result.connect_timeout = options.connect_timeout;
  result.body_bytes = options.max_response_bytes;
  return result;
}

http::Headers chat_headers(const OpenAIModelOptions& options) {
  http::Headers headers;
  headers.add("Content-Type", "application/json");
  headers.add("Accept", "application/json, text/event-stream");
  headers.add("User-Agent", "spark-agents/" SPARK_VERSION);
  if (!options.api_key.empty()) headers.add("Authorization", "Bearer " + options.api_key.reveal());
  if (!options.organization.empty()) headers.add("OpenAI-Organization", options.organization);
  if (!options.project.empty()) headers.add("OpenAI-Project", options.project);
  for (const auto& [name, value] : options.headers) headers.set(name, value.reveal());
  return headers;
}

std::vector<std::string> chat_secrets(const OpenAIModelOptions& options) {
  std::vector<std::string> secrets{options.api_key.reveal()};
  for (const auto& [name, value] : options.headers) {
    secrets.push_back(value.reveal());
    // Of "Bearer …" and "Basic …" what follows.
    secrets.push_back(value.reveal().substr(value.reveal().find(' ') + 1));
  }
  // Some put keys into the query.
  constexpr std::size_t shortest_key = 8;
  std::string_view query = options.base_url;
  query.remove_prefix(std::min(query.find('?'), query.size()));
  while (!query.empty()) {
    query.remove_prefix(1);
    const std::string_view member = query.substr(0, query.find('&'));
    const std::string_view value = member.substr(std::min(member.find('='), member.size() - 1) + 1);
    if (value.size() >= shortest_key) secrets.emplace_back(value);
    query.remove_prefix(member.size());
  }
  return secrets;
}

}  // namespace spark::agents
