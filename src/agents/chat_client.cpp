#include "agents/chat_client.h"

#include <algorithm>
#include <utility>

#include "agents/chat_options.h"
#include "agents/event_stream.h"
#include "agents/retry_after.h"
#include "spark/async/executor.h"
#include "spark/async/sleep.h"
#include "spark/async/with_timeout.h"
#include "spark/base/error.h"
#include "spark/base/random.h"

namespace spark::agents {

namespace {

constexpr std::size_t max_error_bytes = 64 << 10;  // of an error's body; what is longer is cut off
constexpr std::size_t max_event_bytes = 8 << 20;   // of one chunk of a stream
// For the end of a stream behind "[DONE]", which most send at once. Then the connection can be used again.
constexpr Seconds end_of_stream_timeout{0.1};

ChatSettings chat_settings(const OpenAIModelOptions& options) {
  ChatSettings settings;
  settings.model = options.model_id;
  settings.has_strict_output = options.has_strict_output;
  settings.says_max_tokens = options.says_max_tokens;
  settings.extra = options.extra_body;
  return settings;
}

double random_share_of_pause() noexcept {
  thread_local Random random(operating_system_random());
  return static_cast<double>(random.next() >> 11) * 0x1.0p-53;
}

std::optional<bool> should_retry(const http::Headers& headers) noexcept {
  const auto text = headers.find("x-should-retry");
  if (text == "true") return true;
  if (text == "false") return false;
  return std::nullopt;
}

bool is_event_stream(const http::Headers& headers) noexcept {
  const std::string_view type = headers.find("Content-Type").value_or(std::string_view());
  return http::equal_without_case(type.substr(0, type.find(';')), "text/event-stream");
}

std::string message_of(const std::exception_ptr& exception) {
  try {
    std::rethrow_exception(exception);
  } catch (const std::exception& error) {
    return error.what();
  } catch (...) {
    return "an unknown exception";
  }
}

Task<std::string> read_whole(http::ResponseStream& stream) {
  std::string body;
  for (;;) {
    const std::string piece = co_await stream.next();
    if (piece.empty()) co_return body;
    body += piece;
  }
}

// What there is of it: the status alone says what went wrong.
Task<std::string> read_error_body(http::ResponseStream& stream) {
  std::string body;
  try {
    while (body.size() < max_error_bytes) {
      const std::string piece = co_await stream.next();
      if (piece.empty()) break;
      body += piece;
    }
  } catch (const Error& error) {
    if (error.code() != ErrorCode::unavailable) throw;
  }
  co_return body;
}

// The answer has come; how its stream ends matters to the connection only.
Task<void> await_end(http::ResponseStream& stream) {
  try {
    auto end = with_timeout(stream.next(), end_of_stream_timeout);
    static_cast<void>(co_await std::move(end));
  } catch (const Error& error) {
    if (error.code() == ErrorCode::cancelled) throw;
  }
}

}  // namespace

ChatClient::ChatClient(OpenAIModelOptions options)
    : options_(valid_options(std::move(options))),
      settings_(chat_settings(options_)),
      headers_(chat_headers(options_)),
      client_(chat_url(options_), http_options(options_)),
      errors_(client_.url().without_query(), chat_secrets(options_)) {}

Task<ModelResponse> ChatClient::answer(const ModelRequest& request, ModelCall& call) {
  const std::string body = chat_request(request, settings_);
  for (std::int64_t number = 1;; ++number) {
    Attempt attempt;
    std::exception_ptr failure;
    try {
      auto trying = try_once(body, request, call, attempt);
      auto limited = with_timeout(std::move(trying), options_.timeout, "the call of " + errors_.name());
      co_return co_await std::move(limited);
    } catch (...) {
      failure = std::current_exception();
    }
    if (number > options_.retries || !may_be_repeated(failure, attempt)) std::rethrow_exception(failure);
    const Seconds pause = pause_after(number, attempt);
    call.retried(message_of(failure), pause);
    co_await sleep_for(pause);
  }
}

bool ChatClient::may_be_repeated(const std::exception_ptr& exception, const Attempt& attempt) const noexcept {
  if (attempt.is_text_told || attempt.is_out_of_quota) return false;
  if (attempt.wait && *attempt.wait > options_.max_retry_wait) return false;
  try {
    std::rethrow_exception(exception);
  } catch (const ModelError& error) {
    if (attempt.should_be_repeated) return *attempt.should_be_repeated;
    // Of the refusals, those that speak of time (RFC 9110, 15.5.9 and 15.5.10; RFC 8470, 5.2).
    const int status = error.status();
    return error.code() == ErrorCode::unavailable || status == 408 || status == 409 || status == 425;
  } catch (const Error& error) {
    return error.code() == ErrorCode::unavailable || error.code() == ErrorCode::timeout;
  } catch (...) {
    return false;
  }
}

Seconds ChatClient::pause_after(std::int64_t number, const Attempt& attempt) const noexcept {
  const Seconds pause = backoff_delay(options_.backoff, number, random_share_of_pause());
  return std::max(pause, attempt.wait.value_or(Seconds(0)));
}

Task<ModelResponse> ChatClient::try_once(const std::string& body, const ModelRequest& request, ModelCall& call,
                                         Attempt& attempt) {
  http::Progress progress;
  http::ResponseStream stream = co_await client_.open("POST", headers_, body, progress);
  attempt.wait = retry_after(stream.headers(), current_clock().wall_now());
  attempt.should_be_repeated = should_retry(stream.headers());
  if (stream.status() < 200 || stream.status() > 299) {
    const std::string error_body = co_await read_error_body(stream);
    attempt.is_out_of_quota = is_out_of_quota(error_body);
    throw errors_.of_status(stream.status(), error_body);
  }
  ModelResponse response;
  if (request.on_text && is_event_stream(stream.headers())) {
    response = co_await read_stream(stream, request, call, attempt);
  } else {
    const std::string whole = co_await read_whole(stream);
    response = read_chat_response(whole, errors_);
    // Some servers do not stream.
    if (request.on_text && !response.text.empty()) {
      call.first_chunk();
      attempt.is_text_told = true;
      request.on_text(response.text);
    }
  }
  co_return response;
}

Task<std::string> ChatClient::next_piece(http::ResponseStream& stream) {
  auto limited =
      with_timeout(stream.next(), options_.stream_idle_timeout, "the wait for more of the stream of " + errors_.name());
  try {
    co_return co_await std::move(limited);
  } catch (const Error& error) {
    if (error.code() != ErrorCode::unavailable) throw;
    throw errors_.of_kind(ModelErrorKind::truncated_stream, "broke off a stream: " + errors_.clean(error.what()));
  }
}

Task<ModelResponse> ChatClient::read_stream(http::ResponseStream& stream, const ModelRequest& request, ModelCall& call,
                                            Attempt& attempt) {
  EventStream events(max_event_bytes);
  ChatStream chat(errors_);
  bool is_first = true;
  while (!chat.is_done()) {
    const std::string piece = co_await next_piece(stream);
    if (piece.empty()) break;
    events.feed(piece);
    while (const ServerSentEvent* const event = events.next()) {
      if (std::exchange(is_first, false)) call.first_chunk();
      const std::string text = chat.take(event->data);
      if (text.empty()) continue;
      attempt.is_text_told = true;
      request.on_text(text);
    }
  }
  if (chat.is_done()) co_await await_end(stream);
  co_return chat.finish();
}

}  // namespace spark::agents
