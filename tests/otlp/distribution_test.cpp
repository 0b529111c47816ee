// Exponential histograms against sorting every measurement into its bucket by the definition.
#include <gtest/gtest.h>

#include <cmath>
#include <cstdint>
#include <limits>
#include <map>
#include <random>
#include <vector>

#include "backends/otlp/distribution.h"

namespace spark {
namespace {

using detail::otlp::is_sound;
using detail::otlp::merge;
using detail::otlp::record;

constexpr std::size_t most_buckets = 160;

// The i with 2^(i / 2^scale) < magnitude <= 2^((i + 1) / 2^scale).
std::int64_t index_of(double magnitude, std::int32_t scale) {
  return static_cast<std::int64_t>(std::ceil(std::ldexp(std::log2(static_cast<long double>(magnitude)), scale))) - 1;
}

void expect_side(const Distribution::Buckets& side, const std::vector<double>& values, double sign,
                 std::int32_t scale) {
  std::map<std::int64_t, std::uint64_t> expected, found;
  for (const double value : values) {
    if (value * sign > 0) ++expected[index_of(value * sign, scale)];
  }
  for (std::size_t i = 0; i < side.counts.size(); ++i) {
    if (side.counts[i] != 0) found[side.offset + static_cast<std::int64_t>(i)] = side.counts[i];
  }
  EXPECT_EQ(found, expected);
  EXPECT_LE(side.counts.size(), most_buckets);
  if (!expected.empty()) {
    // No wider than it has to be: one scale more would not fit, unless it is the finest.
    EXPECT_EQ(side.counts.size(), static_cast<std::size_t>(expected.rbegin()->first - expected.begin()->first + 1));
  }
}

void expect_holds(const Distribution& total, const std::vector<double>& values) {
  std::uint64_t zeros = 0;
  for (const double value : values) zeros += value == 0;
  EXPECT_EQ(total.count, values.size());
  EXPECT_EQ(total.zero_count, zeros);
  expect_side(total.positive, values, 1, total.scale);
  expect_side(total.negative, values, -1, total.scale);
  EXPECT_TRUE(is_sound(total));
}

std::int64_t width(const std::vector<double>& values, double sign, std::int32_t scale) {
  std::int64_t first = std::numeric_limits<std::int64_t>::max(), last = std::numeric_limits<std::int64_t>::min();
  for (const double value : values) {
    if (value * sign <= 0) continue;
    first = std::min(first, index_of(value * sign, scale));
    last = std::max(last, index_of(value * sign, scale));
  }
  return first > last ? 0 : last - first + 1;
}

std::vector<double> random_values(std::mt19937_64& random, std::size_t count) {
  const double spread = std::uniform_real_distribution<double>(0.01, 20)(random);
  std::lognormal_distribution<double> magnitude(0, spread);
  std::vector<double> values(count);
  for (double& value : values) {
    value = magnitude(random);
    switch (random() % 8) {
      case 0:
        value = 0;
        break;
      case 1:
        value = -value;
        break;
      case 2:
        value = std::ldexp(1.0, static_cast<int>(random() % 21) - 10);  // on a boundary of every scale
        break;
      default:
        break;
    }
  }
  return values;
}

Distribution recorded(const std::vector<double>& values) {
  Distribution total;
  for (const double value : values) record(total, value);
  return total;
}

class OtlpDistributionSeeded : public ::testing::TestWithParam<std::uint64_t> {};
INSTANTIATE_TEST_SUITE_P(Seeds, OtlpDistributionSeeded, ::testing::Range<std::uint64_t>(1, 101));

TEST_P(OtlpDistributionSeeded, holds_what_was_recorded_at_the_largest_scale_that_has_room) {
  std::mt19937_64 random(GetParam());
  const auto values = random_values(random, 1 + random() % 300);
  const Distribution total = recorded(values);
  expect_holds(total, values);
  const bool could_be_finer =
      total.scale < 8 && width(values, 1, total.scale + 1) <= 160 && width(values, -1, total.scale + 1) <= 160;
  EXPECT_FALSE(could_be_finer);
}

TEST_P(OtlpDistributionSeeded, merged_is_as_if_recorded_together) {
  std::mt19937_64 random(GetParam());
  auto values = random_values(random, random() % 100);
  const auto more = random_values(random, random() % 100);
  Distribution total = recorded(values);
  merge(total, recorded(more));
  values.insert(values.end(), more.begin(), more.end());
  expect_holds(total, values);
  if (!values.empty()) {
    const Distribution together = recorded(values);
    EXPECT_EQ(total.scale, together.scale);
    EXPECT_EQ(total.positive, together.positive);
    EXPECT_EQ(total.negative, together.negative);
  }
}

TEST(OtlpDistribution, its_scale_only_falls) {
  std::mt19937_64 random(7);
  Distribution total;
  std::int32_t scale = 20;
  for (const double value : random_values(random, 1'000)) {
    record(total, value);
    EXPECT_LE(total.scale, scale);
    scale = total.scale;
  }
}

TEST(OtlpDistribution, the_smallest_and_the_largest_double_fit_together) {
  Distribution total;
  const double largest = std::numeric_limits<double>::max(), smallest = std::numeric_limits<double>::denorm_min();
  for (const double value : {largest, smallest, -largest, -smallest, 0.0, -0.0, largest}) record(total, value);
  EXPECT_EQ(total.count, 7U);
  EXPECT_EQ(total.zero_count, 2U);
  EXPECT_LE(total.positive.counts.size(), most_buckets);
  EXPECT_GE(total.scale, -10);
  EXPECT_TRUE(is_sound(total));
}

TEST(OtlpDistribution, a_sum_beyond_the_largest_double_stays_there) {
  Distribution total;
  for (int i = 0; i < 3; ++i) record(total, std::numeric_limits<double>::max());
  EXPECT_EQ(total.sum, std::numeric_limits<double>::max());
}

TEST(OtlpDistribution, a_finer_one_from_elsewhere_is_merged_at_the_coarser_scale) {
  Distribution total{.count = 1, .sum = 7, .scale = 20, .positive = {.offset = 2'943'724, .counts = {1}}};
  ASSERT_TRUE(is_sound(total));
  record(total, 7);
  expect_holds(total, {7, 7});
  EXPECT_EQ(total.scale, 8);
}

TEST(OtlpDistribution, more_buckets_than_there_may_be_and_empty_ones_at_the_ends_are_brought_down) {
  Distribution wide{.scale = 8, .positive = {.offset = -500, .counts = std::vector<std::uint64_t>(1'000, 0)}};
  wide.positive.counts[400] = 2;
  wide.positive.counts[450] = 1;
  Distribution total;
  merge(total, wide);
  EXPECT_EQ(total.scale, 8);
  EXPECT_EQ(total.positive.offset, -100);
  EXPECT_EQ(total.positive.counts.size(), 51U);
  wide.positive.counts.assign(1'000, 1);
  merge(total, wide);
  EXPECT_EQ(total.count, 1'003U);
  EXPECT_EQ(total.positive.counts.size(), 126U);  // 1,000 indices from -500 on, by 8
  EXPECT_EQ(total.scale, 5);
}

TEST(OtlpDistribution, buckets_no_double_can_be_in_are_not_sound) {
  const auto with = [](std::int32_t scale, std::int32_t offset) {
    return is_sound({.scale = scale, .positive = {.offset = offset, .counts = {1}}});
  };
  EXPECT_TRUE(with(0, 1'023));
  EXPECT_FALSE(with(0, 5'000));
  EXPECT_FALSE(with(0, std::numeric_limits<std::int32_t>::max()));
  EXPECT_FALSE(with(20, std::numeric_limits<std::int32_t>::min()));
  EXPECT_TRUE(with(-10, 0));
  EXPECT_FALSE(with(-11, 0));
  EXPECT_FALSE(with(21, 0));
  EXPECT_FALSE(is_sound({.sum = std::nan("")}));
  EXPECT_FALSE(is_sound({.sum = std::numeric_limits<double>::infinity()}));
}

}  // namespace
}  // namespace spark
