// Statistics of a graph's nodes, computed from spans. Values in, values out.
#pragma once

#include <chrono>
#include <cstddef>
#include <span>
#include <string>
#include <vector>

#include "spark/telemetry/records.h"

namespace spark::sparktel {

struct NodeSummary {
  std::string name = {};
  std::size_t count = 0;
  std::size_t errors = 0;
  std::chrono::nanoseconds p50{0};
  std::chrono::nanoseconds p95{0};
};

// The smallest of the values that a share `q` of them (0 to 1) does not exceed (the nearest-rank percentile).
// Zero if there are none. Sorts them.
[[nodiscard]] std::chrono::nanoseconds percentile(std::vector<std::chrono::nanoseconds>& values, double q);

// Of the spans that a graph recorded for its nodes (they have a "node_id"), by name, in the order in which
// the names first ran.
[[nodiscard]] std::vector<NodeSummary> summarize_nodes(std::span<const Span> spans);

}  // namespace spark::sparktel
