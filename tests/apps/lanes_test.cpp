// Lanes: no two slices on one may overlap without one being inside the other, and none lies in a stranger.
#include "apps/sparktel/formats/lanes.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <string>
#include <vector>

namespace spark::sparktel {
namespace {

LaneSpan span(std::uint64_t id, std::uint64_t parent, std::int64_t start, std::int64_t end) {
  return {start, end, SpanId{id}, SpanId{parent}};
}

std::string text(const std::vector<LaneSpan>& spans) {
  const Lanes lanes(spans);
  std::string out;
  for (const LaneSpan& each : spans) out += std::to_string(lanes.lane_of(each.span_id).value_or(99)) + " ";
  return out + "of " + std::to_string(lanes.size());
}

// What of two slices on one lane is wrong; empty if nothing.
std::string fault(const LaneSpan& a, const LaneSpan& b) {
  const bool are_apart = a.end_ns <= b.start_ns || b.end_ns <= a.start_ns;
  const auto is_around = [](const LaneSpan& outer, const LaneSpan& inner) {
    return outer.start_ns <= inner.start_ns && inner.end_ns <= outer.end_ns;
  };
  if (are_apart || is_around(a, b) || is_around(b, a)) return "";
  return std::to_string(a.span_id.value) + " overlaps " + std::to_string(b.span_id.value);
}

TEST(Lanes, ChildrenLieInTheirParentUntilTheyRunSideBySide) {
  EXPECT_EQ(text({span(1, 0, 0, 100), span(2, 1, 10, 50), span(3, 1, 50, 90), span(4, 3, 60, 70)}), "0 0 0 0 of 1");
  EXPECT_EQ(text({span(1, 0, 0, 100), span(2, 1, 10, 50), span(3, 1, 20, 60), span(4, 1, 55, 90)}), "0 0 1 0 of 2");
}

TEST(Lanes, AChildThatOutlivesItsParentHasALaneOfItsOwn) {
  EXPECT_EQ(text({span(1, 0, 0, 100), span(2, 1, 50, 150)}), "0 1 of 2");
}

TEST(Lanes, ASpanIsNotDrawnInsideAStranger) {
  EXPECT_EQ(text({span(1, 0, 0, 100), span(2, 7, 10, 20), span(3, 7, 20, 30)}), "0 1 1 of 2");
}

TEST(Lanes, SpansWithoutLengthShareALane) {
  EXPECT_EQ(text({span(1, 0, 5, 5), span(2, 0, 5, 5), span(3, 2, 5, 5)}), "0 0 0 of 1");
}

TEST(Lanes, RandomSpansDoNotOverlapOnALane) {
  for (std::uint32_t seed = 1; seed <= 20; ++seed) {
    SCOPED_TRACE(seed);
    std::mt19937 random(seed);
    const auto below = [&](std::uint32_t limit) { return random() % limit; };
    std::vector<LaneSpan> spans;
    for (std::uint64_t id = 1; id <= 400; ++id) {
      const std::uint64_t parent = below(4) == 0 ? 0 : below(static_cast<std::uint32_t>(id));
      const std::int64_t start = below(300);
      spans.push_back(span(id, parent, start, start + below(below(3) == 0 ? 200 : 10)));
    }
    const Lanes lanes(spans);
    std::vector<std::vector<LaneSpan>> on(lanes.size());
    for (const LaneSpan& each : spans) {
      const auto lane = lanes.lane_of(each.span_id);
      ASSERT_TRUE(lane.has_value());
      for (const LaneSpan& other : on.at(*lane)) EXPECT_EQ(fault(other, each), "");
      on[*lane].push_back(each);
    }
    EXPECT_TRUE(std::none_of(on.begin(), on.end(), [](const auto& lane) { return lane.empty(); }));
  }
}

}  // namespace
}  // namespace spark::sparktel
