// What other SDKs' metrics become.
#include <gtest/gtest.h>

#include <limits>
#include <memory>
#include <string>

#include "backends/records.h"
#include "ingest/decoded.h"
#include "spark/base/json.h"
#include "spark/telemetry/batch.h"

namespace spark {
namespace {

using detail::ingest::Decoded;
using detail::otlp::Signal;
using testing::request_of;

constexpr std::string_view point_time =
    R"("startTimeUnixNano":"1736935200000000000","timeUnixNano":"1736935200001000000")";

Decoded decode(testing::OtlpDecoder& decoder, std::string_view metrics) {
  return decoder.decode(Signal::metrics, testing::Encoding::json, request_of(Signal::metrics, metrics));
}
// The records, one a line: "name type value unit attributes".
std::string text_of(const Decoded& decoded) {
  std::string lines;
  for (const auto& batch : decoded.batches) {
    for (const MetricView& view : batch->metrics()) {
      const Metric metric = to_record(view);
      lines += metric.name + " " + std::string(to_string(metric.aggregation_type)) + " " +
               to_json(Value(metric.value)) + " " + metric.unit + " " + to_json(metric.attributes) + "\n";
    }
  }
  if (decoded.rejected != 0) lines += "rejected " + std::to_string(decoded.rejected) + ": " + decoded.message + "\n";
  return lines;
}
std::string decoded(std::string_view metrics) {
  testing::OtlpDecoder decoder;
  return text_of(decode(decoder, metrics));
}

std::string sum_of(std::string_view value, int time_ms, int temporality = 2, int start_ms = 0) {
  const auto ns = [](int ms) { return std::to_string(testing::at(ms).time_since_epoch().count()); };
  return R"({"name":"requests","unit":"1","sum":{"isMonotonic":true,"aggregationTemporality":)" +
         std::to_string(temporality) + R"(,"dataPoints":[{"asInt":")" + std::string(value) +
         R"(","startTimeUnixNano":")" + ns(start_ms) + R"(","timeUnixNano":")" + ns(time_ms) +
         R"(","attributes":[{"key":"a","value":{"intValue":1}},{"key":"b","value":{"intValue":2}}]}]}})";
}
std::string increment(std::string_view value) {
  return "requests counter " + std::string(value) + " 1 {\"a\":1,\"b\":2}\n";
}

TEST(ForeignMetrics, gauges_and_deltas_are_what_they_are) {
  EXPECT_EQ(decoded(R"({"name":"temperature","unit":"Cel","gauge":{"dataPoints":[{"timeUnixNano":1,"asDouble":21.5},
      {"timeUnixNano":2,"asInt":"7"},{"timeUnixNano":3,"asDouble":null}]}})"),
            "temperature gauge 21.5 Cel {}\ntemperature gauge 7.0 Cel {}\n"
            "temperature gauge {\"$double\":\"NaN\"} Cel {}\n");
  EXPECT_EQ(decoded(sum_of("5", 1, 1)), increment("5.0"));
}

TEST(ForeignMetrics, null_beside_an_integer_is_nothing_in_any_order) {
  EXPECT_EQ(decoded(R"({"name":"n","gauge":{"dataPoints":[{"timeUnixNano":1,"asInt":"7","asDouble":null},
      {"timeUnixNano":2,"asDouble":null,"asInt":"8"}]}})"),
            "n gauge 7.0  {}\nn gauge 8.0  {}\n");
}

TEST(ForeignMetrics, of_more_resources_than_one_request_may_have_the_data_points_are_counted) {
  const auto resource = [](const char* name) {
    return R"({"resource":{"attributes":[{"key":"service.name","value":{"stringValue":")" + std::string(name) +
           R"("}}]},"scopeMetrics":[{"metrics":[
        {"name":"a","gauge":{"dataPoints":[{"timeUnixNano":1,"asInt":1},{"timeUnixNano":2,"asInt":2}]}},
        {"name":"b","summary":{"dataPoints":[{"timeUnixNano":1,"count":1}]}}]}]})";
  };
  const std::string request = R"({"resourceMetrics":[)" + resource("one") + "," + resource("two") + "]}";
  detail::ingest::DecoderOptions options;
  options.resources = 1;
  testing::OtlpDecoder decoder(options);
  const Decoded decoded = decoder.decode(Signal::metrics, testing::Encoding::json, request);
  EXPECT_EQ(decoded.rejected, 3u);
  EXPECT_EQ(decoded.message, "3 records are of more resources than one request may have");
}

