#include "spark/telemetry/batch.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <chrono>
#include <cstdint>
#include <limits>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "spark/base/json.h"
#include "spark/base/random.h"

namespace spark {
namespace {

using namespace std::chrono_literals;

std::shared_ptr<const Resource> test_resource() {
  auto resource = std::make_shared<Resource>();
  resource->service_name = "test";
  return resource;
}

Object every_type() {
  return Object{{"array", Array{1, "two", Array{}}},
                {"bool", true},
                {"bytes", Bytes{{0, 1, 255}}},
                {"double", 0.5},
                {"int", -7},
                {"null", nullptr},
                {"object", Object{{"nested", Object{{"deep", 1}}}}},
                {"string", std::string("a\0b", 3)}};
}

Trace some_trace() {
  Trace trace;
  trace.trace_id = {1, 2};
  trace.name = "production_workflow";
  trace.start_time = Timestamp{10s};
  trace.end_time = Timestamp{15s + 123ms};
  trace.status = TraceStatus::completed;
  trace.attributes = every_type();
  trace.root_span_id = {9};
  trace.graph_hash = "abc";
  return trace;
}

Span some_span() {
  Span span;
  span.span_id = {3};
  span.trace_id = {1, 2};
  span.parent_span_id = {4};
  span.name = "TransformNode";
  span.kind = SpanKind::CLIENT;
  span.start_time = Timestamp{11s};
  span.end_time = Timestamp{12s};
  span.status = SpanStatus::failed;
  span.status_message = "no route";
  span.error_type = "std::runtime_error";
  span.attributes = every_type();
  return span;
}

Event some_event() {
  Event event;
  event.event_id = {5, 6};
  event.trace_id = {1, 2};
  event.span_id = {3};
  event.type = "node_finished";
  event.name = "TransformNode Completed";
  event.timestamp = Timestamp{12s};
  event.attributes = every_type();
  return event;
}

Metric some_metric() {
  Metric metric;
  metric.metric_id = {7, 8};
  metric.trace_id = {1, 2};
  metric.span_id = {3};
  metric.name = "node_execution_count";
  metric.value = 42;
  metric.unit = "count";
  metric.aggregation_type = AggregationType::histogram;
  metric.timestamp = Timestamp{12s};
  metric.attributes = every_type();
  metric.distribution = Distribution{.count = 1, .sum = 42, .positive = {.offset = 5, .counts = {1}}};
  return metric;
}

TEST(Batch, gives_back_the_records_it_was_made_of) {
  BatchBuilder builder(test_resource());
  {
    // The originals are gone when the batch is read.
    builder.add(some_trace());
    builder.add(some_span());
    builder.add(some_event());
    builder.add(some_metric());
    builder.add(GraphDefinition{.hash = "h", .graph_id = "g", .version = "v", .content = every_type()});
  }
  const auto batch = builder.build();
  ASSERT_EQ(batch->size(), 5U);
  EXPECT_EQ(to_record(batch->traces()[0]), some_trace());
  EXPECT_EQ(to_record(batch->spans()[0]), some_span());
  EXPECT_EQ(to_record(batch->events()[0]), some_event());
  EXPECT_EQ(to_record(batch->metrics()[0]), some_metric());
  EXPECT_EQ(batch->graphs()[0].content, every_type());
  EXPECT_EQ(batch->resource().service_name, "test");
}

TEST(Batch, an_event_added_without_its_span_keeps_its_source) {
  Event event = some_event();
  event.source = EventSource::span;
  BatchBuilder builder(test_resource());
  builder.add(event);
  EXPECT_EQ(to_record(builder.build()->events()[0]), event);
}

TEST(Batch, a_trace_without_an_end_is_a_start) {
  Trace trace = some_trace();
  trace.end_time.reset();
  trace.status = TraceStatus::started;
  BatchBuilder builder(test_resource());
  builder.add(trace);
  builder.add(some_trace());
  const auto batch = builder.build();
  EXPECT_FALSE(batch->traces()[0].is_end);
  EXPECT_TRUE(batch->traces()[1].is_end);
  EXPECT_EQ(to_record(batch->traces()[0]), trace);
}

TEST(Batch, span_events_stay_with_their_span) {
  Event first = some_event(), second = some_event();
  second.event_id = {5, 7};
  second.name = "second";
  second.attributes = {};
  BatchBuilder builder(test_resource());
  builder.add(some_span(), std::vector<Event>{first, second});
  const auto batch = builder.build();
  const SpanView& span = batch->spans()[0];
  ASSERT_EQ(span.events.size(), 2U);
  // An event of a span has no type, and its ids are the span's.
  first.type = second.type = "";
  first.source = second.source = EventSource::span;
  EXPECT_EQ(to_record(span, span.events[0]), first);
  EXPECT_EQ(to_record(span, span.events[1]), second);
}

TEST(Batch, counts_by_kind) {
  Trace start = some_trace();
  start.end_time.reset();
  BatchBuilder builder(test_resource());
  builder.add(start);
  for (int i = 0; i < 2; ++i) builder.add(some_trace());
  for (int i = 0; i < 3; ++i) builder.add(some_span(), std::vector<Event>{some_event()});
  for (int i = 0; i < 4; ++i) builder.add(some_event());
  for (int i = 0; i < 5; ++i) builder.add(some_metric());
  for (int i = 0; i < 6; ++i) builder.add(GraphDefinition{});
  MetricView self_metric;
  self_metric.is_self_metric = true;
  for (int i = 0; i < 7; ++i) builder.add(self_metric);
  EXPECT_EQ(builder.size(), 28U);
  const auto batch = builder.build();
  EXPECT_EQ(batch->counts(), (std::array<std::uint64_t, record_kinds>{1, 2, 3, 4, 5, 6, 7}));
  EXPECT_EQ(batch->size(), 28U);
  EXPECT_FALSE(batch->empty());
}

TEST(BatchBuilder, starts_anew_with_the_same_resource) {
  const auto resource = test_resource();
  BatchBuilder builder(resource);
  builder.add(some_span());
  const auto first = builder.build();
  EXPECT_EQ(builder.size(), 0U);
  const auto second = builder.build();
  EXPECT_TRUE(second->empty());
  EXPECT_EQ(first->size(), 1U);
  EXPECT_EQ(&first->resource(), resource.get());
  EXPECT_EQ(&second->resource(), resource.get());
}

TEST(BatchBuilder, views_live_as_long_as_the_batch) {
  std::shared_ptr<const Batch> batch;
  {
    BatchBuilder first(test_resource());
    BatchBuilder moved(std::move(first));
    moved.add(some_span());
    batch = moved.build();
  }
  EXPECT_EQ(batch->spans()[0].name, "TransformNode");
}

TEST(BatchBuilder, rooms_are_aligned_whatever_was_copied_between) {
  BatchBuilder builder(test_resource());
  std::vector<std::pair<std::string, std::string_view>> texts;
  std::vector<std::span<AttributeView>> rooms;
  for (std::uint64_t seed = 1; seed <= 3'000; ++seed) {
    Random random(seed);
    // Sizes around those of the chunks come too.
    const std::size_t size = random.next() % 50 == 0 ? random.next() % 200'000 : random.next() % 100;
    std::string text(size, static_cast<char>('a' + seed % 26));
    const auto copied = builder.copy(text);
    texts.emplace_back(std::move(text), copied);
    const auto room = builder.attributes(random.next() % 5);
    ASSERT_EQ(reinterpret_cast<std::uintptr_t>(room.data()) % alignof(AttributeView), 0U) << "seed " << seed;
    for (AttributeView& view : room) view = {copied, ValueView(static_cast<std::int64_t>(seed))};
    rooms.push_back(room);
    const auto events = builder.span_events(random.next() % 3);
    ASSERT_EQ(reinterpret_cast<std::uintptr_t>(events.data()) % alignof(SpanEventView), 0U) << "seed " << seed;
    for (SpanEventView& view : events) view = {};
  }
  // Nothing was written over by what came later.
  for (const auto& [text, copied] : texts) ASSERT_EQ(copied, text);
  for (std::size_t i = 0; i < rooms.size(); ++i) {
    for (const AttributeView& view : rooms[i]) ASSERT_EQ(view.value.integer(), static_cast<std::int64_t>(i + 1));
  }
}

TEST(BatchBuilder, size_in_bytes_counts_what_is_held) {
  BatchBuilder builder(test_resource());
  const auto empty = builder.build()->size_bytes();
  EXPECT_LT(empty, 4'096U);

  static_cast<void>(builder.copy(std::string(100'000, 'x')));
  EXPECT_GE(builder.build()->size_bytes(), empty + 100'000);

  static_cast<void>(builder.keep(std::make_unique<const Value>(std::string(50'000, 'x'))));
  EXPECT_GE(builder.build()->size_bytes(), empty + 50'000);

  builder.add(GraphDefinition{.hash = {}, .content = Object{{"k", std::string(50'000, 'x')}}});
  EXPECT_GE(builder.build()->size_bytes(), empty + 50'000);

  auto distribution = std::make_unique<Distribution>();
  distribution->positive.counts.resize(10'000);
  static_cast<void>(builder.keep(std::unique_ptr<const Distribution>(std::move(distribution))));
  EXPECT_GE(builder.build()->size_bytes(), empty + 80'000);

  // A batch of one small record does not take a large chunk.
  builder.add(some_span());
  EXPECT_LT(builder.build()->size_bytes(), 16'384U);
}

TEST(ValueView, takes_values_apart_and_puts_them_together) {
  const Object values = every_type();
  for (const auto& member : values) {
    const ValueView view(member.value);
    EXPECT_EQ(view.type(), member.value.type()) << member.key;
    EXPECT_EQ(view.to_value(), member.value) << member.key;
  }
  EXPECT_EQ(ValueView().to_value(), Value());
  EXPECT_EQ(ValueView(std::string_view("x")).to_value(), Value("x"));
}

TraceView trace_view(std::uint64_t id, bool is_end, std::string_view name) {
  TraceView view;
  view.trace_id = {0, id};
  view.is_end = is_end;
  view.name = name;
  return view;
}

TEST(ReduceTraces, keeps_one_for_each_id_and_prefers_the_first_end) {
  BatchBuilder builder(test_resource());
  builder.add(trace_view(1, false, "start 1"));
  builder.add(trace_view(2, true, "end 2"));
  builder.add(trace_view(3, false, "start 3"));
  builder.add(trace_view(1, true, "end 1"));
  builder.add(trace_view(2, false, "start 2"));
  builder.add(trace_view(1, true, "second end 1"));
  builder.add(trace_view(3, false, "start 3 again"));
  builder.add(trace_view(1, false, "start 1 again"));
  const auto batch = builder.build();
  std::string names;
  for (const TraceView* trace : reduce_traces(*batch)) names += std::string(trace->name) + "|";
  EXPECT_EQ(names, "end 1|end 2|start 3|");
}

TEST(ReduceTraces, of_no_traces_is_empty) {
  BatchBuilder builder(test_resource());
  builder.add(some_span());
  EXPECT_TRUE(reduce_traces(*builder.build()).empty());
}

std::string json_of(AttributesView attributes) {
  std::string out;
  append_json(out, attributes);
  return out;
}

TEST(AttributesJson, is_sorted_and_typed) {
  const AttributeView views[] = {{"z", ValueView(1.0)},
                                 {"b", ValueView(std::string_view("\"x\""))},
                                 {"a", ValueView(std::int64_t{-1})},
                                 {"c", ValueView()},
                                 {"d", ValueView(false)}};
  EXPECT_EQ(json_of(views), R"({"a":-1,"b":"\"x\"","c":null,"d":false,"z":1.0})");
  EXPECT_EQ(json_of({}), "{}");
}

TEST(AttributesJson, is_the_json_of_the_object) {
  const Object cases[] = {
      every_type(),
      Object{{"$double", "NaN"}},
      Object{{"$a", 1}, {"$b", std::numeric_limits<double>::quiet_NaN()}},
      Object{{"$object", Object{{"$x", 1}}}},
      Object{{"bad \xFF", "bad \xFF"}},
  };
  for (const Object& object : cases) {
    std::vector<AttributeView> views;
    for (const auto& member : object) views.insert(views.begin(), {member.key, ValueView(member.value)});
    EXPECT_EQ(json_of(views), to_json(object));
  }
}

TEST(AttributesJson, sorts_more_attributes_than_it_keeps_inline) {
  for (const int count : {31, 32, 33, 128}) {
    Object object;
    for (int i = 0; i < count; ++i) object.set("key " + std::to_string(i * 7919 % count), i);
    std::vector<AttributeView> views;
    for (const auto& member : object) views.insert(views.begin(), {member.key, ValueView(member.value)});
    EXPECT_EQ(json_of(views), to_json(object)) << count;
    EXPECT_EQ(to_object(views), object) << count;
  }
}

}  // namespace
}  // namespace spark
