// Where the time of traces goes: by span name and node, how often, how long, how much of it on the critical path.
//
// The newest traces that match are read, one after the other, with a query for each: so it does not matter in which
// order a store keeps spans, and no more than one trace is in memory. What a bound leaves out is counted in the report.
// Traces that still run are left out, since nobody knows yet what they wait for, and counted.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "spark/analysis/critical_path.h"
#include "spark/analysis/trace_filter.h"
#include "spark/telemetry/sink.h"

namespace spark::analysis {

struct BottleneckOptions {
  TraceFilter traces = {};
  // The newest so many. More take more time, in proportion, and say more about what is rare.
  std::size_t max_traces = 5'000;
  // Of one trace; the latest starts beyond that are left out. It bounds the memory.
  std::size_t max_spans_per_trace = default_max_spans;
  // False: rows are by span name alone, and no attributes are read, which is quicker.
  bool by_node = true;
  // Different rows; spans of further ones are counted in `others`.
  std::size_t max_rows = 1'000;
  // Durations kept for each row's p95: all, while a row has no more spans than that, then a random sample of them.
  std::size_t max_samples = 10'000;
  std::uint64_t seed = 1;  // of that sample

  bool operator==(const BottleneckOptions&) const = default;
};

struct BottleneckRow {
  std::string name = {};
  std::string node_id = {};  // the attributes node_id and node_type; empty where there are none
  std::string node_type = {};
  std::uint64_t count = 0;
  std::uint64_t errors = 0;  // spans that failed; cancelled ones did not
  Seconds total{0};          // of the durations; children that overlap may add up to more than the traces
  Seconds mean{0};
  Seconds p95{0};             // the nearest rank
  Seconds self_total{0};      // of the self times (self_time.h)
  double self_share = 0;      // of all rows' self times
  Seconds critical_total{0};  // on critical paths (critical_path.h)
  double critical_share = 0;  // of the sum of the traces' durations

  bool operator==(const BottleneckRow&) const = default;
};

struct BottleneckReport {
  std::vector<BottleneckRow> rows = {};  // the largest critical share first, then the largest self time, then by name
  BottleneckRow others = {};             // of the rows beyond max_rows together; p95 of them is not known, and 0
  std::uint64_t traces = 0;              // that were looked at, those without spans included
  std::uint64_t spans = 0;
  Seconds duration{0};  // of all traces, each from its first start to its last end

  bool more_traces = false;           // older ones matched too
  std::uint64_t running_traces = 0;   // left out, beside `traces`
  std::uint64_t spans_left_out = 0;   // beyond max_spans_per_trace
  std::uint64_t duplicate_spans = 0;  // left out
  std::uint64_t missing_parents = 0;  // spans whose parent was not there: taken for roots
  std::uint64_t cycles = 0;           // of parents: cut

  bool operator==(const BottleneckReport&) const = default;
};

// Throws Error(invalid_argument) naming the field, and whatever the store throws. Blocks as long as its queries.
[[nodiscard]] BottleneckReport bottlenecks(Store& store, const BottleneckOptions& options = {});

}  // namespace spark::analysis
