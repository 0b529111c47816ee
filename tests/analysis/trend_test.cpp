// Failures and durations over time.
#include "spark/analysis/trend.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <string>

#include "analysis/buckets.h"
#include "analysis/refusal.h"
#include "analysis/traces.h"
#include "spark/analysis/failure_rate.h"
#include "spark/base/error.h"

namespace spark::analysis {
namespace {

using ::spark::testing::at;
using ::spark::testing::make_trace;
using ::spark::testing::Recorded;
using ::spark::testing::refusal;
using ::testing::ElementsAre;
using ::testing::StartsWith;

constexpr std::int64_t hour_ms = 3'600'000;

class OverTime : public ::testing::Test {
 protected:
  // The first hour begins at 10:00.
  void add(std::int64_t hour, std::int64_t duration, TraceStatus status = TraceStatus::completed) {
    const std::int64_t start = hour * hour_ms + static_cast<std::int64_t>(number_ % 1'000);
    recorded_.add(make_trace(++number_, start, start + duration, status));
  }

  Recorded recorded_;
  std::uint64_t number_ = 0;
};
using FailureRates = OverTime;
using Trends = OverTime;

TEST_F(FailureRates, AreInAllAndByHour) {
  for (int i = 0; i < 20; ++i) add(0, 1, i < 5 ? TraceStatus::failed : TraceStatus::completed);
  for (int i = 0; i < 10; ++i) add(2, 1);
  add(2, 1, TraceStatus::cancelled);
  add(3, 1, TraceStatus::started);
  const FailureRate rate = failure_rate(recorded_.store());
  EXPECT_EQ(rate, (FailureRate{.failures = {5, 30},
                               .interval = wilson_interval({5, 30}),
                               .buckets = {{at(0), {5, 20}, wilson_interval({5, 20})},
                                           {at(2 * hour_ms), {0, 10}, wilson_interval({0, 10})}},
                               .cancelled = 1,
                               .running = 1}));
}

TEST_F(FailureRates, SayWhatABoundLeftOut) {
  add(0, 1, TraceStatus::failed);
  add(1, 1);
  add(2, 1);
  const FailureRate one = failure_rate(recorded_.store(), {.max_buckets = 1});
  EXPECT_EQ(one.failures, (Proportion{1, 3}));
  EXPECT_THAT(one.buckets, ElementsAre(FailureBucket{at(2 * hour_ms), {0, 1}, wilson_interval({0, 1})}));
  EXPECT_EQ(one.runs_without_bucket, 2u);
  EXPECT_FALSE(one.more_traces);
  const FailureRate two = failure_rate(recorded_.store(), {.max_traces = 2});
  EXPECT_EQ(two.failures, (Proportion{0, 2}));
  EXPECT_TRUE(two.more_traces);
}

TEST_F(FailureRates, ReadMoreThanAPage) {
  for (int i = 0; i < 25'000; ++i) add(i % 7, 1, i % 4 == 0 ? TraceStatus::failed : TraceStatus::completed);
  const FailureRate rate = failure_rate(recorded_.store());
  EXPECT_EQ(rate.failures, (Proportion{6'250, 25'000}));
  EXPECT_EQ(rate.buckets.size(), 7u);
  EXPECT_TRUE(failure_rate(recorded_.store(), {.max_traces = 20'000}).more_traces);
  EXPECT_FALSE(failure_rate(recorded_.store(), {.max_traces = 25'000}).more_traces);
}

TEST_F(FailureRates, OfNothingAreUnknown) {
  EXPECT_EQ(failure_rate(recorded_.store()), (FailureRate{.interval = {0, 1}}));
}

TEST_F(FailureRates, RefuseWhatCannotBe) {
  const auto refused = [&](const FailureRateOptions& options) {
    return refusal([&] { (void)failure_rate(recorded_.store(), options); });
  };
  for (const double length : {0.0, -1.0, 1e-4, 1e10, std::nan("")}) {
    EXPECT_THAT(refused({.bucket = Seconds(length)}), StartsWith("FailureRateOptions::bucket is "));
  }
  EXPECT_THAT(refused({.confidence = 0}), StartsWith("FailureRateOptions::confidence is "));
  EXPECT_THAT(refused({.max_traces = 0}), StartsWith("FailureRateOptions::max_traces is 0"));
  EXPECT_THAT(refused({.max_buckets = 0}), StartsWith("FailureRateOptions::max_buckets is 0"));
}

TEST(Buckets, BeginAtMultiplesOfTheirLength) {
  const detail::Buckets hours(std::chrono::hours(1));
  EXPECT_EQ(hours.start_of(at(hour_ms - 1)), at(0));
  EXPECT_EQ(hours.start_of(at(hour_ms)), at(hour_ms));
  const Timestamp epoch{};
  EXPECT_EQ(hours.start_of(epoch - std::chrono::nanoseconds(1)), epoch - std::chrono::hours(1));
  EXPECT_EQ(hours.start_of(epoch - std::chrono::hours(1)), epoch - std::chrono::hours(1));
  EXPECT_EQ(hours.start_of(Timestamp::min()), Timestamp::min());
}

TEST_F(Trends, RiseIfDurationsDo) {
  for (std::int64_t hour = 0; hour < 12; ++hour) {
    for (std::int64_t i = 0; i < 20; ++i) add(hour, 100 + 10 * hour + i);
  }
  const Trend result = trend(recorded_.store());
  ASSERT_EQ(result.buckets.size(), 12u);
  EXPECT_EQ(result.buckets[1], (TrendBucket{at(hour_ms), {0, 20}, 20, Seconds(0.119), Seconds(0.128)}));
  EXPECT_EQ(result.p50.direction, Direction::rising);
  EXPECT_NEAR(result.p50.per_hour.slope, 0.010, 1e-12);
  EXPECT_EQ(result.p95.direction, Direction::rising);
  EXPECT_EQ(result.failure_share.direction, Direction::steady);
  EXPECT_EQ(result.failure_share.test.p_value, 1);
}

TEST_F(Trends, FallIfFailuresDo) {
  for (std::int64_t hour = 0; hour < 10; ++hour) {
    for (std::int64_t i = 0; i < 10; ++i) add(hour, 100, i < 10 - hour ? TraceStatus::failed : TraceStatus::completed);
  }
  const Trend result = trend(recorded_.store());
  EXPECT_EQ(result.failure_share.direction, Direction::falling);
  EXPECT_NEAR(result.failure_share.per_hour.slope, -0.1, 1e-12);
  EXPECT_EQ(result.failure_share.test.s, -45);
  // The first hour has no run that completed, so there are nine points of durations.
  EXPECT_EQ(result.p50.direction, Direction::not_enough_data);
  EXPECT_EQ(result.p50.test.points, 9u);
  EXPECT_EQ(result.buckets[0].durations, 0u);
}

TEST_F(Trends, AreSteadyIfDurationsOnlyVary) {
  for (std::int64_t hour = 0; hour < 12; ++hour) add(hour, hour % 2 == 0 ? 100 : 110);
  EXPECT_EQ(trend(recorded_.store()).p50.direction, Direction::steady);
}

TEST_F(Trends, AreNotMadeByOneWildHour) {
  for (std::int64_t hour = 0; hour < 12; ++hour) add(hour, hour == 11 ? 100'000 : 100);
  const Trend result = trend(recorded_.store());
  EXPECT_EQ(result.p50.direction, Direction::steady);
  EXPECT_EQ(result.p50.per_hour.slope, 0);
}

TEST_F(Trends, NeedEnoughPoints) {
  for (std::int64_t hour = 0; hour < 9; ++hour) add(hour, 100 + hour);
  EXPECT_EQ(trend(recorded_.store()).p50.direction, Direction::not_enough_data);
  EXPECT_EQ(trend(recorded_.store(), {.min_buckets = 9}).p50.direction, Direction::rising);
  EXPECT_EQ(trend(recorded_.store(), {.bucket = std::chrono::hours(24)}).buckets.size(), 1u);
}

TEST_F(Trends, SayWhatABoundLeftOut) {
  add(-1, 1, TraceStatus::cancelled);
  for (std::int64_t hour = 0; hour < 5; ++hour) add(hour, 100);
  add(6, 1, TraceStatus::started);
  const Trend result = trend(recorded_.store(), {.max_buckets = 2});
  EXPECT_EQ(result.buckets.size(), 2u);
  EXPECT_EQ(result.buckets[0].start, at(3 * hour_ms));
  EXPECT_EQ(result.buckets[0].durations, 1u);
  EXPECT_EQ(result.runs_left_out, 3u);
  EXPECT_EQ(result.cancelled, 1u);
  EXPECT_EQ(result.running, 1u);
  EXPECT_TRUE(trend(recorded_.store(), {.max_traces = 3}).more_traces);
  EXPECT_EQ(Trend{}, trend(Recorded().store()));
}

TEST_F(Trends, RefuseWhatCannotBe) {
  const auto refused = [&](const TrendOptions& options) {
    return refusal([&] { (void)trend(recorded_.store(), options); });
  };
  EXPECT_THAT(refused({.bucket = Seconds(0)}), StartsWith("TrendOptions::bucket is "));
  EXPECT_THAT(refused({.min_buckets = 0}), StartsWith("TrendOptions::min_buckets is 0"));
  EXPECT_THAT(refused({.confidence = 1}), StartsWith("TrendOptions::confidence is 1"));
  EXPECT_THAT(refused({.max_traces = 0}), StartsWith("TrendOptions::max_traces is 0"));
  EXPECT_THAT(refused({.max_buckets = 0}), StartsWith("TrendOptions::max_buckets is 0"));
  EXPECT_EQ(refused({.max_buckets = 2'001}), "TrendOptions::max_buckets is 2001: at most 2000");
  EXPECT_THAT(refused({.max_samples = 0}), StartsWith("TrendOptions::max_samples is 0"));
}

TEST(Direction, HasNames) {
  EXPECT_EQ(to_string(Direction::rising), "rising");
  EXPECT_EQ(to_string(Direction::not_enough_data), "not_enough_data");
}

}  // namespace
}  // namespace spark::analysis
