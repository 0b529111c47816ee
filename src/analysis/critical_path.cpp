#include "spark/analysis/critical_path.h"

#include <algorithm>
#include <tuple>
#include <utility>

#include "analysis/checks.h"
#include "analysis/interval.h"
#include "analysis/read_trace.h"

namespace spark::analysis {
namespace {

using detail::Interval;

class Walk {
 public:
  Walk(std::span<const Span> spans, const SpanTree& tree) : spans_(spans), tree_(tree) {}

  CriticalPath run() {
    clamp();
    sort_children();
    Interval extent = extent_of_roots();
    path_.start = detail::timestamp(extent.start);
    path_.end = detail::timestamp(extent.end);
    stack_.push_back({no_parent, extent.start, extent.end, 0, roots_});
    while (!stack_.empty()) step();
    std::reverse(path_.segments.begin(), path_.segments.end());
    return std::move(path_);
  }

 private:
  // A node whose time from `start` to `until` is being given away, from the back. no_parent stands for the trace.
  struct Frame {
    std::size_t node;
    std::int64_t start;
    std::int64_t until;
    std::size_t next_child;  // in children_
    std::size_t children_end;
  };
  struct Child {
    std::size_t parent;
    Interval lives;
    std::size_t node;
  };

  void clamp() {
    lives_.reserve(tree_.nodes.size());
    for (const TreeNode& node : tree_.nodes) {
      const Interval own = detail::interval_of(spans_[node.span]);
      lives_.push_back(node.parent == no_parent ? own : own.within(lives_[node.parent]));
    }
  }

  // Of each parent those that live at all, the last end first; of equal ends the first node, which starts no later than
  // the others. Roots come first of all, as children of the trace.
  void sort_children() {
    for (std::size_t i = 0; i < lives_.size(); ++i) {
      if (!lives_[i].empty()) children_.push_back({tree_.nodes[i].parent + 1, lives_[i], i});
    }
    std::sort(children_.begin(), children_.end(), [](const Child& a, const Child& b) {
      return std::tie(a.parent, b.lives.end, a.node) < std::tie(b.parent, a.lives.end, b.node);
    });
    first_child_.assign(lives_.size() + 2, 0);
    for (const Child& child : children_) ++first_child_[child.parent + 1];
    for (std::size_t i = 1; i < first_child_.size(); ++i) first_child_[i] += first_child_[i - 1];
    roots_ = first_child_[1];
  }

  [[nodiscard]] Interval extent_of_roots() const noexcept {
    if (roots_ == 0) {
      // Roots are in order of their starts.
      const std::int64_t moment = lives_.empty() ? 0 : lives_.front().start;
      return {moment, moment};
    }
    Interval extent = children_.front().lives;
    for (std::size_t i = 1; i < roots_; ++i) extent.start = std::min(extent.start, children_[i].lives.start);
    return extent;
  }

  void step() {
    Frame& frame = stack_.back();
    // Who starts behind `until` lived only while somebody else had the path.
    while (frame.next_child < frame.children_end && children_[frame.next_child].lives.start >= frame.until) {
      ++frame.next_child;
    }
    if (frame.next_child == frame.children_end) {
      add(frame.node, frame.start, frame.until);
      stack_.pop_back();
      return;
    }
    const Child& child = children_[frame.next_child++];
    const std::int64_t child_until = std::min(child.lives.end, frame.until);
    add(frame.node, child_until, frame.until);
    frame.until = child.lives.start;
    stack_.push_back(
        {child.node, child.lives.start, child_until, first_child_[child.node + 1], first_child_[child.node + 2]});
  }

  void add(std::size_t node, std::int64_t start, std::int64_t end) {
    if (node == no_parent || start >= end) return;
    path_.segments.push_back({tree_.nodes[node].span, detail::timestamp(start), detail::timestamp(end)});
  }

  std::span<const Span> spans_;
  const SpanTree& tree_;
  CriticalPath path_;
  std::vector<Interval> lives_;  // by node
  std::vector<Child> children_;
  std::vector<std::size_t> first_child_;  // by node + 1; 0 is the trace
  std::size_t roots_ = 0;
  std::vector<Frame> stack_;
};

}  // namespace

Seconds PathSegment::duration() const noexcept { return detail::seconds(detail::length_ns(start, end)); }
Seconds CriticalPath::duration() const noexcept { return detail::seconds(detail::length_ns(start, end)); }

CriticalPath critical_path(std::span<const Span> spans, const SpanTree& tree) { return Walk(spans, tree).run(); }

CriticalPath critical_path(std::span<const Span> spans) { return critical_path(spans, span_tree(spans)); }

TraceCriticalPath critical_path(Store& store, TraceId trace_id, std::size_t max_spans) {
  if (!trace_id.is_valid()) throw Error(ErrorCode::invalid_argument, "critical_path: trace_id is zero");
  detail::check_not_zero("critical_path: max_spans", max_spans);
  detail::TraceSpans read = detail::read_trace(store, trace_id, max_spans, false);
  CriticalPath path = critical_path(read.spans);
  return {std::move(read.spans), std::move(path), read.left_out};
}

}  // namespace spark::analysis
