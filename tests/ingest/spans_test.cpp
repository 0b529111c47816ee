// What other SDKs' spans become.
#include <gtest/gtest.h>

#include <string>

#include "ingest/decoded.h"
#include "spark/base/json.h"
#include "spark/telemetry/batch.h"

namespace spark {
namespace {

using detail::otlp::Signal;
using testing::attributes_of_span;
using testing::bytes_field;
using testing::decoded_json;
using testing::decoded_protobuf;
using testing::request_of;
using testing::span_json;

std::string decoded_span(std::string_view members) {
  return decoded_json(Signal::traces, request_of(Signal::traces, span_json(members)));
}
// Of a request whose resource says nothing.
const std::string nobody = "resource    0 0000000000000000 {}\n";

// As opentelemetry-python writes it by HTTP/protobuf: scope, kind, remote parent, an exception as event, links, state.
TEST(ForeignSpans, one_of_an_sdk_in_protobuf_becomes_a_span_with_all_it_says) {
  using testing::fixed32_field, testing::fixed64_field, testing::varint_field;
  const auto text_value = [](std::string_view text) { return bytes_field(1, text); };
  const auto attribute = [&](std::string_view key, const std::string& value) {
    return bytes_field(1, key) + bytes_field(2, value);
  };
  const std::string trace_id("\x01\x94\x69\x53\x8a\x00\x70\x00\x00\x00\x00\x00\x00\x00\x00\x01", 16);
  const std::string span_id("\0\0\0\0\0\0\0\x02", 8), parent_id("\0\0\0\0\0\0\0\x03", 8);
  const std::string event = fixed64_field(1, 1'736'935'200'005'000'000) + bytes_field(2, "exception") +
                            bytes_field(3, attribute("exception.type", text_value("ValueError"))) + varint_field(4, 2);
  const std::string link = bytes_field(1, trace_id) + bytes_field(2, parent_id) + bytes_field(3, "a=b") +
                           bytes_field(4, attribute("why", text_value("batch")));
  const std::string span = bytes_field(1, trace_id) + bytes_field(2, span_id) + bytes_field(3, "vendor=1") +
                           bytes_field(4, parent_id) + bytes_field(5, "GET /orders") + varint_field(6, 3) +
                           fixed64_field(7, 1'736'935'200'001'000'000) + fixed64_field(8, 1'736'935'200'009'000'000) +
                           bytes_field(9, attribute("http.response.status_code", varint_field(3, 503))) +
                           varint_field(10, 1) + bytes_field(9, attribute("error.type", text_value("503"))) +
                           bytes_field(11, event) + varint_field(12, 4) + bytes_field(13, link) + varint_field(14, 5) +
                           bytes_field(15, bytes_field(2, "unavailable") + varint_field(3, 2)) +
                           fixed32_field(16, 0x301) + bytes_field(99, "a field of the future");
  const std::string resource = bytes_field(1, attribute("service.name", text_value("orders"))) +
                               bytes_field(1, attribute("telemetry.sdk.name", text_value("opentelemetry"))) +
                               bytes_field(1, attribute("service.instance.id", text_value("0123456789abcdef"))) +
                               bytes_field(1, attribute("process.pid", varint_field(3, 17)));
  const std::string scope = bytes_field(1, "opentelemetry.instrumentation.requests") + bytes_field(2, "0.48b0") +
                            bytes_field(3, attribute("team", text_value("a")));
  // The resource comes last, which is allowed.
  const std::string body =
      bytes_field(1, bytes_field(2, bytes_field(2, span) + bytes_field(1, scope)) + bytes_field(1, resource));
  EXPECT_EQ(
      decoded_protobuf(Signal::traces, body),
      R"(resource orders   17 0000000000000000 {"service.instance.id":"0123456789abcdef","telemetry.sdk.name":"opentelemetry"})"
      "\n"
      R"(span T1 S2<S3 GET /orders CLIENT failed 1..9 "unavailable" "503" {"http.response.status_code":503,)"
      R"("otel.dropped_attributes_count":1,"otel.dropped_events_count":4,"otel.dropped_links_count":5,)"
      R"("otel.links":[{"attributes":{"why":"batch"},"span_id":"0000000000000003",)"
      R"("trace_id":"019469538a0070000000000000000001","trace_state":"a=b"}],)"
      R"("otel.scope.attributes":{"team":"a"},"otel.scope.name":"opentelemetry.instrumentation.requests",)"
      R"("otel.scope.version":"0.48b0","otel.trace_state":"vendor=1"} local_root)"
      "\n"
      R"(  event R2594691556787190234 T1 S2 "" exception 5 span {"exception.type":"ValueError",)"
      R"("otel.dropped_attributes_count":2})"
      "\n");
}

TEST(ForeignSpans, one_that_is_no_root_and_whose_parent_is_here_stands_for_no_trace) {
  const std::string member = R"("parentSpanId":"0000000000000003","flags":257)";
  EXPECT_EQ(decoded_span(member).find("local_root"), std::string::npos);
  EXPECT_NE(decoded_span(R"("flags":257)").find("local_root"), std::string::npos);
  EXPECT_NE(decoded_span(R"("parentSpanId":"0000000000000003","flags":769)").find("local_root"), std::string::npos);
}

TEST(ForeignSpans, a_status_of_ok_is_told_from_one_that_is_not_set) {
  EXPECT_EQ(decoded_span(R"("status":{"code":1})").find("completed") != std::string::npos, true);
  EXPECT_NE(decoded_span(R"("status":{"code":1})").find(R"("otel.status_code":"OK")"), std::string::npos);
  EXPECT_EQ(decoded_span(R"("status":{"code":0})").find("otel.status_code"), std::string::npos);
}

TEST(ForeignSpans, of_an_attribute_given_twice_the_last_value_stays) {
  const std::string request =
      request_of(Signal::traces,
                 span_json(R"("attributes":[{"key":"a","value":{"intValue":1}},{"key":"b","value":{"intValue":2}},)"
                           R"({"key":"a","value":{"stringValue":"x"}}])"));
  EXPECT_NE(decoded_json(Signal::traces, request).find(R"({"a":"x","b":2})"), std::string::npos);
}

TEST(ForeignSpans, values_of_every_type_come_in_nested_as_they_are) {
  EXPECT_EQ(to_json(attributes_of_span(R"("a":{"arrayValue":{"values":[{"intValue":"1"},{"boolValue":true},{},
      {"kvlistValue":{"values":[{"key":"k","value":{"doubleValue":0.5}}]}},{"bytesValue":"aGk="}]}},
      "n":{"doubleValue":null},"i":{"doubleValue":"-Infinity"},"empty":{"stringValue":""},"none":{})")),
            R"({"a":[1,true,null,{"k":0.5},{"$bytes":"aGk="}],"empty":"","i":{"$double":"-Infinity"},)"
            R"("n":{"$double":"NaN"},"none":null})");
}