TEST(ForeignMetrics, an_up_down_counter_is_a_gauge) {
  EXPECT_EQ(decoded(R"({"name":"queue","sum":{"aggregationTemporality":2,"dataPoints":[{"timeUnixNano":1,"asInt":3}]}},
      {"name":"queue","sum":{"aggregationTemporality":1,"dataPoints":[{"timeUnixNano":1,"asInt":-3}]}})"),
            "queue gauge 3.0  {}\nqueue gauge -3.0  {\"otel.metric.temporality\":\"delta\"}\n");
}

TEST(ForeignMetrics, a_cumulative_sum_is_stored_as_what_came_since_the_point_before) {
  testing::OtlpDecoder decoder;
  EXPECT_EQ(text_of(decode(decoder, sum_of("5", 1))), increment("5.0"));
  EXPECT_EQ(text_of(decode(decoder, sum_of("7", 2))), increment("2.0"));
  EXPECT_EQ(text_of(decode(decoder, sum_of("7", 3))), "");  // nothing came
  EXPECT_EQ(text_of(decode(decoder, sum_of("9", 4))), increment("2.0"));
}

TEST(ForeignMetrics, a_cumulative_point_that_is_sent_again_is_the_same_increment_under_the_same_id) {
  testing::OtlpDecoder decoder;
  const auto first = decode(decoder, sum_of("5", 1)), again = decode(decoder, sum_of("5", 1));
  const auto next = decode(decoder, sum_of("7", 2)), next_again = decode(decoder, sum_of("7", 2));
  EXPECT_EQ(text_of(again), increment("5.0"));
  EXPECT_EQ(text_of(next_again), increment("2.0"));
  EXPECT_EQ(first.batches[0]->metrics()[0].metric_id, again.batches[0]->metrics()[0].metric_id);
  EXPECT_EQ(next.batches[0]->metrics()[0].metric_id, next_again.batches[0]->metrics()[0].metric_id);
  EXPECT_EQ(text_of(decode(decoder, sum_of("5", 1))), "");  // too late: what came then is counted
}

TEST(ForeignMetrics, a_series_that_begins_anew_counts_from_nothing) {
  testing::OtlpDecoder decoder;
  EXPECT_EQ(text_of(decode(decoder, sum_of("5", 1))), increment("5.0"));
  EXPECT_EQ(text_of(decode(decoder, sum_of("8", 10, 2, 9))), increment("8.0"));  // it says so
  EXPECT_EQ(text_of(decode(decoder, sum_of("2", 11, 2, 9))), increment("2.0"));  // it fell
}

// A receiver that was started anew does not know what it stored before.
TEST(ForeignMetrics, of_a_series_older_than_the_receiver_the_first_point_only_says_where_it_stands) {
  detail::ingest::DecoderOptions options;
  options.since_ns = testing::at(5).time_since_epoch().count();
  testing::OtlpDecoder decoder(options);
  EXPECT_EQ(text_of(decode(decoder, sum_of("5", 6))), "");
  EXPECT_EQ(text_of(decode(decoder, sum_of("5", 6))), "");
  EXPECT_EQ(text_of(decode(decoder, sum_of("7", 7))), increment("2.0"));
  testing::OtlpDecoder other(options);
  EXPECT_EQ(text_of(decode(other, sum_of("5", 9, 2, 6))), increment("5.0"));
}

TEST(ForeignMetrics, series_are_told_apart_by_their_attributes_in_any_order) {
  testing::OtlpDecoder decoder;
  std::string swapped = sum_of("7", 2);
  const std::string a = R"({"key":"a","value":{"intValue":1}})", b = R"({"key":"b","value":{"intValue":2}})";
  swapped.replace(swapped.find(a + "," + b), a.size() + b.size() + 1, b + "," + a);
  std::string other = sum_of("7", 2);
  other.replace(other.find(R"("intValue":2)"), 12, R"("intValue":3)");
  EXPECT_EQ(text_of(decode(decoder, sum_of("5", 1))), increment("5.0"));
  EXPECT_EQ(text_of(decode(decoder, swapped)), increment("2.0"));
  EXPECT_EQ(text_of(decode(decoder, other)), "requests counter 7.0 1 {\"a\":1,\"b\":3}\n");
}

