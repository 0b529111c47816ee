#include "backends/otlp/transport.h"

#include <unistd.h>

#include <charconv>

#include "backends/otlp/gzip.h"
#include "backends/otlp/redaction.h"
#include "spark/base/error.h"
#include "spark/telemetry/sink.h"

namespace spark::detail::otlp {
namespace {

std::string seconds_text(Seconds seconds) {
  char text[32];
  return std::string(text, std::to_chars(text, text + sizeof text, seconds.count()).ptr) + " s";
}

// What no second attempt would change: the address, this libcurl. A file that is damaged may be repaired.
bool is_final(CURLcode result) {
  switch (result) {
    case CURLE_UNSUPPORTED_PROTOCOL:
    case CURLE_URL_MALFORMAT:
    case CURLE_NOT_BUILT_IN:
    case CURLE_BAD_FUNCTION_ARGUMENT:
    case CURLE_SSL_ENGINE_NOTFOUND:
    case CURLE_SSL_ENGINE_SETFAILED:
      return true;
    default:
      return false;
  }
}

// What is wrong on this side and may be set right there, said for who has to do it.
std::string_view local_reason(CURLcode result) {
  switch (result) {
    case CURLE_SSL_CERTPROBLEM:
      return "the client certificate or its key cannot be used (look at the files that are configured): ";
    case CURLE_SSL_CACERT_BADFILE:
      return "the file of trusted certificates cannot be used (look at the one that is configured): ";
    case CURLE_FAILED_INIT:
      return "libcurl cannot set up a connection: ";
    case CURLE_OUT_OF_MEMORY:
      return "libcurl has no memory: ";
    default:
      return {};
  }
}

[[noreturn]] void fail(const Call& call, CURLcode result) {
  const SignalSettings& settings = call.settings();
  std::string message = "cannot send to " + settings.shown_url + ": ";
  if (result == CURLE_ABORTED_BY_CALLBACK) {
    throw Error(ErrorCode::cancelled, message + "nobody waits for it any longer");
  }
  if (result == CURLE_OPERATION_TIMEDOUT) {
    throw RetryableError(ErrorCode::timeout, message + "no complete reply within " + seconds_text(settings.timeout));
  }
  const std::string_view what = result == CURLE_OK ? "the reply breaks off in its headers" : curl_easy_strerror(result);
  const std::string_view detail = call.error().empty() ? what : call.error();
  message.append(local_reason(result)).append(Redaction(settings).shown(detail));
  if (is_final(result)) throw Error(ErrorCode::unavailable, message);
  throw RetryableError(ErrorCode::unavailable, message);
}

// A reply counts once it has said what became of the request, even if the connection then broke, or if we stopped
// reading it. So does a status that no later attempt would change. Headers that break off are an end like any other to
// libcurl.
bool is_complete(const Call& call, CURLcode result, const Reply& reply) {
  if (result != CURLE_ABORTED_BY_CALLBACK && reply.is_final_failure()) return true;
  if (result == CURLE_OK) return reply.are_headers_whole;
  return reply.is_cut || (call.settings().is_grpc() && !reply.grpc_status.empty());
}

}  // namespace

Transport::Transport(const Settings& settings) : handles_(std::make_unique<Handles>()), process_(::getpid()) {
  handles_->multi = make_multi();
  for (std::size_t signal = 0; signal < signals; ++signal) {
    handles_->calls[signal] = std::make_unique<Call>(settings.each[signal]);
  }
}

Transport::~Transport() {
  if (::getpid() != process_) static_cast<void>(handles_.release());
}

const Reply& Transport::post(Signal signal, std::string_view body) {
  if (::getpid() != process_) {
    throw Error(ErrorCode::unsupported, "a forked child cannot use the OTLP connections of its parent");
  }
  Call& call = *handles_->calls[static_cast<std::size_t>(signal)];
  call.prepare(framed(call.settings(), body));
  const CURLcode result = perform(call);
  if (!is_complete(call, result, call.reply())) fail(call, result);
  return call.reply();
}

void Transport::abort() noexcept {
  is_aborted_.store(true, std::memory_order_release);
  curl_multi_wakeup(handles_->multi.get());
}

std::string_view Transport::framed(const SignalSettings& settings, std::string_view body) {
  const bool is_gzip = settings.compression == OtlpCompression::gzip;
  if (!settings.is_grpc() && !is_gzip) return body;
  constexpr std::size_t grpc_header = 5;
  frame_.assign(settings.is_grpc() ? grpc_header : 0, '\0');
  if (is_gzip) {
    append_gzip(frame_, body);
  } else {
    frame_.append(body);
  }
  if (settings.is_grpc()) {
    // Whether it is compressed, then its size, the high octet first (gRPC's PROTOCOL-HTTP2.md).
    const auto size = static_cast<std::uint32_t>(frame_.size() - grpc_header);
    frame_[0] = is_gzip ? 1 : 0;
    for (unsigned i = 0; i < 4; ++i) frame_[1 + i] = static_cast<char>(size >> (24 - 8 * i));
  }
  return frame_;
}

CURLcode Transport::perform(Call& call) {
  CURLM* const multi = handles_->multi.get();
  // However this ends, the call must be out of the multi handle before it can be used again.
  struct Membership {
    CURLM* multi;
    CURL* easy;
    Membership(CURLM* of, CURL* member) : multi(of), easy(member) { curl_multi_add_handle(multi, easy); }
    ~Membership() { curl_multi_remove_handle(multi, easy); }
    Membership(const Membership&) = delete;
    Membership& operator=(const Membership&) = delete;
  };
  const Membership membership(multi, call.handle());
  // libcurl 7.88 now and then has read all of an HTTP/2 reply, and then waits for the socket to have more: 24 of 1,085
  // calls to Node's server hung until their timeout. Looking again finds the reply; none of 1,200 hung.
  constexpr int longest_wait_ms = 50;
  for (int running = 1;;) {
    if (is_aborted_.load(std::memory_order_acquire)) return CURLE_ABORTED_BY_CALLBACK;
    if (curl_multi_perform(multi, &running) != CURLM_OK) return CURLE_RECV_ERROR;
    if (running == 0) break;
    if (curl_multi_poll(multi, nullptr, 0, longest_wait_ms, nullptr) != CURLM_OK) return CURLE_RECV_ERROR;
  }
  int left = 0;
  while (const CURLMsg* message = curl_multi_info_read(multi, &left)) {
    if (message->msg == CURLMSG_DONE && message->easy_handle == call.handle()) return message->data.result;
  }
  return CURLE_RECV_ERROR;
}

}  // namespace spark::detail::otlp
