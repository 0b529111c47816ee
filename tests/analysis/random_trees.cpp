#include "analysis/random_trees.h"

#include <algorithm>
#include <string>
#include <tuple>

#include "analysis/traces.h"

namespace spark::testing {
namespace {

std::int64_t start_of(const Span& span) { return span.start_time.time_since_epoch().count(); }
std::int64_t end_of(const Span& span) { return span.end_time.time_since_epoch().count(); }

bool comes_before(const Span& a, const Span& b) {
  return std::tuple(start_of(a), -end_of(a), a.span_id) < std::tuple(start_of(b), -end_of(b), b.span_id);
}

std::optional<std::size_t> named_parent(const std::vector<Span>& spans, std::size_t child) {
  for (std::size_t i = 0; i < spans.size(); ++i) {
    if (spans[i].span_id == spans[child].parent_span_id) return i;
  }
  return std::nullopt;
}

// The named one, unless the span is the first of a circle.
std::optional<std::size_t> parent_of(const std::vector<Span>& spans, std::size_t child) {
  std::size_t first = child;
  auto ancestor = named_parent(spans, child);
  for (std::size_t steps = 0; ancestor && *ancestor != child && steps < spans.size(); ++steps) {
    if (comes_before(spans[*ancestor], spans[first])) first = *ancestor;
    ancestor = named_parent(spans, *ancestor);
  }
  const bool is_on_circle = ancestor == child;
  return is_on_circle && first == child ? std::nullopt : named_parent(spans, child);
}

struct Life {
  std::int64_t start;
  std::int64_t end;
};

Life life_of(const std::vector<Span>& spans, std::size_t span) {
  Life life{start_of(spans[span]), end_of(spans[span])};
  for (auto parent = parent_of(spans, span); parent; parent = parent_of(spans, *parent)) {
    life.start = std::max(life.start, start_of(spans[*parent]));
    life.end = std::min(life.end, end_of(spans[*parent]));
  }
  return life;
}

}  // namespace

std::vector<Span> random_trace(Random& random, std::uint64_t most) {
  const auto below = [&](std::uint64_t limit) { return static_cast<std::int64_t>(random.next() % limit); };
  constexpr std::uint64_t missing_id = 999;
  std::vector<Span> spans(static_cast<std::size_t>(1 + below(most)));
  const bool may_be_circular = below(8) == 0;
  for (std::size_t i = 0; i < spans.size(); ++i) {
    const std::uint64_t last_parent = may_be_circular ? spans.size() : i;
    std::uint64_t parent = static_cast<std::uint64_t>(below(last_parent + 1));
    if (i > 0 && parent == 0 && below(3) != 0) parent = 1;
    if (below(25) == 0) parent = missing_id;
    const bool is_whole = i == 0 && below(4) != 0;
    const std::int64_t start = is_whole ? 5 : below(40);
    const std::int64_t length = is_whole ? 30 : below(10) == 0 ? -below(5) : below(20);
    spans[i] = make_span(i + 1, parent, 0, 0, std::string(1, static_cast<char>('a' + below(4))));
    spans[i].start_time = Timestamp(std::chrono::nanoseconds(start));
    spans[i].end_time = Timestamp(std::chrono::nanoseconds(start + length));
    if (below(3) == 0) spans[i].status = below(2) == 0 ? SpanStatus::failed : SpanStatus::cancelled;
    if (below(2) == 0) {
      spans[i].attributes = {{"node_id", "n" + std::to_string(below(2))}, {"node_type", spans[i].name}};
    }
  }
  for (std::size_t i = spans.size(); i > 1; --i) std::swap(spans[i - 1], spans[static_cast<std::size_t>(below(i))]);
  return spans;
}

std::optional<std::size_t> expected_owner(const std::vector<Span>& spans, std::int64_t moment) {
  std::optional<std::size_t> owner;
  for (;;) {
    std::optional<std::size_t> next;
    const auto rank = [&](std::size_t span) {
      const Life life = life_of(spans, span);
      return std::pair(life.end, -life.start);
    };
    for (std::size_t i = 0; i < spans.size(); ++i) {
      const Life life = life_of(spans, i);
      if (parent_of(spans, i) != owner || moment < life.start || moment >= life.end) continue;
      if (!next || rank(i) > rank(*next) || (rank(i) == rank(*next) && comes_before(spans[i], spans[*next]))) next = i;
    }
    if (!next) return owner;
    owner = next;
  }
}

std::int64_t expected_self_ns(const std::vector<Span>& spans, std::size_t span) {
  std::int64_t result = 0;
  for (std::int64_t moment = start_of(spans[span]); moment < end_of(spans[span]); ++moment) {
    bool is_alone = true;
    for (std::size_t i = 0; i < spans.size(); ++i) {
      if (parent_of(spans, i) == span && start_of(spans[i]) <= moment && moment < end_of(spans[i])) is_alone = false;
    }
    result += is_alone ? 1 : 0;
  }
  return result;
}

std::int64_t expected_extent_ns(const std::vector<Span>& spans) {
  std::optional<Life> extent;
  for (std::size_t i = 0; i < spans.size(); ++i) {
    const Life life = life_of(spans, i);
    if (parent_of(spans, i) || life.end <= life.start) continue;
    if (!extent) extent = life;
    extent->start = std::min(extent->start, life.start);
    extent->end = std::max(extent->end, life.end);
  }
  return extent ? extent->end - extent->start : 0;
}

std::string text(const std::vector<Span>& spans) {
  std::string result;
  for (std::size_t i = 0; i < spans.size(); ++i) {
    result += std::to_string(i) + ": id " + std::to_string(spans[i].span_id.value) + " parent " +
              std::to_string(spans[i].parent_span_id.value) + " " + std::to_string(start_of(spans[i])) + ".." +
              std::to_string(end_of(spans[i])) + "\n";
  }
  return result;
}

}  // namespace spark::testing
