// Gauges, sums and histograms, as a decoder that is not ours reads them from each protocol: temporality, monotonicity,
// bounds, and what becomes of too many series.
#include <array>
#include <cmath>
#include <cstdint>
#include <limits>
#include <random>
#include <string>
#include <vector>

#include "backends/records.h"
#include "otlp/independent_decoder.h"

namespace spark::testing {
namespace {

class IndependentMetricsDecoder : public IndependentDecoder {};
INSTANTIATE_TEST_SUITE_P(By, IndependentMetricsDecoder, each_protocol(), protocol_name);

Metric make(AggregationType type, double value, std::int64_t time, Object attributes = {}) {
  Metric metric = make_metric(3, "m", time, std::move(attributes));
  metric.aggregation_type = type;
  metric.value = value;
  metric.trace_id = {};
  return metric;
}
Metric increment(double value, std::int64_t time = 10, Object attributes = {}) {
  return make(AggregationType::counter, value, time, std::move(attributes));
}
Metric measurement(double value, std::int64_t time = 10) { return make(AggregationType::histogram, value, time); }

// The exemplar of a record of these, in JSON.
std::string exemplar(const std::string& time_ns, const std::string& value) {
  return R"("exemplars": [{"timeUnixNano": ")" + time_ns + R"(", "asDouble": )" + value +
         R"(, "filteredAttributes": [{"key": "spark.metric.id",
           "value": {"stringValue": "12345678-9abc-8def-4000-000000000003"}}]}])";
}

TEST_P(IndependentMetricsDecoder, reads_gauges_point_by_point_also_what_is_no_finite_number) {
  const auto sink = make_sink();
  write(*sink, [](BatchBuilder& b) {
    Metric traced = make(AggregationType::gauge, 0.5, 10, {{"node_id", "a"}});
    traced.unit = "s";
    traced.trace_id = trace_id(8);
    traced.span_id = span_id(2);
    b.add(traced);
    const double infinity = std::numeric_limits<double>::infinity();
    for (const double value : {std::nan(""), infinity, -infinity, -0.0}) {
      Metric gauge = make(AggregationType::gauge, value, 20);
      gauge.metric_id = {};
      b.add(gauge);
    }
  });
  expect_json(next_items("metrics"), R"json([
    {"name": "m", "unit": "s", "gauge": {"dataPoints": [
      {"timeUnixNano": "1736935200010000000", "asDouble": 0.5,
        "exemplars": [{"timeUnixNano": "1736935200010000000", "asDouble": 0.5,
          "traceId": "019469538a0070008000000000000008", "spanId": "0000000000000002",
          "filteredAttributes": [
            {"key": "spark.metric.id", "value": {"stringValue": "12345678-9abc-8def-4000-000000000003"}}]}],
        "attributes": [{"key": "node_id", "value": {"stringValue": "a"}}]}]}},
    {"name": "m", "gauge": {"dataPoints": [
      {"timeUnixNano": "1736935200020000000", "asDouble": "NaN"},
      {"timeUnixNano": "1736935200020000000", "asDouble": "Infinity"},
      {"timeUnixNano": "1736935200020000000", "asDouble": "-Infinity"},
      {"timeUnixNano": "1736935200020000000", "asDouble": "-0"}]}}])json");
}

TEST_P(IndependentMetricsDecoder, reads_counters_as_monotonic_cumulative_sums_over_all_batches) {
  const auto sink = make_sink();
  write(*sink, [](BatchBuilder& b) {
    b.add(increment(1, 10));
    b.add(increment(2, 20));
  });
  const auto sum = [](const std::string& time, const std::string& value, const std::string& last) {
    return R"json([{"name": "m", "sum": {"aggregationTemporality": 2, "isMonotonic": true, "dataPoints": [
      {"startTimeUnixNano": "1736935200009999999", "timeUnixNano": ")json" +
           time + R"(", "asDouble": )" + value + ", " + exemplar(time, last) + "}]}}]";
  };
  expect_json(next_items("metrics"), sum("1736935200020000000", "3", "2"));
  write(*sink, [](BatchBuilder& b) { b.add(increment(4, 30)); });
  expect_json(next_items("metrics"), sum("1736935200030000000", "7", "4"));
}

