// Spans, traces, events, graphs and every type of Value, as a decoder that is not ours reads them from each protocol.
#include <gmock/gmock.h>

#include <cmath>
#include <limits>
#include <string>
#include <vector>

#include "backends/records.h"
#include "fakes/recording_sink.h"
#include "otlp/independent_decoder.h"
#include "spark/base/json.h"
#include "spark/telemetry/manager.h"

namespace spark::testing {
namespace {

INSTANTIATE_TEST_SUITE_P(By, IndependentDecoder, each_protocol(), protocol_name);

// A value of every type, and the borders of each.
Object every_value() {
  using Double = std::numeric_limits<double>;
  using Int = std::numeric_limits<std::int64_t>;
  return {{"a null", nullptr},
          {"b false", false},
          {"b true", true},
          {"c int largest", Int::max()},
          {"c int smallest", Int::min()},
          {"c int zero", 0},
          {"d double", 0.1},
          {"d double -inf", -Double::infinity()},
          {"d double inf", Double::infinity()},
          {"d double largest", Double::max()},
          {"d double nan", Double::quiet_NaN()},
          {"d double negative zero", -0.0},
          {"d double smallest", Double::denorm_min()},
          {"d double whole", 3.0},
          {"e string", "it's \"quoted\" \\ \n\t\x01 \u00e9 \U0001F600"},
          {"e string empty", ""},
          {"f bytes", Bytes{{0x00, 0x7F, 0x80, 0xFF}}},
          {"f bytes empty", Bytes{}},
          {"g array", Array{1, -1.5, "two", nullptr, false, Bytes{{0xAB}}, Array{}, Array{Array{2}}, Object{{"k", 3}}}},
          {"h object", Object{{"", 4}, {"x", Object{}}, {"y", Array{Object{{"k", true}}}}, {"z", nullptr}}}};
}

// It, in the printing of the sink: bytes in hex, numbers that JSON lacks as strings.
constexpr const char* every_value_decoded = R"json([
  {"key": "a null", "value": {}},
  {"key": "b false", "value": {"boolValue": false}},
  {"key": "b true", "value": {"boolValue": true}},
  {"key": "c int largest", "value": {"intValue": "9223372036854775807"}},
  {"key": "c int smallest", "value": {"intValue": "-9223372036854775808"}},
  {"key": "c int zero", "value": {"intValue": "0"}},
  {"key": "d double", "value": {"doubleValue": 0.1}},
  {"key": "d double -inf", "value": {"doubleValue": "-Infinity"}},
  {"key": "d double inf", "value": {"doubleValue": "Infinity"}},
  {"key": "d double largest", "value": {"doubleValue": 1.7976931348623157e308}},
  {"key": "d double nan", "value": {"doubleValue": "NaN"}},
  {"key": "d double negative zero", "value": {"doubleValue": "-0"}},
  {"key": "d double smallest", "value": {"doubleValue": 5e-324}},
  {"key": "d double whole", "value": {"doubleValue": 3}},
  {"key": "e string", "value": {"stringValue": "it's \"quoted\" \\ \n\t\u0001 \u00e9 \ud83d\ude00"}},
  {"key": "e string empty", "value": {"stringValue": ""}},
  {"key": "f bytes", "value": {"bytesValue": "007f80ff"}},
  {"key": "f bytes empty", "value": {"bytesValue": ""}},
  {"key": "g array", "value": {"arrayValue": {"values": [
    {"intValue": "1"}, {"doubleValue": -1.5}, {"stringValue": "two"}, {}, {"boolValue": false}, {"bytesValue": "ab"},
    {"arrayValue": {}}, {"arrayValue": {"values": [{"arrayValue": {"values": [{"intValue": "2"}]}}]}},
    {"kvlistValue": {"values": [{"key": "k", "value": {"intValue": "3"}}]}}]}}},
  {"key": "h object", "value": {"kvlistValue": {"values": [
    {"value": {"intValue": "4"}},
    {"key": "x", "value": {"kvlistValue": {}}},
    {"key": "y", "value": {"arrayValue": {"values": [
      {"kvlistValue": {"values": [{"key": "k", "value": {"boolValue": true}}]}}]}}},
    {"key": "z", "value": {}}]}}}
])json";

// The attributes of an item, but for those that are ours.
Value users_attributes(const Object& item) {
  Array users;
  for (const Value& attribute : item.at("attributes").as_array()) {
    if (!attribute.as_object().at("key").as_string().starts_with("spark.")) users.push_back(attribute);
  }
  return users;
}

