// What a manager records, where it says that it belongs, and what it leaves out.
#include "spark/telemetry/manager.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <limits>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "fakes/recording_sink.h"
#include "telemetry/expected.h"

namespace spark {
namespace {

using namespace std::chrono_literals;
using fakes::TestManager;

TEST(Manager, records_an_event_with_type_name_time_and_attributes) {
  TestManager telemetry;
  const ActiveTrace trace = telemetry.manager.start_trace("work");
  telemetry.clock.advance(1500us);
  telemetry.manager.record_event({.trace_id = trace.trace_id,
                                  .event_type = "milestone",
                                  .name = "checkpoint_reached",
                                  .attributes = {{"checkpoint", "data_loaded"}}});
  const Event event = telemetry.log().event("checkpoint_reached");
  EXPECT_EQ(event.trace_id, trace.trace_id);
  EXPECT_EQ(event.type, "milestone");
  EXPECT_EQ(event.timestamp, start + 1500us);
  EXPECT_EQ(event.source, EventSource::recorded);
  EXPECT_EQ(event.attributes, (Object{{"checkpoint", "data_loaded"}}));
  EXPECT_TRUE(event.event_id.is_valid());
}

TEST(Manager, an_event_belongs_to_the_current_span_of_its_trace_else_to_the_trace_s_root_span) {
  TestManager telemetry;
  const ActiveTrace trace = telemetry.manager.start_trace("work");
  const ActiveTrace other = telemetry.manager.start_trace("other");
  telemetry.manager.record_event({.name = "of nothing"});
  const ActiveSpan span = telemetry.manager.start_span("s", trace.trace_id);
  telemetry.manager.record_event({.name = "of what is current"});
  telemetry.manager.record_event({.trace_id = trace.trace_id, .name = "of the current trace"});
  telemetry.manager.record_event({.trace_id = other.trace_id, .name = "of another trace"});
  telemetry.manager.record_event({.name = "of a span", .span_id = SpanId{9}});
  EXPECT_EQ(telemetry.log().event("of nothing").trace_id, TraceId{});
  EXPECT_EQ(telemetry.log().event("of nothing").span_id, SpanId{});
  EXPECT_EQ(telemetry.log().event("of what is current").trace_id, trace.trace_id);
  EXPECT_EQ(telemetry.log().event("of what is current").span_id, span.span_id());
  EXPECT_EQ(telemetry.log().event("of the current trace").span_id, span.span_id());
  EXPECT_EQ(telemetry.log().event("of another trace").trace_id, other.trace_id);
  EXPECT_EQ(telemetry.log().event("of another trace").span_id, root_span_id(other.trace_id));
  EXPECT_EQ(telemetry.log().event("of a span").trace_id, trace.trace_id);
  EXPECT_EQ(telemetry.log().event("of a span").span_id, SpanId{9});
}

TEST(Manager, records_a_metric_with_value_unit_and_aggregation_type) {
  TestManager telemetry;
  const ActiveTrace trace = telemetry.manager.start_trace("work");
  telemetry.clock.advance(2s);
  telemetry.manager.record_metric({.name = "cache_hits", .value = 42, .unit = "count", .trace_id = trace.trace_id});
  telemetry.manager.record_metric({.name = "response_time",
                                   .value = 0.523,
                                   .unit = "seconds",
                                   .aggregation_type = AggregationType::histogram,
                                   .trace_id = trace.trace_id,
                                   .attributes = {{"node_id", "transform_1"}}});
  const Metric hits = telemetry.log().metric("cache_hits");
  EXPECT_EQ(hits.value, 42);
  EXPECT_EQ(hits.unit, "count");
  EXPECT_EQ(hits.aggregation_type, AggregationType::gauge);
  EXPECT_EQ(hits.trace_id, trace.trace_id);
  EXPECT_EQ(hits.span_id, SpanId{});
  EXPECT_EQ(hits.timestamp, start + 2s);
  EXPECT_EQ(hits.distribution, std::nullopt);
  const Metric time = telemetry.log().metric("response_time");
  EXPECT_EQ(time.value, 0.523);
  EXPECT_EQ(time.aggregation_type, AggregationType::histogram);
  EXPECT_EQ(time.attributes, (Object{{"node_id", "transform_1"}}));
  EXPECT_EQ(time.distribution, std::nullopt);
  EXPECT_NE(hits.metric_id, time.metric_id);
}

TEST(Manager, a_metric_belongs_to_the_current_trace_if_there_is_one) {
  TestManager telemetry;
  telemetry.manager.record_metric({.name = "global", .value = 1});
  const ActiveSpan span = telemetry.manager.start_span("s");
  telemetry.manager.record_metric({.name = "current", .value = 1});
  EXPECT_EQ(telemetry.log().metric("global").trace_id, TraceId{});
  EXPECT_EQ(telemetry.log().metric("current").trace_id, span.trace_id());
  EXPECT_EQ(telemetry.log().metric("current").span_id, span.span_id());
}

TEST(Manager, a_counter_s_negative_or_non_finite_increment_is_dropped_and_counted) {
  TestManager telemetry;
  const auto add = [&](Text name, double value) {
    telemetry.manager.record_metric({.name = name, .value = value, .aggregation_type = AggregationType::counter});
  };
  add("zero", 0);
  add("negative", -1);
  add("not a number", std::numeric_limits<double>::quiet_NaN());
  add("infinite", std::numeric_limits<double>::infinity());
  EXPECT_EQ(telemetry.log().metrics().size(), 1U);
  EXPECT_EQ(telemetry.log().metric("zero").aggregation_type, AggregationType::counter);
  const Stats stats = telemetry.manager.stats();
  EXPECT_EQ(dropped(stats, RecordKind::metric, DropReason::invalid), 3U);
  EXPECT_EQ(stats[RecordKind::metric].recorded, 4U);
  EXPECT_TRUE(stats.balanced());
}

TEST(Manager, gauges_keep_negative_and_non_finite_values) {
  TestManager telemetry;
  telemetry.manager.record_metric({.name = "negative", .value = -1.5});
  telemetry.manager.record_metric({.name = "nan", .value = std::numeric_limits<double>::quiet_NaN()});
  telemetry.manager.record_metric({.name = "infinite", .value = -std::numeric_limits<double>::infinity()});
  EXPECT_EQ(telemetry.log().metric("negative").value, -1.5);
  EXPECT_TRUE(std::isnan(telemetry.log().metric("nan").value));
  EXPECT_EQ(telemetry.log().metric("infinite").value, -std::numeric_limits<double>::infinity());
}

TEST(Manager, attributes_that_are_not_finite_survive) {
  TestManager telemetry;
  telemetry.manager.record_event({.name = "e",
                                  .attributes = {{"nan", std::numeric_limits<double>::quiet_NaN()},
                                                 {"inf", std::numeric_limits<double>::infinity()}}});
  const Object attributes = telemetry.log().event("e").attributes;
  EXPECT_TRUE(std::isnan(attributes.at("nan").as_double()));
  EXPECT_EQ(attributes.at("inf").as_double(), std::numeric_limits<double>::infinity());
}

TEST(Manager, event_and_metric_ids_name_their_producer_and_are_never_given_twice) {
  TestManager telemetry;
  for (int i = 0; i < 3; ++i) {
    telemetry.manager.record_event({.name = "e"});
    telemetry.manager.record_metric({.name = "m"});
  }
  const std::uint64_t producer = telemetry.log().resource().value().producer_id;
  std::vector<RecordId> ids;
  for (const Event& event : telemetry.log().events()) ids.push_back(event.event_id);
  for (const Metric& metric : telemetry.log().metrics()) ids.push_back(metric.metric_id);
  ASSERT_EQ(ids.size(), 6U);
  for (const RecordId& id : ids) EXPECT_EQ(id.high, producer);
  std::sort(ids.begin(), ids.end());
  EXPECT_EQ(std::unique(ids.begin(), ids.end()), ids.end());
}

TEST(Manager, a_graph_is_recorded_once_for_each_content) {
  TestManager telemetry;
  const GraphDefinition graph{
      .hash = "h1", .graph_id = "g", .version = "1", .content = {{"nodes", Array{Object{{"id", "a"}}}}}};
  const GraphDefinition changed{.hash = "h2", .graph_id = "g", .version = "2", .content = {}};
  telemetry.manager.record_graph(graph);
  telemetry.manager.record_graph(graph);
  telemetry.manager.record_graph(changed);
  telemetry.manager.record_graph(graph);
  EXPECT_EQ(telemetry.log().graphs(), (std::vector<GraphDefinition>{graph, changed}));
  EXPECT_EQ(telemetry.manager.stats()[RecordKind::graph].recorded, 2U);
}

TEST(Manager, without_traces_ids_and_context_still_flow) {
  TestManager telemetry({.enable_traces = false});
  {
    const ActiveTrace trace = telemetry.manager.start_trace("work");
    EXPECT_TRUE(trace.trace_id.is_valid());
    ActiveSpan span = telemetry.manager.start_span("s", trace.trace_id);
    EXPECT_FALSE(span.is_recording());
    EXPECT_TRUE(span.span_id().is_valid());
    EXPECT_EQ(TelemetryContext::current(), span.context());
    EXPECT_EQ(&TelemetryManager::get_instance(), TelemetryContext::current().manager());
    telemetry.manager.record_event({.name = "e"});
    telemetry.manager.record_metric({.name = "m"});
    telemetry.manager.record_graph({.hash = "h", .graph_id = "g", .version = "1", .content = {}});
    EXPECT_EQ(telemetry.log().event("e").trace_id, trace.trace_id);
    EXPECT_EQ(telemetry.log().event("e").span_id, span.span_id());
    EXPECT_EQ(telemetry.log().metric("m").span_id, span.span_id());
  }
  EXPECT_EQ(TelemetryContext::current(), TelemetryContext());
  for (const RecordKind kind : {RecordKind::trace_start, RecordKind::trace_end, RecordKind::span, RecordKind::graph}) {
    EXPECT_EQ(telemetry.log().count(kind), 0U) << to_string(kind);
    EXPECT_EQ(telemetry.manager.stats()[kind].recorded, 0U) << to_string(kind);
  }
}

TEST(Manager, without_events_only_events_are_left_out) {
  TestManager telemetry({.enable_events = false});
  {
    ActiveSpan span = telemetry.manager.start_span("s");
    span.add_event("of the span");
    telemetry.manager.record_event({.name = "e"});
    telemetry.manager.record_metric({.name = "m"});
  }
  EXPECT_EQ(telemetry.log().count(RecordKind::event), 0U);
  EXPECT_EQ(telemetry.log().span_event_count(), 1U);  // part of its span
  EXPECT_EQ(telemetry.log().count(RecordKind::span), 1U);
  EXPECT_EQ(telemetry.log().count(RecordKind::metric), 1U);
  EXPECT_EQ(telemetry.manager.stats()[RecordKind::event].recorded, 0U);
}

TEST(Manager, without_metrics_only_metrics_are_left_out) {
  TestManager telemetry({.enable_metrics = false});
  telemetry.manager.start_trace("work").end();
  telemetry.manager.record_event({.name = "e"});
  telemetry.manager.record_metric({.name = "m"});
  telemetry.manager.counter("c").add(1);
  telemetry.manager.gauge("g").set(1);
  telemetry.manager.histogram("h").record(1);
  EXPECT_EQ(telemetry.log().count(RecordKind::metric), 0U);
  EXPECT_EQ(telemetry.log().count(RecordKind::event), 1U);
  EXPECT_EQ(telemetry.log().count(RecordKind::trace_end), 1U);
  EXPECT_EQ(telemetry.manager.stats().instruments_refused, 0U);
}

TEST(Manager, a_noop_one_takes_everything_and_keeps_nothing) {
  TelemetryManager manager(TelemetryConfig::create_noop());
  {
    ActiveTrace trace = manager.start_trace("work", {.attributes = {{"a", 1}}});
    EXPECT_FALSE(trace.trace_id.is_valid());
    ActiveSpan span = manager.start_span("s", trace.trace_id);
    EXPECT_FALSE(span.is_recording());
    EXPECT_EQ(TelemetryContext::current(), TelemetryContext());
    span.add_event("e");
    manager.record_event({.name = "e"});
    manager.record_metric({.name = "m", .value = -1, .aggregation_type = AggregationType::counter});
    manager.counter("c").add(-1);
    manager.gauge("g").set(1);
    manager.histogram("h").record(1);
    manager.record_graph({.hash = "h", .graph_id = "g", .version = "1", .content = {}});
    manager.end_trace(trace.trace_id);
  }
  EXPECT_TRUE(manager.flush().complete());
  EXPECT_TRUE(manager.shutdown().complete());
  const Stats stats = manager.stats();
  for (const FrontRow& row : stats.front) EXPECT_EQ(row.recorded, 0U);
  EXPECT_TRUE(stats.sinks.empty());
  EXPECT_TRUE(stats.balanced());
}

TEST(Manager, a_configuration_out_of_range_is_refused) {
  try {
    const TelemetryManager manager({.sampling_rate = 1.5});
    FAIL() << "it was accepted";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::invalid_argument);
    EXPECT_STREQ(error.what(), "TelemetryConfig: sampling_rate is 1.5, allowed is 0 to 1");
  }
}

TEST(Manager, a_backend_that_cannot_be_opened_is_an_error) {
  const ManagerSources sources{.sinks = {[](const TelemetryConfig&) -> std::unique_ptr<Sink> {
                                 throw Error(ErrorCode::unavailable, "cannot open it");
                               }}};
  try {
    const TelemetryManager manager({}, sources);
    FAIL() << "it was accepted";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::unavailable);
    EXPECT_STREQ(error.what(), "cannot open it");
  }
}

