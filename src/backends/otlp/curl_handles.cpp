#include "backends/otlp/curl_handles.h"

#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <limits>

#include "spark/base/error.h"

namespace spark::detail::otlp {
namespace {

constexpr long yes = 1;
constexpr long no = 0;

void set_up_libcurl() {
  // Never cleaned up: a thread that was left behind may still be in it when the process ends.
  static const CURLcode result = curl_global_init(CURL_GLOBAL_DEFAULT);
  if (result != CURLE_OK) {
    throw Error(ErrorCode::component_missing, std::string("libcurl cannot be used: ") + curl_easy_strerror(result));
  }
}

// Exceptions must not pass through libcurl; less than there was ends the request.
std::size_t take_header(char* data, std::size_t, std::size_t size, void* reply) noexcept try {
  static_cast<Reply*>(reply)->take_header({data, size});
  return size;
} catch (...) {
  return 0;
}

std::size_t take_body(char* data, std::size_t, std::size_t size, void* reply) noexcept try {
  return static_cast<Reply*>(reply)->take_body({data, size}) ? size : 0;
} catch (...) {
  return 0;
}

// A program that the application starts must not hold our connection open.
curl_socket_t open_socket(void*, curlsocktype, curl_sockaddr* address) {
  return ::socket(address->family, address->socktype | SOCK_CLOEXEC, address->protocol);
}

void check_readable(const std::string& path, const char* what) {
  if (path.empty() || ::access(path.c_str(), R_OK) == 0) return;
  const int reason = errno;
  const ErrorCode code = reason == EACCES ? ErrorCode::permission_denied : ErrorCode::not_found;
  throw Error(code, std::string("cannot read the ") + what + " \"" + path + "\": " + std::strerror(reason));
}

void append(HeaderList& list, const std::string& line) {
  curl_slist* const longer = curl_slist_append(list.get(), line.c_str());
  if (longer == nullptr) throw std::bad_alloc();
  static_cast<void>(list.release());
  list.reset(longer);
}

long milliseconds(Seconds seconds) { return std::lround(std::ceil(seconds.count() * 1'000)); }

// gRPC's TimeoutValue has eight digits at most.
std::string grpc_timeout(Seconds timeout) {
  const long in_milliseconds = milliseconds(timeout);
  constexpr long most = 99'999'999;
  return in_milliseconds <= most ? std::to_string(in_milliseconds) + "m"
                                 : std::to_string(in_milliseconds / 1'000) + "S";
}

// libcurl before 8.0 fails with error 16 when it uses a cleartext HTTP/2 connection a second time.
bool needs_fresh_connections(const SignalSettings& settings) {
  constexpr unsigned version_8 = 0x080000;
  return settings.is_grpc() && settings.url.starts_with("http:") &&
         curl_version_info(CURLVERSION_NOW)->version_num < version_8;
}

}  // namespace

MultiHandle make_multi() {
  set_up_libcurl();
  MultiHandle multi(curl_multi_init());
  if (multi == nullptr) throw std::bad_alloc();
  return multi;
}

Call::Call(const SignalSettings& settings) : settings_(settings), error_(CURL_ERROR_SIZE, '\0') {
  set_up_libcurl();
  easy_.reset(curl_easy_init());
  if (easy_ == nullptr) throw std::bad_alloc();
  set(CURLOPT_URL, settings_.url.c_str());
  set(CURLOPT_POST, yes);
  set(CURLOPT_USERAGENT, "spark-telemetry/" SPARK_VERSION " OTel-OTLP-Exporter-Cpp/" SPARK_VERSION);
  set(CURLOPT_ERRORBUFFER, error_.data());
  set(CURLOPT_HEADERFUNCTION, &take_header);
  set(CURLOPT_HEADERDATA, static_cast<void*>(&reply_));
  set(CURLOPT_WRITEFUNCTION, &take_body);
  set(CURLOPT_WRITEDATA, static_cast<void*>(&reply_));
  set_headers();
  set_connection();
  set_tls();
}

template <class Value>
void Call::set(CURLoption option, Value value) {
  const CURLcode result = curl_easy_setopt(easy_.get(), option, value);
  if (result == CURLE_OUT_OF_MEMORY) throw std::bad_alloc();
  if (result == CURLE_OK) return;
  throw Error(ErrorCode::component_missing, "libcurl cannot send to " + settings_.shown_url + " by " +
                                                std::string(to_string(settings_.protocol)) + ": " +
                                                curl_easy_strerror(result));
}

void Call::set_headers() {
  const bool is_gzip = settings_.compression == OtlpCompression::gzip;
  // libcurl would wait for a "100 Continue" that hardly any collector sends.
  append(headers_, "Expect:");
  if (settings_.is_grpc()) {
    if (settings_.timeout.count() > 0) append(headers_, "grpc-timeout: " + grpc_timeout(settings_.timeout));
    append(headers_, "te: trailers");
    append(headers_, "content-type: application/grpc");
    append(headers_, "grpc-accept-encoding: identity");
    if (is_gzip) append(headers_, "grpc-encoding: gzip");
  } else {
    append(headers_, settings_.is_json() ? "Content-Type: application/json" : "Content-Type: application/x-protobuf");
    if (is_gzip) append(headers_, "Content-Encoding: gzip");
  }
  for (const auto& [name, value] : settings_.headers) {
    // The semicolon is libcurl's sign for a header without a value.
    append(headers_, value.empty() ? name + ";" : name + ": " + value.reveal());
  }
  set(CURLOPT_HTTPHEADER, headers_.get());
}

void Call::set_connection() {
  const bool is_tls = settings_.url.starts_with("https:");
  const long grpc_version = is_tls ? CURL_HTTP_VERSION_2TLS : CURL_HTTP_VERSION_2_PRIOR_KNOWLEDGE;
  set(CURLOPT_HTTP_VERSION, settings_.is_grpc() ? grpc_version : static_cast<long>(CURL_HTTP_VERSION_1_1));
  // Without a tunnel libcurl speaks HTTP/1.1 to a proxy, in which there is no gRPC.
  if (settings_.is_grpc()) set(CURLOPT_HTTPPROXYTUNNEL, yes);
  if (needs_fresh_connections(settings_)) {
    set(CURLOPT_FRESH_CONNECT, yes);
    set(CURLOPT_FORBID_REUSE, yes);
  }
  set(CURLOPT_TIMEOUT_MS, milliseconds(settings_.timeout));
  // 0 would be libcurl's own limit of five minutes here, and is none for us.
  constexpr long no_limit_ms = std::numeric_limits<std::int32_t>::max();
  set(CURLOPT_CONNECTTIMEOUT_MS, settings_.timeout.count() > 0 ? milliseconds(settings_.timeout) : no_limit_ms);
  // Its handlers are the application's; a broken pipe is no matter, because the threads of sinks have signals blocked.
  set(CURLOPT_NOSIGNAL, yes);
  set(CURLOPT_TCP_KEEPALIVE, yes);
  set(CURLOPT_FOLLOWLOCATION, no);
  set(CURLOPT_SUPPRESS_CONNECT_HEADERS, yes);
  set(CURLOPT_OPENSOCKETFUNCTION, &open_socket);
  constexpr long upload_bytes = 256 << 10;  // a batch in a few pieces instead of dozens
  set(CURLOPT_UPLOAD_BUFFERSIZE, upload_bytes);
#if LIBCURL_VERSION_NUM >= 0x075500
  set(CURLOPT_PROTOCOLS_STR, "http,https");
#else
  set(CURLOPT_PROTOCOLS, static_cast<long>(CURLPROTO_HTTP | CURLPROTO_HTTPS));
#endif
#if LIBCURL_VERSION_NUM >= 0x075700
  // A name server that does not answer must not hold up whoever no longer waits for it.
  set(CURLOPT_QUICK_EXIT, yes);
#endif
}

void Call::set_tls() {
  check_readable(settings_.certificate_file, "certificate file");
  check_readable(settings_.client_key_file, "client key file");
  check_readable(settings_.client_certificate_file, "client certificate file");
  if (!settings_.certificate_file.empty()) {
    set(CURLOPT_CAINFO, settings_.certificate_file.c_str());
    // Else libcurl would go on trusting the folder that it was built with, too.
    set(CURLOPT_CAPATH, static_cast<const char*>(nullptr));
  }
  if (!settings_.client_key_file.empty()) set(CURLOPT_SSLKEY, settings_.client_key_file.c_str());
  if (!settings_.client_certificate_file.empty()) {
    set(CURLOPT_SSLCERT, settings_.client_certificate_file.c_str());
  }
  set(CURLOPT_SSLVERSION, static_cast<long>(CURL_SSLVERSION_TLSv1_2));
}

void Call::prepare(std::string_view body) {
  reply_ = {};
  error_.front() = '\0';
  set(CURLOPT_POSTFIELDS, body.data());
  set(CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(body.size()));
}

}  // namespace spark::detail::otlp
