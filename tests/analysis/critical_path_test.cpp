// The critical path and self times, as literals and against what is found moment by moment.
#include "spark/analysis/critical_path.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "analysis/random_trees.h"
#include "analysis/traces.h"
#include "spark/analysis/self_time.h"
#include "spark/base/error.h"

namespace spark::analysis {
namespace {

using ::spark::testing::at;
using ::spark::testing::make_span;
using ::testing::ElementsAre;

std::string printed(const std::vector<Span>& spans, const CriticalPath& path) {
  std::string result;
  for (const PathSegment& segment : path.segments) {
    const auto ms = [](Timestamp time) {
      return std::to_string(std::chrono::duration_cast<std::chrono::milliseconds>(time - at(0)).count());
    };
    if (!result.empty()) result += " ";
    result += spans[segment.span].name + ":" + ms(segment.start) + "-" + ms(segment.end);
  }
  return result;
}
std::string path_of(const std::vector<Span>& spans) { return printed(spans, critical_path(spans)); }

TEST(CriticalPath, GoesThroughChildrenThatFollowEachOther) {
  EXPECT_EQ(path_of({make_span(1, 0, 0, 100, "root"), make_span(2, 1, 10, 40, "a"), make_span(3, 1, 50, 90, "b"),
                     make_span(4, 3, 60, 70, "c")}),
            "root:0-10 a:10-40 root:40-50 b:50-60 c:60-70 b:70-90 root:90-100");
}

TEST(CriticalPath, LeavesOutWhatRanBesideALongerSibling) {
  EXPECT_EQ(path_of({make_span(1, 0, 0, 100, "root"), make_span(2, 1, 10, 90, "slow"), make_span(3, 1, 10, 50, "fast"),
                     make_span(4, 3, 20, 40, "below")}),
            "root:0-10 slow:10-90 root:90-100");
}

TEST(CriticalPath, IsTakenOverByASiblingThatStillRan) {
  EXPECT_EQ(path_of({make_span(1, 0, 0, 100, "root"), make_span(2, 1, 0, 60, "a"), make_span(3, 1, 50, 100, "b"),
                     make_span(4, 2, 30, 60, "c")}),
            "a:0-30 c:30-50 b:50-100");
}

TEST(CriticalPath, CutsChildrenToTheirParent) {
  EXPECT_EQ(
      path_of({make_span(1, 0, 10, 100, "root"), make_span(2, 1, 0, 30, "early"), make_span(3, 1, 80, 200, "late"),
               make_span(4, 3, 90, 150, "below"), make_span(5, 1, 300, 400, "behind")}),
      "early:10-30 root:30-80 late:80-90 below:90-100");
}

TEST(CriticalPath, GivesNothingToSpansWithoutALength) {
  EXPECT_EQ(path_of({make_span(1, 0, 0, 100, "root"), make_span(2, 1, 50, 50, "empty"), make_span(3, 1, 60, 0, "open"),
                     make_span(4, 2, 50, 70, "below")}),
            "root:0-100");
  const CriticalPath nothing = critical_path(std::vector{make_span(1, 0, 5, 5)});
  EXPECT_EQ(nothing, (CriticalPath{at(5), at(5), {}}));
  EXPECT_EQ(critical_path(std::vector<Span>{}), (CriticalPath{}));
}

TEST(CriticalPath, OfSeveralRootsLeavesGapsWhereNoneLived) {
  const std::vector<Span> spans{make_span(1, 0, 0, 10, "a"), make_span(2, 99, 20, 40, "b"),
                                make_span(3, 0, 5, 12, "c")};
  EXPECT_EQ(path_of(spans), "a:0-5 c:5-12 b:20-40");
  EXPECT_DOUBLE_EQ(critical_path(spans).duration().count(), 0.04);
}

TEST(CriticalPath, TakesTheFirstOfSpansThatEndTogether) {
  EXPECT_EQ(path_of({make_span(1, 0, 0, 100, "root"), make_span(3, 1, 20, 100, "b"), make_span(2, 1, 10, 100, "a"),
                     make_span(4, 1, 10, 100, "c")}),
            "root:0-10 a:10-100");
}

TEST(CriticalPath, SurvivesTimesAtTheEndsOfTheirRange) {
  Span span = make_span(1, 0, 0, 0, "all");
  span.start_time = Timestamp::min();
  span.end_time = Timestamp::max();
  const std::vector spans{span, make_span(2, 1, 0, 1, "part")};
  EXPECT_EQ(critical_path(spans).segments.size(), 3u);
  EXPECT_GT(critical_path(spans).duration().count(), 9e9);
  EXPECT_GT(self_times(spans)[0].count(), 9e9);
}

TEST(CriticalPath, IsReadFromAStore) {
  testing::Recorded recorded;
  recorded.add(testing::make_trace(1, 0, 100),
               {make_span(1, 0, 0, 100, "root"), make_span(2, 1, 10, 40, "a"), make_span(3, 1, 50, 90, "b")});
  recorded.add(testing::make_trace(2, 0, 100), {make_span(4, 0, 0, 100, "other")});
  const TraceCriticalPath whole = critical_path(recorded.store(), testing::trace_number(1));
  EXPECT_EQ(printed(whole.spans, whole.path), "root:0-10 a:10-40 root:40-50 b:50-90 root:90-100");
  EXPECT_EQ(whole.spans_left_out, 0u);
  const TraceCriticalPath cut = critical_path(recorded.store(), testing::trace_number(1), 2);
  EXPECT_EQ(printed(cut.spans, cut.path), "root:0-10 a:10-40 root:40-100");
  EXPECT_EQ(cut.spans_left_out, 1u);
  EXPECT_EQ(critical_path(recorded.store(), testing::trace_number(3)), TraceCriticalPath{});
  EXPECT_THROW((void)critical_path(recorded.store(), TraceId{}), Error);
  EXPECT_THROW((void)critical_path(recorded.store(), testing::trace_number(1), 0), Error);
}

TEST(SelfTime, IsWhatNoChildCovers) {
  EXPECT_THAT(self_times(std::vector{make_span(1, 0, 0, 100), make_span(2, 1, 10, 40), make_span(3, 1, 30, 50),
                                     make_span(4, 1, 35, 36), make_span(5, 1, -10, 5), make_span(6, 1, 95, 200),
                                     make_span(7, 2, 0, 100), make_span(8, 1, 70, 60)}),
              ElementsAre(Seconds(0.05), Seconds(0), Seconds(0.02), Seconds(0.001), Seconds(0.015), Seconds(0.105),
                          Seconds(0.1), Seconds(0)));
}

TEST(SelfTime, OfADuplicateIsNothing) {
  EXPECT_THAT(self_times(std::vector{make_span(1, 0, 5, 10), make_span(1, 0, 0, 10)}),
              ElementsAre(Seconds(0), Seconds(0.01)));
}

TEST(CriticalPathAndSelfTime, AgreeWithWhatIsFoundMomentByMoment) {
  constexpr std::uint64_t seed = 31;
  Random random(seed);
  for (int round = 0; round < 2'000; ++round) {
    // Some are wide, because sorting goes other ways with many.
    const std::vector<Span> spans = testing::random_trace(random, round % 50 == 0 ? 60 : 14);
    SCOPED_TRACE("seed " + std::to_string(seed) + " round " + std::to_string(round) + "\n" + testing::text(spans));
    const CriticalPath path = critical_path(spans);
    std::vector<std::optional<std::size_t>> owners(testing::random_trace_ns);
    std::int64_t before = 0;
    for (const PathSegment& segment : path.segments) {
      const std::int64_t start = segment.start.time_since_epoch().count(), end = segment.end.time_since_epoch().count();
      ASSERT_LE(before, start);
      ASSERT_LT(start, end);
      for (before = start; before < end; ++before) owners.at(static_cast<std::size_t>(before)) = segment.span;
    }
    for (std::int64_t moment = 0; moment < testing::random_trace_ns; ++moment) {
      ASSERT_EQ(owners[static_cast<std::size_t>(moment)], testing::expected_owner(spans, moment)) << "at " << moment;
    }
    ASSERT_EQ((path.end - path.start).count(), testing::expected_extent_ns(spans));
    const std::vector<Seconds> self = self_times(spans);
    for (std::size_t i = 0; i < spans.size(); ++i) {
      ASSERT_EQ(self[i], Seconds(std::chrono::nanoseconds(testing::expected_self_ns(spans, i)))) << "of " << i;
    }
  }
}

TEST(CriticalPathAndSelfTime, TakeAChainDeeperThanAnyStack) {
  constexpr std::uint64_t depth = 1'000'000;
  std::vector<Span> spans;
  spans.reserve(depth);
  for (std::uint64_t id = depth; id > 0; --id) {
    spans.push_back({.span_id = {id}, .parent_span_id = {id - 1}});
    spans.back().start_time = Timestamp(std::chrono::nanoseconds(id));
    spans.back().end_time = Timestamp(std::chrono::nanoseconds(3 * depth - id));
  }
  const SpanTree tree = span_tree(spans);
  EXPECT_EQ(tree.nodes.back().depth, depth - 1);
  const CriticalPath path = critical_path(spans, tree);
  EXPECT_EQ(path.segments.size(), 2 * depth - 1);
  EXPECT_EQ(self_times(spans, tree)[1], Seconds(2e-9));
}

TEST(CriticalPathAndSelfTime, TakeACircleOfMany) {
  constexpr std::uint64_t length = 200'000;
  std::vector<Span> spans;
  for (std::uint64_t id = 1; id <= length; ++id) {
    spans.push_back({.span_id = {id}, .parent_span_id = {id % length + 1}});
    spans.back().end_time = Timestamp(std::chrono::nanoseconds(10));
  }
  const SpanTree tree = span_tree(spans);
  EXPECT_EQ(tree.cycles, 1u);
  EXPECT_EQ(tree.nodes.front().span, 0u);
  EXPECT_EQ(critical_path(spans, tree).segments.size(), 1u);
}

}  // namespace
}  // namespace spark::analysis