TEST_P(IndependentMetricsDecoder, reads_counters_as_deltas_where_those_are_preferred) {
  const auto sink = make_sink({.compression = OtlpCompression::gzip, .temporality = OtlpTemporality::delta});
  write(*sink, [](BatchBuilder& b) {
    b.add(increment(1, 10));
    b.add(increment(2, 20));
  });
  const auto sum = [](const std::string& start, const std::string& time, const std::string& value,
                      const std::string& last) {
    return R"json([{"name": "m", "sum": {"aggregationTemporality": 1, "isMonotonic": true, "dataPoints": [
      {"startTimeUnixNano": ")json" +
           start + R"(", "timeUnixNano": ")" + time + R"(", "asDouble": )" + value + ", " + exemplar(time, last) +
           "}]}}]";
  };
  expect_json(next_items("metrics"), sum("1736935200009999999", "1736935200020000000", "3", "2"));
  write(*sink, [](BatchBuilder& b) { b.add(increment(4, 30)); });
  expect_json(next_items("metrics"), sum("1736935200020000000", "1736935200030000000", "4", "4"));
  EXPECT_EQ(last_encoding(), "gzip");
}

// 1 is the upper bound of bucket -1, whatever the scale; 2 is that of bucket 255 at scale 8.
TEST_P(IndependentMetricsDecoder, reads_recorded_measurements_as_exponential_histograms) {
  const auto sink = make_sink();
  write(*sink, [](BatchBuilder& b) {
    for (const double value : {1.0, 0.0, 1.0}) b.add(measurement(value));
  });
  expect_json(next_items("metrics"), R"json([{"name": "m", "exponentialHistogram": {"aggregationTemporality": 2,
    "dataPoints": [{"startTimeUnixNano": "1736935200009999999", "timeUnixNano": "1736935200010000000",
      "count": "3", "sum": 2, "scale": 8, "zeroCount": "1", "positive": {"offset": -1, "bucketCounts": ["2"]}, )json" +
                                         exemplar("1736935200010000000", "1") + "}]}}]");
  write(*sink, [](BatchBuilder& b) { b.add(measurement(-2, 20)); });
  expect_json(next_items("metrics"), R"json([{"name": "m", "exponentialHistogram": {"aggregationTemporality": 2,
    "dataPoints": [{"startTimeUnixNano": "1736935200009999999", "timeUnixNano": "1736935200020000000",
      "count": "4", "scale": 8, "zeroCount": "1",
      "positive": {"offset": -1, "bucketCounts": ["2"]}, "negative": {"offset": 255, "bucketCounts": ["1"]},
      "exemplars": [{"timeUnixNano": "1736935200020000000", "asDouble": -2, "filteredAttributes": [
        {"key": "spark.metric.id", "value": {"stringValue": "12345678-9abc-8def-4000-000000000003"}},
        {"key": "spark.metric.sum", "value": {"doubleValue": 0}}]}]}]}}])json");
}

