// What one group measures, against a sorted copy of it; and what all groups hold together.
#include "telemetry/measurements.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <random>
#include <string>
#include <vector>

#include "spark/base/error.h"
#include "telemetry/aggregate_state.h"
#include "telemetry/group_key.h"

namespace spark::detail {
namespace {

constexpr std::uint64_t seed = 42;
constexpr double fine_error = 0.0014;  // as aggregate.h says

Group summary(Measurements& measurements) {
  Group group;
  measurements.summarize(group);
  return group;
}

double nearest_rank(const std::vector<double>& sorted, double percent) {
  const auto rank = static_cast<std::size_t>(std::ceil(percent / 100 * static_cast<double>(sorted.size()) - 1e-6));
  return sorted[rank - 1];
}

void expect_percentiles(const Group& group, std::vector<double> numbers, double error) {
  std::sort(numbers.begin(), numbers.end());
  const auto expect_near = [&](double actual, double percent) {
    const double expected = nearest_rank(numbers, percent);
    if (actual == expected) return;
    EXPECT_LE(std::fabs(actual - expected), error * std::fabs(expected)) << "p" << percent << ", seed " << seed;
  };
  EXPECT_EQ(group.measured, numbers.size());
  EXPECT_EQ(group.min, numbers.front());
  EXPECT_EQ(group.max, numbers.back());
  EXPECT_LE(group.percentile_error, error);
  expect_near(group.p50, 50);
  expect_near(group.p90, 90);
  expect_near(group.p95, 95);
  expect_near(group.p99, 99);
}

std::vector<double> random_durations(std::size_t count) {
  std::mt19937_64 random(seed);
  std::lognormal_distribution<double> durations(-5, 2);
  std::vector<double> numbers(count);
  for (double& number : numbers) number = durations(random);
  return numbers;
}

TEST(Measurements, are_exact_up_to_a_million_and_within_the_stated_error_beyond) {
  std::vector<double> numbers = random_durations(max_exact_values + 1);
  const double last = numbers.back();
  numbers.pop_back();
  const Aggregation aggregation;
  const AggregatePlan plan(RowKind::metric, aggregation);
  for (const bool is_beyond : {false, true}) {
    AggregateState state(plan, aggregation);
    Metric metric;
    for (const double number : numbers) {
      metric.value = number;
      state.add(metric);
    }
    if (is_beyond) {
      metric.value = last;
      state.add(metric);
      numbers.push_back(last);
    }
    const Groups groups = state.take(TimeLimit({}, Seconds{60}));
    ASSERT_EQ(groups.size(), 1U);
    expect_percentiles(groups.front(), numbers, is_beyond ? fine_error : 0);
    EXPECT_EQ(groups.front().percentile_error > 0, is_beyond);
  }
}

TEST(Measurements, keep_their_error_with_negative_numbers_zeros_and_infinities) {
  std::vector<double> numbers = random_durations(10'000);
  for (std::size_t i = 0; i < numbers.size(); i += 2) numbers[i] = -numbers[i];
  for (int i = 0; i < 100; ++i) numbers.push_back(0);
  for (int i = 0; i < 200; ++i) numbers.push_back(std::numeric_limits<double>::infinity());
  for (int i = 0; i < 100; ++i) numbers.push_back(-std::numeric_limits<double>::infinity());
  Measurements measurements;
  measurements.hold_at_most(5'000);
  for (const double number : numbers) {
    measurements.add(number);
    if (measurements.held() > 5'000) measurements.hold_at_most(5'000);
  }
  // Twelve binades or so on each side, at 256 buckets each, would be more than 5,000.
  expect_percentiles(summary(measurements), numbers, 4 * fine_error);
  EXPECT_LE(measurements.held(), 5'000U);
}

TEST(Measurements, of_all_magnitudes_say_how_wrong_they_may_be) {
  Measurements measurements;
  std::vector<double> numbers;
  for (int exponent = -1'000; exponent <= 1'000; ++exponent) numbers.push_back(std::ldexp(1.5, exponent));
  measurements.hold_at_most(64);
  for (const double number : numbers) {
    measurements.add(number);
    if (measurements.held() > 64) measurements.hold_at_most(64);
  }
  const Group group = summary(measurements);
  EXPECT_LE(measurements.held(), 64U);
  EXPECT_GT(group.percentile_error, 0.5);
  EXPECT_LE(group.percentile_error, 1);
  expect_percentiles(group, numbers, group.percentile_error);
}

TEST(Measurements, of_a_distribution_are_those_in_its_buckets) {
  Measurements measurements;
  measurements.add(1.0);
  measurements.add(Distribution{.count = 3, .sum = 21, .scale = 8, .positive = {.offset = 768, .counts = {0, 3, 0}}});
  const Group group = summary(measurements);
  EXPECT_EQ(group.measured, 4U);
  EXPECT_EQ(group.sum, 22);
  EXPECT_EQ(group.min, 1);
  EXPECT_DOUBLE_EQ(group.max, 8 * std::exp2(2.0 / 256));
  EXPECT_NEAR(group.p95, 8 * std::exp2(1.5 / 256), 8 * 1e-5);
  EXPECT_NEAR(group.percentile_error, 0.00135, 1e-5);
}

TEST(Measurements, leave_out_distributions_that_are_none) {
  Measurements measurements;
  measurements.add(Distribution{.count = 1, .sum = 1, .scale = 21, .positive = {.offset = 0, .counts = {1}}});
  measurements.add(Distribution{.count = 1, .sum = 1, .scale = -11, .positive = {.offset = 0, .counts = {1}}});
  measurements.add(Distribution{.count = 1,
                                .sum = 1,
                                .scale = 0,
                                .positive = {.offset = std::numeric_limits<std::int32_t>::max(), .counts = {1}}});
  measurements.add(Distribution{.count = 1,
                                .sum = 1,
                                .scale = 20,
                                .negative = {.offset = std::numeric_limits<std::int32_t>::min(), .counts = {1}}});
  measurements.add(Distribution{});
  const Group group = summary(measurements);
  EXPECT_EQ(group.measured, 0U);
  EXPECT_EQ(group.sum, 0);
  EXPECT_TRUE(std::isnan(group.p50));
  EXPECT_EQ(group.percentile_error, 0);
}

TEST(Measurements, of_the_smallest_and_largest_buckets_are_finite) {
  Measurements measurements;
  for (const std::int32_t offset : {-1'074, 1'023}) {
    measurements.add(Distribution{.count = 1, .sum = 1, .scale = 0, .positive = {.offset = offset, .counts = {1}}});
  }
  const Group group = summary(measurements);
  EXPECT_GT(group.p50, 0);
  EXPECT_LE(group.p50, 1e-300);
  EXPECT_TRUE(std::isfinite(group.p99));
  EXPECT_GE(group.p99, 1e307);
}

TEST(CompensatedSum, does_not_show_the_order) {
  std::vector<double> numbers = random_durations(100'000);
  double first = 0;
  for (int round = 0; round < 5; ++round) {
    CompensatedSum sum;
    for (const double number : numbers) sum.add(number);
    if (round == 0) first = sum.value();
    EXPECT_EQ(sum.value(), first) << "seed " << seed;
    std::shuffle(numbers.begin(), numbers.end(), std::mt19937_64(seed + static_cast<std::uint64_t>(round)));
  }
}

// Imported, or of a program that is not ours.
TEST(Measurements, leave_out_distributions_that_no_measurements_made) {
  const auto with = [](std::uint64_t zeros, Distribution::Buckets positive, double sum = 1, std::int32_t scale = 0) {
    return Distribution{.count = 1, .sum = sum, .scale = scale, .zero_count = zeros, .positive = std::move(positive)};
  };
  constexpr std::uint64_t huge = ~std::uint64_t{0};
  constexpr std::int32_t last = std::numeric_limits<std::int32_t>::max();
  Measurements measurements;
  for (const Distribution& impossible :
       {with(1, {}, std::nan("")), with(huge, {}), with(huge, {0, {1}}), with(0, {0, {huge, huge}}),
        with(1, {last - 1, {0, 0, 0, 1}}), with(1, {}, 1, 21), with(1, {}, 1, -11)}) {
    measurements.add(impossible);
  }
  EXPECT_EQ(summary(measurements).measured, 0u);
  // Each is possible, and all together are not.
  for (int i = 0; i < 2'000; ++i) measurements.add(with(std::uint64_t{1} << 53, {}, 0));
  EXPECT_EQ(summary(measurements).measured, std::uint64_t{1} << 63);
  EXPECT_EQ(summary(measurements).p99, 0);
}

// As many groups and numbers as there may be, so that the largest must give way: small ones stay exact.
TEST(AggregateState, holds_a_bounded_number_of_values_in_all_groups_together) {
  const Aggregation aggregation{.by = {group_by_unit()}, .order = GroupOrder::key, .descending = false};
  const AggregatePlan plan(RowKind::metric, aggregation);
  AggregateState state(plan, aggregation);
  std::string key;
  const auto add = [&](std::int64_t group, double value) {
    key.clear();
    append_key_integer(key, group);
    state.measure(state.count(key, false), value);
  };
  constexpr std::int64_t large_groups = 12;
  constexpr int values = 800'000;  // of each: together more than there is room for
  for (int i = 0; i < values; ++i) {
    for (std::int64_t group = 0; group < large_groups; ++group)
      add(group, static_cast<double>(1 + (i * 7919LL + group) % values));
  }
  for (int i = 1; i <= 1'000; ++i) add(large_groups, i);
  const Groups groups = state.take(TimeLimit({}, Seconds{60}));
  ASSERT_EQ(groups.size(), static_cast<std::size_t>(large_groups) + 1);
  for (std::size_t group = 0; group < large_groups; ++group) {
    EXPECT_EQ(groups[group].measured, static_cast<std::uint64_t>(values));
    EXPECT_GT(groups[group].percentile_error, 0);
    EXPECT_LE(groups[group].percentile_error, fine_error);
    EXPECT_NEAR(groups[group].p95, 0.95 * values, fine_error * values);
  }
  EXPECT_EQ(groups[large_groups].percentile_error, 0);
  EXPECT_EQ(groups[large_groups].p95, 950);
}

TEST(AggregateState, refuses_keys_that_take_too_much) {
  const Aggregation aggregation{.by = {group_by_name()}};
  const AggregatePlan plan(RowKind::event, aggregation);
  AggregateState state(plan, aggregation);
  Event event;
  event.name = std::string(max_aggregate_key_bytes / 4, 'x');
  const auto add_another = [&] {
    event.name.back() = static_cast<char>(event.name.back() + 1);
    state.add(event);
  };
  for (int i = 0; i < 3; ++i) add_another();
  try {
    add_another();
    FAIL() << "no exception";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::invalid_argument);
    EXPECT_NE(std::string(error.what()).find("67108864 bytes"), std::string::npos) << error.what();
  }
}

}  // namespace
}  // namespace spark::detail
