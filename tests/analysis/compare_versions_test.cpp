// Two versions of a graph, from their runs.
#include "spark/analysis/compare_versions.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "analysis/traces.h"
#include "spark/base/error.h"

namespace spark::analysis {
namespace {

using ::spark::testing::make_trace;
using ::spark::testing::Recorded;

class Runs : public ::testing::Test {
 protected:
  void add(const std::string& version, std::int64_t duration, TraceStatus status = TraceStatus::completed,
           const std::string& graph = "g") {
    const auto start = static_cast<std::int64_t>(++number_) * 1'000;
    recorded_.add(
        make_trace(number_, start, start + duration, status, {{"graph_id", graph}, {"graph_version", version}}));
  }
  Comparison compare(CompareOptions options = {}) {
    options.graph_id = "g";
    options.version_a = "1";
    options.version_b = "2";
    return compare_versions(recorded_.store(), options);
  }

  Recorded recorded_;
  std::uint64_t number_ = 0;
};

TEST_F(Runs, AreToldApartByTheirDurations) {
  for (std::int64_t i = 0; i < 20; ++i) {
    add("1", 100 + i);
    add("2", 70 + i);
    add("2", 1, TraceStatus::completed, "other");
  }
  const Comparison result = compare();
  EXPECT_EQ(result.durations, DurationVerdict::faster);
  EXPECT_NEAR(result.shift.shift, -0.030, 1e-12);
  EXPECT_LT(result.shift.interval.low, -0.030);
  EXPECT_LT(result.shift.interval.high, 0);
  EXPECT_LT(result.rank_test.p_value, 1e-6);
  EXPECT_EQ(result.a, (VersionRuns{.version = "1",
                                   .errors = {0, 20},
                                   .error_interval = wilson_interval({0, 20}),
                                   .median = Seconds(0.109),
                                   .p95 = Seconds(0.118),
                                   .samples = 20}));
  EXPECT_EQ(result.b.median, Seconds(0.079));
  EXPECT_EQ(result.errors, ErrorVerdict::no_difference_found);
  EXPECT_EQ(result.error_p_value, 1);

  // The other way round the answers are each other's opposite.
  const Comparison opposite =
      compare_versions(recorded_.store(), {.graph_id = "g", .version_a = "2", .version_b = "1"});
  EXPECT_EQ(opposite.durations, DurationVerdict::slower);
  EXPECT_NEAR(opposite.shift.shift, 0.030, 1e-12);
  EXPECT_NEAR(opposite.shift.interval.low, -result.shift.interval.high, 1e-12);
}

TEST_F(Runs, AreToldApartByTheirErrors) {
  for (std::int64_t i = 0; i < 40; ++i) {
    add("1", 100, i < 2 ? TraceStatus::failed : TraceStatus::completed);
    add("2", 100, i < 12 ? TraceStatus::failed : TraceStatus::completed);
  }
  const Comparison result = compare();
  EXPECT_EQ(result.errors, ErrorVerdict::more_errors);
  EXPECT_EQ(result.error_p_value, fisher_exact({2, 40}, {12, 40}));
  EXPECT_EQ(result.error_difference, newcombe_interval({2, 40}, {12, 40}));
  EXPECT_EQ(result.durations, DurationVerdict::no_difference_found);
  EXPECT_EQ(compare_versions(recorded_.store(), {.graph_id = "g", .version_a = "2", .version_b = "1"}).errors,
            ErrorVerdict::fewer_errors);
}

TEST_F(Runs, ThatFailAtOnceAreNotFaster) {
  for (std::int64_t i = 0; i < 40; ++i) {
    add("1", 100 + i);
    add("2", i % 2 == 0 ? 1 : 100 + i, i % 2 == 0 ? TraceStatus::failed : TraceStatus::completed);
  }
  const Comparison result = compare();
  EXPECT_NE(result.durations, DurationVerdict::faster);
  EXPECT_EQ(result.errors, ErrorVerdict::more_errors);
}

TEST_F(Runs, OfSmallDifferenceAreNotToldApart) {
  for (std::int64_t i = 0; i < 30; ++i) {
    add("1", 100 + i);
    add("2", 101 + i, i == 0 ? TraceStatus::failed : TraceStatus::completed);
  }
  const Comparison result = compare();
  EXPECT_EQ(result.durations, DurationVerdict::no_difference_found);
  EXPECT_EQ(result.errors, ErrorVerdict::no_difference_found);
  EXPECT_LT(result.shift.interval.low, 0);
  EXPECT_GT(result.shift.interval.high, 0);
}

TEST_F(Runs, ThatAreTooFewSayNothing) {
  for (std::int64_t i = 0; i < 20; ++i) {
    add("1", 100 + i);
    // One run is missing for the errors, two for the durations.
    if (i > 0) add("2", 70 + i, i == 1 ? TraceStatus::failed : TraceStatus::completed);
  }
  EXPECT_EQ(compare().durations, DurationVerdict::not_enough_data);
  EXPECT_EQ(compare().errors, ErrorVerdict::not_enough_data);
  EXPECT_EQ(compare({.min_runs = 19}).durations, DurationVerdict::not_enough_data);
  EXPECT_EQ(compare({.min_runs = 19}).errors, ErrorVerdict::no_difference_found);
  EXPECT_EQ(compare({.min_runs = 18}).durations, DurationVerdict::faster);
}

TEST_F(Runs, ThatDidNotEndOfThemselvesAreToldAndDoNotCount) {
  add("1", 5, TraceStatus::cancelled);
  add("1", 5, TraceStatus::started);
  add("1", 5, TraceStatus::completed);
  const Comparison result = compare();
  EXPECT_EQ(result.a.cancelled, 1u);
  EXPECT_EQ(result.a.running, 1u);
  EXPECT_EQ(result.a.errors, (Proportion{0, 1}));
  EXPECT_EQ(result.b, (VersionRuns{.version = "2", .error_interval = {0, 1}}));
  EXPECT_EQ(result.shift, HodgesLehmann{});
}

TEST_F(Runs, BeyondTheBoundAreTold) {
  for (std::int64_t i = 0; i < 30; ++i) add("1", 100 + i);
  add("2", 100);
  const Comparison result = compare({.max_runs = 10, .max_samples = 4});
  EXPECT_TRUE(result.a.more_runs);
  EXPECT_FALSE(result.b.more_runs);
  EXPECT_EQ(result.a.errors.trials, 10u);
  EXPECT_EQ(result.a.samples, 4u);
  EXPECT_GE(result.a.median, Seconds(0.120)) << "the newest are taken";
}

TEST_F(Runs, NeedTheirNames) {
  const auto refusal = [&](const CompareOptions& options) {
    try {
      (void)compare_versions(recorded_.store(), options);
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), ErrorCode::invalid_argument);
      return std::string(error.what());
    }
    return std::string();
  };
  const CompareOptions good{.graph_id = "g", .version_a = "1", .version_b = "2"};
  const auto with = [&](auto change) {
    CompareOptions options = good;
    change(options);
    return refusal(options);
  };
  EXPECT_EQ(refusal(good), "");
  EXPECT_EQ(with([](auto& o) { o.graph_id = ""; }), "CompareOptions::graph_id is empty");
  EXPECT_EQ(with([](auto& o) { o.version_a = ""; }), "CompareOptions::version_a is empty");
  EXPECT_EQ(with([](auto& o) { o.version_b = ""; }), "CompareOptions::version_b is empty");
  EXPECT_EQ(with([](auto& o) { o.version_b = "1"; }), "CompareOptions::version_b is version_a: 1");
  EXPECT_THAT(with([](auto& o) { o.confidence = 1; }), ::testing::StartsWith("CompareOptions::confidence is 1"));
  EXPECT_THAT(with([](auto& o) { o.min_runs = 0; }), ::testing::StartsWith("CompareOptions::min_runs"));
  EXPECT_THAT(with([](auto& o) { o.max_runs = 0; }), ::testing::StartsWith("CompareOptions::max_runs"));
  EXPECT_THAT(with([](auto& o) { o.max_runs = max_fisher_trials; }), ::testing::StartsWith("CompareOptions::max_runs"));
  EXPECT_THAT(with([](auto& o) { o.max_samples = 0; }), ::testing::StartsWith("CompareOptions::max_samples"));
}

TEST(Verdicts, HaveNames) {
  EXPECT_EQ(to_string(DurationVerdict::slower), "slower");
  EXPECT_EQ(to_string(ErrorVerdict::not_enough_data), "not_enough_data");
}

}  // namespace
}  // namespace spark::analysis
