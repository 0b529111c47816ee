// JSON lines: what each record looks like, that it comes back, and what is said of a line that means nothing.
#include "apps/sparktel/formats/json_lines.h"

#include <gtest/gtest.h>

#include <cmath>
#include <functional>
#include <limits>

#include "apps/exchange_fixture.h"
#include "spark/base/error.h"
#include "spark/base/json.h"

namespace spark::sparktel {
namespace {

using testing::every_value;

template <class AnyRecord>
std::string line_of(const AnyRecord& record) {
  std::string line;
  append_json_line(line, record);
  return line;
}

std::string refusal_of(std::string_view line) {
  try {
    static_cast<void>(parse_json_line(line));
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::invalid_argument);
    return error.what();
  }
  return "";
}

Metric some_metric() {
  Metric metric;
  metric.metric_id = testing::record_id(9);
  metric.name = "latency";
  metric.value = std::numeric_limits<double>::infinity();
  metric.unit = "ms";
  metric.aggregation_type = AggregationType::histogram;
  metric.timestamp = testing::at(5);
  metric.distribution = Distribution{.count = std::numeric_limits<std::uint64_t>::max(),
                                     .sum = 0.1,
                                     .scale = -3,
                                     .zero_count = 2,
                                     .positive = {-4, {1, 0, 7}},
                                     .negative = {}};
  return metric;
}

TEST(JsonLines, ARecordIsOneObjectInAFixedOrder) {
  Span span = testing::make_span(1, "re\"ad\n", 0, 1, {{"b", 1}, {"a", 2.0}});
  span.parent_span_id = testing::span_id(2);
  span.status = SpanStatus::failed;
  span.status_message = "broken";
  span.error_type = "Oops";
  span.service = "shop";
  EXPECT_EQ(line_of(span),
            R"({"kind":"span","span_id":")" + span.span_id.to_string() + R"(","trace_id":")" +
                span.trace_id.to_string() + R"(","parent_span_id":")" + span.parent_span_id.to_string() +
                R"(","name":"re\"ad\n","span_kind":"INTERNAL","start_ns":"1736935200000000000",)"
                R"("end_ns":"1736935200001000000","status":"failed","status_message":"broken","error_type":"Oops",)"
                R"("service":"shop","attributes":{"a":2.0,"b":1}})");
  EXPECT_EQ(line_of(some_metric()),
            R"({"kind":"metric","metric_id":")" + some_metric().metric_id.to_string() +
                R"(","trace_id":null,"span_id":null,"name":"latency","value":{"$double":"Infinity"},"unit":"ms",)"
                R"("aggregation_type":"histogram","time_ns":"1736935200005000000","attributes":{},)"
                R"("distribution":{"count":"18446744073709551615","sum":0.1,"scale":-3,"zero_count":2,)"
                R"("positive":{"offset":-4,"counts":[1,0,7]},"negative":{"offset":0,"counts":[]}}})");
}

TEST(JsonLines, EveryRecordComesBack) {
  Trace trace = testing::make_trace(1, "run", 0, 7, every_value());
  trace.root_span_id = testing::span_id(9);
  trace.graph_hash = "abc";
  trace.status = TraceStatus::cancelled;
  trace.service = "shop";
  EXPECT_EQ(std::get<Trace>(parse_json_line(line_of(trace))), trace);
  const Trace running = testing::make_trace(2, "", -5, std::nullopt);
  EXPECT_EQ(std::get<Trace>(parse_json_line(line_of(running))), running);
  Event event = testing::make_event(3, "moment", 4, every_value());
  event.type = "node_started";
  event.source = EventSource::span;
  EXPECT_EQ(std::get<Event>(parse_json_line(line_of(event))), event);
  EXPECT_EQ(std::get<Metric>(parse_json_line(line_of(some_metric()))), some_metric());
  const GraphDefinition graph{.hash = "h", .graph_id = "g", .version = "v", .content = every_value()};
  EXPECT_EQ(std::get<GraphDefinition>(parse_json_line(line_of(graph))), graph);
}

TEST(JsonLines, EveryDoubleComesBackToTheBit) {
  Metric metric = some_metric();
  for (const double value : {0.1, -0.0, 5e-324, 1.7976931348623157e308, 1e21, 123456789012345680.0}) {
    metric.value = value;
    const double back = std::get<Metric>(parse_json_line(line_of(metric))).value;
    EXPECT_EQ(back, value);
    EXPECT_EQ(std::signbit(back), std::signbit(value));
  }
  metric.value = std::nan("");
  EXPECT_TRUE(std::isnan(std::get<Metric>(parse_json_line(line_of(metric))).value));
}