TEST_P(IndependentMetricsDecoder, reads_collected_distributions_as_they_were) {
  const auto sink = make_sink({.temporality = OtlpTemporality::delta});
  write(*sink, [](BatchBuilder& b) {
    Metric collected = measurement(12, 20);
    collected.unit = "ms";
    collected.distribution = Distribution{.count = 6,
                                          .sum = 12,
                                          .scale = -1,
                                          .zero_count = 1,
                                          .positive = {.offset = -2, .counts = {2, 0, 3}},
                                          .negative = {}};
    b.add(collected);
  });
  expect_json(next_items("metrics"),
              R"json([{"name": "m", "unit": "ms", "exponentialHistogram": {"aggregationTemporality": 1,
    "dataPoints": [{"startTimeUnixNano": "1736935200019999999", "timeUnixNano": "1736935200020000000",
      "count": "6", "sum": 12, "scale": -1, "zeroCount": "1",
      "positive": {"offset": -2, "bucketCounts": ["2", "0", "3"]}, )json" +
                  exemplar("1736935200020000000", "2") + "}]}}]");
}

// By the data model's own formula: bucket i holds (base^i, base^(i+1)] with base = 2^(2^-scale).
void expect_counts(const Value& side, std::int64_t scale, const std::vector<double>& magnitudes) {
  const std::int64_t offset = side.as_object().at("offset").as_int();
  const Array& counts = side.as_object().at("bucketCounts").as_array();
  const auto bound = [&](std::int64_t index) {
    return std::exp2(std::ldexp(static_cast<double>(index), static_cast<int>(-scale)));
  };
  std::uint64_t total = 0;
  for (std::size_t i = 0; i < counts.size(); ++i) {
    const std::int64_t index = offset + static_cast<std::int64_t>(i);
    std::uint64_t expected = 0;
    for (const double value : magnitudes) expected += value > bound(index) && value <= bound(index + 1) ? 1 : 0;
    EXPECT_EQ(counts[i].as_string(), std::to_string(expected)) << "bucket " << index << " at scale " << scale;
    total += expected;
  }
  EXPECT_EQ(total, magnitudes.size());
}

TEST_P(IndependentMetricsDecoder, finds_every_measurement_between_the_bounds_of_its_bucket) {
  constexpr unsigned seed = 20'250'115;
  std::mt19937_64 random(seed);
  std::lognormal_distribution<double> magnitude(0, 3);
  std::array<std::vector<double>, 2> magnitudes;  // of positive and of negative ones
  const auto sink = make_sink();
  Array items;
  for (int batch = 0; batch < 3; ++batch) {
    write(*sink, [&](BatchBuilder& b) {
      for (int i = 0; i < 200; ++i) {
        const bool is_negative = i % 5 == 0;
        magnitudes.at(is_negative ? 1 : 0).push_back(magnitude(random));
        b.add(measurement(is_negative ? -magnitudes[1].back() : magnitudes[0].back(), 10 + batch));
      }
    });
    items = next_items("metrics");
  }
  const Object& histogram = items.at(0).as_object().at("exponentialHistogram").as_object();
  const Object& point = histogram.at("dataPoints").as_array().at(0).as_object();
  EXPECT_EQ(point.at("count").as_string(), "600");
  expect_counts(point.at("positive"), point.at("scale").as_int(), magnitudes[0]);
  expect_counts(point.at("negative"), point.at("scale").as_int(), magnitudes[1]);
}

struct Series {
  std::size_t users = 0;  // series that have the attribute "user"
  double of_users = 0;    // the sum of theirs
  double overflow = 0;    // what the series has that says it is the overflow; -1: there is none
};
Series series_of(const Array& metrics) {
  Series series{.overflow = -1};
  for (const Value& item : metrics.at(0).as_object().at("sum").as_object().at("dataPoints").as_array()) {
    const Object& point = item.as_object();
    const Array& attributes = point.at("attributes").as_array();
    EXPECT_EQ(attributes.size(), 1U);
    const Object& attribute = attributes.at(0).as_object();
    if (attribute.at("key").as_string() == "user") {
      ++series.users;
      series.of_users += point.at("asDouble").as_double();
    } else {
      EXPECT_EQ(attribute, (Object{{"key", "otel.metric.overflow"}, {"value", Object{{"boolValue", true}}}}));
      EXPECT_EQ(series.overflow, -1) << "two series of the overflow";
      series.overflow = point.at("asDouble").as_double();
    }
  }
  return series;
}
void write_users(OtlpSink& sink, int first, int count) {
  BatchBuilder builder(std::make_shared<const Resource>(test_resource()));
  for (int i = 0; i < count; ++i) builder.add(increment(1, 10, {{"user", first + i}}));
  sink.write(*builder.build());
}

TEST_P(IndependentMetricsDecoder, reads_two_thousand_series_and_one_for_all_further_ones) {
  const auto sink = make_sink();
  write_users(*sink, 0, 2'500);
  const Series first = series_of(next_items("metrics"));
  EXPECT_EQ(first.users, 2'000U);
  EXPECT_EQ(first.of_users, 2'000);
  EXPECT_EQ(first.overflow, 500);
  // The first ten have series of their own for good; users that are new have none any more.
  write_users(*sink, 0, 10);
  const Series known = series_of(next_items("metrics"));
  EXPECT_EQ(known.users, 10U);
  EXPECT_EQ(known.of_users, 20);
  EXPECT_EQ(known.overflow, -1);
  write_users(*sink, 10'000, 7);
  const Series unknown = series_of(next_items("metrics"));
  EXPECT_EQ(unknown.users, 0U);
  EXPECT_EQ(unknown.overflow, 507);
}

TEST_P(IndependentMetricsDecoder, reads_two_thousand_series_of_each_batch_where_deltas_are_preferred) {
  const auto sink = make_sink({.temporality = OtlpTemporality::delta});
  for (const int first_user : {0, 10'000}) {
    write_users(*sink, first_user, 2'001);
    const Series series = series_of(next_items("metrics"));
    EXPECT_EQ(series.users, 2'000U);
    EXPECT_EQ(series.of_users, 2'000);
    EXPECT_EQ(series.overflow, 1);
  }
}

}  // namespace
}  // namespace spark::testing
