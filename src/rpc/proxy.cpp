#include "rpc/proxy.h"

#include <algorithm>
#include <charconv>
#include <utility>

#include "spark/async/sleep.h"
#include "spark/async/with_timeout.h"
#include "spark/base/error.h"
#include "spark/base/random.h"
#include "spark/propagation/propagate.h"
#include "telemetry/header_rules.h"

namespace spark::rpc {

namespace {

constexpr std::int64_t max_retries = 1'000;

[[noreturn]] void refuse(const std::string& what) {
  throw Error(ErrorCode::invalid_argument, "RpcProxyOptions::" + what);
}

void check_header(const std::string& name, const Secret& value) {
  std::string_view fault = detail::header_fault(name, value.reveal());
  // Those of the trace, which each request has of its own.
  for (const std::string_view own : {"traceparent", "tracestate", "baggage"}) {
    if (http::equal_without_case(name, own)) fault = "a header that the protocol sets itself";
  }
  if (!fault.empty()) refuse("headers: \"" + name + "\" is " + std::string(fault));
}

// Checks before anything is made of them.
RpcProxyOptions valid(RpcProxyOptions options) {
  NodePolicy policy;
  policy.backoff = options.backoff;
  policy.timeout = options.timeout;
  validate(policy, "RpcProxyOptions");
  if (!(options.timeout > Seconds(0))) refuse("timeout is 0, must be at least 1 µs");
  if (options.retries < 0 || options.retries > max_retries) {
    refuse("retries is " + std::to_string(options.retries) + ", must be from 0 to 1000");
  }
  if (!(options.connect_timeout > Seconds(0))) refuse("connect_timeout is not more than 0 s");
  if (options.max_batch < 1 || options.max_batch > 100'000) refuse("max_batch must be from 1 to 100000");
  if (options.max_depth < 1 || options.max_depth > 1'000) refuse("max_depth must be from 1 to 1000");
  for (const auto& [name, value] : options.headers) check_header(name, value);
  return options;
}

http::Url url_of(const RpcProxyOptions& options) {
  if (options.endpoint.empty()) refuse("endpoint is empty (has the RpcNode been started?)");
  http::Url url;
  try {
    url = http::Url::parse(options.endpoint);
  } catch (const Error& error) {
    refuse(std::string("endpoint: ") + error.what());
  }
  const RpcClientTls& tls = options.tls;
  const bool has_tls = !tls.ca_file.empty() || !tls.certificate_file.empty() || !tls.key_file.empty() || !tls.verify;
  if (has_tls && !url.is_encrypted) refuse("tls is set, but the endpoint is http://");
  return url;
}

http::ClientOptions client_options_of(const RpcProxyOptions& options) {
  http::ClientOptions result;
  result.tls.ca_file = options.tls.ca_file;
  result.tls.certificate_file = options.tls.certificate_file;
  result.tls.key_file = options.tls.key_file;
  result.tls.verify = options.tls.verify;
  result.connect_timeout = options.connect_timeout;
  result.body_bytes = options.max_body_bytes;
  return result;
}

ServerPlace place_of(const http::Url& url) {
  ServerPlace place;
  place.address = url.host;
  place.port = url.port;
  return place;
}

void check_call(const std::string& method, const Value& params) {
  if (method.empty()) throw Error(ErrorCode::invalid_argument, "a call of a remote method has no method's name");
  if (params.is_null() || params.is_object() || params.is_array()) return;
  throw Error(ErrorCode::invalid_argument,
              "the params of a call are an object, an array or null, not " + std::string(to_string(params.type())));
}

// The status says that the call was not begun.
bool is_refused_before(int status) noexcept { return status == 429 || status == 503; }

// The same request would get the same answer again: the caller has to change something. All 4xx but those that speak of
// time (RFC 9110, 15.5.9; RFC 8470, 5.2; RFC 6585, 4).
bool is_final(int status) noexcept {
  return status >= 400 && status < 500 && status != 408 && status != 425 && status != 429;
}

// The same call may end otherwise the next time.
bool may_pass(const std::exception_ptr& exception) noexcept {
  try {
    std::rethrow_exception(exception);
  } catch (const Error& error) {
    return error.code() == ErrorCode::unavailable || error.code() == ErrorCode::timeout;
  } catch (...) {
    return false;
  }
}

Seconds retry_after(const http::Response& response) noexcept {
  const auto text = response.headers.find("Retry-After");
  std::int64_t seconds = 0;
  if (text) static_cast<void>(std::from_chars(text->data(), text->data() + text->size(), seconds));
  return Seconds(static_cast<double>(std::max<std::int64_t>(seconds, 0)));
}

double random_share() noexcept {
  thread_local Random random(operating_system_random());
  return static_cast<double>(random.next() >> 11) * 0x1.0p-53;
}

}  // namespace

Proxy::Proxy(RpcProxyOptions options)
    : options_(valid(std::move(options))),
      limits_(protocol_limits_of(options_, "RpcProxyOptions::max_depth")),
      client_(url_of(options_), client_options_of(options_)),
      name_(client_.url().without_query()),
      place_(place_of(client_.url())) {}

TelemetryManager* Proxy::manager() const noexcept {
  return options_.telemetry != nullptr ? options_.telemetry : TelemetryManager::current_or_configured();
}

Task<Value> Proxy::call(std::string method, Value params) {
  check_call(method, params);
  Exchange exchange;
  exchange.ids.push_back(next_id());
  exchange.facts.method = method;
  exchange.facts.id = &exchange.ids.front();
  if (options_.capture_payloads && !params.is_null()) exchange.facts.params = &params;
  Call call;
  call.method = method;
  call.params = params;
  call.id = exchange.ids.front();
  append_call(exchange.body, call);
  std::vector<RpcOutcome> outcomes = co_await run(exchange);
  if (const RpcError* const error = std::get_if<RpcError>(&outcomes.front())) throw *error;
  co_return std::move(std::get<Value>(outcomes.front()));
}

Task<void> Proxy::notify(std::string method, Value params) {
  check_call(method, params);
  Exchange exchange;
  exchange.facts.method = method;
  if (options_.capture_payloads && !params.is_null()) exchange.facts.params = &params;
  Call call;
  call.method = method;
  call.params = params;
  append_call(exchange.body, call);
  co_await run(exchange);
}

Task<std::vector<RpcOutcome>> Proxy::call_batch(std::vector<RpcCall> calls) {
  if (calls.empty()) co_return std::vector<RpcOutcome>();
  if (calls.size() > options_.max_batch) {
    throw Error(ErrorCode::invalid_argument, "a batch of " + std::to_string(calls.size()) + " calls, at most " +
                                                 std::to_string(options_.max_batch) + " are allowed");
  }
  Exchange exchange;
  exchange.facts.batch_size = static_cast<std::int64_t>(calls.size());
  exchange.body = "[";
  Array payload;
  for (RpcCall& one : calls) {
    check_call(one.method, one.params);
    Call call;
    call.method = std::move(one.method);
    call.params = std::move(one.params);
    if (!one.is_notification) {
      call.id = next_id();
      exchange.ids.push_back(*call.id);
    }
    if (exchange.body.size() > 1) exchange.body += ',';
    append_call(exchange.body, call);
    if (options_.capture_payloads) payload.emplace_back(Object{{"method", call.method}, {"params", call.params}});
  }
  exchange.body += ']';
  const Value payload_value(std::move(payload));
  if (options_.capture_payloads) exchange.facts.params = &payload_value;
  co_return co_await run(exchange);
}

Task<std::vector<RpcOutcome>> Proxy::run(Exchange& exchange) {
  for (std::int64_t number = 1;; ++number) {
    exchange.facts.attempt = number;
    Failure failure;
    std::vector<RpcOutcome> outcomes = co_await attempt(exchange, failure);
    if (!failure.exception) co_return outcomes;
    if (!failure.may_be_repeated || number > options_.retries) std::rethrow_exception(failure.exception);
    const Seconds asked = std::min(failure.wait, options_.backoff.longest);
    const Seconds pause = std::max(asked, backoff_delay(options_.backoff, number, random_share()));
    co_await sleep_for(pause);
  }
}

Task<std::vector<RpcOutcome>> Proxy::attempt(const Exchange& exchange, Failure& failure) {
  CallRecording recording(manager(), SpanKind::CLIENT, place_, exchange.facts);
  http::Progress progress;
  std::vector<RpcOutcome> outcomes;
  try {
    auto sending = send(exchange.body, progress);
    auto limited = with_timeout(std::move(sending), options_.timeout, description_of(exchange.facts));
    const http::Response response = co_await std::move(limited);
    progress.may_have_arrived = !is_refused_before(response.status);
    failure.is_final = is_final(response.status);
    failure.wait = retry_after(response);
    outcomes = read(response, exchange.ids);
  } catch (...) {
    failure.exception = named(std::current_exception(), exchange.facts, progress);
  }
  recording.peer(progress.peer_address, progress.peer_port);
  if (failure.exception) {
    failure.may_be_repeated =
        !failure.is_final && may_pass(failure.exception) && (options_.is_idempotent || !progress.may_have_arrived);
    recording.failed(failure.exception);
    co_return outcomes;
  }
  if (exchange.facts.batch_size == 0 && !outcomes.empty()) {
    if (const RpcError* const error = std::get_if<RpcError>(&outcomes.front())) {
      recording.failed(error->rpc_code(), error->what(), options_.capture_payloads ? &error->data() : nullptr);
    } else {
      recording.finished(options_.capture_payloads ? &std::get<Value>(outcomes.front()) : nullptr);
    }
    co_return outcomes;
  }
  recording.finished(nullptr);
  co_return outcomes;
}

std::string Proxy::description_of(const CallFacts& facts) const {
  const std::string what = facts.batch_size > 0 ? "the batch of " + std::to_string(facts.batch_size) + " calls"
                                                : "the call of " + shown_method(facts.method);
  return what + " to " + name_;
}

std::exception_ptr Proxy::named(const std::exception_ptr& exception, const CallFacts& facts,
                                const http::Progress& progress) const {
  if (!may_pass(exception)) return exception;
  try {
    std::rethrow_exception(exception);
  } catch (const Error& error) {
    const std::string what = description_of(facts);
    std::string message = error.what();
    if (!message.starts_with(what)) message.insert(0, what + ": ");
    if (progress.is_too_large) message += " (RpcProxyOptions::max_body_bytes)";
    if (facts.attempt > 1) {
      message += " (attempt " + std::to_string(facts.attempt) + " of " + std::to_string(options_.retries + 1) + ")";
    }
    return std::make_exception_ptr(Error(error.code(), message));
  }
}

Task<http::Response> Proxy::send(const std::string& body, http::Progress& progress) {
  http::Headers headers;
  headers.add("Content-Type", "application/json");
  headers.add("Accept", "application/json");
  for (const auto& [name, value] : options_.headers) headers.set(name, value.reveal());
  inject([&headers](std::string_view name, std::string value) { headers.set(name, std::move(value)); });
  return client_.send("POST", std::move(headers), body, progress);
}

// The outcomes in the order of the ids.
std::vector<RpcOutcome> Proxy::read(const http::Response& response, const std::vector<Value>& ids) const {
  std::vector<RpcOutcome> outcomes;
  const bool is_success = response.status >= 200 && response.status < 300;
  // Some answer with an error's body and a status to match.
  const bool may_be_answer = is_success || (!ids.empty() && !response.body.empty() && response.body.front() == '{');
  if (!may_be_answer) {
    throw Error(ErrorCode::unavailable, "it was answered with " + std::to_string(response.status));
  }
  // Notifications have no answer, unless they were refused as a whole.
  const bool is_json = !response.body.empty() && (response.body.front() == '{' || response.body.front() == '[');
  if (ids.empty() && !is_json) return outcomes;
  std::vector<Answer> answers = read_answers(response.body, limits_);
  if (ids.empty()) {
    for (const Answer& answer : answers) {
      if (const RpcError* const error = std::get_if<RpcError>(&answer.outcome)) throw *error;
    }
    return outcomes;
  }
  // What is refused as a whole has no id, and so no place among the calls.
  if (answers.size() == 1 && answers.front().id.is_null()) {
    if (const RpcError* const error = std::get_if<RpcError>(&answers.front().outcome)) {
      outcomes.assign(ids.size(), *error);
      return outcomes;
    }
  }
  for (const Value& id : ids) {
    const auto found = std::find_if(answers.begin(), answers.end(), [&id](const Answer& one) { return one.id == id; });
    if (found == answers.end()) {
      throw Error(ErrorCode::unavailable, "a call was left without an answer");
    }
    outcomes.push_back(std::move(found->outcome));
    found->id = Value();
  }
  return outcomes;
}

}  // namespace spark::rpc