TEST(JsonLines, ALineThatMeansNothingSaysWhatWasExpected) {
  EXPECT_EQ(refusal_of("[]"), "expected one JSON object, found array");
  EXPECT_EQ(refusal_of("{}"), R"(expected "kind" to be "trace", "span", "event", "metric" or "graph")");
  EXPECT_EQ(refusal_of(R"({"kind":"graph"})"), R"(expected a member "hash" in a graph)");
  EXPECT_EQ(refusal_of(R"({"kind":"graph","hash":1})"), R"(expected a string in "hash", found int)");
  EXPECT_EQ(refusal_of(R"({"kind":"graph","hash":"h","hsah":"h"})"), R"(expected no member "hsah" in a graph)");
  EXPECT_EQ(
      refusal_of(R"({"kind":"trace","trace_id":"00000000-0000-7000-8000-000000000001","name":"n","start_ns":"1x"})"),
      R"(expected an integer in "start_ns", found "1x")");
  EXPECT_NE(refusal_of(R"({"kind":"span")").find("expected one JSON object: "), std::string::npos);
}

// What a store would take and no query could read, or what would lie among what belongs to no trace.
TEST(JsonLines, ALineThatContradictsItselfIsRefused) {
  const std::string trace = R"({"kind":"trace","name":"n","start_ns":"1","trace_id":)";
  const std::string id = R"("00000000-0000-7000-8000-000000000001")";
  EXPECT_EQ(refusal_of(trace + R"("00000000-0000-0000-0000-000000000000","end_ns":"2"})"),
            R"(expected an id other than zero in "trace_id")");
  EXPECT_EQ(refusal_of(trace + id + R"(,"status":"completed"})"),
            R"(expected an integer in "end_ns" of a trace that is completed)");
  EXPECT_EQ(refusal_of(trace + id + R"(,"status":"started","end_ns":"2"})"),
            R"(expected no "end_ns" in a trace that is started: completed, failed or cancelled traces have an end)");
  const std::string span = R"({"kind":"span","name":"n","start_ns":"1","end_ns":"2","span_id":)";
  EXPECT_EQ(refusal_of(span + R"("0000000000000000"})"), R"(expected an id other than zero in "span_id")");
  EXPECT_EQ(refusal_of(span + R"("0000000000000001","attributes":{"a":["\u0000"]}})"),
            "expected no U+0000 in any text or key");
  EXPECT_EQ(refusal_of(span + R"("0000000000000001","attributes":{"a\u0000":1}})"),
            "expected no U+0000 in any text or key");
  EXPECT_EQ(refusal_of(span + R"("0000000000000001","attributes":{"a":"\\u0000"}})"), "");
  EXPECT_EQ(refusal_of(R"({"kind":"metric","name":"n","value":1,"time_ns":"1","metric_id":)" + id +
                       R"(,"distribution":{"count":1,"sum":1.0,"scale":-2147483648,"zero_count":1,)" +
                       R"("positive":{"offset":0,"counts":[]},"negative":{"offset":0,"counts":[]}}})"),
            R"(expected a "scale" from -10 to 20, found -2147483648)");
}

// Objects that look like tags take two levels where they are stored, which reads at most 1,000.
TEST(JsonLines, WhatIsReadCanBeStoredAndReadAgain) {
  const auto nested = [](int levels) {
    std::string text =
        R"({"kind":"span","name":"n","start_ns":"1","end_ns":"2","span_id":"0000000000000001","attributes":)";
    for (int i = 0; i < levels; ++i) text += R"({"$r":)";
    return text + "1" + std::string(static_cast<std::size_t>(levels), '}') + "}";
  };
  const Record read = parse_json_line(nested(499));
  EXPECT_NO_THROW((void)parse_json(to_json(Value(std::get<Span>(read).attributes)), 1'000));
  EXPECT_NE(refusal_of(nested(500)), "");
}

TEST(JsonLines, TheHeaderNamesFormatAndVersion) {
  EXPECT_EQ(json_lines_header(), R"({"format":"spark-telemetry","version":1})");
  EXPECT_NO_THROW(check_json_lines_header(json_lines_header()));
  EXPECT_THROW(check_json_lines_header("{}"), Error);
  try {
    check_json_lines_header(R"({"format":"spark-telemetry","version":2})");
    ADD_FAILURE();
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::too_new);
  }
}

}  // namespace
}  // namespace spark::sparktel
