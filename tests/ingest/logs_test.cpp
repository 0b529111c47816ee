// What other SDKs' log records become, and the ids of records that come without one.
#include <gtest/gtest.h>

#include <set>
#include <string>

#include "backends/records.h"
#include "ingest/decoded.h"
#include "spark/base/json.h"
#include "spark/telemetry/batch.h"

namespace spark {
namespace {

using detail::otlp::Signal;
using testing::decoded_json;
using testing::request_of;

constexpr std::int64_t received_ns = 1'736'935'200'500'000'000;

std::shared_ptr<const Batch> batch_of(std::string_view items, std::int64_t received = received_ns) {
  const auto decoded =
      testing::OtlpDecoder().decode(Signal::logs, testing::Encoding::json, request_of(Signal::logs, items), received);
  EXPECT_EQ(decoded.message, "");
  return decoded.batches.at(0);
}
Event event_of(std::string_view item) { return to_record(batch_of(item)->events()[0]); }

TEST(ForeignLogs, a_log_record_is_an_event_with_its_body_and_severity) {
  const Event event = event_of(
      R"({"timeUnixNano":"1736935200001000000","observedTimeUnixNano":"1736935200009000000","severityNumber":17,
          "severityText":"ERROR","body":{"stringValue":"disk full"},"droppedAttributesCount":2,"flags":1,
          "attributes":[{"key":"code.line.number","value":{"intValue":7}}],
          "traceId":"019469538a0070000000000000000001","spanId":"0000000000000002"})");
  EXPECT_EQ(event.type, "log");
  EXPECT_EQ(event.name, "log");
  EXPECT_EQ(event.timestamp, testing::at(1));
  EXPECT_EQ(event.trace_id, testing::trace_id(1));
  EXPECT_EQ(event.span_id, testing::span_id(2));
  EXPECT_EQ(to_json(event.attributes),
            R"({"code.line.number":7,"otel.dropped_attributes_count":2,"otel.log.body":"disk full",)"
            R"("otel.log.severity_number":17,"otel.log.severity_text":"ERROR"})");
}

TEST(ForeignLogs, an_event_has_its_name_as_name_and_type_and_its_body_whole) {
  const Event event = event_of(
      R"({"eventName":"user.login","body":{"kvlistValue":{"values":[{"key":"user","value":{"stringValue":"ada"}}]}},
          "observed_time_unix_nano":1736935200009000000,"severity_number":"SEVERITY_NUMBER_INFO"})");
  EXPECT_EQ(event.type, "user.login");
  EXPECT_EQ(event.name, "user.login");
  EXPECT_EQ(event.timestamp, testing::at(9));
  EXPECT_EQ(to_json(event.attributes), R"({"otel.log.body":{"user":"ada"},"otel.log.severity_number":9})");
}

TEST(ForeignLogs, one_with_a_broken_context_is_kept_without_it) {
  const Event event = event_of(R"({"timeUnixNano":1,"traceId":"01","spanId":"0000000000000002"})");
  EXPECT_FALSE(event.trace_id.is_valid());
  EXPECT_FALSE(event.span_id.is_valid());
}

TEST(ForeignLogs, one_without_any_time_has_that_of_its_arrival) {
  EXPECT_EQ(event_of("{}").timestamp, testing::at(500));
}

TEST(ContentIds, a_request_that_is_sent_again_has_the_same_ids_whenever_it_arrives) {
  const std::string items = R"({"timeUnixNano":1,"body":{"stringValue":"a"}},{"body":{"stringValue":"b"}})";
  const auto first = batch_of(items, 1), again = batch_of(items, 2);
  ASSERT_EQ(first->events().size(), 2u);
  for (std::size_t i = 0; i < 2; ++i) {
    EXPECT_TRUE(first->events()[i].event_id.is_valid());
    EXPECT_EQ(first->events()[i].event_id, again->events()[i].event_id);
  }
}

TEST(ContentIds, records_that_say_the_same_are_told_apart_within_a_request) {
  const std::string item = R"({"timeUnixNano":1,"body":{"stringValue":"a"}})";
  std::set<EventId> ids;
  const auto batch = batch_of(item + "," + item + "," + item);
  for (const EventView& event : batch->events()) ids.insert(event.event_id);
  EXPECT_EQ(ids.size(), 3u);
}

TEST(ContentIds, the_same_record_of_another_resource_or_scope_is_another) {
  const auto request = [](std::string_view service, std::string_view scope) {
    return R"({"resourceLogs":[{"resource":{"attributes":[{"key":"service.name","value":{"stringValue":")" +
           std::string(service) + R"("}}]},"scopeLogs":[{"scope":{"name":")" + std::string(scope) +
           R"("},"logRecords":[{"timeUnixNano":1}]}]}]})";
  };
  std::set<EventId> ids;
  for (const auto& [service, scope] : {std::pair("a", "x"), std::pair("b", "x"), std::pair("a", "y")}) {
    const auto decoded = testing::OtlpDecoder().decode(Signal::logs, testing::Encoding::json, request(service, scope));
    ids.insert(decoded.batches.at(0)->events()[0].event_id);
  }
  EXPECT_EQ(ids.size(), 3u);
}

// Stored ids must be what they were, whatever becomes of the code.
TEST(ContentIds, are_what_they_always_were) {
  EXPECT_EQ(batch_of(R"({"timeUnixNano":1,"body":{"stringValue":"a text of some length"}})")
                ->events()[0]
                .event_id.to_string(),
            "0f49da52-e43f-8f6c-850f-770aa412e05b");
}

TEST(OurLogs, a_trace_or_a_graph_without_what_it_needs_is_refused) {
  const std::string text =
      decoded_json(Signal::logs, request_of(Signal::logs, R"({"eventName":"spark.trace"},{"eventName":"spark.graph"},
          {"eventName":"spark.trace","traceId":"019469538a0070000000000000000001"})"));
  EXPECT_EQ(text,
            "rejected 3: resourceLogs[0].scopeLogs[0].logRecords[0] is a trace without a trace_id; "
            "resourceLogs[0].scopeLogs[0].logRecords[1] is a graph without a hash; "
            "resourceLogs[0].scopeLogs[0].logRecords[2] is a trace without a start\n");
}

}  // namespace
}  // namespace spark
