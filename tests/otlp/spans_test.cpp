// What becomes of spans and of the traces they belong to.
#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <string>
#include <vector>

#include "backends/records.h"
#include "otlp/encoders.h"
#include "otlp/otlp_text.h"

namespace spark {
namespace {

using detail::otlp::Signal;
using testing::at;
using testing::Encoders;
using testing::make_span;
using testing::make_trace;
using testing::parts;
using testing::span_id;
using testing::trace_id;

// The child of S1, so that it is no root.
Span make_child(std::uint64_t number, const std::string& name, Object attributes = {}) {
  Span span = make_span(number, name, 10, 20, std::move(attributes));
  span.parent_span_id = span_id(1);
  return span;
}

std::string spans_of(const testing::Encoded& encoded) { return parts(encoded.traces, "spans"); }
// A span with these attributes.
std::string span_with(Object attributes) {
  return spans_of(Encoders().send([&](BatchBuilder& b) { b.add(make_child(2, "a", std::move(attributes))); }));
}

TEST(OtlpSpans, a_span_has_its_ids_name_kind_times_attributes_and_flags) {
  Encoders encoders;
  Span span = make_child(2, "TransformNode", {{"attempt", 1}, {"node_type", "Transform"}});
  span.kind = SpanKind::CLIENT;
  EXPECT_EQ(
      spans_of(encoders.send([&](BatchBuilder& b) { b.add(span); })),
      "trace_id=019469538a0070000000000000000001 span_id=0000000000000002 parent_span_id=0000000000000001 "
      "name=\"TransformNode\" kind=3 start_time_unix_nano=1736935200010000000 "
      "end_time_unix_nano=1736935200020000000 attributes{attempt=1} attributes{node_type=\"Transform\"} flags=257\n");
}

// As on Kubernetes, where OTEL_RESOURCE_ATTRIBUTES knows more than the process does.
TEST(OtlpSpans, what_the_user_says_of_host_and_instance_beats_what_was_found_out) {
  Resource resource = testing::test_resource();
  resource.metadata = {{"host.name", "node-7"}, {"service.instance.id", "pod-abc"}};
  Encoders encoders;
  const auto batch = testing::make_batch(resource, [](BatchBuilder& b) { b.add(make_child(2, "a")); });
  EXPECT_EQ(parts(encoders.send(*batch).traces, "resource"),
            "attributes{service.name=\"shop\"} attributes{service.version=\"1.2\"} attributes{process.pid=42} "
            "attributes{telemetry.sdk.name=\"spark\"} attributes{telemetry.sdk.language=\"cpp\"} "
            "attributes{telemetry.sdk.version=\"" SPARK_VERSION
            "\"} attributes{host.name=\"node-7\"} attributes{service.instance.id=\"pod-abc\"}\n");
}

TEST(OtlpSpans, a_request_says_who_recorded_and_with_what) {
  const std::string text = Encoders().send([](BatchBuilder& b) { b.add(make_child(2, "a")); }).traces;
  EXPECT_EQ(parts(text, "resource"),
            "attributes{service.name=\"shop\"} attributes{service.version=\"1.2\"} "
            "attributes{service.instance.id=\"fedcba9876543210\"} attributes{host.name=\"host\"} "
            "attributes{process.pid=42} attributes{telemetry.sdk.name=\"spark\"} "
            "attributes{telemetry.sdk.language=\"cpp\"} attributes{telemetry.sdk.version=\"" SPARK_VERSION
            "\"} "
            "attributes{environment=\"test\"}\n");
  EXPECT_EQ(parts(text, "scope"), "name=\"spark.telemetry\" version=\"" SPARK_VERSION "\"\n");
}

TEST(OtlpSpans, a_service_without_a_name_is_unknown_unless_the_metadata_names_it) {
  const auto resource_with = [](const Object& metadata) {
    Resource resource;
    resource.metadata = metadata;
    const auto batch = testing::make_batch(resource, [](BatchBuilder& b) { b.add(make_child(2, "a")); });
    return parts(Encoders().send(*batch).traces, "resource");
  };
  const std::string sdk =
      "attributes{telemetry.sdk.name=\"spark\"} attributes{telemetry.sdk.language=\"cpp\"} "
      "attributes{telemetry.sdk.version=\"" SPARK_VERSION "\"}";
  EXPECT_EQ(resource_with({}), "attributes{service.name=\"unknown_service\"} " + sdk + "\n");
  EXPECT_EQ(resource_with({{"service.name", "a"}}), sdk + " attributes{service.name=\"a\"}\n");
  EXPECT_EQ(resource_with({{"telemetry.sdk.name", "b"}}), "attributes{service.name=\"unknown_service\"} " + sdk +
                                                              " attributes{spark.escaped.telemetry.sdk.name=\"b\"}\n");
}

TEST(OtlpSpans, every_kind_has_its_number) {
  std::string kinds;
  for (const auto kind :
       {SpanKind::INTERNAL, SpanKind::SERVER, SpanKind::CLIENT, SpanKind::PRODUCER, SpanKind::CONSUMER}) {
    Span span = make_child(2, "a");
    span.kind = kind;
    const std::string text = spans_of(Encoders().send([&](BatchBuilder& b) { b.add(span); }));
    kinds += text.substr(text.find("kind="), 6) + " ";
  }
  EXPECT_EQ(kinds, "kind=1 kind=2 kind=3 kind=4 kind=5 ");
}

TEST(OtlpSpans, completed_is_unset_failed_and_cancelled_are_errors) {
  const auto end_of = [](SpanStatus status, const std::string& message, const std::string& type) {
    Span span = make_child(2, "a");
    span.status = status;
    span.status_message = message;
    span.error_type = type;
    const std::string text = spans_of(Encoders().send([&](BatchBuilder& b) { b.add(span); }));
    const std::string before = "end_time_unix_nano=1736935200020000000 ";
    return text.substr(text.find(before) + before.size());
  };
  EXPECT_EQ(end_of(SpanStatus::completed, "", ""), "flags=257\n");
  EXPECT_EQ(end_of(SpanStatus::failed, "no such file", "std::system_error"),
            "attributes{error.type=\"std::system_error\"} status{message=\"no such file\" code=2} flags=257\n");
  EXPECT_EQ(end_of(SpanStatus::cancelled, "", ""), "attributes{spark.status=\"cancelled\"} status{code=2} flags=257\n");
}

TEST(OtlpSpans, an_error_type_that_is_also_an_attribute_is_sent_once) {
  Span span = make_child(2, "a", {{"error.type", "timeout"}});
  span.error_type = "timeout";
  const auto attributes = [&] {
    const std::string text = spans_of(Encoders().send([&](BatchBuilder& b) { b.add(span); }));
    return text.substr(text.find("attributes"), text.find(" flags") - text.find("attributes"));
  };
  EXPECT_EQ(attributes(), "attributes{error.type=\"timeout\"}");
  span.error_type = "other";
  EXPECT_EQ(attributes(), "attributes{spark.escaped.error.type=\"timeout\"} attributes{error.type=\"other\"}");
}

TEST(OtlpSpans, a_local_root_says_so_and_that_its_parent_is_remote) {
  Span span = make_child(2, "serve");
  const auto text = [&] {
    return spans_of(Encoders().send([&](BatchBuilder& b) { testing::add_local_root(b, span); }));
  };
  EXPECT_NE(text().find("attributes{spark.local_root=true} flags=769"), std::string::npos) << text();
  span.parent_span_id = {};
  EXPECT_NE(text().find("attributes{spark.local_root=true} flags=257"), std::string::npos) << text();
}

TEST(OtlpSpans, events_of_a_span_are_its_events) {
  Event event = testing::make_event(3, "checkpoint", 15, {{"offset", 7}});
  const auto encoded = Encoders().send([&](BatchBuilder& b) { b.add(make_child(2, "a"), std::vector{event}); });
  EXPECT_EQ(parts(encoded.traces, "events"),
            "time_unix_nano=1736935200015000000 name=\"checkpoint\" attributes{offset=7} "
            "attributes{spark.event.id=\"" +
                event.event_id.to_string() + "\"}\n");
  EXPECT_EQ(encoded.logs, "");
}

TEST(OtlpSpans, every_type_of_value_arrives) {
  const double infinity = std::numeric_limits<double>::infinity();
  const std::string text =
      span_with({{"a_null", nullptr},
                 {"b_bool", false},
                 {"c_int", std::numeric_limits<std::int64_t>::min()},
                 {"d_double", 0.0},
                 {"e_nan", std::nan("")},
                 {"f_inf", -infinity},
                 {"g_string", ""},
                 {"h_bytes", Bytes{{0x00, 0xFF}}},
                 {"i_array", Array{1, "two", nullptr, Array{}}},
                 {"j_object", Object{{"x", 1}, {"y", Object{}}, {"z", Array{Object{{"k", true}}}}}}});
  EXPECT_EQ(text.substr(text.find("attributes"), text.find(" flags") - text.find("attributes")),
            "attributes{a_null=null} attributes{b_bool=false} attributes{c_int=-9223372036854775808} "
            "attributes{d_double=0.0} attributes{e_nan={\"$double\":\"NaN\"}} "
            "attributes{f_inf={\"$double\":\"-Infinity\"}} attributes{g_string=\"\"} attributes{h_bytes=b'00ff'} "
            "attributes{i_array=[1 \"two\" null []]} attributes{j_object={x=1 y={} z=[{k=true}]}}");
}

TEST(OtlpSpans, a_value_nested_deeper_than_decoders_read_becomes_its_json) {
  Value value = "deep";
  for (int i = 0; i < 30; ++i) value = Array{value};
  const std::string text = span_with({{"nested", value}});
  const std::string expected = std::string(24, '[').append(R"("[[[[[[\"deep\"]]]]]]")").append(24, ']');
  EXPECT_NE(text.find(expected), std::string::npos) << text;
}

TEST(OtlpSpans, a_users_attribute_that_has_a_name_of_ours_is_escaped) {
  const std::string text = span_with({{"spark.escaped.x", 1}, {"spark.mine", 2}, {"spark.status", 3}});
  EXPECT_NE(text.find("attributes{spark.escaped.spark.escaped.x=1} attributes{spark.mine=2} "
                      "attributes{spark.escaped.spark.status=3}"),
            std::string::npos)
      << text;
}

TEST(OtlpSpans, a_huge_attribute_arrives_whole) {
  const std::string huge(3'000'000, 'x');
  EXPECT_NE(span_with({{"huge", huge}}).find(huge), std::string::npos);
}

TEST(OtlpSpans, a_batch_without_anything_for_a_signal_has_no_body_for_it) {
  const auto empty = Encoders().send([](BatchBuilder&) {});
  for (const std::string& body : empty.requests.bodies) EXPECT_EQ(body, "");
  EXPECT_EQ(empty.requests.items, (std::array<std::uint64_t, 3>{}));
  const auto started = Encoders().send([](BatchBuilder& b) { b.add(make_trace(1, "t", 0, std::nullopt)); });
  for (const std::string& body : started.requests.bodies) EXPECT_EQ(body, "");
}

TEST(OtlpSpans, a_span_without_ids_is_refused_and_counted) {
  Span without_trace = make_child(2, "a");
  without_trace.trace_id = {};
  Span without_id = make_child(0, "b");
  auto encoded = Encoders().send([&](BatchBuilder& b) {
    b.add(without_trace);
    b.add(without_id);
    b.add(make_child(3, "c"));
  });
  EXPECT_EQ(encoded.requests.refused, 2U);
  EXPECT_EQ(encoded.requests.refused_by_kind[static_cast<std::size_t>(RecordKind::span)], 2U);
  EXPECT_EQ(encoded.requests.item_count(Signal::traces), 1U);
  const auto nothing = Encoders().send([&](BatchBuilder& b) { b.add(without_id); });
  EXPECT_EQ(nothing.traces, "");
}

}  // namespace
}  // namespace spark
