// What the exporter wrote comes back, record by record, whichever the encoding. The differences, all of which
// docs/otlp.md names:
//   values nested deeper than 24 are their JSON text;
//   what has no trace has no span;
//   starts of traces are not sent; a trace's root span id is the one it was sent under;
//   counters and histograms come back as what each batch added to a series: here their totals are compared.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <vector>

#include "backends/otlp/span_message.h"
#include "backends/otlp/values.h"
#include "ingest/decoded.h"
#include "otlp/encoders.h"
#include "otlp/random_records.h"
#include "spark/base/json.h"

namespace spark {
namespace {

using detail::ingest::Decoded;
using detail::ingest::OtlpDecoder;
using detail::otlp::Encoder;
using detail::otlp::Encoding;
using detail::otlp::Requests;
using detail::otlp::Signal;
using detail::otlp::Temporality;
using Lines = std::vector<std::string>;

// Values as they are sent.
Value sent(const Value& value, int depth = 0) {
  const bool is_too_deep = depth == detail::otlp::max_value_depth;
  if (value.is_array()) {
    if (is_too_deep) return Value(to_json(value));
    Array elements;
    for (const Value& element : value.as_array()) elements.push_back(sent(element, depth + 1));
    return Value(std::move(elements));
  }
  if (!value.is_object()) return value;
  if (is_too_deep) return Value(to_json(value));
  Object object;
  for (const Object::Member& member : value.as_object()) object.set(member.key, sent(member.value, depth + 1));
  return Value(std::move(object));
}
Object sent(const Object& attributes) {
  Object object;
  for (const Object::Member& member : attributes) object.set(member.key, sent(member.value));
  return object;
}

template <class Record>
void make_sent(Record& record) {
  record.attributes = sent(record.attributes);
  if constexpr (
      requires { record.event_id; } || requires { record.metric_id; }) {
    if (!record.trace_id.is_valid()) record.span_id = {};
  }
}

// The records that are restored one by one, with what is lost taken away. `is_sent` of the batch that was encoded.
Lines lines_of(const Batch& batch, bool is_sent) {
  Lines lines;
  const auto add = [&](std::string_view kind, auto record) {
    if (is_sent) make_sent(record);
    lines.push_back(std::string(kind) + testing::text(record));
  };
  for (const TraceView* trace : reduce_traces(batch)) {
    if (!trace->is_end) continue;
    Trace record = to_record(*trace);
    if (is_sent) record.root_span_id = detail::otlp::root_of(*trace);
    add("trace ", record);
  }
  for (const SpanView& span : batch.spans()) {
    add("span ", to_record(span));
    for (const SpanEventView& event : span.events) add("span event ", to_record(span, event));
  }
  for (const EventView& event : batch.events()) add("event ", to_record(event));
  for (const MetricView& metric : batch.metrics()) {
    const bool is_gauge = metric.aggregation_type == AggregationType::gauge && metric.distribution == nullptr;
    if (is_gauge) add("metric ", to_record(metric));
  }
  for (const GraphDefinition& graph : batch.graphs()) {
    GraphDefinition record = graph;
    if (is_sent) record.content = sent(Value(record.content)).as_object();
    lines.push_back("graph " + testing::text(record));
  }
  return lines;
}

struct Totals {
  double sum = 0;
  std::uint64_t count = 0;
};
using TotalsBySeries = std::map<std::string, Totals>;

void add_totals(TotalsBySeries& totals, const Batch& batch) {
  for (const MetricView& view : batch.metrics()) {
    const Metric metric = to_record(view);
    const bool is_histogram = metric.aggregation_type == AggregationType::histogram || metric.distribution;
    if (!is_histogram && metric.aggregation_type == AggregationType::gauge) continue;
    if (!is_histogram && metric.value < 0) continue;  // refused
    Totals& series =
        totals[(is_histogram ? "h " : "c ") + metric.name + " " + metric.unit + to_json(metric.attributes)];
    series.sum += metric.distribution ? metric.distribution->sum : metric.value;
    series.count += metric.distribution ? metric.distribution->count : 1;
    if (!is_histogram) series.count = 0;
  }
}

class RoundTrip : public ::testing::TestWithParam<std::uint64_t> {};
INSTANTIATE_TEST_SUITE_P(Seeds, RoundTrip, ::testing::Range<std::uint64_t>(1, 31));

TEST_P(RoundTrip, restores_what_was_recorded) {
  SCOPED_TRACE("seed " + std::to_string(GetParam()));
  testing::RandomRecords records(GetParam());
  const Encoding encoding = records.below(2) == 0 ? Encoding::protobuf : Encoding::json;
  const bool is_cumulative = records.below(2) == 0;
  Encoder encoder({.encoding = encoding, .temporality = is_cumulative ? Temporality::cumulative : Temporality::delta});
  // The generator's texts are longer than those of records that were recorded.
  detail::ingest::DecoderOptions options;
  options.limits.key_bytes = 32'767;
  options.limits.string_bytes = 1 << 20;
  OtlpDecoder decoder(options);
  TotalsBySeries recorded, restored;
  for (int round = 0; round < 5; ++round) {
    const auto batch = testing::make_batch([&](BatchBuilder& b) { records.fill(b); });
    const Requests requests = encoder.encode(*batch);
    encoder.commit();
    Lines expected = lines_of(*batch, true), actual;
    for (const Signal signal : {Signal::traces, Signal::metrics, Signal::logs}) {
      if (requests.body(signal).empty()) continue;
      const Decoded decoded = decoder.decode(signal, encoding, requests.body(signal));
      EXPECT_EQ(decoded.cuts, detail::ingest::Cuts{});
      for (const auto& part : decoded.batches) {
        EXPECT_EQ(testing::text(part->resource()), testing::text(batch->resource()));
        for (std::string& line : lines_of(*part, false)) actual.push_back(std::move(line));
        add_totals(restored, *part);
      }
      // A graph that has no hash is none.
      std::uint64_t nameless = 0;
      for (const GraphDefinition& graph : batch->graphs()) nameless += graph.hash.empty() ? 1 : 0;
      EXPECT_EQ(decoded.rejected, signal == Signal::logs ? nameless : 0) << decoded.message;
    }
    std::erase_if(expected, [](const std::string& line) { return line.starts_with("graph  "); });
    std::sort(expected.begin(), expected.end());
    std::sort(actual.begin(), actual.end());
    EXPECT_EQ(actual, expected);
    add_totals(recorded, *batch);
  }
  ASSERT_EQ(restored.size(), recorded.size());
  for (const auto& [series, totals] : recorded) {
    EXPECT_EQ(restored[series].count, totals.count) << series;
    EXPECT_NEAR(restored[series].sum, totals.sum, 1e-6 * (1 + std::fabs(totals.sum))) << series;
  }
}

std::string restored(const Resource& resource, const testing::Fill& fill) {
  Encoder encoder({});
  const Requests requests = encoder.encode(*testing::make_batch(resource, fill));
  return testing::text(OtlpDecoder().decode(Signal::traces, Encoding::protobuf, requests.body(Signal::traces)));
}
std::string restored(const testing::Fill& fill) { return restored(testing::test_resource(), fill); }

Span make_child(Object attributes) {
  Span span = testing::make_span(2, "a", 1, 2, std::move(attributes));
  span.parent_span_id = testing::span_id(1);
  return span;
}

constexpr std::string_view resource_line = "resource shop 1.2 host 42 fedcba9876543210 {\"environment\":\"test\"}\n";

TEST(RoundTrip, an_attribute_with_one_of_our_names_is_the_users_again) {
  const Object attributes = {{"spark.status", "mine"}, {"spark.escaped.x", 1}, {"spark.other", true}};
  const Span span = make_child(attributes);
  EXPECT_EQ(restored([&](BatchBuilder& b) { b.add(span); }),
            std::string(resource_line) + "span " + testing::text(span) + "\n");
}

TEST(RoundTrip, an_error_type_and_an_attribute_of_its_name_are_two_things_unless_they_are_equal) {
  Span span = make_child({{"error.type", 404}});
  span.status = SpanStatus::failed;
  span.error_type = "timeout";
  EXPECT_EQ(restored([&](BatchBuilder& b) { b.add(span); }),
            std::string(resource_line) + "span " + testing::text(span) + "\n");
  span.attributes = {{"error.type", "timeout"}};
  const std::string said_twice = restored([&](BatchBuilder& b) { b.add(span); });
  span.attributes = {};
  EXPECT_EQ(said_twice, std::string(resource_line) + "span " + testing::text(span) + "\n");
}

TEST(RoundTrip, a_manual_trace_is_a_trace_again_and_not_a_span) {
  Trace trace = testing::make_trace(1, "import", 0, 50, {{"user", "ada"}, {"error.type", "x"}});
  trace.status = TraceStatus::cancelled;
  trace.graph_hash = "abc";
  trace.root_span_id = root_span_id(trace.trace_id);
  EXPECT_EQ(restored([&](BatchBuilder& b) { b.add(trace); }),
            std::string(resource_line) + "trace " + testing::text(trace) + "\n");
}

TEST(RoundTrip, a_span_without_a_parent_stands_for_its_trace_until_the_trace_is_there) {
  const Span span = testing::make_span(2, "a", 1, 2);
  EXPECT_EQ(restored([&](BatchBuilder& b) { b.add(span); }),
            std::string(resource_line) + "span " + testing::text(span) + " local_root\n");
}

TEST(RoundTrip, a_resource_comes_back_with_its_metadata_whatever_that_is_called) {
  Resource resource;
  resource.metadata = {{"service.instance.id", "pod-7"}, {"spark.status", "mine"}, {"environment", "test"}};
  const std::string text = restored(resource, [](BatchBuilder& b) { b.add(make_child({})); });
  EXPECT_EQ(text.substr(0, text.find('\n')),
            "resource    0 0000000000000000 "
            R"({"environment":"test","service.instance.id":"pod-7","spark.status":"mine"})");
}

}  // namespace
}  // namespace spark
