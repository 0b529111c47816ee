#include "spark/analysis/self_time.h"

#include <algorithm>

#include "analysis/interval.h"

namespace spark::analysis {

using detail::Interval;

std::vector<Seconds> self_times(std::span<const Span> spans, const SpanTree& tree) {
  std::vector<Seconds> result(spans.size(), Seconds(0));
  for (std::size_t i = 0; i < tree.nodes.size(); ++i) {
    const TreeNode& node = tree.nodes[i];
    const Interval own = detail::interval_of(spans[node.span]);
    // Children come by their start, so that what of a child is new lies behind all before it.
    std::int64_t left = own.length();
    std::int64_t covered_until = own.start;
    for (std::size_t child = i + 1; child < node.end; child = tree.nodes[child].end) {
      const Interval theirs = detail::interval_of(spans[tree.nodes[child].span]).within({covered_until, own.end});
      if (theirs.empty()) continue;
      left -= theirs.length();
      covered_until = theirs.end;
    }
    result[node.span] = detail::seconds(std::max<std::int64_t>(left, 0));  // a length that was cut at 292 years
  }
  return result;
}

std::vector<Seconds> self_times(std::span<const Span> spans) { return self_times(spans, span_tree(spans)); }

}  // namespace spark::analysis
