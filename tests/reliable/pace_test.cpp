// When the next attempt is made: backoff, Retry-After and the circuit breaker, without a sink.
#include "backends/reliable/pace.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <vector>

namespace spark::detail::reliable {
namespace {

using namespace std::chrono_literals;
using ::testing::ElementsAre;

constexpr std::chrono::nanoseconds now = 1'000s;

double fail(Pace& pace, std::optional<Seconds> retry_after = {}) {
  pace.begin();
  pace.failed(now, retry_after);
  return Seconds(pace.next_attempt() - now).count();
}

std::vector<double> waits(const ReliableOptions& options, int count, std::uint64_t seed = 1) {
  Pace pace(options, seed);
  std::vector<double> seconds;
  while (static_cast<int>(seconds.size()) < count) seconds.push_back(fail(pace));
  return seconds;
}

TEST(Pace, doubles_its_waits_up_to_the_longest_and_then_probes) {
  EXPECT_THAT(waits({.jitter = 0, .failures_to_open = 100}, 8), ElementsAre(1, 2, 4, 8, 16, 30, 30, 30));
  EXPECT_THAT(waits({.jitter = 0}, 8), ElementsAre(1, 2, 4, 8, 5, 5, 5, 5));
  EXPECT_THAT(waits({.factor = 3, .jitter = 0, .probe_interval = 60s}, 6), ElementsAre(1, 3, 9, 27, 30, 30));
}

TEST(Pace, lets_chance_shorten_each_wait_by_at_most_its_share) {
  for (std::uint64_t seed = 0; seed < 200; ++seed) {
    const auto seconds = waits({.jitter = 0.25, .failures_to_open = 100}, 4, seed);
    double longest = 1;
    for (const double wait : seconds) {
      EXPECT_LE(wait, longest) << "seed " << seed;
      EXPECT_GE(wait, longest * 0.75) << "seed " << seed;
      longest *= 2;
    }
  }
}

TEST(Pace, is_the_same_for_the_same_seed_and_another_one_for_another) {
  const ReliableOptions options{.failures_to_open = 100};
  EXPECT_EQ(waits(options, 5, 7), waits(options, 5, 7));
  EXPECT_NE(waits(options, 5, 7), waits(options, 5, 8));
  const auto seeded = waits(options, 4, 20'250'115);
  EXPECT_NEAR(seeded[0], 0.896972352, 1e-6);
  EXPECT_NEAR(seeded[1], 1.936701237, 1e-6);
  EXPECT_NEAR(seeded[2], 3.952308590, 1e-6);
  EXPECT_NEAR(seeded[3], 6.754832411, 1e-6);
}

TEST(Pace, honours_a_retry_after_that_is_longer_up_to_its_cap) {
  constexpr double infinity = std::numeric_limits<double>::infinity();
  const auto first_wait = [](double retry_after) {
    Pace pace({.jitter = 0}, 1);
    return fail(pace, Seconds(retry_after));
  };
  EXPECT_EQ(first_wait(12), 12);
  EXPECT_EQ(first_wait(0.5), 1) << "it is shorter than the backoff";
  EXPECT_EQ(first_wait(1e9), 60);
  EXPECT_EQ(first_wait(infinity), 60);
  EXPECT_EQ(first_wait(-5), 1);
  EXPECT_EQ(first_wait(-infinity), 1);
  EXPECT_EQ(first_wait(std::nan("")), 1);
  Pace never({.jitter = 0, .max_retry_after = 0s}, 1);
  EXPECT_EQ(fail(never, 20s), 1);
}

TEST(Pace, probes_at_least_each_interval_whatever_a_retry_after_says) {
  Pace pace({.jitter = 0, .failures_to_open = 2}, 1);
  EXPECT_EQ(fail(pace, 40s), 40);
  EXPECT_EQ(pace.breaker(), BreakerState::closed);
  EXPECT_EQ(fail(pace, 40s), 5);
  EXPECT_EQ(pace.breaker(), BreakerState::open);
}

TEST(Breaker, opens_probes_and_closes_with_the_first_answer) {
  Pace pace({.jitter = 0, .failures_to_open = 3}, 1);
  fail(pace);
  fail(pace);
  EXPECT_EQ(pace.breaker(), BreakerState::closed);
  fail(pace);
  EXPECT_EQ(pace.breaker(), BreakerState::open);
  pace.begin();
  EXPECT_EQ(pace.breaker(), BreakerState::half_open);
  pace.failed(now, {});
  EXPECT_EQ(pace.breaker(), BreakerState::open) << "one failed probe opens it again";
  pace.begin();
  pace.broken_off();
  EXPECT_EQ(pace.breaker(), BreakerState::open) << "nobody knows how the probe would have ended";
  pace.begin();
  pace.answered();
  EXPECT_EQ(pace.breaker(), BreakerState::closed);
  EXPECT_EQ(pace.failures(), 0U);
  EXPECT_EQ(fail(pace), 1) << "the backoff begins anew";
  EXPECT_EQ(pace.breaker(), BreakerState::closed);
}

TEST(Breaker, is_not_opened_by_failures_with_answers_between_them) {
  Pace pace({.failures_to_open = 2}, 1);
  for (int i = 0; i < 10; ++i) {
    fail(pace);
    EXPECT_EQ(pace.breaker(), BreakerState::closed);
    pace.begin();
    pace.answered();
  }
}

}  // namespace
}  // namespace spark::detail::reliable
