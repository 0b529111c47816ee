// Large increments overflowed the sum, which became negative.
#include <gtest/gtest.h>

#include <cstdint>
#include <limits>

#include "fakes/recording_sink.h"

namespace spark {
namespace {

// What has been collected of the only counter, as one sum.
double total(fakes::TestManager& telemetry) {
  double sum = 0;
  for (const Metric& metric : telemetry.log().metrics()) {
    EXPECT_GE(metric.value, 0);
    sum += metric.value;
  }
  return sum;
}

TEST(CounterOverflow, an_increment_above_the_signed_range_is_positive) {
  fakes::TestManager telemetry;
  Counter counter = telemetry.manager.counter("c");
  counter.add(std::numeric_limits<std::uint64_t>::max());
  EXPECT_EQ(total(telemetry), 18446744073709551616.0);
}

TEST(CounterOverflow, no_number_of_huge_increments_makes_the_sum_negative) {
  fakes::TestManager telemetry;
  Counter counter = telemetry.manager.counter("c");
  for (int i = 0; i < 10; ++i) {
    for (int n = 0; n < 10; ++n) counter.add(std::numeric_limits<std::int64_t>::max());
    EXPECT_EQ(total(telemetry), (i + 1) * 92233720368547758080.0);
  }
  EXPECT_EQ(telemetry.manager.stats().measurements_refused, 0U);
}

TEST(CounterOverflow, ordinary_increments_are_counted_exactly) {
  fakes::TestManager telemetry;
  Counter counter = telemetry.manager.counter("c");
  counter.add(std::int64_t{1} << 32);
  counter.add(std::uint8_t{255});
  counter.add(0);
  counter.add(-1);
  counter.add(std::int64_t{7});
  counter.add(0.5);
  EXPECT_EQ(total(telemetry), 4294967296.0 + 255 + 7 + 0.5);
  EXPECT_EQ(telemetry.manager.stats().measurements_refused, 1U);
}

TEST(CounterOverflow, small_increments_after_a_huge_one_are_not_lost) {
  fakes::TestManager telemetry;
  Counter counter = telemetry.manager.counter("c");
  counter.add(std::numeric_limits<std::uint64_t>::max());
  (void)total(telemetry);
  counter.add(5);
  ASSERT_EQ(telemetry.log().metrics().size(), 2U);
  EXPECT_EQ(telemetry.log().metrics()[1].value, 5.0);
}

}  // namespace
}  // namespace spark
