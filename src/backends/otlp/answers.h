// What collectors answer with, decoded: partial success, the status of a failure, and how long to wait. Free functions
// without state; the input comes from outside and may be anything.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "backends/otlp/encoder.h"
#include "spark/base/clock.h"

namespace spark::detail::otlp {

// partial_success of an ExportTraceServiceResponse, ExportMetricsServiceResponse or ExportLogsServiceResponse, which
// differ in one name. Unset: nothing was rejected and there is no message.
struct PartialSuccess {
  std::uint64_t rejected = 0;
  std::string message = {};
};
// Empty if the bytes are no such message.
[[nodiscard]] std::optional<PartialSuccess> read_partial_success(std::string_view protobuf);
[[nodiscard]] std::optional<PartialSuccess> read_partial_success_json(std::string_view json, Signal signal);

// google.rpc.Status, as far as anybody acts on it.
struct RpcStatus {
  std::string message = {};
  std::optional<Seconds> retry_delay = {};  // of a google.rpc.RetryInfo among its details, as bounded_delay()
};
// What cannot be read is left empty.
[[nodiscard]] RpcStatus read_rpc_status(std::string_view protobuf);
[[nodiscard]] RpcStatus read_rpc_status_json(std::string_view json);

// No server makes us wait longer, nor less than nothing.
inline constexpr Seconds longest_delay{300};
[[nodiscard]] Seconds bounded_delay(Seconds delay) noexcept;

// Retry-After of RFC 9110: seconds, or a date, which `now` is subtracted from. Empty if it is neither.
[[nodiscard]] std::optional<Seconds> read_retry_after(std::string_view value, Timestamp now);

}  // namespace spark::detail::otlp