TEST(ForeignSpans, what_is_wrong_with_one_is_said_and_the_others_are_taken) {
  const auto span = [](std::string_view trace, std::string_view id, std::string_view parent, std::string_view end) {
    return R"({"traceId":")" + std::string(trace) + R"(","spanId":")" + std::string(id) + R"(","parentSpanId":")" +
           std::string(parent) + R"(","startTimeUnixNano":5,"endTimeUnixNano":)" + std::string(end) + "}";
  };
  constexpr std::string_view good = "019469538a0070000000000000000001", id = "0000000000000002";
  const std::string items = span("", id, "", "6") + "," + span("0102", id, "", "6") + "," +
                            span(std::string(32, '0'), id, "", "6") + "," + span(good, id, "", "6") + "," +
                            span(good, "01", "", "6") + "," + span(good, id, "01", "6") + "," +
                            span(good, id, "", "4") + "," + span(good, id, "", "18446744073709551615");
  const auto decoded =
      testing::OtlpDecoder().decode(Signal::traces, testing::Encoding::json, request_of(Signal::traces, items));
  EXPECT_EQ(decoded.items, 1u);
  EXPECT_EQ(decoded.rejected, 7u);
  EXPECT_EQ(decoded.message,
            "resourceSpans[0].scopeSpans[0].spans[0] has no trace_id; "
            "resourceSpans[0].scopeSpans[0].spans[1] has a trace_id of 2 bytes instead of 16; "
            "resourceSpans[0].scopeSpans[0].spans[2] has a trace_id of all zeros; "
            "resourceSpans[0].scopeSpans[0].spans[4] has a span_id of 1 bytes instead of 8; "
            "resourceSpans[0].scopeSpans[0].spans[5] has a parent_span_id of 1 bytes instead of 8; and 2 more");
}

