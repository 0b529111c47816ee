// Failed spans, those together that failed alike: at the same node (or under the same span name), with the same type of
// error and the same message but for numbers, ids, paths and quoted text (normalized_message.h).
//
// Every failed span counts where it failed. One that failed because its child did is a failure of its own: an exception
// that passes through a graph is counted at the node and at the graph. Cancelled spans did not fail.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "spark/telemetry/sink.h"

namespace spark::analysis {

struct ErrorGroupOptions {
  std::optional<std::string> span_name = {};  // a glob (spark/base/glob.h)
  std::optional<TraceId> trace_id = {};
  TimeRange start_time = {};  // of the spans
  // False: groups are by span name, and no attributes are read, which is quicker.
  bool by_node = true;
  // The largest are given, the rest is counted in `others`.
  std::size_t max_groups = 100;
  // Held in memory at a time. Failures that would begin a further one are counted in `others`, so a group that only
  // began then is missing however large it became; `groups_overflowed` tells.
  std::size_t max_groups_held = 10'000;
  std::size_t max_examples = 3;  // of each group; 0 is allowed

  bool operator==(const ErrorGroupOptions&) const = default;
};

struct ErrorGroup {
  std::string node_id = {};    // the attribute; empty where there is none, and by_node is false
  std::string span_name = {};  // of the latest of them; groups by node may have several
  std::string error_type = {};
  std::string message = {};  // with placeholders
  std::uint64_t count = 0;
  double share = 0;      // of all failed spans
  Timestamp first = {};  // ends of spans
  Timestamp last = {};
  std::string example_message = {};          // the latest, as it was
  std::vector<TraceId> example_traces = {};  // different ones, the latest first

  bool operator==(const ErrorGroup&) const = default;
};

struct ErrorReport {
  std::vector<ErrorGroup> groups = {};  // the largest first; of equal ones the latest
  std::uint64_t failed_spans = 0;
  std::uint64_t others = 0;             // failed spans in no group above
  std::uint64_t groups_overflowed = 0;  // of those: that found max_groups_held groups

  bool operator==(const ErrorReport&) const = default;
};

// Streams the failed spans. Throws Error(invalid_argument) naming the field, and whatever the store throws. Blocks as
// long as its query.
[[nodiscard]] ErrorReport error_groups(Store& store, const ErrorGroupOptions& options = {});

}  // namespace spark::analysis