TEST_P(IndependentDecoder, reads_every_type_of_value_wherever_there_are_attributes) {
  const auto sink = make_sink();
  write(*sink, [](BatchBuilder& b) {
    b.add(make_span(2, "span", 10, 20, every_value()), std::vector{make_event(3, "of the span", 15, every_value())});
    b.add(make_metric(4, "gauge", 15, every_value()));
    Metric counter = make_metric(5, "counter", 15, every_value());
    counter.aggregation_type = AggregationType::counter;
    b.add(counter);
    b.add(make_event(6, "event", 15, every_value()));
    b.add(GraphDefinition{.hash = "h", .graph_id = "g", .version = "1", .content = every_value()});
  });
  const Array spans = next_items("traces");
  ASSERT_EQ(spans.size(), 1U);
  const Object& span = spans.at(0).as_object();
  expect_json(span.at("attributes"), every_value_decoded);
  expect_json(users_attributes(span.at("events").as_array().at(0).as_object()), every_value_decoded);
  const Array metrics = next_items("metrics");
  ASSERT_EQ(metrics.size(), 2U);
  for (const auto& [metric, data] : {std::pair{0U, "gauge"}, std::pair{1U, "sum"}}) {
    const Object& points = metrics.at(metric).as_object().at(data).as_object();
    expect_json(points.at("dataPoints").as_array().at(0).as_object().at("attributes"), every_value_decoded);
  }
  const Array logs = next_items("logs");
  ASSERT_EQ(logs.size(), 2U);
  expect_json(users_attributes(logs.at(0).as_object()), every_value_decoded);
  expect_json(logs.at(1).as_object().at("body").as_object().at("kvlistValue").as_object().at("values"),
              every_value_decoded);
}

TEST_P(IndependentDecoder, reads_who_recorded_and_with_what) {
  const auto sink = make_sink();
  write(*sink, [](BatchBuilder& b) { b.add(make_span(2, "a", 10, 20)); });
  expect_json(next_message("traces"), R"json({"resourceSpans": [{
    "resource": {"attributes": [
      {"key": "service.name", "value": {"stringValue": "shop"}},
      {"key": "service.version", "value": {"stringValue": "1.2"}},
      {"key": "service.instance.id", "value": {"stringValue": "fedcba9876543210"}},
      {"key": "host.name", "value": {"stringValue": "host"}},
      {"key": "process.pid", "value": {"intValue": "42"}},
      {"key": "telemetry.sdk.name", "value": {"stringValue": "spark"}},
      {"key": "telemetry.sdk.language", "value": {"stringValue": "cpp"}},
      {"key": "telemetry.sdk.version", "value": {"stringValue": ")json" SPARK_VERSION R"json("}},
      {"key": "environment", "value": {"stringValue": "test"}}]},
    "scopeSpans": [{
      "scope": {"name": "spark.telemetry", "version": ")json" SPARK_VERSION R"json("},
      "spans": [{"traceId": "019469538a0070000000000000000001", "spanId": "0000000000000002", "name": "a", "kind": 1,
        "startTimeUnixNano": "1736935200010000000", "endTimeUnixNano": "1736935200020000000", "flags": 257}]}]}]})json");
}

