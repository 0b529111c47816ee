// The critical path of a trace: at each moment the one span that its end was waiting for. What is not on it can be made
// faster without the trace becoming any shorter.
//
// Definition. A span lives from its start to its end, as far as its parent lives; one that ends before it starts lives
// at no moment. A moment belongs to a root that lives then, of several to the one that ends last; from there it goes to
// the child that lives then and ends last, and so on down. The span where no child lives is on the path. Of spans that
// end at once the one that comes first in the tree (span_tree.h) is taken, which is one that starts first.
//
// It is found by the walk back from the end that tracing tools use (Jaeger's critical path view; Zhang et al., "CRISP:
// Critical Path Analysis of Large-Scale Microservice Architectures", USENIX ATC 2022): the end of a span waited for its
// child that finished last, whose start waited for the one that finished last before that, until no child is left. It
// differs from theirs where children overlap: a sibling that still ran when the later one began takes the path over at
// that moment, while theirs wants one that had ended by then and gives the time to the parent. Spans do not say what
// they waited for; and a parent with a running child more often waits than works.
//
// The segments follow each other in time and do not overlap. With one root their durations sum to the root's duration.
// With several roots moments when none of them lived are on no segment. O(n log n), without recursion.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "spark/analysis/span_tree.h"
#include "spark/telemetry/records.h"
#include "spark/telemetry/sink.h"

namespace spark::analysis {

struct PathSegment {
  std::size_t span = 0;  // its place among the spans
  Timestamp start = {};
  Timestamp end = {};

  [[nodiscard]] Seconds duration() const noexcept;
  bool operator==(const PathSegment&) const = default;
};

struct CriticalPath {
  // From the first start to the last end of the roots; equal if none of them has a length.
  Timestamp start = {};
  Timestamp end = {};
  std::vector<PathSegment> segments = {};  // the first moment first

  [[nodiscard]] Seconds duration() const noexcept;
  bool operator==(const CriticalPath&) const = default;
};

// Of the spans of one trace. The second form is for callers that have their tree already.
[[nodiscard]] CriticalPath critical_path(std::span<const Span> spans);
[[nodiscard]] CriticalPath critical_path(std::span<const Span> spans, const SpanTree& tree);

struct TraceCriticalPath {
  std::vector<Span> spans = {};  // what the segments name; without attributes
  CriticalPath path = {};
  std::uint64_t spans_left_out = 0;  // beyond max_spans, the latest starts: the path is that of the others

  bool operator==(const TraceCriticalPath&) const = default;
};

inline constexpr std::size_t default_max_spans = 100'000;

// Reads the trace from the store; nothing of it is there: an empty path. Throws Error(invalid_argument) for a trace id
// of zero and for max_spans of 0, and whatever the store throws. Blocks as long as its queries.
[[nodiscard]] TraceCriticalPath critical_path(Store& store, TraceId trace_id,
                                              std::size_t max_spans = default_max_spans);

}  // namespace spark::analysis