TEST(Manager, knows_its_configuration_and_clock) {
  TestManager telemetry({.sampling_rate = 0.5, .service_name = "shop", .service_version = "7"});
  telemetry.manager.record_event({.name = "e"});
  EXPECT_EQ(telemetry.manager.config().sampling_rate, 0.5);
  EXPECT_EQ(&telemetry.manager.clock(), &telemetry.clock);
  EXPECT_EQ(telemetry.manager.now(), start);
  EXPECT_EQ(telemetry.log().resource().value().service_name, "shop");
  EXPECT_EQ(telemetry.log().resource().value().service_version, "7");
}

TEST(Manager, every_sink_gets_every_record) {
  TestManager telemetry({}, 3);
  telemetry.manager.start_span("s").end();
  for (std::size_t sink = 0; sink < 3; ++sink) EXPECT_EQ(telemetry.log(sink).span("s").name, "s");
}

TEST(Manager, buffer_size_unread_records_are_exported_without_a_flush) {
  TestManager telemetry({.buffer_size = 10, .export_interval = 3600s});
  for (int i = 0; i < 10; ++i) telemetry.manager.record_event({.name = "e"});
  EXPECT_TRUE(telemetry.unflushed_log().wait_for_records(10));
}

TEST(Manager, fewer_records_are_exported_after_export_interval) {
  TestManager telemetry({.buffer_size = 1000, .export_interval = 10ms});
  telemetry.manager.record_event({.name = "e"});
  EXPECT_TRUE(telemetry.unflushed_log().wait_for_records(1));
}

TEST(Manager, a_batch_has_at_most_10000_records) {
  TestManager telemetry({.buffer_size = 1'000'000, .export_interval = 3600s});
  for (int i = 0; i < 25'000; ++i) telemetry.manager.record_event({.name = "e"});
  EXPECT_EQ(telemetry.log().count(RecordKind::event), 25'000U);
  const std::vector<std::size_t> sizes = telemetry.log().batch_sizes();
  EXPECT_GE(sizes.size(), 3U);
  EXPECT_LE(*std::max_element(sizes.begin(), sizes.end()), 10'000U);
}

}  // namespace
}  // namespace spark
