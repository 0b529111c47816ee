#include "ingest/receiver.h"

#include <algorithm>
#include <cmath>
#include <new>
#include <optional>
#include <utility>

#include "ingest/inflate.h"
#include "ingest/otlp_response.h"
#include "spark/async/blocking.h"
#include "spark/base/error.h"

namespace spark::detail::ingest {
namespace {

// gRPC's codes, which google.rpc.Status has (google/rpc/code.proto).
constexpr std::int32_t invalid_argument = 3;
constexpr std::int32_t permission_denied = 7;
constexpr std::int32_t resource_exhausted = 8;
constexpr std::int32_t unimplemented = 12;
constexpr std::int32_t internal = 13;
constexpr std::int32_t unavailable = 14;

std::int32_t code_of(int http_status) {
  switch (http_status) {
    case 403:
      return permission_denied;
    case 413:
    case 431:
      return resource_exhausted;
    case 404:
    case 405:
    case 501:
    case 505:
      return unimplemented;
    case 500:
      return internal;
    case 503:
      return unavailable;
    default:
      return invalid_argument;
  }
}

std::optional<Signal> signal_of(std::string_view path) {
  if (path == "/v1/traces") return Signal::traces;
  if (path == "/v1/metrics") return Signal::metrics;
  if (path == "/v1/logs") return Signal::logs;
  return std::nullopt;
}

// Without parameters ("; charset=utf-8").
std::optional<Encoding> encoding_of(std::string_view type) {
  type = type.substr(0, type.find(';'));
  type = type.substr(0, type.find_last_not_of(" \t") + 1);
  if (http::equal_without_case(type, "application/x-protobuf")) return Encoding::protobuf;
  if (http::equal_without_case(type, "application/json")) return Encoding::json;
  return std::nullopt;
}

// Empty: of a kind that is not understood.
std::optional<bool> is_packed(std::string_view encoding) {
  if (encoding.empty() || http::equal_without_case(encoding, "identity")) return false;
  for (const char* const name : {"gzip", "x-gzip", "deflate"}) {
    if (http::equal_without_case(encoding, name)) return true;
  }
  return std::nullopt;
}

// One more request that waits, as long as it lives.
class Waiting {
 public:
  explicit Waiting(std::atomic<std::size_t>& all) : all_(all), count_(++all) {}
  ~Waiting() { --all_; }
  Waiting(const Waiting&) = delete;
  Waiting& operator=(const Waiting&) = delete;

  [[nodiscard]] std::size_t count() const noexcept { return count_; }

