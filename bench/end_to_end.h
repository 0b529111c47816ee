// How long a manager needs until its backend has everything: recorded by one thread, stored when the flush returns.
// Spans have four attributes, 126 bytes as JSON, ten make a trace. The thread holds back while many wait, so that none
// is dropped: what is measured is how fast the backend takes them.
#pragma once

#include <cstdint>

#include "spark/telemetry/config.h"

namespace spark::bench {

inline constexpr std::uint64_t spans_per_trace = 10;

// Seconds from the first record until the backend has everything. Throws std::runtime_error if it does not get it.
[[nodiscard]] double record_into(const TelemetryConfig& config, std::uint64_t traces);

}  // namespace spark::bench
