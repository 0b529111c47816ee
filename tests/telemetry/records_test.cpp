#include "spark/telemetry/records.h"

#include <gtest/gtest.h>

#include <chrono>
#include <cmath>
#include <cstdint>
#include <string>

#include "spark/base/error.h"

namespace spark {
namespace {

using namespace std::chrono_literals;

TEST(RecordNames, are_spelled_as_specified) {
  EXPECT_EQ(to_string(TraceStatus::started), "started");
  EXPECT_EQ(to_string(TraceStatus::completed), "completed");
  EXPECT_EQ(to_string(TraceStatus::failed), "failed");
  EXPECT_EQ(to_string(TraceStatus::cancelled), "cancelled");
  EXPECT_EQ(to_string(SpanStatus::completed), "completed");
  EXPECT_EQ(to_string(SpanStatus::failed), "failed");
  EXPECT_EQ(to_string(SpanStatus::cancelled), "cancelled");
  EXPECT_EQ(to_string(SpanKind::INTERNAL), "INTERNAL");
  EXPECT_EQ(to_string(SpanKind::CLIENT), "CLIENT");
  EXPECT_EQ(to_string(SpanKind::SERVER), "SERVER");
  EXPECT_EQ(to_string(SpanKind::PRODUCER), "PRODUCER");
  EXPECT_EQ(to_string(SpanKind::CONSUMER), "CONSUMER");
  EXPECT_EQ(to_string(AggregationType::gauge), "gauge");
  EXPECT_EQ(to_string(AggregationType::counter), "counter");
  EXPECT_EQ(to_string(AggregationType::histogram), "histogram");
  EXPECT_EQ(to_string(EventSource::recorded), "recorded");
  EXPECT_EQ(to_string(EventSource::span), "span");
  EXPECT_EQ(to_string(static_cast<SpanKind>(200)), "unknown");
}

TEST(RecordNames, parse_back) {
  for (const auto status :
       {TraceStatus::started, TraceStatus::completed, TraceStatus::failed, TraceStatus::cancelled}) {
    EXPECT_EQ(parse_trace_status(to_string(status)), status);
  }
  for (const auto status : {SpanStatus::completed, SpanStatus::failed, SpanStatus::cancelled}) {
    EXPECT_EQ(parse_span_status(to_string(status)), status);
  }
  for (const auto kind :
       {SpanKind::INTERNAL, SpanKind::CLIENT, SpanKind::SERVER, SpanKind::PRODUCER, SpanKind::CONSUMER}) {
    EXPECT_EQ(parse_span_kind(to_string(kind)), kind);
  }
  for (const auto type : {AggregationType::gauge, AggregationType::counter, AggregationType::histogram}) {
    EXPECT_EQ(parse_aggregation_type(to_string(type)), type);
  }
}

template <class Parse>
std::string parsing(Parse parse, std::string_view name) {
  try {
    static_cast<void>(parse(name));
    return "no error";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::invalid_argument);
    return error.what();
  }
}

TEST(RecordNames, an_unknown_name_is_an_error_that_lists_the_known_ones) {
  EXPECT_EQ(parsing(parse_trace_status, "done"),
            "unknown trace status \"done\": allowed are started, completed, failed, cancelled");
  EXPECT_EQ(parsing(parse_span_status, "started"),
            "unknown span status \"started\": allowed are completed, failed, cancelled");
  EXPECT_EQ(parsing(parse_span_kind, "internal"),
            "unknown span kind \"internal\": allowed are INTERNAL, CLIENT, SERVER, PRODUCER, CONSUMER");
  EXPECT_EQ(parsing(parse_aggregation_type, ""),
            "unknown aggregation type \"\": allowed are gauge, counter, histogram");
}

TEST(Duration, is_in_seconds) {
  Span span;
  span.start_time = Timestamp{1s};
  span.end_time = Timestamp{2s + 234ms};
  EXPECT_DOUBLE_EQ(span.duration().count(), 1.234);

  Trace trace;
  trace.start_time = Timestamp{1s};
  EXPECT_EQ(trace.duration().count(), 0.0);
  trace.end_time = Timestamp{6s + 123ms};
  EXPECT_DOUBLE_EQ(trace.duration().count(), 5.123);
}

TEST(Records, have_the_defaults_of_the_data_model) {
  EXPECT_EQ(Trace{}.status, TraceStatus::started);
  EXPECT_FALSE(Trace{}.end_time.has_value());
  EXPECT_FALSE(Trace{}.partial);
  EXPECT_EQ(Span{}.kind, SpanKind::INTERNAL);
  EXPECT_EQ(Span{}.status, SpanStatus::completed);
  EXPECT_EQ(Metric{}.aggregation_type, AggregationType::gauge);
  EXPECT_FALSE(Metric{}.distribution.has_value());
  EXPECT_EQ(Event{}.source, EventSource::recorded);
}

TEST(Quantile, of_nothing_is_nan) {
  EXPECT_TRUE(std::isnan(Distribution{}.quantile(0.5)));
  // Of a file that somebody else made.
  const Distribution strange{.count = 1, .scale = std::numeric_limits<std::int32_t>::min(), .positive = {0, {1}}};
  EXPECT_FALSE(std::isnan(strange.quantile(0.5)));
  Distribution one{.count = 1, .zero_count = 1};
  EXPECT_TRUE(std::isnan(one.quantile(std::nan(""))));
}

TEST(Quantile, interpolates_inside_a_bucket) {
  // At scale 0 the base is 2: bucket 0 is (1, 2], bucket 1 is (2, 4], bucket 2 is (4, 8].
  const Distribution distribution{.count = 8, .sum = 30, .scale = 0, .positive = {.offset = 0, .counts = {2, 4, 2}}};
  EXPECT_DOUBLE_EQ(distribution.quantile(0), 1);
  EXPECT_DOUBLE_EQ(distribution.quantile(0.125), 1.5);
  EXPECT_DOUBLE_EQ(distribution.quantile(0.25), 2);
  EXPECT_DOUBLE_EQ(distribution.quantile(0.5), 3);
  EXPECT_DOUBLE_EQ(distribution.quantile(0.75), 4);
  EXPECT_DOUBLE_EQ(distribution.quantile(1), 8);
  EXPECT_DOUBLE_EQ(distribution.quantile(-1), 1);
  EXPECT_DOUBLE_EQ(distribution.quantile(2), 8);
}

TEST(Quantile, passes_empty_buckets) {
  const Distribution distribution{.count = 2, .scale = 0, .positive = {.offset = -1, .counts = {1, 0, 0, 1}}};
  EXPECT_DOUBLE_EQ(distribution.quantile(0.25), 0.75);
  EXPECT_DOUBLE_EQ(distribution.quantile(0.5), 1);
  EXPECT_DOUBLE_EQ(distribution.quantile(0.75), 6);
}

TEST(Quantile, goes_from_negative_over_zero_to_positive) {
  const Distribution distribution{.count = 4,
                                  .scale = 0,
                                  .zero_count = 1,
                                  .positive = {.offset = 0, .counts = {1}},
                                  .negative = {.offset = 0, .counts = {1, 1}}};
  EXPECT_DOUBLE_EQ(distribution.quantile(0), -4);
  EXPECT_DOUBLE_EQ(distribution.quantile(0.25), -2);
  EXPECT_DOUBLE_EQ(distribution.quantile(0.375), -1.5);
  EXPECT_DOUBLE_EQ(distribution.quantile(0.6), 0);
  EXPECT_DOUBLE_EQ(distribution.quantile(1), 2);
}

TEST(Quantile, error_is_within_the_base_at_every_scale) {
  // The numbers 1 to 1000, once each; the exact quantile q is 1000 q.
  for (const std::int32_t scale : {-2, 0, 3, 5, 10}) {
    Distribution distribution{.count = 1000, .sum = 500500, .scale = scale};
    for (int number = 1; number <= 1000; ++number) {
      const double position = std::log2(static_cast<double>(number)) * std::exp2(scale);
      const auto index = static_cast<std::int64_t>(std::ceil(position - 1e-9)) - 1;
      const auto slot = static_cast<std::size_t>(index + 1);  // the first bucket, of the number 1, is -1
      if (distribution.positive.counts.size() <= slot) distribution.positive.counts.resize(slot + 1);
      ++distribution.positive.counts[slot];
    }
    distribution.positive.offset = -1;
    const double base = std::exp2(std::exp2(-scale));
    for (const double q : {0.01, 0.1, 0.5, 0.9, 0.99}) {
      const double exact = 1000 * q;
      EXPECT_LE(distribution.quantile(q), exact * base * 1.01) << "scale " << scale << ", q " << q;
      EXPECT_GE(distribution.quantile(q), exact / base * 0.99) << "scale " << scale << ", q " << q;
    }
  }
}

TEST(Quantile, stays_finite_at_the_ends_of_double) {
  const Distribution largest{.count = 2, .scale = 0, .positive = {.offset = 1023, .counts = {2}}};
  EXPECT_TRUE(std::isfinite(largest.quantile(0.5)));
  EXPECT_TRUE(std::isfinite(largest.quantile(1)));
  const Distribution smallest{.count = 2, .scale = 0, .positive = {.offset = -1080, .counts = {2}}};
  EXPECT_EQ(smallest.quantile(0.5), 0);
}

}  // namespace
}  // namespace spark
