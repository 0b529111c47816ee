#include "apps/sparktel/views/node_summary.h"

#include <algorithm>
#include <cmath>
#include <map>

namespace spark::sparktel {

namespace {

struct Measured {
  Timestamp first_start = Timestamp::max();
  std::size_t errors = 0;
  std::vector<std::chrono::nanoseconds> durations = {};
};

}  // namespace

std::chrono::nanoseconds percentile(std::vector<std::chrono::nanoseconds>& values, double q) {
  if (values.empty()) return {};
  std::sort(values.begin(), values.end());
  const auto rank = static_cast<std::size_t>(std::ceil(q * static_cast<double>(values.size())));
  return values[std::clamp<std::size_t>(rank, 1, values.size()) - 1];
}

std::vector<NodeSummary> summarize_nodes(std::span<const Span> spans) {
  std::map<std::string, Measured> by_name;
  for (const Span& span : spans) {
    if (!span.attributes.contains("node_id")) continue;
    Measured& measured = by_name[span.name];
    measured.first_start = std::min(measured.first_start, span.start_time);
    measured.durations.push_back(elapsed(span.start_time, span.end_time));
    if (span.status == SpanStatus::failed) ++measured.errors;
  }
  std::vector<NodeSummary> summaries;
  for (auto& [name, measured] : by_name) {
    summaries.push_back({.name = name,
                         .count = measured.durations.size(),
                         .errors = measured.errors,
                         .p50 = percentile(measured.durations, 0.50),
                         .p95 = percentile(measured.durations, 0.95)});
  }
  std::stable_sort(summaries.begin(), summaries.end(), [&](const NodeSummary& a, const NodeSummary& b) {
    return by_name.at(a.name).first_start < by_name.at(b.name).first_start;
  });
  return summaries;
}

}  // namespace spark::sparktel
