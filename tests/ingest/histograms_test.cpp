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

// As a request with this point alone, which was stored.
bool advance(SeriesState& state, const RecordId& id, Reading& point, std::int64_t now_ns) {
  SeriesChanges changes(state);
  const bool is_stored = changes.advance(RecordId{}, id, point);
  state.commit(std::move(changes), now_ns);
  return is_stored;
}

TEST(SeriesState, is_bounded_and_what_it_forgot_only_says_where_it_stands) {
  SeriesState state(10, 0, {});
  for (std::uint64_t i = 0; i < 100; ++i) {
    Reading first = reading(1, 5);
    first.start_ns = static_cast<std::int64_t>(1'000 + i);
    EXPECT_TRUE(advance(state, series(i), first, static_cast<std::int64_t>(1'000 + i)));
  }
  EXPECT_GE(state.forgotten(), 90u);
  Reading known = reading(2, 6);
  EXPECT_TRUE(advance(state, series(99), known, 2'000));
  EXPECT_EQ(known.value, 1);
  // It is one of the forgotten: its 6 were stored before, but for 1.
  Reading forgotten = reading(2, 6);
  EXPECT_FALSE(advance(state, series(0), forgotten, 2'000));
  Reading next = reading(3, 8);
  EXPECT_TRUE(advance(state, series(0), next, 2'000));
  EXPECT_EQ(next.value, 2);
  Reading fresh = reading(3, 4);
  fresh.start_ns = 3'000;
  EXPECT_TRUE(advance(state, series(7'000), fresh, 3'000));
  EXPECT_EQ(fresh.value, 4);
}

TEST(SeriesState, histograms_with_many_bounds_weigh_more) {
  SeriesState state(100, 0, {});
  for (std::uint64_t i = 0; i < 100; ++i) {
    Reading wide = reading(1, 5);
    wide.bounds.resize(1'000);
    wide.counts.resize(1'001);
    (void)advance(state, series(i), wide, 0);
  }
  EXPECT_GE(state.forgotten(), 90u);
}

TEST(SeriesState, a_series_in_use_is_not_forgotten) {
  SeriesState state(10, 0, {});
  for (std::int64_t i = 0; i < 100; ++i) {
    Reading used = reading(i + 1, static_cast<double>(i) + 1), other = reading(1, 1);
    other.start_ns = i + 1;
    EXPECT_TRUE(advance(state, series(1'000), used, i + 1));
    EXPECT_EQ(used.value, 1) << i;
    EXPECT_TRUE(advance(state, series(static_cast<std::uint64_t>(i)), other, i + 1));
  }
}

TEST(SeriesState, what_is_not_committed_might_never_have_been) {
  SeriesState state(10, 0, {});
  for (int attempt = 0; attempt < 2; ++attempt) {
    SeriesChanges changes(state);
    Reading first = reading(1, 10), second = reading(2, 25);
    EXPECT_TRUE(changes.advance(RecordId{}, series(1), first));
    EXPECT_EQ(first.value, 10);
    EXPECT_TRUE(changes.advance(RecordId{}, series(1), second));
    EXPECT_EQ(second.value, 15);
    if (attempt == 1) state.commit(std::move(changes), 3);
  }
  Reading third = reading(3, 30);
  EXPECT_TRUE(advance(state, series(1), third, 3));
  EXPECT_EQ(third.value, 5);
}

}  // namespace
}  // namespace spark::detail::ingest
