// What an outage of the far end costs: what callers feel of it, and how long it takes until what waited in the spool
// has been delivered. Free functions; they throw std::runtime_error if something was lost.
#pragma once

#include <cstdint>

#include "harness.h"
#include "spark/telemetry/manager.h"

namespace spark::bench {

struct Outage {
  double ratio = 0;  // of the two 99th percentiles of a span, median over pairs
  double healthy_p99_ns = 0;
};

// Records in turn with a manager whose far end is there and with one whose far end is not.
[[nodiscard]] Outage measure_outage(TelemetryManager& healthy, TelemetryManager& down, const Options& options);

inline constexpr std::uint64_t spans_of_an_outage = 150'000;  // 30 s of 5,000 a second

// While the far end is down: records so many spans, which are in the spool then.
void record_into_spool(TelemetryManager& manager, std::uint64_t spans);
// Once it is there again: until the spool is empty.
[[nodiscard]] double seconds_to_drain(const TelemetryManager& manager);

}  // namespace spark::bench
