#include <gtest/gtest.h>

#include <memory>
#include <mutex>
#include <new>
#include <set>
#include <stdexcept>
#include <string>

#include "fakes/recording_sink.h"

namespace spark {
namespace {

using fakes::TestManager;

TelemetryConfig with(Redactor redactor) { return {.redactor = std::make_shared<const Redactor>(std::move(redactor))}; }

// Replaces all that has "secret" in it.
void hide_secrets(RedactedField field) {
  if (field.value.is_string() && field.value.as_string().find("secret") != std::string::npos) field.value = "***";
}

std::uint64_t redactor_drops(const Stats& stats, RecordKind kind) {
  return stats[kind].dropped[static_cast<std::size_t>(DropReason::redactor)];
}

TEST(Redactor, changes_texts_and_attributes_of_every_record_before_a_sink_sees_them) {
  TestManager telemetry(with(hide_secrets));
  telemetry.manager.start_trace("secret trace", {.attributes = {{"a", "secret"}}}).end();
  {
    ActiveSpan span = telemetry.manager.start_span("secret span", {.attributes = {{"a", "secret"}, {"b", 1}}});
    span.add_event("secret moment", {{"a", std::string("a secret")}});
    span.record_error("secret type", "secret message");
  }
  telemetry.manager.record_event({.name = "secret event", .attributes = {{"a", "open"}, {"b", "secret"}}});
  telemetry.manager.record_metric({.name = "secret metric", .attributes = {{"a", "secret"}}});
  telemetry.manager.counter("secret counter", {.attributes = {{"a", "secret"}}}).add(1);
  const auto& log = telemetry.log();
  EXPECT_EQ(log.trace_start("***").attributes, (Object{{"a", "***"}}));
  EXPECT_EQ(log.trace_end("***").attributes, (Object{{"a", "***"}}));
  EXPECT_EQ(log.span("***").attributes, (Object{{"a", "***"}, {"b", 1}}));
  EXPECT_EQ(log.span("***").status_message, "***");
  EXPECT_EQ(log.span("***").error_type, "***");
  EXPECT_EQ(log.span_event("***").attributes, (Object{{"a", "***"}}));
  EXPECT_EQ(log.event("***").attributes, (Object{{"a", "open"}, {"b", "***"}}));
  ASSERT_EQ(log.metrics().size(), 2U);
  for (const Metric& metric : log.metrics()) {
    EXPECT_EQ(metric.name, "***");
    EXPECT_EQ(metric.attributes, (Object{{"a", "***"}}));
  }
}

TEST(Redactor, changes_metadata_and_graph_definitions) {
  TelemetryConfig config = with(hide_secrets);
  config.metadata = {{"token", "a secret"}, {"version", "1"}};
  TestManager telemetry(config);
  telemetry.manager.start_trace("t").end();
  telemetry.manager.record_graph({.hash = "h",
                                  .graph_id = "g",
                                  .version = "1",
                                  .content = {{"nodes", Array{Object{{"config", Object{{"key", "secret"}}}}}}}});
  const auto& log = telemetry.log();
  EXPECT_EQ(log.trace_end("t").attributes, (Object{{"token", "***"}, {"version", "1"}}));
  EXPECT_EQ(log.resource().value().metadata, (Object{{"token", "***"}, {"version", "1"}}));
  EXPECT_EQ(log.graphs().at(0).content, (Object{{"nodes", Array{Object{{"config", Object{{"key", "***"}}}}}}}));
  EXPECT_EQ(log.graphs().at(0).hash, "h");
}

TEST(Redactor, is_given_the_path_of_each_nested_value) {
  std::multiset<std::string> attributes, texts;
  TestManager telemetry(with([&](RedactedField field) {
    (field.is_attribute ? attributes : texts).emplace(field.path);
    if (field.path == "user.address.street") field.value = "(somewhere)";
  }));
  {
    ActiveSpan span = telemetry.manager.start_span("s");
    span.set_attributes(Object{{"user", Object{{"address", Object{{"city", "Ulm"}, {"street", "Main"}}}}},
                               {"list", Array{1, Object{{"key", true}}}},
                               {"plain", nullptr}});
    span.set_status(SpanStatus::failed, "no");
  }
  EXPECT_EQ(telemetry.log().span("s").attributes.at("user"),
            (Value(Object{{"address", Object{{"city", "Ulm"}, {"street", "(somewhere)"}}}})));
  EXPECT_EQ(attributes,
            (std::multiset<std::string>{"user.address.city", "user.address.street", "list", "list.key", "plain"}));
  EXPECT_EQ(texts, (std::multiset<std::string>{"host_name", "name", "service_name", "status_message"}));
}

TEST(Redactor, may_change_a_value_s_type_and_what_it_makes_is_made_storable) {
  TestManager telemetry(with([](RedactedField field) {
    if (field.path == "number") field.value = Array{1, "two"};
    if (field.path == "text") field.value = nullptr;
    if (field.path == "broken") field.value = "a\xFF";
    if (field.path == "name") field.value = 42;  // a name has to be a text
  }));
  telemetry.manager.record_event({.name = "e", .attributes = {{"number", 1}, {"text", "x"}, {"broken", "x"}}});
  const Event event = telemetry.log().event("");
  EXPECT_EQ(event.attributes, (Object{{"broken", "a\xEF\xBF\xBD"}, {"number", Array{1, "two"}}, {"text", nullptr}}));
}

TEST(Redactor, one_that_throws_drops_the_record_and_is_counted) {
  TestManager telemetry(with([](RedactedField field) {
    if (field.path == "fatal") throw std::runtime_error("cannot redact");
    if (field.path == "odd") throw 1;
  }));
  telemetry.manager.record_event({.name = "e", .attributes = {{"list", Value(Array{1})}, {"fatal", 1}}});
  telemetry.manager.record_event({.name = "kept"});
  telemetry.manager.record_metric({.name = "m", .attributes = {{"odd", 1}}});
  {
    ActiveSpan span = telemetry.manager.start_span("s");
    span.set_attributes(Object{{"a", Array{1}}, {"fatal", Array{2}}, {"z", Array{3}}});
  }
  telemetry.manager.counter("c", {.attributes = {{"fatal", 1}}}).add(1);
  EXPECT_EQ(telemetry.log().events().size(), 1U);
  EXPECT_EQ(telemetry.log().spans().size(), 0U);
  EXPECT_EQ(telemetry.log().metrics().size(), 0U);
  const Stats stats = telemetry.manager.stats();
  EXPECT_EQ(redactor_drops(stats, RecordKind::event), 1U);
  EXPECT_EQ(redactor_drops(stats, RecordKind::span), 1U);
  EXPECT_EQ(redactor_drops(stats, RecordKind::metric), 2U);
  EXPECT_EQ(stats.spilled_bytes, 0U);
  EXPECT_TRUE(stats.balanced());
}

TEST(Redactor, records_it_drops_leave_nothing_in_later_batches) {
  TestManager telemetry(with([](RedactedField field) {
    if (field.path == "fatal") throw std::runtime_error("cannot redact");
  }));
  const std::string large(8000, 'x');
  for (int i = 0; i < 200; ++i) {
    telemetry.manager.record_event({.name = "e", .attributes = {{"large", large}, {"fatal", 1}}});
  }
  telemetry.manager.flush();
  telemetry.manager.record_event({.name = "kept"});
  ASSERT_EQ(telemetry.log().batch_bytes().size(), 1U);
  EXPECT_LT(telemetry.log().batch_bytes()[0], 200'000U);
}

TEST(Redactor, what_it_records_is_suppressed) {
  TelemetryManager* manager = nullptr;
  int calls = 0;
  TestManager telemetry(with([&](RedactedField) {
    ++calls;
    manager->record_event({.name = "from the redactor"});
    manager->start_span("from the redactor").add_event("x");
    (void)manager->start_trace("from the redactor");
    manager->counter("c").add(0);
    (void)manager->stats();  // of a round under way: it need not balance, but must not wait for itself
    EXPECT_FALSE(manager->flush().complete());
  }));
  manager = &telemetry.manager;
  telemetry.manager.counter("of the instrument").add(1);
  telemetry.manager.record_metric({.name = "m"});
  EXPECT_EQ(telemetry.log().metrics().size(), 2U);
  EXPECT_EQ(calls, 5);  // the resource's service and host, two names and the instrument's unit
  const Stats stats = telemetry.manager.stats();
  EXPECT_EQ(stats[RecordKind::event].recorded, 0U);
  EXPECT_EQ(stats[RecordKind::span].recorded, 0U);
  EXPECT_EQ(stats[RecordKind::trace_start].recorded, 0U);
  EXPECT_TRUE(stats.balanced());
}

}  // namespace
}  // namespace spark