TEST(ForeignMetrics, an_exponential_histogram_is_a_distribution_and_a_cumulative_one_its_increments) {
  const auto histogram = [](int time, std::string_view counts, double sum) {
    return R"({"name":"h","exponentialHistogram":{"aggregationTemporality":2,"dataPoints":[{"startTimeUnixNano":1,
        "timeUnixNano":)" +
           std::to_string(time) + R"(,"count":9,"sum":)" + std::to_string(sum) +
           R"(,"scale":1,"zeroCount":"1","positive":{"offset":-2,"bucketCounts":[)" + std::string(counts) + "]}}]}}";
  };
  testing::OtlpDecoder decoder;
  (void)decode(decoder, histogram(2, "1,\"2\",0,0", 3));
  const auto next = decode(decoder, histogram(3, "1,3,0,4", 9));
  const Metric metric = to_record(next.batches.at(0)->metrics()[0]);
  EXPECT_EQ(metric.aggregation_type, AggregationType::histogram);
  EXPECT_EQ(metric.value, 6);
  ASSERT_TRUE(metric.distribution);
  EXPECT_EQ(metric.distribution->count, 5u);
  EXPECT_EQ(metric.distribution->zero_count, 0u);
  EXPECT_EQ(metric.distribution->scale, 1);
}

TEST(ForeignMetrics, an_explicit_histogram_is_a_distribution_with_its_count_sum_and_quantiles) {
  testing::OtlpDecoder decoder;
  const auto decoded = decode(decoder, R"({"name":"latency","unit":"ms","histogram":{"aggregationTemporality":1,
      "dataPoints":[{)" + std::string(point_time) +
                                           R"(,"count":"100","sum":5000,"min":10,"max":190,
      "bucketCounts":["10","40","40","10"],"explicitBounds":[20,50,100]}]}})");
  const Metric metric = to_record(decoded.batches.at(0)->metrics()[0]);
  ASSERT_TRUE(metric.distribution);
  EXPECT_EQ(metric.distribution->count, 100u);
  EXPECT_EQ(metric.value, 5000);
  EXPECT_NEAR(metric.distribution->quantile(0.5), 50, 50 * 0.05);
  EXPECT_NEAR(metric.distribution->quantile(0.1), 20, 20 * 0.05);
  EXPECT_NEAR(metric.distribution->quantile(0.7), 75, 75 * 0.05);  // linear between 50 and 100
  EXPECT_NEAR(metric.distribution->quantile(1), 190, 190 * 0.05);
}

TEST(ForeignMetrics, the_sum_of_a_histogram_is_finite_whatever_was_said) {
  const auto histogram = [](int time, std::string_view sum, std::string_view hidden_sum) {
    return R"({"name":"h","exponentialHistogram":{"aggregationTemporality":2,"dataPoints":[{"startTimeUnixNano":1,
        "timeUnixNano":)" +
           std::to_string(time) + R"(,"zeroCount":)" + std::to_string(time) + R"(,"sum":)" + std::string(sum) +
           R"(,"exemplars":[{"filteredAttributes":[{"key":"spark.metric.sum","value":{"doubleValue":)" +
           std::string(hidden_sum) + "}}]}]}]}}";
  };
  const auto sum_of_second = [&](std::string_view first, std::string_view second) {
    testing::OtlpDecoder decoder;
    (void)decode(decoder, first);
    const auto decoded = decode(decoder, second);
    return to_record(decoded.batches.at(0)->metrics()[0]).distribution.value().sum;
  };
  EXPECT_EQ(sum_of_second(histogram(1, "1", "\"NaN\""), histogram(2, "3", "\"Infinity\"")), 2);
  EXPECT_EQ(sum_of_second(histogram(1, "1", "-1e308"), histogram(2, "1", "1e308")), std::numeric_limits<double>::max());
}

