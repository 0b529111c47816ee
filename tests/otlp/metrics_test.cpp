// What becomes of metrics: points, sums and histograms, over batches that arrive and batches that do not.
#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <string>

#include "backends/records.h"
#include "otlp/encoders.h"
#include "otlp/otlp_text.h"

namespace spark {
namespace {

using detail::otlp::EncoderOptions;
using detail::otlp::Signal;
using detail::otlp::Temporality;
using testing::Encoders;
using testing::make_metric;
using testing::parts;

Metric make(AggregationType type, double value, std::int64_t time = 10, Object attributes = {}) {
  Metric metric = make_metric(3, "m", time, std::move(attributes));
  metric.aggregation_type = type;
  metric.value = value;
  metric.trace_id = {};
  return metric;
}
Metric increment(double value, std::int64_t time = 10, Object attributes = {}) {
  return make(AggregationType::counter, value, time, std::move(attributes));
}
Metric measurement(double value, std::int64_t time = 10, Object attributes = {}) {
  return make(AggregationType::histogram, value, time, std::move(attributes));
}

std::string send(Encoders& encoders, const std::vector<Metric>& metrics) {
  return encoders
      .send([&](BatchBuilder& b) {
        for (const Metric& metric : metrics) b.add(metric);
      })
      .metrics;
}

// The points without what most tests do not look at: exemplars, and the leading digits of times.
std::string points_of(const std::string& text) {
  std::string out = parts(text, "data_points");
  const std::string exemplars = " exemplars{";
  for (auto at = out.find(exemplars); at != std::string::npos; at = out.find(exemplars)) {
    const std::string exemplar = parts(std::string_view(out).substr(at), "exemplars");
    out.erase(at, exemplars.size() + exemplar.find('\n') + 1);
  }
  for (const std::string_view noise : {"_unix_nano", "17369352000"}) {
    for (auto at = out.find(noise); at != std::string::npos; at = out.find(noise)) out.erase(at, noise.size());
  }
  return out;
}

TEST(OtlpMetrics, a_gauge_is_a_gauge_point_with_an_exemplar_that_names_the_record) {
  Metric gauge = make(AggregationType::gauge, 0.5, 10, {{"node_id", "a"}});
  gauge.unit = "seconds";
  gauge.trace_id = testing::trace_id(1);
  gauge.span_id = testing::span_id(2);
  Encoders encoders;
  EXPECT_EQ(parts(send(encoders, {gauge}), "metrics"),
            "name=\"m\" unit=\"seconds\" gauge{data_points{time_unix_nano=1736935200010000000 as_double=0.5 "
            "exemplars{time_unix_nano=1736935200010000000 as_double=0.5 span_id=0000000000000002 "
            "trace_id=019469538a0070000000000000000001 filtered_attributes{spark.metric.id=\"" +
                gauge.metric_id.to_string() + "\"}} attributes{node_id=\"a\"}}}\n");
}

TEST(OtlpMetrics, sums_of_two_processes_are_not_added_to_each_other) {
  Encoders encoders;
  const auto send_of = [&](std::uint64_t producer, double value) {
    Resource resource = testing::test_resource();
    resource.producer_id = producer;
    return points_of(
        encoders.send(*testing::make_batch(resource, [&](BatchBuilder& b) { b.add(increment(value)); })).metrics);
  };
  EXPECT_NE(send_of(1, 5).find("as_double=5.0"), std::string::npos);
  EXPECT_NE(send_of(2, 1).find("as_double=1.0"), std::string::npos) << "what a spool had of another process";
  EXPECT_NE(send_of(1, 2).find("as_double=7.0"), std::string::npos);
}

TEST(OtlpMetrics, gauges_of_one_name_and_unit_are_points_of_one_metric_also_if_they_are_no_number) {
  Encoders encoders;
  const auto text = send(encoders, {make(AggregationType::gauge, std::nan(""), 1), make(AggregationType::gauge, 2, 2)});
  EXPECT_EQ(points_of(text), "time=01000000 as_double={\"$double\":\"NaN\"}\ntime=02000000 as_double=2.0\n");
}

TEST(OtlpMetrics, a_counter_is_a_cumulative_monotonic_sum_over_all_batches) {
  Encoders encoders;
  const auto first = send(encoders, {increment(1, 10), increment(2, 20)});
  EXPECT_EQ(points_of(first), "start_time=09999999 time=20000000 as_double=3.0\n");
  EXPECT_NE(first.find("} aggregation_temporality=2 is_monotonic=true}"), std::string::npos) << first;
  EXPECT_EQ(points_of(send(encoders, {increment(4, 30)})), "start_time=09999999 time=30000000 as_double=7.0\n");
}

TEST(OtlpMetrics, a_sum_is_by_name_unit_and_attributes_in_whatever_order) {
  Encoders encoders;
  Metric other_unit = increment(100);
  other_unit.unit = "bytes";
  const std::string text = encoders
                               .send([&](BatchBuilder& b) {
                                 b.add(increment(1, 10, {{"a", 1}, {"b", 2}}));
                                 auto attributes = b.attributes(2);
                                 attributes[0] = {"b", ValueView(std::int64_t{2})};
                                 attributes[1] = {"a", ValueView(std::int64_t{1})};
                                 b.add(MetricView{.time_ns = testing::at(10).time_since_epoch().count(),
                                                  .value = 10,
                                                  .aggregation_type = AggregationType::counter,
                                                  .name = "m",
                                                  .attributes = attributes});
                                 b.add(increment(1'000, 10, {{"a", 1.0}, {"b", 2}}));
                                 b.add(other_unit);
                               })
                               .metrics;
  EXPECT_EQ(points_of(text),
            "start_time=09999999 time=10000000 as_double=11.0 attributes{a=1} attributes{b=2}\n"
            "start_time=09999999 time=10000000 as_double=1000.0 attributes{a=1.0} attributes{b=2}\n"
            "start_time=09999999 time=10000000 as_double=100.0\n");
}

TEST(OtlpMetrics, with_deltas_each_batch_has_its_own_sum_from_the_time_of_the_one_before) {
  for (const auto temporality : {Temporality::delta, Temporality::lowmemory}) {
    Encoders encoders({.temporality = temporality});
    const auto first = send(encoders, {increment(1, 10), increment(2, 20)});
    EXPECT_EQ(points_of(first), "start_time=09999999 time=20000000 as_double=3.0\n");
    EXPECT_NE(first.find("aggregation_temporality=1"), std::string::npos);
    EXPECT_EQ(points_of(send(encoders, {increment(4, 30)})), "start_time=20000000 time=30000000 as_double=4.0\n");
  }
}

TEST(OtlpMetrics, a_point_is_later_than_the_one_before_even_if_its_measurement_was_not) {
  for (const auto temporality : {Temporality::cumulative, Temporality::delta}) {
    Encoders encoders({.temporality = temporality});
    (void)send(encoders, {increment(1, 20)});
    const std::string text = points_of(send(encoders, {increment(1, 5)}));
    EXPECT_NE(text.find(" time=20000001 "), std::string::npos) << text;
  }
}

TEST(OtlpMetrics, sums_begin_when_the_encoder_was_told_unless_measurements_are_older) {
  const std::int64_t start = testing::at(0).time_since_epoch().count();
  Encoders encoders({.start_ns = start});
  EXPECT_EQ(points_of(send(encoders, {increment(1, 10)})), "start_time=00000000 time=10000000 as_double=1.0\n");
  // A series that begins later was zero until the last point.
  EXPECT_EQ(points_of(send(encoders, {increment(1, 20, {{"a", 1}})})),
            "start_time=10000000 time=20000000 as_double=1.0 attributes{a=1}\n");
  Encoders importing({.start_ns = start + 1'000'000'000});
  EXPECT_EQ(points_of(send(importing, {increment(1, 10)})), "start_time=09999999 time=10000000 as_double=1.0\n");
}

TEST(OtlpMetrics, increments_that_are_negative_or_no_number_are_refused_and_counted) {
  Encoders encoders;
  const auto encoded = encoders.send([](BatchBuilder& b) {
    for (const double value : {1.0, -1.0, std::nan(""), std::numeric_limits<double>::infinity()})
      b.add(increment(value));
    b.add(measurement(std::nan("")));
  });
  EXPECT_EQ(points_of(encoded.metrics), "start_time=09999999 time=10000000 as_double=1.0\n");
  EXPECT_EQ(encoded.requests.refused, 4U);
  EXPECT_EQ(encoded.requests.refused_by_kind[static_cast<std::size_t>(RecordKind::metric)], 4U);
  const auto nothing = encoders.send([](BatchBuilder& b) { b.add(increment(-1)); });
  EXPECT_EQ(nothing.metrics, "");
  EXPECT_EQ(nothing.requests.refused, 1U);
}

TEST(OtlpMetrics, series_beyond_the_limit_share_one_that_says_so) {
  Encoders encoders({.series_per_metric = 2});
  const auto counted = [](int number) { return increment(1, 10, {{"user", number}}); };
  const std::string overflow = "attributes{otel.metric.overflow=true}\n";
  EXPECT_EQ(points_of(send(encoders, {counted(1), counted(2), counted(3), counted(4), counted(1)})),
            "start_time=09999999 time=10000000 as_double=2.0 attributes{user=1}\n"
            "start_time=09999999 time=10000000 as_double=1.0 attributes{user=2}\n"
            "start_time=09999999 time=10000000 as_double=2.0 " +
                overflow);
  EXPECT_EQ(points_of(send(encoders, {counted(5), counted(2)})),
            "start_time=09999999 time=10000001 as_double=3.0 " + overflow +
                "start_time=09999999 time=10000001 as_double=2.0 attributes{user=2}\n");
}

TEST(OtlpMetrics, by_default_a_metric_has_two_thousand_series_and_the_overflow_and_nothing_is_lost) {
  detail::otlp::Encoder encoder({});
  auto requests = encoder.encode(*testing::make_batch([](BatchBuilder& b) {
    for (int i = 0; i < 2'500; ++i) b.add(increment(1, 10, {{"user", i}}));
  }));
  EXPECT_EQ(requests.item_count(Signal::metrics), 2'001U);
  const std::string text = testing::text_of_protobuf("ExportMetricsServiceRequest", requests.body(Signal::metrics));
  EXPECT_NE(text.find("as_double=500.0"), std::string::npos);
}

TEST(OtlpMetrics, the_limit_is_of_one_batch_when_deltas_are_sent) {
  Encoders encoders({.temporality = Temporality::delta, .series_per_metric = 1});
  (void)send(encoders, {increment(1, 10, {{"user", 1}})});
  EXPECT_EQ(points_of(send(encoders, {increment(1, 20, {{"user", 2}})})),
            "start_time=10000000 time=20000000 as_double=1.0 attributes{user=2}\n");
}

TEST(OtlpMetrics, series_of_all_metrics_and_metrics_themselves_are_bounded) {
  EncoderOptions options{.series = 1};
  options.metrics = 2;
  Encoders encoders(options);
  const auto named = [](const std::string& name) {
    Metric metric = increment(1, 10, {{"a", 1}});
    metric.name = name;
    return metric;
  };
  const auto encoded = encoders.send([&](BatchBuilder& b) {
    for (const auto* name : {"x", "y", "z"}) b.add(named(name));
  });
  EXPECT_EQ(encoded.requests.refused, 1U);
  EXPECT_EQ(points_of(encoded.metrics),
            "start_time=09999999 time=10000000 as_double=1.0 attributes{a=1}\n"
            "start_time=09999999 time=10000000 as_double=1.0 attributes{otel.metric.overflow=true}\n");
}

TEST(OtlpMetrics, a_batch_that_was_not_committed_might_never_have_been_there) {
  for (const auto temporality : {Temporality::cumulative, Temporality::delta}) {
    Encoders encoders({.temporality = temporality}), untroubled({.temporality = temporality});
    const auto both = [&](const std::vector<Metric>& metrics) {
      EXPECT_EQ(send(encoders, metrics), send(untroubled, metrics));
    };
    const auto lost = [&](const std::vector<Metric>& metrics) {
      (void)encoders.encode([&](BatchBuilder& b) {
        for (const Metric& metric : metrics) b.add(metric);
      });
    };
    lost({increment(1, 10), measurement(1, 10)});
    both({increment(2, 20), measurement(2, 20), increment(3, 21, {{"a", 1}})});
    lost({increment(4, 30), increment(5, 30, {{"b", 1}}), measurement(1e9, 30), make(AggregationType::gauge, 1, 99)});
    both({increment(6, 40, {{"b", 1}}), increment(7, 40), measurement(3, 40)});
  }
}

TEST(OtlpMetrics, the_same_batch_again_gives_the_same_bytes) {
  Encoders encoders;
  (void)send(encoders, {increment(1), measurement(1)});
  const auto batch = testing::make_batch([](BatchBuilder& b) {
    b.add(increment(2, 20));
    b.add(measurement(2, 20));
  });
  const auto first = encoders.encode(*batch), second = encoders.encode(*batch);
  EXPECT_EQ(first.requests.bodies, second.requests.bodies);
  encoders.commit();
  encoders.commit();
  EXPECT_NE(send(encoders, {increment(4, 30)}).find("as_double=7.0"), std::string::npos);
}

TEST(OtlpMetrics, the_metrics_alone_can_be_committed) {
  detail::otlp::Encoder encoder({});
  const auto batch = testing::make_batch([](BatchBuilder& b) { b.add(increment(2)); });
  (void)encoder.encode(*batch);
  encoder.commit(Signal::traces);
  encoder.commit(Signal::logs);
  (void)encoder.encode(*batch);
  encoder.commit(Signal::metrics);
  const std::string text =
      testing::text_of_protobuf("ExportMetricsServiceRequest", encoder.encode(*batch).body(Signal::metrics));
  EXPECT_NE(text.find("as_double=4.0"), std::string::npos) << text;
}

TEST(OtlpMetrics, of_several_measurements_the_last_one_with_a_trace_is_the_exemplar) {
  Metric traced = increment(2, 11);
  traced.trace_id = testing::trace_id(1);
  Encoders encoders;
  EXPECT_EQ(parts(send(encoders, {increment(1, 10), traced, increment(3, 12)}), "exemplars"),
            "time_unix_nano=1736935200011000000 as_double=2.0 trace_id=019469538a0070000000000000000001 "
            "filtered_attributes{spark.metric.id=\"" +
                traced.metric_id.to_string() + "\"}\n");
}

TEST(OtlpMetrics, a_sum_beyond_the_largest_double_stays_there) {
  Encoders encoders;
  const double largest = std::numeric_limits<double>::max();
  EXPECT_NE(send(encoders, {increment(largest), increment(largest)}).find("as_double=1.7976931348623157e+308"),
            std::string::npos);
}

TEST(OtlpMetrics, recorded_measurements_are_an_exponential_histogram) {
  Encoders encoders;
  const auto text = send(encoders, {measurement(1, 10), measurement(4, 20), measurement(0, 30)});
  // At scale 6, 128 buckets lie between 1 and 4.
  EXPECT_EQ(parts(text, "metrics").substr(0, 37), "name=\"m\" exponential_histogram{data_p");
  EXPECT_NE(text.find("} aggregation_temporality=2}"), std::string::npos) << text;
  std::string counts = "1";
  for (int i = 0; i < 127; ++i) counts += ",0";
  EXPECT_EQ(points_of(text),
            "start_time=09999999 time=30000000 count=3 sum=5.0 scale=6 zero_count=1 "
            "positive{offset=-1 bucket_counts=" +
                counts + ",1}\n");
}

TEST(OtlpMetrics, negative_measurements_have_buckets_of_their_own_and_their_sum_is_on_the_exemplar) {
  Encoders encoders;
  const auto text = send(encoders, {measurement(-2, 10), measurement(1, 20)});
  EXPECT_EQ(points_of(text),
            "start_time=09999999 time=20000000 count=2 scale=8 positive{offset=-1 bucket_counts=1} "
            "negative{offset=255 bucket_counts=1}\n");
  EXPECT_NE(text.find("attributes{spark.metric.sum=-1.0}"), std::string::npos) << text;
}

TEST(OtlpMetrics, what_an_instrument_collected_joins_what_was_recorded) {
  Metric collected = measurement(6, 20);
  collected.distribution =
      Distribution{.count = 3, .sum = 6, .scale = 0, .zero_count = 1, .positive = {.offset = 0, .counts = {1, 1}}};
  Encoders encoders;
  const auto text = send(encoders, {measurement(1, 10), collected});
  EXPECT_EQ(points_of(text),
            "start_time=09999999 time=20000000 count=4 sum=7.0 zero_count=1 "
            "positive{offset=-1 bucket_counts=1,1,1}\n");
  EXPECT_EQ(parts(text, "exemplars").substr(0, 49), "time_unix_nano=1736935200020000000 as_double=2.0 ");
}

}  // namespace
}  // namespace spark
