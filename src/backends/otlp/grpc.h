// What unary gRPC writes into headers and around messages. Free functions without state; the input comes from outside
// and may be anything. (gRPC, doc/PROTOCOL-HTTP2.md and doc/statuscodes.md.)
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace spark::detail::otlp {

enum class GrpcCode : std::uint8_t {
  ok,
  cancelled,
  unknown,
  invalid_argument,
  deadline_exceeded,
  not_found,
  already_exists,
  permission_denied,
  resource_exhausted,
  failed_precondition,
  aborted,
  out_of_range,
  unimplemented,
  internal,
  unavailable,
  data_loss,
  unauthenticated,
};

// The value of a grpc-status header; `unknown` for what is no code.
[[nodiscard]] GrpcCode read_grpc_code(std::string_view text) noexcept;
// What an answer means that has no grpc-status, by its HTTP status (doc/http-grpc-status-mapping.md).
[[nodiscard]] GrpcCode code_of_http_status(long status) noexcept;
// "UNAVAILABLE" and so on. Static storage.
[[nodiscard]] std::string_view to_string(GrpcCode code) noexcept;
// Of those that OTLP lets try again in any case; for resource_exhausted it depends on what else the server says.
[[nodiscard]] bool is_retryable(GrpcCode code) noexcept;

// The message in the answer's body; empty if it is not there, not whole, or compressed, which we never allow.
[[nodiscard]] std::optional<std::string_view> grpc_message_of(std::string_view body) noexcept;

// A grpc-message header's value: percent-decoded, broken escapes left as they are.
[[nodiscard]] std::string decode_grpc_message(std::string_view text);

// The value of a "-bin" header: base64 with or without padding; of several values the first. What is no base64 ends it.
[[nodiscard]] std::string decode_binary_header(std::string_view text);

}  // namespace spark::detail::otlp