TEST(ForeignMetrics, a_summary_is_a_gauge_for_each_quantile_and_for_count_and_sum) {
  EXPECT_EQ(decoded(R"({"name":"s","summary":{"dataPoints":[{"timeUnixNano":1,"count":3,"sum":1.5,
      "quantileValues":[{"quantile":0.5,"value":0.25},{"quantile":0.99,"value":1}],
      "attributes":[{"key":"k","value":{"stringValue":"v"}}]}]}})"),
            "s.count gauge 3.0  {\"k\":\"v\"}\ns.sum gauge 1.5  {\"k\":\"v\"}\n"
            "s gauge 0.25  {\"k\":\"v\",\"otel.metric.quantile\":0.5}\n"
            "s gauge 1.0  {\"k\":\"v\",\"otel.metric.quantile\":0.99}\n");
}

TEST(ForeignMetrics, the_last_exemplar_with_a_trace_says_the_trace) {
  testing::OtlpDecoder decoder;
  const auto decoded = decode(decoder, R"({"name":"g","gauge":{"dataPoints":[{"timeUnixNano":1,"asInt":1,"exemplars":[
      {"asInt":1,"traceId":"019469538a0070000000000000000001","spanId":"0000000000000002"},{"asInt":2}]}]}})");
  const MetricView& metric = decoded.batches.at(0)->metrics()[0];
  EXPECT_EQ(metric.trace_id, testing::trace_id(1));
  EXPECT_EQ(metric.span_id, testing::span_id(2));
}

TEST(ForeignMetrics, what_is_no_measurement_is_left_out_and_what_is_wrong_refused) {
  EXPECT_EQ(
      decoded(R"({"name":"gone","gauge":{"dataPoints":[{"timeUnixNano":1,"flags":1},{"timeUnixNano":1}]}},
      {"name":"x","sum":{"isMonotonic":true,"dataPoints":[{"timeUnixNano":1,"asInt":1}]}},
      {"name":"x","sum":{"isMonotonic":true,"aggregationTemporality":1,"dataPoints":[{"asInt":-1}]}},
      {"name":"h","histogram":{"aggregationTemporality":1,"dataPoints":[{"bucketCounts":[1],"explicitBounds":[1]},
        {"count":1,"sum":1}]}},
      {"name":"e","exponentialHistogram":{"aggregationTemporality":1,"dataPoints":[{"scale":21},
        {"positive":{"offset":2147483647,"bucketCounts":[1,1]}}]}},{"name":"empty"})"),
      "h histogram 1.0  {}\n"
      "rejected 6: resourceMetrics[0].scopeMetrics[0].metrics[0].dataPoints[1] has no value; "
      "resourceMetrics[0].scopeMetrics[0].metrics[1].dataPoints[0] is of a sum without a temporality; "
      "resourceMetrics[0].scopeMetrics[0].metrics[2].dataPoints[0] is of a monotonic sum and no finite number of 0 "
      "or more; "
      "resourceMetrics[0].scopeMetrics[0].metrics[3].dataPoints[0] has not one bucket_count more than "
      "explicit_bounds; "
      "resourceMetrics[0].scopeMetrics[0].metrics[4].dataPoints[0] has a scale that is not from -10 to 20; and 1 "
      "more\n");
}

TEST(ForeignMetrics, numbers_of_a_list_may_be_packed_or_not) {
  using namespace testing;  // NOLINT: many short names
  const auto point = [](const std::string& counts, const std::string& bounds) {
    return bytes_field(
        1, bytes_field(2, bytes_field(2, bytes_field(9, bytes_field(1, fixed64_field(3, 1) + counts + bounds) +
                                                            varint_field(2, 1)))));
  };
  const auto eight = [](std::uint64_t value) { return fixed64_field(1, value).substr(1); };
  const std::uint64_t one = 0x3FF0'0000'0000'0000;  // 1.0
  const std::string packed = point(bytes_field(6, eight(1) + eight(2)), bytes_field(7, eight(one)));
  const std::string unpacked = point(fixed64_field(6, 1) + fixed64_field(6, 2), fixed64_field(7, one));
  const auto without_id = [](const std::string& body) {
    return text_of(OtlpDecoder().decode(Signal::metrics, Encoding::protobuf, bytes_field(1, body.substr(2))));
  };
  EXPECT_EQ(without_id(packed), without_id(unpacked));
  EXPECT_NE(without_id(packed), "");
}

}  // namespace
}  // namespace spark
