// Where time goes, as literals and against what is found moment by moment.
#include "spark/analysis/bottlenecks.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <string>
#include <tuple>

#include "analysis/random_trees.h"
#include "analysis/traces.h"
#include "spark/base/error.h"

namespace spark::analysis {
namespace {

using ::spark::testing::make_span;
using ::spark::testing::make_trace;
using ::spark::testing::Recorded;
using ::testing::HasSubstr;

Span node_span(std::uint64_t id, std::uint64_t parent, std::int64_t start, std::int64_t end, std::string name,
               std::string node_id) {
  Span span = make_span(id, parent, start, end, std::move(name));
  span.attributes = {{"node_id", std::move(node_id)}, {"node_type", span.name}};
  return span;
}

std::string printed(const BottleneckRow& row) {
  const auto ms = [](Seconds seconds) { return std::to_string(std::llround(seconds.count() * 1e3)); };
  const auto percent = [](double share) { return std::to_string(std::llround(share * 100)) + "%"; };
  return row.name + "/" + row.node_id + " n=" + std::to_string(row.count) + " errors=" + std::to_string(row.errors) +
         " total=" + ms(row.total) + " mean=" + ms(row.mean) + " p95=" + ms(row.p95) + " self=" + ms(row.self_total) +
         " " + percent(row.self_share) + " critical=" + ms(row.critical_total) + " " + percent(row.critical_share) +
         "\n";
}
std::string printed(const BottleneckReport& report) {
  std::string result;
  for (const BottleneckRow& row : report.rows) result += printed(row);
  return result;
}

void add_two_traces(Recorded& recorded) {
  Span failed = node_span(3, 1, 10, 50, "Fetch", "second");
  failed.status = SpanStatus::failed;
  recorded.add(make_trace(1, 0, 100, TraceStatus::completed, {{"graph_id", "g"}, {"graph_version", "1"}}),
               {make_span(1, 0, 0, 100, "graph"), node_span(2, 1, 10, 90, "Fetch", "first"), failed});
  recorded.add(make_trace(2, 1'000, 1'100, TraceStatus::failed, {{"graph_id", "g"}, {"graph_version", "2"}}),
               {make_span(4, 0, 1'000, 1'100, "graph"), node_span(5, 4, 1'000, 1'020, "Fetch", "first")});
}

TEST(Bottlenecks, AreByNodeAndSortedByTheirShareOfTheCriticalPath) {
  Recorded recorded;
  add_two_traces(recorded);
  const BottleneckReport report = bottlenecks(recorded.store());
  EXPECT_EQ(printed(report),
            "Fetch/first n=2 errors=0 total=100 mean=50 p95=80 self=100 42% critical=100 50%\n"
            "graph/ n=2 errors=0 total=200 mean=100 p95=100 self=100 42% critical=100 50%\n"
            "Fetch/second n=1 errors=1 total=40 mean=40 p95=40 self=40 17% critical=0 0%\n");
  EXPECT_EQ(report.traces, 2u);
  EXPECT_EQ(report.spans, 5u);
  EXPECT_DOUBLE_EQ(report.duration.count(), 0.2);
  EXPECT_EQ(report.rows[0].node_type, "Fetch");
}

TEST(Bottlenecks, AreByNameWithoutAttributes) {
  Recorded recorded;
  add_two_traces(recorded);
  EXPECT_EQ(printed(bottlenecks(recorded.store(), {.by_node = false})),
            "Fetch/ n=3 errors=1 total=140 mean=47 p95=80 self=140 58% critical=100 50%\n"
            "graph/ n=2 errors=0 total=200 mean=100 p95=100 self=100 42% critical=100 50%\n");
}

TEST(Bottlenecks, AreOfTheTracesThatMatch) {
  Recorded recorded;
  add_two_traces(recorded);
  const auto spans = [&](TraceFilter filter) { return bottlenecks(recorded.store(), {.traces = filter}).spans; };
  EXPECT_EQ(spans({.graph_id = "g"}), 5u);
  EXPECT_EQ(spans({.graph_id = "other"}), 0u);
  EXPECT_EQ(spans({.graph_id = "g", .graph_version = "2"}), 2u);
  EXPECT_EQ(spans({.name = "r*"}), 5u);
  EXPECT_EQ(spans({.name = "x"}), 0u);
  EXPECT_EQ(spans({.start_time = {.to = testing::at(1'000)}}), 3u);
}

TEST(Bottlenecks, SayWhatABoundLeftOut) {
  Recorded recorded;
  add_two_traces(recorded);
  recorded.add(make_trace(3, 5'000, 0, TraceStatus::started), {make_span(9, 0, 5'000, 5'100)});
  const BottleneckReport one = bottlenecks(recorded.store(), {.max_traces = 2});
  EXPECT_EQ(one.traces, 1u);
  EXPECT_EQ(one.running_traces, 1u);
  EXPECT_TRUE(one.more_traces);
  EXPECT_EQ(one.spans, 2u);
  EXPECT_FALSE(bottlenecks(recorded.store()).more_traces);

  const BottleneckReport cut = bottlenecks(recorded.store(), {.max_spans_per_trace = 1});
  EXPECT_EQ(cut.spans, 2u);
  EXPECT_EQ(cut.spans_left_out, 3u);

  const BottleneckReport rows = bottlenecks(recorded.store(), {.max_rows = 1});
  ASSERT_EQ(rows.rows.size(), 1u);
  EXPECT_EQ(rows.rows[0].count + rows.others.count, 5u);
  EXPECT_NEAR(rows.rows[0].self_share + rows.others.self_share, 1, 1e-12);
  EXPECT_NEAR(rows.rows[0].critical_share + rows.others.critical_share, 1, 1e-12);
}

TEST(Bottlenecks, CountWhatIsWrongWithATrace) {
  Recorded recorded;
  recorded.add(make_trace(1, 0, 100), {make_span(1, 0, 0, 100), make_span(2, 99, 0, 10), make_span(3, 3, 0, 10)});
  const BottleneckReport report = bottlenecks(recorded.store());
  EXPECT_EQ(report.missing_parents, 1u);
  EXPECT_EQ(report.cycles, 1u);
}

TEST(Bottlenecks, SampleDurationsBeyondTheirBound) {
  Recorded recorded;
  std::vector<Span> spans;
  for (std::uint64_t id = 1; id <= 500; ++id) spans.push_back(make_span(id, 0, 0, static_cast<std::int64_t>(id)));
  recorded.add(make_trace(1, 0, 500), spans);
  EXPECT_EQ(bottlenecks(recorded.store()).rows[0].p95, Seconds(0.475));
  const BottleneckOptions few{.max_samples = 100};
  EXPECT_NEAR(bottlenecks(recorded.store(), few).rows[0].p95.count(), 0.475, 0.05);
  EXPECT_EQ(bottlenecks(recorded.store(), few), bottlenecks(recorded.store(), few));
}

TEST(Bottlenecks, OfNothingAreNone) {
  Recorded recorded;
  EXPECT_EQ(bottlenecks(recorded.store()), BottleneckReport{});
  recorded.add(make_trace(1, 0, 10));
  EXPECT_EQ(bottlenecks(recorded.store()), BottleneckReport{.traces = 1});
}

TEST(Bottlenecks, RefuseBoundsOfZeroByName) {
  Recorded recorded;
  const auto refusal = [&](const BottleneckOptions& options) {
    try {
      (void)bottlenecks(recorded.store(), options);
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), ErrorCode::invalid_argument);
      return std::string(error.what());
    }
    return std::string();
  };
  EXPECT_EQ(refusal({.max_traces = 0}), "BottleneckOptions::max_traces is 0: it must be at least 1");
  EXPECT_THAT(refusal({.max_spans_per_trace = 0}), HasSubstr("max_spans_per_trace"));
  EXPECT_THAT(refusal({.max_rows = 0}), HasSubstr("max_rows"));
  EXPECT_THAT(refusal({.max_samples = 0}), HasSubstr("max_samples"));
  EXPECT_THAT(refusal({.traces = {.name = "["}}), HasSubstr("["));
}

// What the rows must be, in nanoseconds.
struct Expected {
  std::int64_t count = 0, errors = 0, total = 0, self = 0, critical = 0;
  std::vector<std::int64_t> durations = {};
};
using Key = std::tuple<std::string, std::string, std::string>;

class Reference {
 public:
  void add(const std::vector<Span>& spans) {
    for (std::size_t i = 0; i < spans.size(); ++i) {
      Expected& row = rows[key_of(spans[i])];
      const std::int64_t duration = std::max<std::int64_t>(0, (spans[i].end_time - spans[i].start_time).count());
      ++row.count;
      row.errors += spans[i].status == SpanStatus::failed ? 1 : 0;
      row.total += duration;
      row.durations.push_back(duration);
      row.self += testing::expected_self_ns(spans, i);
    }
    for (std::int64_t moment = 0; moment < testing::random_trace_ns; ++moment) {
      const auto owner = testing::expected_owner(spans, moment);
      if (owner) ++rows[key_of(spans[*owner])].critical;
    }
    extent += testing::expected_extent_ns(spans);
  }

  std::map<Key, Expected> rows;
  std::int64_t extent = 0;

 private:
  static Key key_of(const Span& span) {
    const auto text = [&](const char* key) {
      const Value* value = span.attributes.find(key);
      return value != nullptr ? value->as_string() : std::string();
    };
    return {span.name, text("node_id"), text("node_type")};
  }
};

TEST(Bottlenecks, AgreeWithWhatIsFoundMomentByMoment) {
  constexpr std::uint64_t seed = 77;
  Random random(seed);
  for (int round = 0; round < 100; ++round) {
    SCOPED_TRACE("seed " + std::to_string(seed) + " round " + std::to_string(round));
    Recorded recorded;
    Reference reference;
    for (std::uint64_t number = 1; number <= 20; ++number) {
      const std::vector<Span> spans = testing::random_trace(random);
      reference.add(spans);
      recorded.add(make_trace(number, static_cast<std::int64_t>(number), 100), spans);
    }
    const BottleneckReport report = bottlenecks(recorded.store());
    ASSERT_EQ(report.rows.size(), reference.rows.size());
    EXPECT_NEAR(report.duration.count() * 1e9, static_cast<double>(reference.extent), 1e-6);
    for (const BottleneckRow& row : report.rows) {
      Expected& expected = reference.rows.at({row.name, row.node_id, row.node_type});
      const auto near = [](Seconds actual, std::int64_t ns) {
        return std::abs(actual.count() * 1e9 - static_cast<double>(ns)) < 1e-6;
      };
      std::sort(expected.durations.begin(), expected.durations.end());
      const std::size_t rank = (expected.durations.size() * 95 + 99) / 100;
      ASSERT_EQ(static_cast<std::int64_t>(row.count), expected.count);
      ASSERT_EQ(static_cast<std::int64_t>(row.errors), expected.errors);
      ASSERT_TRUE(near(row.total, expected.total)) << row.name << row.total.count();
      ASSERT_TRUE(near(row.p95, expected.durations[rank - 1])) << row.name << row.p95.count();
      ASSERT_TRUE(near(row.self_total, expected.self)) << row.name << row.self_total.count();
      ASSERT_TRUE(near(row.critical_total, expected.critical)) << row.name << row.critical_total.count();
      ASSERT_NEAR(row.critical_share, static_cast<double>(expected.critical) / static_cast<double>(reference.extent),
                  1e-12);
    }
    ASSERT_TRUE(std::is_sorted(
        report.rows.begin(), report.rows.end(),
        [](const BottleneckRow& a, const BottleneckRow& b) { return a.critical_share > b.critical_share; }));
  }
}

}  // namespace
}  // namespace spark::analysis