TEST_P(IndependentDecoder, reads_spans_with_their_parents_kinds_statuses_and_events) {
  const auto sink = make_sink({.compression = OtlpCompression::gzip});
  write(*sink, [](BatchBuilder& b) {
    Span client = make_span(8, "call", 10, 20, {{"attempt", 1}});
    client.parent_span_id = span_id(2);
    client.kind = SpanKind::CLIENT;
    client.status = SpanStatus::failed;
    client.status_message = "no such \"file\"";
    client.error_type = "std::system_error";
    b.add(client, std::vector{make_event(3, "checkpoint", 15, {{"offset", 7}}), make_event(9, "", 16)});
    Span producer = make_span(3, "enqueue", -1, 20);
    producer.kind = SpanKind::PRODUCER;
    producer.status = SpanStatus::cancelled;
    b.add(producer);
    Span consumer = make_span(4, "", 20, 20);
    consumer.kind = SpanKind::CONSUMER;
    b.add(consumer);
    Span server = make_span(5, "serve", 10, 20);
    server.parent_span_id = span_id(7);
    server.kind = SpanKind::SERVER;
    add_local_root(b, server);
  });
  expect_json(next_items("traces"), R"json([
    {"traceId": "019469538a0070000000000000000001", "spanId": "8000000000000008", "parentSpanId": "0000000000000002",
      "name": "call", "kind": 3,
      "startTimeUnixNano": "1736935200010000000", "endTimeUnixNano": "1736935200020000000",
      "attributes": [{"key": "attempt", "value": {"intValue": "1"}},
        {"key": "error.type", "value": {"stringValue": "std::system_error"}}],
      "events": [
        {"timeUnixNano": "1736935200015000000", "name": "checkpoint", "attributes": [
          {"key": "offset", "value": {"intValue": "7"}},
          {"key": "spark.event.id", "value": {"stringValue": "12345678-9abc-8def-4000-000000000003"}}]},
        {"timeUnixNano": "1736935200016000000", "attributes": [
          {"key": "spark.event.id", "value": {"stringValue": "12345678-9abc-8def-8000-000000000009"}}]}],
      "status": {"message": "no such \"file\"", "code": 2}, "flags": 257},
    {"traceId": "019469538a0070000000000000000001", "spanId": "0000000000000003", "name": "enqueue", "kind": 4,
      "startTimeUnixNano": "1736935199999000000", "endTimeUnixNano": "1736935200020000000",
      "attributes": [{"key": "spark.status", "value": {"stringValue": "cancelled"}}],
      "status": {"code": 2}, "flags": 257},
    {"traceId": "019469538a0070000000000000000001", "spanId": "0000000000000004", "kind": 5,
      "startTimeUnixNano": "1736935200020000000", "endTimeUnixNano": "1736935200020000000", "flags": 257},
    {"traceId": "019469538a0070000000000000000001", "spanId": "0000000000000005", "parentSpanId": "0000000000000007",
      "name": "serve", "kind": 2,
      "startTimeUnixNano": "1736935200010000000", "endTimeUnixNano": "1736935200020000000",
      "attributes": [{"key": "spark.local_root", "value": {"boolValue": true}}], "flags": 769}])json");
  EXPECT_EQ(last_encoding(), "gzip");
}

TEST_P(IndependentDecoder, reads_a_trace_that_no_span_claimed_as_a_span_of_its_own_and_nothing_of_its_start) {
  const auto sink = make_sink();
  write(*sink, [](BatchBuilder& b) { b.add(make_trace(1, "workflow", 0, std::nullopt)); });
  write(*sink, [](BatchBuilder& b) {
    Trace trace = make_trace(1, "workflow", 0, 30, {{"user", "alice"}});
    trace.root_span_id = span_id(2);
    trace.graph_hash = "abc";
    trace.status = TraceStatus::cancelled;
    b.add(trace);
  });
  expect_json(next_items("traces"), R"json([
    {"traceId": "019469538a0070000000000000000001", "spanId": "0000000000000002", "name": "workflow", "kind": 1,
      "startTimeUnixNano": "1736935200000000000", "endTimeUnixNano": "1736935200030000000",
      "attributes": [{"key": "user", "value": {"stringValue": "alice"}},
        {"key": "spark.record", "value": {"stringValue": "trace"}},
        {"key": "spark.graph.hash", "value": {"stringValue": "abc"}},
        {"key": "spark.status", "value": {"stringValue": "cancelled"}}],
      "status": {"code": 2}, "flags": 257}])json");
}

TEST_P(IndependentDecoder, reads_a_claimed_trace_as_a_log_record_beside_its_root_span) {
  const auto sink = make_sink();
  write(*sink, [](BatchBuilder& b) {
    Trace trace = make_trace(1, "workflow", 0, 30, {{"user", "alice"}});
    trace.root_span_id = span_id(2);
    b.add(trace);
    b.add(make_span(2, "graph", 1, 29));
  });
  expect_json(next_items("traces"), R"json([
    {"traceId": "019469538a0070000000000000000001", "spanId": "0000000000000002", "name": "graph", "kind": 1,
      "startTimeUnixNano": "1736935200001000000", "endTimeUnixNano": "1736935200029000000", "flags": 257}])json");
  expect_json(next_items("logs"), R"json([
    {"timeUnixNano": "1736935200030000000", "observedTimeUnixNano": "1736935200030000000", "eventName": "spark.trace",
      "traceId": "019469538a0070000000000000000001", "spanId": "0000000000000002", "flags": 1,
      "body": {"kvlistValue": {"values": [{"key": "user", "value": {"stringValue": "alice"}}]}},
      "attributes": [{"key": "spark.trace.name", "value": {"stringValue": "workflow"}},
        {"key": "spark.trace.start_time_unix_nano", "value": {"intValue": "1736935200000000000"}},
        {"key": "spark.status", "value": {"stringValue": "completed"}}]}])json");
}