TEST(ForeignSpans, one_without_a_name_or_with_a_parent_of_zeros_is_taken) {
  EXPECT_EQ(decoded_span(R"("parentSpanId":"0000000000000000")"),
            nobody + "span T1 S2<-  INTERNAL completed 0..1 \"\" \"\" {} local_root\n");
}

TEST(ForeignSpans, what_is_no_utf_8_is_repaired) {
  const std::string name = std::string(R"("name":"a)") + "\xFF" + R"(b\u0000c","attributes":[{"key":"k)" + "\xC3" +
                           R"(","value":{"stringValue":"\ud800"}}])";
  const std::string text = decoded_span(name);
  EXPECT_NE(text.find("a\uFFFDb\uFFFDc"), std::string::npos) << text;
  EXPECT_NE(text.find("\"k\uFFFD\""), std::string::npos) << text;
}

TEST(ForeignSpans, limits_cut_as_they_do_what_is_recorded) {
  detail::ingest::DecoderOptions options;
  options.limits = {.attributes_per_record = 3, .key_bytes = 8, .string_bytes = 4, .depth = 1};
  EXPECT_EQ(to_json(attributes_of_span(R"("a":{"stringValue":"123456"},"b_key_that_is_long":{"intValue":1},
      "c":{"arrayValue":{"values":[{"arrayValue":{"values":[]}},{"intValue":1}]}},"d":{"intValue":1})",
                                       options)),
            R"({"a":"1234","a.original_bytes":6,"b_ke":1,"c":[null,1]})");
}

TEST(ForeignSpans, two_requests_about_one_resource_and_two_resources_in_one_request_are_told_apart) {
  const auto resource = [](std::string_view name) {
    return R"({"resource":{"attributes":[{"key":"service.name","value":{"stringValue":")" + std::string(name) +
           R"("}}]},"scopeSpans":[{"spans":[)" + span_json() + "]}]}";
  };
  const auto decoded = testing::OtlpDecoder().decode(
      Signal::traces, testing::Encoding::json,
      R"({"resourceSpans":[)" + resource("a") + "," + resource("b") + "," + resource("a") + "]}");
  ASSERT_EQ(decoded.batches.size(), 2u);
  EXPECT_EQ(decoded.batches[0]->resource().service_name, "a");
  EXPECT_EQ(decoded.batches[0]->spans().size(), 2u);
  EXPECT_EQ(decoded.batches[1]->resource().service_name, "b");
}

TEST(ForeignSpans, many_records_are_several_batches_and_each_says_the_scope) {
  std::string items = span_json();
  for (int i = 0; i < 6; ++i) items += "," + span_json();
  const std::string request =
      R"({"resourceSpans":[{"scopeSpans":[{"scope":{"name":"lib"},"spans":[)" + items + "]}]}]}";
  detail::ingest::DecoderOptions options;
  options.records_per_batch = 3;
  const auto decoded = testing::OtlpDecoder(options).decode(Signal::traces, testing::Encoding::json, request);
  ASSERT_EQ(decoded.batches.size(), 3u);
  for (const auto& batch : decoded.batches) {
    for (const SpanView& span : batch->spans()) {
      EXPECT_EQ(to_json(to_object(span.attributes)), R"({"otel.scope.name":"lib"})");
    }
  }
}

TEST(ForeignSpans, more_resources_than_there_may_be_are_refused) {
  detail::ingest::DecoderOptions options;
  options.resources = 1;
  const std::string request = R"({"resourceSpans":[{"scopeSpans":[{"spans":[)" + span_json() +
                              R"(]}]},{"resource":{"attributes":[{"key":"a"}]},"scopeSpans":[{"spans":[)" +
                              span_json() + "," + span_json() + "]}]}]}";
  const auto decoded = testing::OtlpDecoder(options).decode(Signal::traces, testing::Encoding::json, request);
  EXPECT_EQ(decoded.items, 1u);
  EXPECT_EQ(decoded.rejected, 2u);
  EXPECT_EQ(decoded.message, "2 records are of more resources than one request may have");
}

}  // namespace
}  // namespace spark
