#include "spark/telemetry/instruments.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <iostream>
#include <limits>
#include <map>
#include <string>
#include <thread>
#include <vector>

#include "fakes/recording_sink.h"
#include "spark/base/random.h"

namespace spark {
namespace {

using namespace std::chrono_literals;
using fakes::SinkLog;
using fakes::TestManager;

// The sum of all points of that name.
double total(const SinkLog& log, std::string_view name) {
  double sum = 0;
  for (const Metric& metric : log.metrics()) sum += metric.name == name ? metric.value : 0;
  return sum;
}

// Natural numbers' logarithms spread over several powers of two, of both signs.
double spread_value(Random& random) {
  const double uniform = static_cast<double>(random.next() >> 11) * 0x1p-53;
  return std::exp(uniform * 12 - 6);
}

TEST(Instruments, a_counter_s_increments_are_collected_as_one_metric) {
  TestManager telemetry;
  Counter requests = telemetry.manager.counter("requests", {.unit = "{request}", .attributes = {{"route", "/orders"}}});
  requests.add(1);
  requests.add(41u);
  telemetry.clock.advance(1s);
  const Metric first = telemetry.log().metric("requests");
  EXPECT_EQ(first.value, 42);
  EXPECT_EQ(first.unit, "{request}");
  EXPECT_EQ(first.aggregation_type, AggregationType::counter);
  EXPECT_EQ(first.attributes, (Object{{"route", "/orders"}}));
  EXPECT_EQ(first.trace_id, TraceId{});
  EXPECT_EQ(first.timestamp, telemetry.manager.now());
  EXPECT_TRUE(first.metric_id.is_valid());

  // What was collected is not collected again; nothing is, while nothing is measured.
  EXPECT_EQ(telemetry.log().metrics().size(), 1U);
  requests.add(0.5);
  requests.add(2);
  EXPECT_EQ(telemetry.log().metrics().size(), 2U);
  EXPECT_EQ(telemetry.log().metrics()[1].value, 2.5);
}

TEST(Instruments, the_unit_is_one_unless_given) {
  TestManager telemetry;
  telemetry.manager.counter("c").add(1);
  EXPECT_EQ(telemetry.log().metric("c").unit, "1");
}

TEST(Instruments, large_integer_increments_are_summed_exactly) {
  TestManager telemetry;
  Counter bytes = telemetry.manager.counter("bytes");
  for (int i = 0; i < 3; ++i) bytes.add((1LL << 52) / 4 + 1);
  EXPECT_EQ(telemetry.log().metric("bytes").value, 3377699720527875.0);
}

TEST(Instruments, the_same_name_unit_and_attributes_are_the_same_instrument) {
  TestManager telemetry;
  const auto add = [&](Text name, Text unit, const Attributes& attributes) {
    telemetry.manager.counter(name, {.unit = unit, .attributes = attributes}).add(1);
  };
  add("c", "1", {{"a", 1}, {"b", "x"}});
  add("c", "1", {{"b", std::string("x")}, {"a", 1}});
  add("c", "1", Object{{"a", 1}, {"b", "x"}});
  EXPECT_EQ(telemetry.log().metric("c").value, 3);
  add("c", "s", {{"a", 1}, {"b", "x"}});
  add("c", "1", {{"a", 2}, {"b", "x"}});
  add("d", "1", {{"a", 1}, {"b", "x"}});
  telemetry.manager.gauge("c", {.attributes = {{"a", 1}, {"b", "x"}}}).set(1);
  EXPECT_EQ(telemetry.log().metrics().size(), 5U);
}

TEST(Instruments, two_managers_do_not_share_one) {
  TestManager first, second;
  first.manager.counter("c").add(1);
  second.manager.counter("c").add(2);
  EXPECT_EQ(first.log().metric("c").value, 1);
  EXPECT_EQ(second.log().metric("c").value, 2);
}

TEST(Instruments, increments_that_cannot_be_are_refused_and_counted) {
  TestManager telemetry;
  Counter counter = telemetry.manager.counter("c");
  counter.add(-1);
  counter.add(-0.5);
  counter.add(std::numeric_limits<double>::quiet_NaN());
  counter.add(std::numeric_limits<double>::infinity());
  EXPECT_EQ(telemetry.log().metrics().size(), 0U);
  EXPECT_EQ(telemetry.manager.stats().measurements_refused, 4U);
  EXPECT_EQ(telemetry.manager.stats()[RecordKind::metric].recorded, 0U);
}

TEST(Instruments, a_gauge_is_collected_only_when_it_changed) {
  TestManager telemetry;
  Gauge depth = telemetry.manager.gauge("depth");
  EXPECT_EQ(telemetry.log().metrics().size(), 0U);
  depth.set(0);
  EXPECT_EQ(telemetry.log().metrics().size(), 1U);
  EXPECT_EQ(telemetry.log().metric("depth").value, 0);
  EXPECT_EQ(telemetry.log().metric("depth").aggregation_type, AggregationType::gauge);
  depth.set(0);
  EXPECT_EQ(telemetry.log().metrics().size(), 1U);
  depth.set(5);
  depth.set(-7.5);
  EXPECT_EQ(telemetry.log().metrics().size(), 2U);
  EXPECT_EQ(telemetry.log().metrics()[1].value, -7.5);
}

TEST(Instruments, a_gauge_has_the_last_value_that_any_thread_set) {
  TestManager telemetry;
  Gauge depth = telemetry.manager.gauge("depth");
  depth.set(1);
  std::thread([depth]() mutable { depth.set(2); }).join();
  EXPECT_EQ(telemetry.log().metric("depth").value, 2);
}

TEST(Instruments, a_histogram_s_distribution_is_that_of_a_plain_reference) {
  constexpr std::uint64_t seed = 7;
  SCOPED_TRACE("seed " + std::to_string(seed));
  TestManager telemetry;
  Histogram latency = telemetry.manager.histogram("latency", {.unit = "s"});
  Random random(seed);
  std::vector<double> values(20'000);
  double sum = 0;
  for (double& value : values) {
    value = spread_value(random);
    latency.record(value);
    sum += value;
  }
  const Metric metric = telemetry.log().metric("latency");
  ASSERT_TRUE(metric.distribution.has_value());
  const Distribution& distribution = *metric.distribution;
  EXPECT_EQ(metric.aggregation_type, AggregationType::histogram);
  EXPECT_EQ(distribution.count, 20'000U);
  EXPECT_EQ(distribution.zero_count, 0U);
  EXPECT_DOUBLE_EQ(distribution.sum, sum);
  EXPECT_EQ(metric.value, distribution.sum);
  // 17.3 powers of two: at scale 3 they take 139 buckets, at scale 4 more than 160.
  EXPECT_EQ(distribution.scale, 3);
  EXPECT_LE(distribution.positive.counts.size(), 160U);
  EXPECT_TRUE(distribution.negative.counts.empty());

  std::map<int, std::uint64_t> reference, found;
  for (const double value : values) ++reference[static_cast<int>(std::ceil(std::log2(value) * 8)) - 1];
  for (std::size_t i = 0; i < distribution.positive.counts.size(); ++i) {
    const std::uint64_t count = distribution.positive.counts[i];
    if (count != 0) found[distribution.positive.offset + static_cast<int>(i)] = count;
  }
  EXPECT_EQ(found, reference);

  std::sort(values.begin(), values.end());
  const double relative_error = std::exp2(1.0 / 8) - 1;
  for (const double q : {0.001, 0.01, 0.5, 0.9, 0.99, 0.999, 1.0}) {
    const double exact = values[static_cast<std::size_t>(std::ceil(q * 20'000)) - 1];
    EXPECT_NEAR(distribution.quantile(q), exact, exact * relative_error) << "q " << q;
  }
}

TEST(Instruments, a_histogram_is_collected_as_what_came_since) {
  TestManager telemetry;
  Histogram histogram = telemetry.manager.histogram("h");
  histogram.record(1);
  histogram.record(0);
  EXPECT_EQ(telemetry.log().metrics().size(), 1U);
  EXPECT_EQ(telemetry.log().metrics().size(), 1U);
  // So far apart that the scale has to fall.
  histogram.record(1e-9);
  histogram.record(1e9);
  histogram.record(-2);
  ASSERT_EQ(telemetry.log().metrics().size(), 2U);
  const Distribution first = telemetry.log().metrics()[0].distribution.value();
  const Distribution second = telemetry.log().metrics()[1].distribution.value();
  EXPECT_EQ(first.count, 2U);
  EXPECT_EQ(first.zero_count, 1U);
  EXPECT_EQ(first.sum, 1);
  EXPECT_EQ(first.scale, 8);
  EXPECT_EQ(second.count, 3U);
  EXPECT_EQ(second.zero_count, 0U);
  EXPECT_DOUBLE_EQ(second.sum, 999'999'998.000000001);
  EXPECT_EQ(second.scale, 1);
  ASSERT_EQ(second.negative.counts, (std::vector<std::uint64_t>{1}));
  EXPECT_EQ(second.negative.offset, 1);
}

TEST(Instruments, a_histogram_refuses_nan_and_takes_infinities_as_the_largest_double) {
  TestManager telemetry;
  Histogram histogram = telemetry.manager.histogram("h");
  histogram.record(std::numeric_limits<double>::quiet_NaN());
  EXPECT_EQ(telemetry.log().metrics().size(), 0U);
  EXPECT_EQ(telemetry.manager.stats().measurements_refused, 1U);
  histogram.record(std::numeric_limits<double>::infinity());
  const Distribution distribution = telemetry.log().metric("h").distribution.value();
  EXPECT_EQ(distribution.count, 1U);
  EXPECT_EQ(distribution.sum, std::numeric_limits<double>::max());
}

TEST(Instruments, threads_that_come_and_go_lose_nothing) {
  TestManager telemetry;
  Counter integers = telemetry.manager.counter("integers");
  Counter halves = telemetry.manager.counter("halves");
  Histogram histogram = telemetry.manager.histogram("histogram");
  for (int round = 0; round < 20; ++round) {
    std::vector<std::thread> threads;
    for (int i = 0; i < 8; ++i) {
      threads.emplace_back([=]() mutable {
        for (int n = 1; n <= 100; ++n) {
          integers.add(n);
          halves.add(0.5);
          histogram.record(n);
        }
      });
    }
    for (auto& thread : threads) thread.join();
    if (round % 5 == 0) telemetry.manager.flush();
  }
  const SinkLog& log = telemetry.log();
  EXPECT_EQ(total(log, "integers"), 20 * 8 * 5050);
  EXPECT_EQ(total(log, "halves"), 20 * 8 * 50);
  EXPECT_EQ(total(log, "histogram"), 20 * 8 * 5050);
  std::uint64_t count = 0;
  for (const Metric& metric : log.metrics()) count += metric.distribution ? metric.distribution->count : 0;
  EXPECT_EQ(count, 16'000U);
}

TEST(Instruments, what_threads_measured_before_a_shutdown_is_collected) {
  const auto log = std::make_shared<SinkLog>();
  Counter counter;
  {
    TestManager telemetry({}, {log});
    counter = telemetry.manager.counter("c");
    counter.add(3);
  }
  EXPECT_EQ(log->metric("c").value, 3);
  counter.add(4);
  EXPECT_EQ(log->metrics().size(), 1U);
}

TEST(Instruments, default_constructed_ones_measure_into_nothing) {
  Counter counter;
  Gauge gauge;
  Histogram histogram;
  counter.add(1);
  counter.add(-1);
  gauge.set(1);
  histogram.record(std::numeric_limits<double>::quiet_NaN());
  TestManager telemetry;
  EXPECT_EQ(telemetry.log().metrics().size(), 0U);
}

TEST(Instruments, collected_points_are_in_the_ledger) {
  TestManager telemetry;
  telemetry.manager.counter("c").add(1);
  telemetry.manager.record_metric({.name = "m"});
  EXPECT_EQ(telemetry.log().metrics().size(), 2U);
  const Stats stats = telemetry.manager.stats();
  EXPECT_EQ(stats[RecordKind::metric].recorded, 2U);
  EXPECT_EQ(stats[RecordKind::metric].admitted, 2U);
  EXPECT_TRUE(stats.balanced());
}

TEST(Instruments, names_and_attributes_are_made_storable_and_held_to_the_limits) {
  TestManager telemetry({.limits = {.attributes_per_record = 2, .key_bytes = 8, .string_bytes = 8}});
  telemetry.manager
      .counter(
          std::string("a\xFFz"),
          {.attributes = Object{{"a", std::string("\0", 1)}, {"b_is_far_too_long", "also far too long"}, {"c", 1}}})
      .add(1);
  const Metric metric = telemetry.log().metric("a\xEF\xBF\xBDz");
  EXPECT_EQ(metric.attributes,
            (Object{{"a", "\xEF\xBF\xBD"}, {"b_is_far", "also far"}, {"b_is_far.original_bytes", 17}}));
  EXPECT_EQ(telemetry.manager.stats().attributes_dropped, 1U);
  EXPECT_EQ(telemetry.manager.stats().texts_cut, 2U);
}

// In a process of its own: the table of instruments belongs to the process and never shrinks.
TEST(InstrumentsDeathTest, more_than_the_maximum_are_refused_and_counted) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  const auto fill = [] {
    TestManager telemetry;
    for (std::size_t i = 0; i < max_instruments + 10; ++i) {
      telemetry.manager.counter("c" + std::to_string(i)).add(1);
    }
    telemetry.manager.counter("c0").add(1);
    const double sum = [&] {
      double result = 0;
      for (const Metric& metric : telemetry.log().metrics()) result += metric.value;
      return result;
    }();
    std::cerr << "sum " << sum << ", refused " << telemetry.manager.stats().instruments_refused << "\n";
    std::_Exit(0);
  };
  EXPECT_EXIT(fill(), testing::ExitedWithCode(0), "sum 4097, refused 10\n");
}

}  // namespace
}  // namespace spark
