// A span's self time: how long it lived while none of its children did. Its duration minus the length of the union of
// its children's intervals, each cut to the span's own: children that overlap count once, and what they do before or
// after their parent does not count. What ends before it starts has no duration, and takes nothing from its parent.
#pragma once

#include <span>
#include <vector>

#include "spark/analysis/span_tree.h"
#include "spark/telemetry/records.h"

namespace spark::analysis {

// For each of the spans of one trace, in their order. Zero for duplicates, which are not in the tree. O(n) with a tree,
// O(n log n) without.
[[nodiscard]] std::vector<Seconds> self_times(std::span<const Span> spans);
[[nodiscard]] std::vector<Seconds> self_times(std::span<const Span> spans, const SpanTree& tree);

}  // namespace spark::analysis