TEST_P(IndependentDecoder, reads_events_and_graphs_as_log_records) {
  const auto sink = make_sink();
  write(*sink, [](BatchBuilder& b) {
    Event finished = make_event(3, "Transform Completed", 15, {{"node_id", "transform_1"}});
    finished.type = "node_finished";
    finished.span_id = span_id(2);
    b.add(finished);
    Event of_no_trace = make_event(4, "deployed", 16);
    of_no_trace.trace_id = {};
    b.add(of_no_trace);
    Event of_a_span = make_event(5, "checkpoint", 17);
    of_a_span.source = EventSource::span;
    b.add(of_a_span);
    b.add(GraphDefinition{.hash = "abc",
                          .graph_id = "documents",
                          .version = "2",
                          .content = {{"nodes", Array{Object{{"id", "a"}}}}, {"edges", Array{}}}});
  });
  expect_json(next_items("logs"), R"json([
    {"timeUnixNano": "1736935200015000000", "observedTimeUnixNano": "1736935200015000000",
      "eventName": "Transform Completed",
      "traceId": "019469538a0070000000000000000001", "spanId": "0000000000000002", "flags": 1,
      "attributes": [{"key": "node_id", "value": {"stringValue": "transform_1"}},
        {"key": "spark.event.id", "value": {"stringValue": "12345678-9abc-8def-4000-000000000003"}},
        {"key": "spark.event.type", "value": {"stringValue": "node_finished"}}]},
    {"timeUnixNano": "1736935200016000000", "observedTimeUnixNano": "1736935200016000000", "eventName": "deployed",
      "attributes": [
        {"key": "spark.event.id", "value": {"stringValue": "12345678-9abc-8def-4000-000000000004"}}]},
    {"timeUnixNano": "1736935200017000000", "observedTimeUnixNano": "1736935200017000000", "eventName": "checkpoint",
      "traceId": "019469538a0070000000000000000001", "flags": 1,
      "attributes": [
        {"key": "spark.event.id", "value": {"stringValue": "12345678-9abc-8def-4000-000000000005"}},
        {"key": "spark.event.source", "value": {"stringValue": "span"}}]},
    {"observedTimeUnixNano": "1736935200017000000", "eventName": "spark.graph",
      "body": {"kvlistValue": {"values": [
        {"key": "edges", "value": {"arrayValue": {}}},
        {"key": "nodes", "value": {"arrayValue": {"values": [
          {"kvlistValue": {"values": [{"key": "id", "value": {"stringValue": "a"}}]}}]}}}]}},
      "attributes": [{"key": "spark.graph.hash", "value": {"stringValue": "abc"}},
        {"key": "spark.graph.id", "value": {"stringValue": "documents"}},
        {"key": "spark.graph.version", "value": {"stringValue": "2"}}]}])json");
}

TEST_P(IndependentDecoder, reads_what_a_manager_recorded) {
  TelemetryManager manager(config());
  std::string trace_id;
  {
    auto trace = manager.start_trace("run");
    trace_id = trace.trace_id.to_hex();
    auto span = manager.start_span("step", trace.trace_id, {.kind = SpanKind::CLIENT});
    span.set_attribute("attempt", 2);
    span.add_event("half");
    manager.counter("hits").add(3);
    manager.histogram("latency", {.unit = "s"}).record(1);
  }
  EXPECT_TRUE(manager.flush(fakes::patience).complete());
  std::string names;
  for (const Value& item : next_items("traces")) {
    names += item.as_object().at("name").as_string() + " ";
    EXPECT_EQ(item.as_object().at("traceId").as_string(), trace_id);
  }
  EXPECT_THAT(names, ::testing::AnyOf("step run ", "run step "));
  std::string points;
  for (const Value& item : next_items("metrics")) {
    const Object& metric = item.as_object();
    const bool is_counter = metric.contains("sum");
    const Object& data = metric.at(is_counter ? "sum" : "exponentialHistogram").as_object();
    const Object& point = data.at("dataPoints").as_array().at(0).as_object();
    points += metric.at("name").as_string() + " " + to_json(point.at(is_counter ? "asDouble" : "count")) + " ";
  }
  EXPECT_THAT(points, ::testing::AnyOf("hits 3 latency \"1\" ", "latency \"1\" hits 3 "));
}

}  // namespace
}  // namespace spark::testing
