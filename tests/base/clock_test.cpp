#include "spark/base/clock.h"

#include <gtest/gtest.h>

#include <chrono>

namespace spark {
namespace {

using namespace std::chrono_literals;

Timestamp at(std::int64_t ns) { return Timestamp{std::chrono::nanoseconds{ns}}; }

TEST(Iso8601, prints_nanoseconds_in_utc) {
  EXPECT_EQ(to_iso8601(at(0)), "1970-01-01T00:00:00.000000000Z");
  EXPECT_EQ(to_iso8601(at(1)), "1970-01-01T00:00:00.000000001Z");
  EXPECT_EQ(to_iso8601(at(-1)), "1969-12-31T23:59:59.999999999Z");
  EXPECT_EQ(to_iso8601(at(1'736'935'201'234'567'890)), "2025-01-15T10:00:01.234567890Z");
  EXPECT_EQ(to_iso8601(at(951'827'696'000'000'000)), "2000-02-29T12:34:56.000000000Z");
}

TEST(Iso8601, the_ends_of_the_range_have_30_characters) {
  EXPECT_EQ(to_iso8601(Timestamp::min()), "1677-09-21T00:12:43.145224192Z");
  EXPECT_EQ(to_iso8601(Timestamp::max()), "2262-04-11T23:47:16.854775807Z");
}

TEST(SystemClock, is_one_object_whose_steady_time_never_goes_back) {
  Clock& clock = system_clock();
  EXPECT_EQ(&clock, &system_clock());
  auto last = clock.steady_now();
  for (int i = 0; i < 1'000; ++i) {
    const auto now = clock.steady_now();
    ASSERT_GE(now, last);
    last = now;
  }
}

TEST(SystemClock, tells_the_wall_time) {
  const auto before = std::chrono::system_clock::now();
  const auto now = system_clock().wall_now();
  const auto after = std::chrono::system_clock::now();
  EXPECT_GE(now, before);
  EXPECT_LE(now, after);
}

TEST(VirtualClock, stands_still_at_the_instant_of_the_specification) {
  VirtualClock clock;
  EXPECT_EQ(clock.steady_now(), 0ns);
  EXPECT_EQ(to_iso8601(clock.wall_now()), "2025-01-15T10:00:00.000000000Z");
  EXPECT_EQ(clock.wall_now(), clock.wall_now());
}

TEST(VirtualClock, advance_moves_both_clocks_and_never_back) {
  VirtualClock clock(at(1'000));
  clock.advance(5s);
  EXPECT_EQ(clock.steady_now(), 5s);
  EXPECT_EQ(clock.wall_now(), at(5'000'001'000));
  clock.advance(-3s);
  clock.advance(0s);
  EXPECT_EQ(clock.steady_now(), 5s);
}

TEST(VirtualClock, advance_to_reaches_a_deadline_that_is_ahead) {
  VirtualClock clock(at(0));
  clock.advance_to(7s);
  EXPECT_EQ(clock.steady_now(), 7s);
  clock.advance_to(6s);
  EXPECT_EQ(clock.steady_now(), 7s);
  EXPECT_EQ(clock.wall_now(), at(7'000'000'000));
}

TEST(VirtualClock, set_wall_leaves_the_steady_clock) {
  VirtualClock clock(at(0));
  clock.advance(2s);
  clock.set_wall(at(1'000));
  EXPECT_EQ(clock.steady_now(), 2s);
  EXPECT_EQ(clock.wall_now(), at(1'000));
  clock.advance(1s);
  EXPECT_EQ(clock.wall_now(), at(1'000'001'000));
}

}  // namespace
}  // namespace spark
