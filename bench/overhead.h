// The rows graph_overhead_…: what telemetry to a given place costs a graph that works (overhead_rows.cpp says how it is
// measured).
#pragma once

#include <vector>

#include "harness.h"
#include "spark/telemetry/config.h"

namespace spark::bench {

// `target` in percent.
[[nodiscard]] std::vector<Result> graph_overhead(const char* name, const TelemetryConfig& config, double target,
                                                 const Options& options);

}  // namespace spark::bench
