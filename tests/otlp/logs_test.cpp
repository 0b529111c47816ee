// What becomes of recorded events and of graph definitions.
#include <gtest/gtest.h>

#include <string>

#include "backends/records.h"
#include "otlp/encoders.h"
#include "otlp/otlp_text.h"

namespace spark {
namespace {

using testing::Encoders;
using testing::make_event;
using testing::parts;

std::string log_of(const Event& event) {
  return parts(Encoders().send([&](BatchBuilder& b) { b.add(event); }).logs, "log_records");
}

TEST(OtlpLogs, a_recorded_event_is_a_log_record_with_its_name_type_and_id) {
  Event event = make_event(3, "TransformNode Completed", 15, {{"node_id", "transform_1"}});
  event.type = "node_finished";
  event.span_id = testing::span_id(2);
  EXPECT_EQ(log_of(event),
            "time_unix_nano=1736935200015000000 attributes{node_id=\"transform_1\"} attributes{spark.event.id=\"" +
                event.event_id.to_string() +
                "\"} attributes{spark.event.type=\"node_finished\"} flags=1 "
                "trace_id=019469538a0070000000000000000001 span_id=0000000000000002 "
                "observed_time_unix_nano=1736935200015000000 event_name=\"TransformNode Completed\"\n");
}

TEST(OtlpLogs, an_event_of_no_trace_names_none) {
  Event event = make_event(3, "deployed", 15);
  event.trace_id = {};
  event.span_id = testing::span_id(2);
  EXPECT_EQ(log_of(event), "time_unix_nano=1736935200015000000 attributes{spark.event.id=\"" +
                               event.event_id.to_string() +
                               "\"} observed_time_unix_nano=1736935200015000000 event_name=\"deployed\"\n");
}

TEST(OtlpLogs, a_span_event_that_came_without_its_span_says_so) {
  Event event = make_event(3, "checkpoint", 15);
  event.source = EventSource::span;
  EXPECT_NE(log_of(event).find("attributes{spark.event.source=\"span\"}"), std::string::npos);
}

TEST(OtlpLogs, a_graph_is_a_log_record_with_its_content_as_body) {
  const GraphDefinition graph{.hash = "abc",
                              .graph_id = "documents",
                              .version = "2",
                              .content = {{"nodes", Array{Object{{"id", "a"}, {"type", "A"}}}}, {"edges", Array{}}}};
  const auto encoded = Encoders().send([&](BatchBuilder& b) {
    b.add(graph);
    b.add(make_event(3, "graph_started", 15));
  });
  EXPECT_NE(encoded.logs.find("log_records{body={edges=[] nodes=[{id=\"a\" type=\"A\"}]} "
                              "attributes{spark.graph.hash=\"abc\"} attributes{spark.graph.id=\"documents\"} "
                              "attributes{spark.graph.version=\"2\"} observed_time_unix_nano=1736935200015000000 "
                              "event_name=\"spark.graph\"}"),
            std::string::npos)
      << encoded.logs;
  EXPECT_EQ(encoded.requests.items, (std::array<std::uint64_t, 3>{0, 0, 2}));
}

TEST(OtlpLogs, json_is_what_the_protocol_describes) {
  Event event = make_event(3, "done", 15, {{"n", 1}, {"x", 0.5}});
  event.span_id = testing::span_id(2);
  const auto batch = testing::make_batch(Resource{.service_name = "s"}, [&](BatchBuilder& b) { b.add(event); });
  detail::otlp::Encoder encoder({.encoding = detail::otlp::Encoding::json});
  EXPECT_EQ(encoder.encode(*batch).body(detail::otlp::Signal::logs),
            R"({"resourceLogs":[{"resource":{"attributes":[{"key":"service.name","value":{"stringValue":"s"}},)"
            R"({"key":"telemetry.sdk.name","value":{"stringValue":"spark"}},)"
            R"({"key":"telemetry.sdk.language","value":{"stringValue":"cpp"}},)"
            R"({"key":"telemetry.sdk.version","value":{"stringValue":")" SPARK_VERSION R"("}}]},)"
            R"("scopeLogs":[{"scope":{"name":"spark.telemetry","version":")" SPARK_VERSION R"("},)"
            R"("logRecords":[{"timeUnixNano":"1736935200015000000",)"
            R"("attributes":[{"key":"n","value":{"intValue":"1"}},{"key":"x","value":{"doubleValue":0.5}},)"
            R"({"key":"spark.event.id","value":{"stringValue":")" +
                event.event_id.to_string() +
                R"("}}],"flags":1,"traceId":"019469538a0070000000000000000001","spanId":"0000000000000002",)"
                R"("observedTimeUnixNano":"1736935200015000000","eventName":"done"}]}]}]})");
}

}  // namespace
}  // namespace spark
