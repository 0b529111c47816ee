#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <memory>
#include <string>
#include <vector>

#include "spark/base/random.h"
#include "telemetry/exponential_histogram.h"

namespace spark::detail {
namespace {

constexpr double smallest = std::numeric_limits<double>::min();
constexpr double largest = std::numeric_limits<double>::max();

Distribution of(const HistogramShard& shard) {
  Distribution total;
  shard.add_to(total);
  return total;
}

// Continues with a coarser shard where needed, as the instrument does.
std::unique_ptr<HistogramShard> shard_of(const std::vector<double>& values) {
  auto shard = std::make_unique<HistogramShard>(max_scale);
  for (const double value : values) {
    if (shard->record(value)) continue;
    auto coarser = shard->coarser(value);
    EXPECT_TRUE(coarser->record(value)) << value;
    shard = std::move(coarser);
  }
  return shard;
}

TEST(BucketIndex, a_bucket_holds_its_upper_boundary) {
  EXPECT_EQ(bucket_index(1), -1);
  EXPECT_EQ(bucket_index(std::nextafter(1.0, 2.0)), 0);
  EXPECT_EQ(bucket_index(2), 255);
  EXPECT_EQ(bucket_index(std::nextafter(2.0, 3.0)), 256);
  EXPECT_EQ(bucket_index(0.5), -257);
  EXPECT_EQ(bucket_index(std::exp2(1.0 / 256)), 0);
  // The smallest normal double is told from those above it no more than the subnormal ones are.
  EXPECT_EQ(bucket_index(smallest), -1022 * 256);
  EXPECT_EQ(bucket_index(smallest / 4), -1022 * 256);
  EXPECT_EQ(bucket_index(largest), 1024 * 256 - 1);
}

TEST(BucketIndex, holds_of_random_values_what_its_definition_says) {
  constexpr std::uint64_t seed = 11;
  SCOPED_TRACE("seed " + std::to_string(seed));
  Random random(seed);
  for (int i = 0; i < 200'000; ++i) {
    const double mantissa = 1 + static_cast<double>(random.next() >> 12) * 0x1p-52;
    const int exponent = static_cast<int>(random.next() % 40) - 20;
    const double value = std::ldexp(mantissa, exponent);
    const int index = bucket_index(value);
    // Between the boundaries as the C library computes them; one of them may be off by its last bit.
    const double lower = std::exp2(index / 256.0), upper = std::exp2((index + 1) / 256.0);
    ASSERT_GT(value, lower * (1 - 1e-15)) << value;
    ASSERT_LE(value, upper * (1 + 1e-15)) << value;
  }
}

TEST(HistogramShard, counts_zero_positive_and_negative_values_apart) {
  Distribution distribution = of(*shard_of({0, -0.0, 1, 2, 2, -4}));
  EXPECT_EQ(distribution.scale, 7);
  rescale(distribution, 0);
  EXPECT_EQ(distribution.count, 6U);
  EXPECT_EQ(distribution.sum, 1);
  EXPECT_EQ(distribution.zero_count, 2U);
  EXPECT_EQ(distribution.positive.offset, -1);
  EXPECT_EQ(distribution.positive.counts, (std::vector<std::uint64_t>{1, 2}));
  EXPECT_EQ(distribution.negative.offset, 1);
  EXPECT_EQ(distribution.negative.counts, (std::vector<std::uint64_t>{1}));
}

TEST(HistogramShard, takes_every_finite_double_at_once) {
  const std::vector<double> values{
      smallest, largest, -smallest, -largest, 1, -1, std::numeric_limits<double>::denorm_min()};
  const Distribution distribution = of(*shard_of(values));
  EXPECT_EQ(distribution.count, 7U);
  EXPECT_LE(distribution.positive.counts.size(), 160U);
  EXPECT_LE(distribution.negative.counts.size(), 160U);
  EXPECT_GE(distribution.scale, min_scale);
}

TEST(HistogramShard, a_range_that_needs_one_bucket_more_than_there_are_halves_the_resolution) {
  // 160 buckets at scale 8, then one more.
  std::vector<double> values;
  for (int i = 1; i <= 160; ++i) values.push_back(std::exp2((i - 0.5) / 256));
  EXPECT_EQ(of(*shard_of(values)).scale, 8);
  EXPECT_EQ(of(*shard_of(values)).positive.counts, std::vector<std::uint64_t>(160, 1));
  values.push_back(std::exp2(160.5 / 256));
  EXPECT_EQ(of(*shard_of(values)).scale, 7);
  std::vector<std::uint64_t> pairs(80, 2);
  pairs.push_back(1);
  EXPECT_EQ(of(*shard_of(values)).positive.counts, pairs);
}

TEST(HistogramShard, shards_of_different_scales_merge_at_the_coarser_one) {
  const auto fine = shard_of({1.5, 1.5, 1.5});
  const auto coarse = shard_of({1e-3, 1e3});
  Distribution total = of(*fine);
  coarse->add_to(total);
  EXPECT_EQ(total.count, 5U);
  EXPECT_EQ(total.sum, 4.5 + 1e-3 + 1e3);
  EXPECT_EQ(total.scale, of(*coarse).scale);
  EXPECT_EQ(total, of(*shard_of({1e-3, 1e3, 1.5, 1.5, 1.5})));
}

TEST(HistogramShard, shards_whose_ranges_lie_apart_merge_at_a_scale_where_both_fit) {
  Distribution total = of(*shard_of({1e-6}));
  shard_of({1e6})->add_to(total);
  EXPECT_EQ(total.count, 2U);
  EXPECT_EQ(total.scale, 2);
  EXPECT_LE(total.positive.counts.size(), 160U);
  EXPECT_EQ(total.positive.counts.front(), 1U);
  EXPECT_EQ(total.positive.counts.back(), 1U);
}

TEST(Rescale, moves_boundaries_exactly_and_keeps_counts) {
  Distribution distribution{
      .count = 4, .sum = 0, .scale = 2, .zero_count = 0, .positive = {-3, {1, 1, 0, 2}}, .negative = {}};
  rescale(distribution, 1);
  EXPECT_EQ(distribution.scale, 1);
  EXPECT_EQ(distribution.positive.offset, -2);
  EXPECT_EQ(distribution.positive.counts, (std::vector<std::uint64_t>{1, 1, 2}));
  rescale(distribution, 5);
  EXPECT_EQ(distribution.scale, 1);
}

TEST(Difference, is_what_came_between_whatever_became_of_the_scale) {
  std::vector<double> values{1, 1.1, 1.2, 0, -3};
  const Distribution before = of(*shard_of(values));
  for (const double value : {1e-3, 1.1, 0.0, -3.0, 50.0}) values.push_back(value);
  const Distribution now = of(*shard_of(values));
  ASSERT_LT(now.scale, before.scale);
  const Distribution between = difference(now, before);
  EXPECT_EQ(between.count, 5U);
  EXPECT_EQ(between.zero_count, 1U);
  EXPECT_NEAR(between.sum, 48.101, 1e-9);
  EXPECT_EQ(between.scale, now.scale);
  std::uint64_t positive = 0;
  for (const std::uint64_t count : between.positive.counts) positive += count;
  EXPECT_EQ(positive, 3U);
  EXPECT_EQ(between.negative.counts, (std::vector<std::uint64_t>{1}));
  EXPECT_NE(between.positive.counts.front(), 0U);
  EXPECT_NE(between.positive.counts.back(), 0U);
}

TEST(Difference, from_nothing_is_everything_and_from_the_same_is_nothing) {
  const Distribution now = of(*shard_of({1, 2, 3}));
  EXPECT_EQ(difference(now, Distribution{}), now);
  const Distribution none = difference(now, now);
  EXPECT_EQ(none.count, 0U);
  EXPECT_EQ(none.sum, 0);
  EXPECT_TRUE(none.positive.counts.empty());
}

TEST(Difference, an_earlier_state_that_was_coarser_is_subtracted_at_its_scale) {
  Distribution before = of(*shard_of({1.5}));
  rescale(before, 0);
  const Distribution now = of(*shard_of({1.5, 1.6, 1.7}));
  ASSERT_GT(now.scale, before.scale);
  const Distribution between = difference(now, before);
  EXPECT_EQ(between.scale, 0);
  EXPECT_EQ(between.count, 2U);
  EXPECT_EQ(between.positive.counts, (std::vector<std::uint64_t>{2}));
}

}  // namespace
}  // namespace spark::detail
