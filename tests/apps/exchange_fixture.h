// A file with records of every kind and values of every type, for the tests of what leads out of a file and into one.
#pragma once

#include <cmath>
#include <cstdint>
#include <limits>
#include <string>

#include "backends/records.h"
#include "spark/backends/sqlite.h"

namespace spark::testing {

// Every ValueType, nested too, with what is hard to write.
[[nodiscard]] inline Object every_value_that_equals_itself() {
  return {{"null", nullptr},
          {"yes", true},
          {"int", std::numeric_limits<std::int64_t>::min()},
          {"double", 0.1},
          {"whole", 3.0},
          {"infinite", -std::numeric_limits<double>::infinity()},
          {"string", "=\"quoted\",\n\x1b é 🚀"},
          {"bytes", Bytes{{0, 255, 10}}},
          {"array", Array{1, 2.5, "x", Array{}, Object{}}},
          {"object", Object{{"$bytes", "not a tag"}, {"inner", Object{{"$double", "NaN"}}}}},
          {"tag", Object{{"$object", 1}}}};
}
[[nodiscard]] inline Object every_value() { return every_value_that_equals_itself(); }
[[nodiscard]] inline Object every_value_and_nan() {
  Object object = every_value_that_equals_itself();
  object.set("nan", std::nan(""));
  return object;
}

// A trace with spans, events of both sources and metrics; one that runs; one known from its spans only; spans, events
// and metrics whose trace has no row; what has no trace; graphs.
inline void fill_with_everything(Store& store) {
  write(store, [](BatchBuilder& builder) {
    Trace trace = make_trace(1, "shop", 0, 100, every_value_and_nan());
    trace.graph_hash = "hash 2";
    trace.root_span_id = span_id(1);
    trace.status = TraceStatus::failed;
    builder.add(trace);
    Trace running = make_trace(2, "running", 50, std::nullopt);
    builder.add(running);
    Span root = make_span(1, "root", 0, 100, every_value_and_nan());
    root.kind = SpanKind::SERVER;
    Event of_span = make_event(1, "inside", 7, every_value_and_nan());
    of_span.span_id = root.span_id;
    of_span.source = EventSource::span;
    builder.add(root, {&of_span, 1});
    Span child = make_span(9, "child", 10, 20);
    child.parent_span_id = root.span_id;
    child.status = SpanStatus::failed;
    child.status_message = "no \"room\"";
    child.error_type = "DiskFull";
    builder.add(child);
    Event recorded = make_event(9, "outside", 8, every_value_and_nan());
    recorded.type = "node_finished";
    builder.add(recorded);
    Metric metric = make_metric(1, "depth", 9, every_value_and_nan());
    metric.value = std::nan("");
    metric.span_id = root.span_id;
    builder.add(metric);
  });
  write(store, [](BatchBuilder& builder) {
    // Two local roots of a trace that began elsewhere: together they reach from 200 to 290.
    for (const std::uint64_t number : {3U, 4U}) {
      Span local =
          make_span(number, "callee " + std::to_string(number), number == 3 ? 200 : 220, number == 3 ? 240 : 290);
      local.trace_id = trace_id(3);
      local.parent_span_id = span_id(77);
      add_local_root(builder, local);
    }
    Span orphan = make_span(5, "orphan", 300, 310);
    orphan.trace_id = trace_id(9);
    builder.add(orphan);
    Event loose = make_event(5, "loose", 1);
    loose.trace_id = {};
    builder.add(loose);
    Metric gauge = make_metric(9, "cpu", 2);
    gauge.trace_id = {};
    gauge.value = 0.1;
    gauge.aggregation_type = AggregationType::histogram;
    gauge.distribution = Distribution{.count = 3, .sum = 0.3, .scale = 2, .zero_count = 1, .positive = {-9, {1, 1}}};
    builder.add(gauge);
    builder.add(GraphDefinition{.hash = "hash 2", .graph_id = "g", .version = "1", .content = every_value_and_nan()});
    builder.add(GraphDefinition{.hash = "hash 1", .graph_id = "g", .version = "2", .content = {}});
  });
}

}  // namespace spark::testing
