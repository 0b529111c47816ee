#include "spark/analysis/span_tree.h"

#include <algorithm>
#include <tuple>
#include <utility>

#include "spark/base/ids.h"

namespace spark::analysis {
namespace {

// What the order of siblings goes by, apart from the spans, which are too large to be touched by each comparison.
struct Key {
  Timestamp start;
  Timestamp end;
  SpanId id;
  std::size_t span;

  bool operator<(const Key& other) const noexcept {
    return std::tie(start, other.end, id, span) < std::tie(other.start, end, other.id, other.span);
  }
};

// From here on a span is named by its rank in that order, so that "the first" is the smallest number.
class TreeBuilder {
 public:
  explicit TreeBuilder(std::span<const Span> spans) : spans_(spans) {}

  SpanTree build() {
    rank();
    index();
    link();
    cut_cycles();
    gather_children();
    place();
    return std::move(tree_);
  }

 private:
  [[nodiscard]] const Span& span(std::size_t rank) const noexcept { return spans_[order_[rank].span]; }

  void rank() {
    order_.reserve(spans_.size());
    for (std::size_t i = 0; i < spans_.size(); ++i) {
      order_.push_back({spans_[i].start_time, spans_[i].end_time, spans_[i].span_id, i});
    }
    std::sort(order_.begin(), order_.end());
    parent_.assign(order_.size(), no_parent);
    kind_.assign(order_.size(), RootKind::none);
    is_duplicate_.assign(order_.size(), false);
  }

  void index() {
    for (std::size_t rank = 0; rank < order_.size(); ++rank) {
      if (order_[rank].id.is_valid()) by_id_.push_back({order_[rank].id, rank});
    }
    std::sort(by_id_.begin(), by_id_.end());
    const auto is_same_id = [](const auto& a, const auto& b) { return a.first == b.first; };
    for (std::size_t i = 1; i < by_id_.size(); ++i) {
      if (!is_same_id(by_id_[i - 1], by_id_[i])) continue;
      is_duplicate_[by_id_[i].second] = true;
      tree_.duplicates.push_back(order_[by_id_[i].second].span);
    }
    by_id_.erase(std::unique(by_id_.begin(), by_id_.end(), is_same_id), by_id_.end());
    std::sort(tree_.duplicates.begin(), tree_.duplicates.end());
  }

  void link() {
    for (std::size_t rank = 0; rank < order_.size(); ++rank) {
      if (is_duplicate_[rank]) continue;
      const SpanId id = span(rank).parent_span_id;
      const auto found = std::lower_bound(by_id_.begin(), by_id_.end(), std::pair(id, std::size_t{0}));
      if (id.is_valid() && found != by_id_.end() && found->first == id) {
        parent_[rank] = found->second;
      } else if (!id.is_valid() || id == root_span_id(span(rank).trace_id)) {
        kind_[rank] = RootKind::top;
      } else {
        kind_[rank] = RootKind::missing_parent;
        ++tree_.missing_parents;
      }
    }
  }

  // Walks from each span up to one that was seen before. If this very walk saw it, it lies on a circle.
  void cut_cycles() {
    std::vector<std::size_t> walk_of(order_.size(), no_parent);
    for (std::size_t begin = 0; begin < order_.size(); ++begin) {
      std::size_t at = begin;
      while (at != no_parent && walk_of[at] == no_parent) {
        walk_of[at] = begin;
        at = parent_[at];
      }
      if (at == no_parent || walk_of[at] != begin) continue;
      std::size_t first = at;
      for (std::size_t other = parent_[at]; other != at; other = parent_[other]) first = std::min(first, other);
      parent_[first] = no_parent;
      kind_[first] = RootKind::cycle;
      ++tree_.cycles;
    }
  }

  // children_[first_child_[rank]] up to first_child_[rank + 1] are the children, in order.
  void gather_children() {
    first_child_.assign(order_.size() + 1, 0);
    for (const std::size_t parent : parent_) {
      if (parent != no_parent) ++first_child_[parent + 1];
    }
    for (std::size_t rank = 0; rank < order_.size(); ++rank) first_child_[rank + 1] += first_child_[rank];
    children_.resize(first_child_.back());
    std::vector<std::size_t> next(first_child_.begin(), first_child_.end() - 1);
    for (std::size_t rank = 0; rank < order_.size(); ++rank) {
      if (parent_[rank] != no_parent) children_[next[parent_[rank]]++] = rank;
    }
  }

  void place() {
    struct Waiting {
      std::size_t rank;
      std::size_t parent;
      std::size_t depth;
    };
    std::vector<TreeNode>& nodes = tree_.nodes;
    nodes.reserve(order_.size());
    std::vector<Waiting> stack;
    for (std::size_t root = 0; root < order_.size(); ++root) {
      if (kind_[root] != RootKind::none) stack.push_back({root, no_parent, 0});
      while (!stack.empty()) {
        const auto [rank, parent, depth] = stack.back();
        stack.pop_back();
        const std::size_t self = nodes.size();
        nodes.push_back({order_[rank].span, parent, depth, self + 1, kind_[rank]});
        for (std::size_t i = first_child_[rank + 1]; i-- > first_child_[rank];) {
          stack.push_back({children_[i], self, depth + 1});
        }
      }
    }
    for (std::size_t i = nodes.size(); i-- > 0;) {
      if (nodes[i].parent == no_parent) continue;
      TreeNode& parent = nodes[nodes[i].parent];
      parent.end = std::max(parent.end, nodes[i].end);
    }
  }

  std::span<const Span> spans_;
  SpanTree tree_;
  std::vector<Key> order_;
  std::vector<std::size_t> parent_;  // as a rank
  std::vector<RootKind> kind_;
  std::vector<bool> is_duplicate_;
  std::vector<std::pair<SpanId, std::size_t>> by_id_;
  std::vector<std::size_t> first_child_;
  std::vector<std::size_t> children_;
};

}  // namespace

std::string_view to_string(RootKind kind) noexcept {
  switch (kind) {
    case RootKind::none:
      return "none";
    case RootKind::top:
      return "top";
    case RootKind::missing_parent:
      return "missing_parent";
    case RootKind::cycle:
      return "cycle";
  }
  return "";
}

SpanTree span_tree(std::span<const Span> spans) { return TreeBuilder(spans).build(); }

}  // namespace spark::analysis
