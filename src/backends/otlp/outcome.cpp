#include "backends/otlp/outcome.h"

#include "backends/otlp/grpc.h"
#include "spark/base/error.h"
#include "spark/telemetry/sink.h"
#include "telemetry/environment_variables.h"

namespace spark::detail::otlp {
namespace {

class Judge {
 public:
  Judge(const Reply& reply, const SignalSettings& settings, Signal signal, const Redaction& redaction)
      : reply_(reply), settings_(settings), signal_(signal), redaction_(redaction) {}

  Outcome of_http(Timestamp now) const {
    if (reply_.is_success()) return of_success();
    const RpcStatus status = failure_status();
    const std::string message = "HTTP status " + std::to_string(reply_.status) + said(status.message);
    switch (reply_.status) {
      case 429:
      case 502:
      case 503:
      case 504: {
        const auto after = read_retry_after(reply_.retry_after, now);
        throw RetryableError(ErrorCode::unavailable, attempted() + message, after ? after : status.retry_delay);
      }
      case 400:
      case 413:
      case 422:
        refuse(ErrorCode::invalid_argument, message);
      case 401:
      case 403:
        refuse(ErrorCode::permission_denied, message);
      case 404:
      case 405:
      case 415:
        refuse(ErrorCode::unsupported, message);
      default:
        refuse(ErrorCode::unavailable, message);
    }
  }

  Outcome of_grpc() const {
    if (reply_.is_success() && reply_.is_cut) return of_success();
    const bool has_status = !reply_.grpc_status.empty();
    const GrpcCode code = has_status ? read_grpc_code(reply_.grpc_status) : code_of_http_status(reply_.status);
    if (code == GrpcCode::ok) return of_success();
    const RpcStatus details = read_rpc_status(decode_binary_header(reply_.grpc_status_details));
    std::string message = "gRPC status ";
    message.append(to_string(code)).append(said(decode_grpc_message(reply_.grpc_message)));
    if (!has_status) message.append(" (no grpc-status came; HTTP status ").append(std::to_string(reply_.status) + ")");
    const bool is_told_when = code == GrpcCode::resource_exhausted && details.retry_delay.has_value();
    if (is_retryable(code) || is_told_when) {
      throw RetryableError(ErrorCode::unavailable, attempted() + message, details.retry_delay);
    }
    refuse(error_code(code), message);
  }

 private:
  [[nodiscard]] Outcome of_success() const {
    if (reply_.is_cut) refuse(ErrorCode::unavailable, "the reply is longer than 4 MiB");
    std::string_view body = reply_.body;
    if (settings_.is_grpc() && !body.empty()) {
      const auto message = grpc_message_of(body);
      if (!message) return {.message = attempted() + "taken, but the reply cannot be read"};
      body = *message;
    }
    if (body.empty()) return {};
    const auto partial = read_partial(body);
    // The server has the data; sending them again would not make it more legible.
    if (!partial) return {.message = attempted() + "taken, but the reply cannot be read" + said_type()};
    if (partial->rejected == 0 && partial->message.empty()) return {};
    std::string message = attempted();
    if (partial->rejected > 0) {
      message.append("rejected ").append(std::to_string(partial->rejected)).append(" of the ").append(item_name());
    } else {
      message.append("taken with a warning");
    }
    return {.rejected = partial->rejected, .message = message + said(partial->message)};
  }

  [[nodiscard]] std::optional<PartialSuccess> read_partial(std::string_view body) const {
    if (settings_.is_grpc()) return read_partial_success(body);
    if (!is_of_request_type()) return std::nullopt;
    return settings_.is_json() ? read_partial_success_json(body, signal_) : read_partial_success(body);
  }

  [[nodiscard]] RpcStatus failure_status() const {
    const std::string type = media_type();
    if (type == "application/json") return read_rpc_status_json(reply_.body);
    if (type == "application/x-protobuf") return read_rpc_status(reply_.body);
    return {.message = type == "text/plain" ? reply_.body : std::string()};
  }

  [[nodiscard]] bool is_of_request_type() const {
    return media_type() == (settings_.is_json() ? "application/json" : "application/x-protobuf");
  }
  // Without its parameters.
  [[nodiscard]] std::string media_type() const {
    return lower_case(trimmed(std::string_view(reply_.content_type).substr(0, reply_.content_type.find(';'))));
  }

  [[nodiscard]] std::string attempted() const { return settings_.shown_url + ": "; }
  [[nodiscard]] std::string said(std::string_view text) const {
    const std::string shown = redaction_.shown(text);
    return shown.empty() ? shown : ": " + shown;
  }
  [[nodiscard]] std::string said_type() const {
    return is_of_request_type() || settings_.is_grpc() ? ""
                                                       : ", it is of type \"" + redaction_.shown(media_type()) + "\"";
  }
  [[nodiscard]] std::string_view item_name() const {
    switch (signal_) {
      case Signal::traces:
        return "spans";
      case Signal::metrics:
        return "data points";
      case Signal::logs:
        return "log records";
    }
    return {};
  }

  static ErrorCode error_code(GrpcCode code) {
    switch (code) {
      case GrpcCode::invalid_argument:
      case GrpcCode::resource_exhausted:
        return ErrorCode::invalid_argument;
      case GrpcCode::permission_denied:
      case GrpcCode::unauthenticated:
        return ErrorCode::permission_denied;
      case GrpcCode::unimplemented:
      case GrpcCode::not_found:
        return ErrorCode::unsupported;
      default:
        return ErrorCode::unavailable;
    }
  }

  [[noreturn]] void refuse(ErrorCode code, const std::string& message) const {
    throw Error(code, attempted() + message);
  }

  const Reply& reply_;
  const SignalSettings& settings_;
  const Signal signal_;
  const Redaction& redaction_;
};

}  // namespace

Outcome outcome_of(const Reply& reply, const SignalSettings& settings, Signal signal, const Redaction& redaction,
                   Timestamp now) {
  const Judge judge(reply, settings, signal, redaction);
  return settings.is_grpc() ? judge.of_grpc() : judge.of_http(now);
}

}  // namespace spark::detail::otlp
