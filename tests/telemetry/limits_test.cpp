// How much one record may hold, and what becomes of the rest.
#include <gtest/gtest.h>

#include <limits>
#include <string>

#include "fakes/recording_sink.h"

namespace spark {
namespace {

using fakes::TestManager;

const std::string replacement = "\xEF\xBF\xBD";  // U+FFFD

// Value inside `depth` arrays.
Value nested(int depth) {
  Value value = "deep";
  for (int i = 0; i < depth; ++i) value = Array{std::move(value)};
  return value;
}

TEST(Limits, attributes_beyond_the_limit_are_dropped_and_counted) {
  TestManager telemetry;
  {
    ActiveSpan span = telemetry.manager.start_span("s");
    for (int i = 0; i < 200; ++i) span.set_attribute("key" + std::to_string(i), i);
  }
  const Object attributes = telemetry.log().span("s").attributes;
  EXPECT_EQ(attributes.size(), 128U);
  for (int i = 0; i < 128; ++i) EXPECT_EQ(attributes.at("key" + std::to_string(i)), Value(i));
  EXPECT_EQ(telemetry.manager.stats().attributes_dropped, 72U);
}

TEST(Limits, a_key_set_again_and_again_keeps_its_last_value_and_takes_one_place) {
  TestManager telemetry;
  {
    ActiveSpan span = telemetry.manager.start_span("s");
    for (int i = 0; i < 1000; ++i) {
      span.set_attribute("number", i);
      span.set_attribute("text", std::to_string(i));
      span.set_attribute("list", Value(Array{i}));
    }
    span.add_event("e");
    for (int i = 0; i < 1000; ++i) span.set_attribute("after", i);
  }
  EXPECT_EQ(telemetry.log().span("s").attributes,
            (Object{{"after", 999}, {"list", Array{999}}, {"number", 999}, {"text", "999"}}));
  EXPECT_EQ(telemetry.log().span_event_count(), 1U);
  EXPECT_EQ(telemetry.manager.stats().attributes_dropped, 0U);
  EXPECT_EQ(telemetry.manager.stats().spilled_bytes, 0U);
}

TEST(Limits, hundreds_of_attributes_fit_if_the_limit_allows) {
  TestManager telemetry({.limits = {.attributes_per_record = 1000}});
  Object expected;
  {
    ActiveSpan span = telemetry.manager.start_span("s");
    for (int i = 0; i < 500; ++i) {
      const std::string key = "key" + std::to_string(i);
      span.set_attribute(key, "value of " + key);
      expected.set(key, "value of " + key);
    }
  }
  EXPECT_EQ(telemetry.log().span("s").attributes, expected);
  const Stats stats = telemetry.manager.stats();
  EXPECT_EQ(stats.records_spilled, 1U);
  EXPECT_EQ(stats.spilled_bytes, 0U);
  EXPECT_EQ(stats.attributes_dropped, 0U);
}

TEST(Limits, none_allowed_means_none) {
  TestManager telemetry({.limits = {.attributes_per_record = 0, .events_per_span = 0}});
  {
    ActiveSpan span = telemetry.manager.start_span("s", {.attributes = {{"a", 1}}});
    span.set_attribute("b", 2);
    span.add_event("e");
  }
  EXPECT_EQ(telemetry.log().span("s").attributes, Object{});
  EXPECT_EQ(telemetry.log().span_event_count(), 0U);
  EXPECT_EQ(telemetry.manager.stats().attributes_dropped, 2U);
  EXPECT_EQ(telemetry.manager.stats().span_events_dropped, 1U);
}

TEST(Limits, an_event_s_attributes_have_a_limit_of_their_own) {
  TestManager telemetry({.limits = {.attributes_per_record = 2}});
  {
    ActiveSpan span = telemetry.manager.start_span("s", {.attributes = {{"a", 1}, {"b", 2}}});
    span.add_event("e", {{"c", 3}, {"d", 4}, {"e", 5}});
  }
  telemetry.manager.record_event({.name = "r", .attributes = Object{{"x", 1}, {"y", 2}, {"z", 3}}});
  EXPECT_EQ(telemetry.log().span_event("e").attributes, (Object{{"c", 3}, {"d", 4}}));
  EXPECT_EQ(telemetry.log().event("r").attributes, (Object{{"x", 1}, {"y", 2}}));
  EXPECT_EQ(telemetry.manager.stats().attributes_dropped, 2U);
}

TEST(Limits, events_of_a_span_beyond_the_limit_are_dropped_and_counted) {
  TestManager telemetry;
  {
    ActiveSpan span = telemetry.manager.start_span("s");
    for (int i = 0; i < 130; ++i) span.add_event("e" + std::to_string(i), {{"i", i}});
  }
  EXPECT_EQ(telemetry.log().span_event_count(), 128U);
  EXPECT_EQ(telemetry.log().span_event("e127").attributes, (Object{{"i", 127}}));
  EXPECT_EQ(telemetry.manager.stats().span_events_dropped, 2U);
}

TEST(Limits, a_text_of_the_limit_is_kept_whole_and_a_longer_one_is_cut_with_its_size_beside_it) {
  TestManager telemetry;
  telemetry.manager.record_event({.name = "e",
                                  .attributes = {{"fits", std::string(8192, 'x')},
                                                 {"long", std::string(8193, 'y')},
                                                 {"value", Value(std::string(10'000, 'z'))}}});
  EXPECT_EQ(telemetry.log().event("e").attributes, (Object{{"fits", std::string(8192, 'x')},
                                                           {"long", std::string(8192, 'y')},
                                                           {"long.original_bytes", 8193},
                                                           {"value", std::string(8192, 'z')},
                                                           {"value.original_bytes", 10'000}}));
  EXPECT_EQ(telemetry.manager.stats().texts_cut, 2U);
  EXPECT_EQ(telemetry.manager.stats().records_spilled, 1U);
}

TEST(Limits, a_text_that_is_replaced_by_one_that_fits_has_no_original_size) {
  TestManager telemetry({.limits = {.string_bytes = 8}});
  {
    ActiveSpan span = telemetry.manager.start_span("s");
    span.set_attribute("a", "far too long");
    span.set_attribute("a", "fits");
    span.set_attribute("b", "fits");
    span.set_attribute("b", "far too long");
  }
  EXPECT_EQ(telemetry.log().span("s").attributes, (Object{{"a", "fits"}, {"b", "far too "}, {"b.original_bytes", 12}}));
}

TEST(Limits, a_cut_does_not_split_a_character) {
  TestManager telemetry({.limits = {.key_bytes = 8, .string_bytes = 8}});
  const std::string seven = "1234567";
  telemetry.manager.record_event(
      {.name = seven + "\xC3\xA4", .attributes = {{seven + "\xC3\xA4", seven + "\xC3\xA4"}}});
  const Event event = telemetry.log().event(seven);
  EXPECT_EQ(event.attributes, (Object{{seven, seven}, {seven + ".original_bytes", 9}}));
  EXPECT_EQ(telemetry.manager.stats().texts_cut, 3U);
}

TEST(Limits, long_keys_are_cut_literal_or_not) {
  TestManager telemetry({.limits = {.key_bytes = 8}});
  telemetry.manager.record_event({.name = "e", .attributes = {{"literal key", 1}, {std::string("copied key"), "x"}}});
  EXPECT_EQ(telemetry.log().event("e").attributes, (Object{{"copied k", "x"}, {"literal ", 1}}));
  EXPECT_EQ(telemetry.manager.stats().texts_cut, 2U);
}

TEST(Limits, names_messages_types_and_units_are_cut_too) {
  TestManager telemetry({.limits = {.string_bytes = 8}});
  {
    ActiveSpan span = telemetry.manager.start_span("a literal name");
    span.record_error(std::string("a type that is long"), "a message that is long");
  }
  telemetry.manager.record_event({.event_type = "an event type", .name = "e"});
  telemetry.manager.record_metric({.name = "m", .unit = "a long unit"});
  const Span span = telemetry.log().span("a litera");
  EXPECT_EQ(span.error_type, "a type t");
  EXPECT_EQ(span.status_message, "a messag");
  EXPECT_EQ(telemetry.log().event("e").type, "an event");
  EXPECT_EQ(telemetry.log().metric("m").unit, "a long u");
  EXPECT_EQ(telemetry.manager.stats().texts_cut, 5U);
}

TEST(Limits, values_nested_as_deep_as_allowed_are_kept_and_deeper_ones_become_null) {
  for (const std::uint32_t limit : {0U, 1U, 2U, 32U}) {
    TestManager telemetry({.limits = {.depth = limit}});
    telemetry.manager.record_event({.name = "fits", .attributes = {{"a", nested(static_cast<int>(limit))}}});
    EXPECT_EQ(telemetry.log().event("fits").attributes.at("a"), nested(static_cast<int>(limit))) << "limit " << limit;
    EXPECT_EQ(telemetry.manager.stats().values_cut, 0U) << "limit " << limit;
    telemetry.manager.record_event({.name = "deep", .attributes = {{"a", nested(static_cast<int>(limit) + 1)}}});
    Value expected = nullptr;
    for (std::uint32_t i = 0; i < limit; ++i) expected = Array{std::move(expected)};
    EXPECT_EQ(telemetry.log().event("deep").attributes.at("a"), expected) << "limit " << limit;
    EXPECT_EQ(telemetry.manager.stats().values_cut, 1U) << "limit " << limit;
  }
}

TEST(Limits, nested_values_have_limited_members_keys_and_texts) {
  TestManager telemetry({.limits = {.attributes_per_record = 2, .key_bytes = 8, .string_bytes = 8}});
  telemetry.manager.record_event(
      {.name = "e",
       .attributes = Object{{"array", Array{1, "far too long", 3}},
                            {"object", Object{{"a long key", Bytes{{1, 2, 3, 4, 5, 6, 7, 8, 9}}}}}}});
  EXPECT_EQ(
      telemetry.log().event("e").attributes,
      (Object{{"array", Array{1, "far too "}}, {"object", Object{{"a long k", Bytes{{1, 2, 3, 4, 5, 6, 7, 8}}}}}}));
  EXPECT_EQ(telemetry.manager.stats().attributes_dropped, 1U);
  EXPECT_EQ(telemetry.manager.stats().texts_cut, 3U);
}

TEST(Limits, text_that_is_not_utf_8_or_has_nul_is_repaired_and_counted) {
  TestManager telemetry;
  const std::string nul("a\0b", 3);
  {
    ActiveSpan span = telemetry.manager.start_span("bad \xFF literal");
    span.set_attribute("literal \xC3", "\xE2\x82");
    span.set_attribute("copied", nul);
    span.set_attribute("fine", replacement);
    span.set_attribute("nested", Value(Object{{nul, Array{"\xFF", "fine"}}}));
    span.record_error(std::string("T\xFE"), std::string("m\xFE"));
    span.add_event(std::string("e\xFE"));
  }
  const Span span = telemetry.log().span("bad " + replacement + " literal");
  EXPECT_EQ(span.attributes, (Object{{"copied", "a" + replacement + "b"},
                                     {"fine", replacement},
                                     {"literal " + replacement, replacement},
                                     {"nested", Object{{"a" + replacement + "b", Array{replacement, "fine"}}}}}));
  EXPECT_EQ(span.error_type, "T" + replacement);
  EXPECT_EQ(span.status_message, "m" + replacement);
  EXPECT_EQ(telemetry.log().span_event("e" + replacement).span_id, span.span_id);
  EXPECT_EQ(telemetry.manager.stats().texts_repaired, 9U);
}

TEST(Limits, metadata_and_graph_definitions_are_made_storable) {
  TestManager telemetry({.metadata = {{"m\xFF", "v\xFF"}}});
  telemetry.manager.start_trace("t").end();
  telemetry.manager.record_graph(
      {.hash = "h", .graph_id = "g\xFF", .version = "1\xFF", .content = {{"nodes", "\xFF"}}});
  EXPECT_EQ(telemetry.log().trace_end("t").attributes, (Object{{"m" + replacement, "v" + replacement}}));
  EXPECT_EQ(telemetry.log().resource().value().metadata, (Object{{"m" + replacement, "v" + replacement}}));
  const GraphDefinition graph = telemetry.log().graphs().at(0);
  EXPECT_EQ(graph.graph_id, "g" + replacement);
  EXPECT_EQ(graph.version, "1" + replacement);
  EXPECT_EQ(graph.content, (Object{{"nodes", replacement}}));
}

TEST(Limits, spilled_records_count_against_the_rings_memory) {
  TestManager telemetry({.buffer_size = 1'000'000, .export_interval = Seconds(3600), .ring_bytes_total = 128 << 10});
  const std::string text(8000, 'x');
  for (int i = 0; i < 100; ++i) telemetry.manager.record_event({.name = "e", .attributes = {{"a", text}}});
  telemetry.manager.flush();
  const Stats stats = telemetry.manager.stats();
  const FrontRow& events = stats[RecordKind::event];
  EXPECT_EQ(events.recorded, 100U);
  EXPECT_GT(events.dropped[static_cast<std::size_t>(DropReason::ring_full)], 0U);
  // Half of the memory is the ring itself, and a sixteenth is for others: there is no room for a slab of 64 KiB, but
  // for seven records of two pages each.
  EXPECT_GE(events.admitted, 7U);
  EXPECT_EQ(stats.spilled_bytes, 0U);
  EXPECT_TRUE(stats.balanced());
}

}  // namespace
}  // namespace spark
