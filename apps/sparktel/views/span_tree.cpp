#include "apps/sparktel/views/span_tree.h"

#include <algorithm>
#include <numeric>
#include <tuple>
#include <unordered_map>

namespace spark::sparktel {

std::vector<TreeEntry> span_tree(const std::vector<Span>& spans) {
  std::vector<std::size_t> order(spans.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  // The longer one first, because the clock may give a child the start of its parent.
  std::sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
    return std::tie(spans[a].start_time, spans[b].end_time, spans[a].span_id) <
           std::tie(spans[b].start_time, spans[a].end_time, spans[b].span_id);
  });

  std::unordered_map<SpanId, std::vector<std::size_t>> children;
  for (const Span& span : spans) children.try_emplace(span.span_id);
  std::vector<std::size_t> roots;
  for (const std::size_t index : order) {
    const Span& span = spans[index];
    const auto parent = children.find(span.parent_span_id);
    const bool is_child = parent != children.end() && span.parent_span_id != span.span_id;
    (is_child ? parent->second : roots).push_back(index);
  }

  std::vector<TreeEntry> tree;
  std::vector<bool> is_placed(spans.size(), false);
  // Explicit, because a trace may be deeper than the machine's stack.
  std::vector<TreeEntry> stack;
  const auto place_from = [&](std::size_t root) {
    stack.push_back({root, 0});
    while (!stack.empty()) {
      const TreeEntry entry = stack.back();
      stack.pop_back();
      if (is_placed[entry.index]) continue;
      is_placed[entry.index] = true;
      tree.push_back(entry);
      const std::vector<std::size_t>& below = children[spans[entry.index].span_id];
      for (auto child = below.rbegin(); child != below.rend(); ++child) stack.push_back({*child, entry.depth + 1});
    }
  };
  for (const std::size_t root : roots) place_from(root);
  for (const std::size_t index : order) place_from(index);
  return tree;
}

}  // namespace spark::sparktel
