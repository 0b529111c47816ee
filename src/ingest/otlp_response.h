// The bodies of a receiver's answers. Free functions without state.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "backends/otlp/signal.h"

namespace spark::detail::ingest {

// Export…ServiceResponse. With anything rejected, or something to say, a partial success (HTTP 200, gRPC OK: who sent
// it does not try again); else empty of fields.
[[nodiscard]] std::string export_response(otlp::Signal signal, otlp::Encoding encoding, std::uint64_t rejected,
                                          std::string_view message);

// google.rpc.Status, the body of a failure: `code` is gRPC's (3: invalid argument, 8: resource exhausted, 14:
// unavailable).
[[nodiscard]] std::string status_body(otlp::Encoding encoding, std::int32_t code, std::string_view message);

// "application/x-protobuf" or "application/json".
[[nodiscard]] std::string_view content_type(otlp::Encoding encoding) noexcept;

}  // namespace spark::detail::ingest
