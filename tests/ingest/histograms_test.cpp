// Explicit histograms as distributions, and the state of cumulative series.
#include "ingest/histograms.h"

#include <gtest/gtest.h>

#include <limits>
#include <numeric>
#include <random>

#include "ingest/series_state.h"

namespace spark::detail::ingest {
namespace {

std::uint64_t count_of(const Distribution& distribution) {
  const auto sum = [](const auto& counts) { return std::accumulate(counts.begin(), counts.end(), std::uint64_t{0}); };
  return distribution.zero_count + sum(distribution.positive.counts) + sum(distribution.negative.counts);
}

TEST(ExplicitHistograms, keep_every_measurement_in_at_most_160_buckets_whatever_their_bounds) {
  for (std::uint64_t seed = 1; seed <= 200; ++seed) {
    SCOPED_TRACE(seed);
    std::mt19937_64 random(seed);
    ExplicitBuckets buckets;
    double bound = -std::ldexp(1.0, static_cast<int>(random() % 1'000)) * static_cast<double>(random() % 2);
    for (std::uint64_t i = random() % 20; i > 0; --i) {
      bound += std::ldexp(1.0 + static_cast<double>(random() % 100),
                          static_cast<int>(random() % 60) - 30 + static_cast<int>(random() % 2) * 900);
      if (buckets.bounds.empty() || buckets.bounds.back() < bound) buckets.bounds.push_back(bound);
    }
    std::uint64_t count = 0;
    for (std::size_t i = 0; i <= buckets.bounds.size(); ++i) {
      buckets.counts.push_back(random() % 3 == 0 ? 0 : random() >> (random() % 50 + 14));
      count += buckets.counts.back();
    }
    ASSERT_EQ(complaint(buckets), "");
    const Distribution distribution = to_distribution(buckets, count, 1);
    EXPECT_EQ(distribution.count, count);
    EXPECT_EQ(count_of(distribution), count);
    EXPECT_LE(distribution.positive.counts.size(), 160u);
    EXPECT_LE(distribution.negative.counts.size(), 160u);
    EXPECT_EQ(complaint(distribution), "");
  }
}

TEST(ExplicitHistograms, without_buckets_everything_lies_at_the_mean) {
  const Distribution distribution = to_distribution({}, 4, 20);
  EXPECT_EQ(distribution.count, 4u);
  EXPECT_NEAR(distribution.quantile(0.5), 5, 5 * 0.05);
}

TEST(ExplicitHistograms, the_open_last_bucket_lies_at_its_bound_unless_the_maximum_is_known) {
  ExplicitBuckets buckets{.bounds = {10, 20}, .counts = {0, 0, 8}};
  EXPECT_NEAR(to_distribution(buckets, 8, 0).quantile(1), 20, 20 * 0.05);
  buckets.max = 80;
  EXPECT_NEAR(to_distribution(buckets, 8, 0).quantile(0.5), 50, 50 * 0.05);
}

TEST(Distributions, with_more_buckets_than_160_become_coarser_and_lose_no_count) {
  Distribution distribution{.scale = 5, .positive = {.offset = -7, .counts = std::vector<std::uint64_t>(1'000, 3)}};
  ASSERT_EQ(complaint(distribution), "");
  normalize(distribution);
  EXPECT_EQ(distribution.count, 3'000u);
  EXPECT_EQ(count_of(distribution), 3'000u);
  EXPECT_LE(distribution.positive.counts.size(), 160u);
  EXPECT_EQ(distribution.scale, 2);
}

TEST(Distributions, a_sum_that_is_not_said_is_estimated) {
  Distribution distribution{
      .scale = 3, .positive = {.offset = 8, .counts = {10}}, .negative = {.offset = 8, .counts = {4}}};
  EXPECT_NEAR(estimated_sum(distribution), 12, 12 * 0.1);  // ten of about 2 and four of about -2
}

RecordId series(std::uint64_t number) { return RecordId::make(1, number); }
Reading reading(std::int64_t time, double value) { return {.start_ns = 1, .time_ns = time, .value = value}; }

TEST(SeriesState, is_bounded_and_counts_what_it_forgot) {
  SeriesState state(10, 0);
  for (std::uint64_t i = 0; i < 100; ++i) {
    Reading first = reading(1, 5);
    EXPECT_TRUE(state.advance(series(i), first));
  }
  EXPECT_GE(state.forgotten(), 90u);
  Reading known = reading(2, 6);
  EXPECT_TRUE(state.advance(series(99), known));
  EXPECT_EQ(known.value, 1);
  Reading forgotten = reading(2, 6);
  EXPECT_TRUE(state.advance(series(0), forgotten));
  EXPECT_EQ(forgotten.value, 6);
}

TEST(SeriesState, a_series_in_use_is_not_forgotten) {
  SeriesState state(10, 0);
  for (std::int64_t i = 0; i < 100; ++i) {
    Reading used = reading(i + 1, static_cast<double>(i) + 1), other = reading(1, 1);
    EXPECT_TRUE(state.advance(series(1'000), used));
    EXPECT_EQ(used.value, 1) << i;
    EXPECT_TRUE(state.advance(series(static_cast<std::uint64_t>(i)), other));
  }
}

}  // namespace
}  // namespace spark::detail::ingest
