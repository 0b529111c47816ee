#include "apps/sparktel/formats/lanes.h"

#include <algorithm>
#include <functional>
#include <queue>
#include <set>
#include <utility>

namespace spark::sparktel {

namespace {

// What lies open on each lane at the moment that the spans, in the order of their starts, have reached.
class OpenLanes {
 public:
  // Takes lanes back whose outermost slice has ended.
  void advance(std::int64_t now) {
    while (!busy_.empty() && busy_.top().first <= now) {
      open_[busy_.top().second].clear();
      free_.insert(busy_.top().second);
      busy_.pop();
    }
  }
  // True if the innermost open slice of the lane is `parent` and the span ends within it.
  [[nodiscard]] bool fits(std::uint32_t lane, const LaneSpan& span) {
    std::vector<LaneSpan>& open = open_[lane];
    while (!open.empty() && open.back().end_ns <= span.start_ns) open.pop_back();
    return !open.empty() && open.back().span_id == span.parent_span_id && span.end_ns <= open.back().end_ns;
  }
  void nest(std::uint32_t lane, const LaneSpan& span) { open_[lane].push_back(span); }
  std::uint32_t place(const LaneSpan& span) {
    if (free_.empty()) {
      free_.insert(static_cast<std::uint32_t>(open_.size()));
      open_.emplace_back();
    }
    const std::uint32_t lane = *free_.begin();
    free_.erase(free_.begin());
    open_[lane].push_back(span);
    busy_.emplace(span.end_ns, lane);
    return lane;
  }
  [[nodiscard]] std::uint32_t size() const noexcept { return static_cast<std::uint32_t>(open_.size()); }

 private:
  using End = std::pair<std::int64_t, std::uint32_t>;  // of the outermost slice, and its lane

  std::vector<std::vector<LaneSpan>> open_;
  std::set<std::uint32_t> free_;
  std::priority_queue<End, std::vector<End>, std::greater<>> busy_;
};

}  // namespace

Lanes::Lanes(std::vector<LaneSpan> spans) {
  // Of spans that start together the longer one comes first, so that it can be around the others.
  std::sort(spans.begin(), spans.end(), [](const LaneSpan& a, const LaneSpan& b) {
    if (a.start_ns != b.start_ns) return a.start_ns < b.start_ns;
    if (a.end_ns != b.end_ns) return a.end_ns > b.end_ns;
    return a.span_id < b.span_id;
  });
  lanes_.reserve(spans.size());
  OpenLanes open;
  for (const LaneSpan& span : spans) {
    open.advance(span.start_ns);
    const auto parent = lanes_.find(span.parent_span_id);
    std::uint32_t lane = 0;
    if (parent != lanes_.end() && open.fits(parent->second, span)) {
      lane = parent->second;
      open.nest(lane, span);
    } else {
      lane = open.place(span);
    }
    lanes_.emplace(span.span_id, lane);
  }
  size_ = open.size();
}

std::optional<std::uint32_t> Lanes::lane_of(SpanId span) const {
  const auto found = lanes_.find(span);
  if (found == lanes_.end()) return std::nullopt;
  return found->second;
}

}  // namespace spark::sparktel