 private:
  std::atomic<std::size_t>& all_;
  std::size_t count_;
};

// In the request's own encoding; in a text for who speaks no OTLP.
http::Response failure(const http::Request& request, int status, std::string_view why) {
  const auto encoding = encoding_of(request.header("Content-Type").value_or(""));
  if (!encoding) return {status, "text/plain; charset=utf-8", std::string(why) + "\n"};
  return {status, std::string(content_type(*encoding)), status_body(*encoding, code_of(status), why)};
}

// What the server itself refuses. OTLP's clients do not come again after a 408, but a network that was slow for once is
// no reason to lose their records.
http::Response server_failure(int status, const http::Request& request) {
  if (status == 408) return failure(request, 503, "the request did not come in time; send it again");
  return failure(request, status, "the request is refused (HTTP status " + std::to_string(status) + ")");
}

bool is_allowed(const std::vector<std::string>& origins, std::string_view origin) {
  return std::find(origins.begin(), origins.end(), origin) != origins.end();
}

// Without it the browser keeps the answer from the page.
void allow_page(http::Response& response, std::string_view origin) {
  response.headers.add("Access-Control-Allow-Origin", std::string(origin));
  response.headers.add("Vary", "Origin");
}

http::ServerOptions with_failures(const ReceiverOptions& options) {
  http::ServerOptions server = options.http;
  server.refusal = [origins = options.allowed_origins](int status, const http::Request& request) {
    http::Response response = server_failure(status, request);
    const auto origin = request.header("Origin");
    if (origin && is_allowed(origins, *origin)) allow_page(response, *origin);
    return response;
  };
  return server;
}

// Without a beginning everything counts, and there is nothing to be asked.
DecoderOptions with_senders(DecoderOptions options, KnownSenders& senders) {
  if (options.since_ns != 0 && !options.is_new_sender) {
    options.is_new_sender = [&senders](const RecordId& sender, std::int64_t start_ns) {
      return senders.is_new(sender, start_ns);
    };
  }
  return options;
}

}  // namespace

Receiver::Receiver(Store& store, ReceiverOptions options, Clock& clock)
    : store_(store),
      options_(std::move(options)),
      clock_(clock),
      senders_(store, clock),
      decoder_(with_senders(options_.decoder, senders_)),
      server_(with_failures(options_), [this](const http::Request& request) { return answer(request); }) {}

Task<http::Response> Receiver::answer(const http::Request& request) {
  const auto origin = request.header("Origin");
  if (origin) co_return co_await answer_page(request, *origin);
  co_return co_await answer_export(request);
}

// A page of another server asks first what it may do (the Fetch standard, "CORS protocol").
Task<http::Response> Receiver::answer_page(const http::Request& request, std::string_view origin) {
  if (!is_allowed(options_.allowed_origins, origin)) {
    const std::lock_guard lock(stats_mutex_);
    ++stats_.requests_refused;
    co_return failure(request, 403, "web pages of this origin may not send here");
  }
  const bool asks_first = request.method == "OPTIONS";
  http::Response response(204);
  if (!asks_first) response = co_await answer_export(request);
  if (asks_first) {
    response.headers.add("Access-Control-Allow-Methods", "POST");
    response.headers.add("Access-Control-Allow-Headers", "content-type, content-encoding");
    response.headers.add("Access-Control-Max-Age", "3600");
  }
  allow_page(response, origin);
  co_return response;
}

Task<http::Response> Receiver::answer_export(const http::Request& request) {
  const auto signal = signal_of(request.path());
  if (!signal) co_return failure(request, 404, "nothing is here; OTLP goes to /v1/traces, /v1/metrics and /v1/logs");
  if (request.method != "POST") {
    http::Response response = failure(request, 405, "OTLP is sent by POST");
    response.headers.add("Allow", "POST");
    co_return response;
  }
  const auto encoding = encoding_of(request.header("Content-Type").value_or(""));
  if (!encoding)
    co_return failure(request, 415, "the content type has to be application/x-protobuf or application/json");
  const auto packed = is_packed(request.header("Content-Encoding").value_or(""));
  if (!packed) co_return failure(request, 415, "the content encoding has to be gzip, deflate or identity");
  const Kind kind{*signal, *encoding, *packed};
  const std::string_view body = request.body;
  const Waiting waiting(waiting_);
  if (waiting.count() > options_.requests_waiting) co_return ask_to_retry(kind.encoding, "too many requests wait");
  const auto work = [this, kind, body] { return take(kind, body); };
  co_return co_await run_blocking(work);
}

http::Response Receiver::take(const Kind& kind, std::string_view body) {
  const std::lock_guard lock(write_mutex_);
  try {
    if (!kind.is_packed) return store_all(kind, body);
    const std::optional<std::string> unpacked = inflated(body, options_.unpacked_bytes);
    if (unpacked) return store_all(kind, *unpacked);
    return refuse(kind.encoding, 413, resource_exhausted,
                  "the body unpacks to more than " + std::to_string(options_.unpacked_bytes) + " bytes");
  } catch (const RequestTooLarge& error) {
    return refuse(kind.encoding, 413, resource_exhausted, error.what());
  } catch (const Error& error) {
    return refuse(kind.encoding, 400, invalid_argument, error.what());
  } catch (const SendersNotKept& error) {
    return ask_to_retry(kind.encoding, error.what());
  } catch (const std::bad_alloc&) {
    return ask_to_retry(kind.encoding, "out of memory");
  }
}

http::Response Receiver::store_all(const Kind& kind, std::string_view body) {
  const std::int64_t now_ns = clock_.wall_now().time_since_epoch().count();
  Decoded decoded = decoder_.decode_for_store(kind.signal, kind.encoding, body, now_ns);
  if (options_.decoder.since_ns != 0) senders_.remember(decoded.series->senders());
  try {
    for (const auto& batch : decoded.batches) store_.write(*batch);
  } catch (const std::exception& error) {
    return ask_to_retry(kind.encoding, error.what());
  }
  decoder_.commit(decoded);
  const std::lock_guard lock(stats_mutex_);
  ++stats_.requests;
  stats_.items_rejected += decoded.rejected;
  stats_.points_standing += decoded.standing;
  for (const auto& batch : decoded.batches) {
    const auto counts = batch->counts();
    for (std::size_t i = 0; i < record_kinds; ++i) stats_.stored[i] += counts[i];
  }
  return {200, std::string(content_type(kind.encoding)),
          export_response(kind.signal, kind.encoding, decoded.rejected, decoded.message)};
}

http::Response Receiver::refuse(Encoding encoding, int status, std::int32_t code, std::string_view why) {
  const std::lock_guard lock(stats_mutex_);
  ++stats_.requests_refused;
  return {status, std::string(content_type(encoding)), status_body(encoding, code, why)};
}

http::Response Receiver::ask_to_retry(Encoding encoding, std::string_view why) {
  {
    const std::lock_guard lock(stats_mutex_);
    ++stats_.store_failures;
  }
  try {
    if (options_.on_error) options_.on_error(why);
  } catch (...) {
    // As ReceiverOptions says.
  }
  // What the store says is not the client's business: it may name files.
  http::Response response(503, std::string(content_type(encoding)),
                          status_body(encoding, unavailable, "the store does not take it now; send it again later"));
  const auto seconds = std::max<std::int64_t>(1, std::llround(std::ceil(options_.retry_after.count())));
  response.headers.add("Retry-After", std::to_string(seconds));
  return response;
}

ReceiverStats Receiver::stats() const {
  const std::lock_guard lock(stats_mutex_);
  ReceiverStats stats = stats_;
  stats.http = server_.stats();
  return stats;
}

}  // namespace spark::detail::ingest
