// The contract's cases about queries: what each field selects, in which order rows come, and where they stop.
#include <string>

#include "backends/records.h"
#include "backends/store_contract.h"

namespace spark::testing {
namespace {

// T3 and T9 start at the same time; the id of T9 is the larger one.
void write_traces(Store& store) {
  write(store, [](BatchBuilder& batch) {
    const auto add = [&](std::uint64_t id, const char* name, TraceStatus status, std::int64_t start) {
      Trace trace{.trace_id = trace_id(id),
                  .name = name,
                  .start_time = at(start),
                  .end_time = {},
                  .status = status,
                  .attributes = {},
                  .root_span_id = root_span_id(trace_id(id)),
                  .graph_hash = {}};
      if (status != TraceStatus::started) trace.end_time = at(start + 500);
      batch.add(trace);
    };
    add(9, "checkout", TraceStatus::cancelled, 3000);
    add(1, "checkout", TraceStatus::completed, 1000);
    add(3, "checkout", TraceStatus::started, 3000);
    add(2, "search", TraceStatus::failed, 2000);
  });
}

void traces_by_field(Store& store, Checks& checks) {
  write_traces(store);
  checks.equal("all, newest first", ids(store.query_traces({})), "T9 T3 T2 T1");
  checks.equal("by trace_id", ids(store.query_traces({.trace_id = trace_id(2)})), "T2");
  checks.equal("by an unknown trace_id", ids(store.query_traces({.trace_id = trace_id(7)})), "");
  checks.equal("by name", ids(store.query_traces({.name = "checkout"})), "T9 T3 T1");
  checks.equal("by an unknown name", ids(store.query_traces({.name = "check"})), "");
  checks.equal("started", ids(store.query_traces({.status = TraceStatus::started})), "T3");
  checks.equal("completed", ids(store.query_traces({.status = TraceStatus::completed})), "T1");
  checks.equal("failed", ids(store.query_traces({.status = TraceStatus::failed})), "T2");
  checks.equal("cancelled", ids(store.query_traces({.status = TraceStatus::cancelled})), "T9");
  checks.equal("from is included", ids(store.query_traces({.start_time = {.from = at(2000)}})), "T9 T3 T2");
  checks.equal("to is not", ids(store.query_traces({.start_time = {.to = at(2000)}})), "T1");
  checks.equal("between", ids(store.query_traces({.start_time = {.from = at(1001), .to = at(3000)}})), "T2");
  checks.equal("all conditions hold together",
               ids(store.query_traces({.limit = 1, .name = "checkout", .start_time = {.from = at(2000)}})),
               "T9 (truncated)");
  checks.equal("of one trace, conditions hold too",
               ids(store.query_traces({.trace_id = trace_id(2), .name = "checkout"})), "");
}

void traces_up_to_the_limit(Store& store, Checks& checks) {
  write_traces(store);
  checks.equal("fewer", ids(store.query_traces({.limit = 3})), "T9 T3 T2 (truncated)");
  checks.equal("exactly as many", ids(store.query_traces({.limit = 4})), "T9 T3 T2 T1");
  checks.equal("more", ids(store.query_traces({.limit = 5})), "T9 T3 T2 T1");
  checks.equal("the largest limit", ids(store.query_traces({.limit = ~std::size_t{0}})), "T9 T3 T2 T1");
  checks.throws("no limit at all", ErrorCode::invalid_argument,
                [&] { static_cast<void>(store.query_traces({.limit = 0})); });
}

// S4 and S8 start at the same time; the id of S8 is the larger one.
void write_spans(Store& store) {
  write(store, [](BatchBuilder& batch) {
    const auto add = [&](std::uint64_t trace, std::uint64_t id, std::uint64_t parent, const char* name, SpanKind kind,
                         SpanStatus status, std::int64_t start) {
      batch.add(Span{.span_id = span_id(id),
                     .trace_id = trace_id(trace),
                     .parent_span_id = {span_id(parent)},
                     .name = name,
                     .kind = kind,
                     .start_time = at(start),
                     .end_time = at(start + 100),
                     .status = status,
                     .status_message = {},
                     .error_type = {},
                     .attributes = {}});
    };
    add(1, 1, 0, "load", SpanKind::INTERNAL, SpanStatus::completed, 1000);
    add(1, 2, 1, "query", SpanKind::CLIENT, SpanStatus::failed, 2000);
    add(2, 3, 0, "load", SpanKind::SERVER, SpanStatus::cancelled, 3000);
    add(2, 4, 3, "query", SpanKind::PRODUCER, SpanStatus::completed, 4000);
    add(2, 8, 3, "load", SpanKind::CONSUMER, SpanStatus::failed, 4000);
  });
}

void spans_by_field(Store& store, Checks& checks) {
  write_spans(store);
  checks.equal("all, newest first", ids(store.query_spans({})), "S8 S4 S3 S2 S1");
  checks.equal("by trace_id", ids(store.query_spans({.trace_id = trace_id(1)})), "S2 S1");
  checks.equal("of an unknown trace", ids(store.query_spans({.trace_id = trace_id(7)})), "");
  checks.equal("by span_id", ids(store.query_spans({.span_id = span_id(8)})), "S8");
  checks.equal("by trace_id and span_id", ids(store.query_spans({.trace_id = trace_id(1), .span_id = span_id(8)})), "");
  checks.equal("by parent_span_id", ids(store.query_spans({.parent_span_id = span_id(3)})), "S8 S4");
  checks.equal("without a parent", ids(store.query_spans({.parent_span_id = SpanId{}})), "S3 S1");
  checks.equal("by name", ids(store.query_spans({.name = "load"})), "S8 S3 S1");
  checks.equal("by an unknown name", ids(store.query_spans({.name = "LOAD"})), "");
  checks.equal("INTERNAL", ids(store.query_spans({.kind = SpanKind::INTERNAL})), "S1");
  checks.equal("CLIENT", ids(store.query_spans({.kind = SpanKind::CLIENT})), "S2");
  checks.equal("SERVER", ids(store.query_spans({.kind = SpanKind::SERVER})), "S3");
  checks.equal("PRODUCER", ids(store.query_spans({.kind = SpanKind::PRODUCER})), "S4");
  checks.equal("CONSUMER", ids(store.query_spans({.kind = SpanKind::CONSUMER})), "S8");
  checks.equal("completed", ids(store.query_spans({.status = SpanStatus::completed})), "S4 S1");
  checks.equal("failed", ids(store.query_spans({.status = SpanStatus::failed})), "S8 S2");
  checks.equal("cancelled", ids(store.query_spans({.status = SpanStatus::cancelled})), "S3");
  checks.equal("from is included", ids(store.query_spans({.start_time = {.from = at(3000)}})), "S8 S4 S3");
  checks.equal("to is not", ids(store.query_spans({.start_time = {.to = at(3000)}})), "S2 S1");
  checks.equal("all conditions hold together",
               ids(store.query_spans({.trace_id = trace_id(2), .name = "load", .status = SpanStatus::failed})), "S8");
}

void spans_up_to_the_limit(Store& store, Checks& checks) {
  write_spans(store);
  checks.equal("fewer", ids(store.query_spans({.limit = 4})), "S8 S4 S3 S2 (truncated)");
  checks.equal("exactly as many", ids(store.query_spans({.limit = 5})), "S8 S4 S3 S2 S1");
  checks.equal("of one trace", ids(store.query_spans({.limit = 1, .trace_id = trace_id(2)})), "S8 (truncated)");
  checks.throws("no limit at all", ErrorCode::invalid_argument,
                [&] { static_cast<void>(store.query_spans({.limit = 0})); });
}

// R4 and R8 are of the same time. R9 was added to a span; R3 belongs to no trace.
void write_events(Store& store) {
  write(store, [](BatchBuilder& batch) {
    const auto add = [&](std::uint64_t id, std::uint64_t trace, std::uint64_t span, const char* type, const char* name,
                         std::int64_t time) {
      batch.add(Event{.event_id = record_id(id),
                      .trace_id = trace != 0 ? trace_id(trace) : TraceId{},
                      .span_id = {span_id(span)},
                      .type = type,
                      .name = name,
                      .timestamp = at(time),
                      .attributes = {}});
    };
    add(1, 1, 0, "graph_started", "Started", 1000);
    add(2, 1, 5, "node_failed", "Failed", 2000);
    add(3, 0, 0, "milestone", "Failed", 3000);
    add(4, 2, 6, "node_failed", "Failed", 4000);
    add(8, 2, 6, "milestone", "Reached", 4000);
    const Event of_span{.event_id = record_id(9),
                        .trace_id = trace_id(2),
                        .span_id = span_id(6),
                        .type = {},
                        .name = "Reached",
                        .timestamp = at(5000),
                        .source = EventSource::span,
                        .attributes = {}};
    const Span span{.span_id = span_id(6),
                    .trace_id = trace_id(2),
                    .parent_span_id = {},
                    .name = "load",
                    .start_time = at(4000),
                    .end_time = at(6000),
                    .status_message = {},
                    .error_type = {},
                    .attributes = {}};
    batch.add(span, std::span(&of_span, 1));
  });
}

void events_by_field(Store& store, Checks& checks) {
  write_events(store);
  checks.equal("all, newest first", ids(store.query_events({})), "R9 R8 R4 R3 R2 R1");
  checks.equal("by trace_id", ids(store.query_events({.trace_id = trace_id(1)})), "R2 R1");
  checks.equal("without a trace", ids(store.query_events({.trace_id = TraceId{}})), "R3");
  checks.equal("by span_id", ids(store.query_events({.span_id = span_id(6)})), "R9 R8 R4");
  checks.equal("without a span", ids(store.query_events({.span_id = SpanId{}})), "R3 R1");
  checks.equal("by event_id", ids(store.query_events({.event_id = record_id(8)})), "R8");
  checks.equal("by an unknown event_id", ids(store.query_events({.event_id = record_id(77)})), "");
  checks.equal("by event_type", ids(store.query_events({.event_type = "node_failed"})), "R4 R2");
  checks.equal("without a type", ids(store.query_events({.event_type = ""})), "R9");
  checks.equal("by name", ids(store.query_events({.name = "Failed"})), "R4 R3 R2");
  checks.equal("recorded", ids(store.query_events({.source = EventSource::recorded})), "R8 R4 R3 R2 R1");
  checks.equal("of spans", ids(store.query_events({.source = EventSource::span})), "R9");
  checks.equal("from is included", ids(store.query_events({.timestamp = {.from = at(4000)}})), "R9 R8 R4");
  checks.equal("to is not", ids(store.query_events({.timestamp = {.to = at(4000)}})), "R3 R2 R1");
  checks.equal("all conditions hold together",
               ids(store.query_events({.trace_id = trace_id(2), .event_type = "node_failed", .name = "Failed"})), "R4");
}

void events_up_to_the_limit(Store& store, Checks& checks) {
  write_events(store);
  checks.equal("fewer", ids(store.query_events({.limit = 2})), "R9 R8 (truncated)");
  checks.equal("exactly as many", ids(store.query_events({.limit = 6})), "R9 R8 R4 R3 R2 R1");
  checks.throws("no limit at all", ErrorCode::invalid_argument,
                [&] { static_cast<void>(store.query_events({.limit = 0})); });
}

// R3 and R9 are of the same time. R1 and R9 belong to no trace.
void write_metrics(Store& store) {
  write(store, [](BatchBuilder& batch) {
    const auto add = [&](std::uint64_t id, std::uint64_t trace, std::uint64_t span, const char* name,
                         AggregationType type, std::int64_t time) {
      batch.add(Metric{.metric_id = record_id(id),
                       .trace_id = trace != 0 ? trace_id(trace) : TraceId{},
                       .span_id = {span_id(span)},
                       .name = name,
                       .value = 1,
                       .unit = "count",
                       .aggregation_type = type,
                       .timestamp = at(time),
                       .attributes = {},
                       .distribution = {}});
    };
    add(1, 0, 0, "queue_depth", AggregationType::gauge, 1000);
    add(2, 1, 5, "api_cost", AggregationType::counter, 2000);
    add(3, 1, 0, "api_cost", AggregationType::histogram, 3000);
    add(9, 0, 0, "api_cost", AggregationType::counter, 3000);
  });
}

void metrics_by_field(Store& store, Checks& checks) {
  write_metrics(store);
  checks.equal("all, newest first", ids(store.query_metrics({})), "R9 R3 R2 R1");
  checks.equal("by trace_id", ids(store.query_metrics({.trace_id = trace_id(1)})), "R3 R2");
  checks.equal("without a trace", ids(store.query_metrics({.trace_id = TraceId{}})), "R9 R1");
  checks.equal("by span_id", ids(store.query_metrics({.span_id = span_id(5)})), "R2");
  checks.equal("without a span", ids(store.query_metrics({.span_id = SpanId{}})), "R9 R3 R1");
  checks.equal("by metric_id", ids(store.query_metrics({.metric_id = record_id(9)})), "R9");
  checks.equal("by name", ids(store.query_metrics({.name = "api_cost"})), "R9 R3 R2");
  checks.equal("gauges", ids(store.query_metrics({.aggregation_type = AggregationType::gauge})), "R1");
  checks.equal("counters", ids(store.query_metrics({.aggregation_type = AggregationType::counter})), "R9 R2");
  checks.equal("histograms", ids(store.query_metrics({.aggregation_type = AggregationType::histogram})), "R3");
  checks.equal("from is included", ids(store.query_metrics({.timestamp = {.from = at(3000)}})), "R9 R3");
  checks.equal("to is not", ids(store.query_metrics({.timestamp = {.to = at(3000)}})), "R2 R1");
  checks.equal("all conditions hold together",
               ids(store.query_metrics({.trace_id = trace_id(1), .aggregation_type = AggregationType::counter})), "R2");
}

void metrics_up_to_the_limit(Store& store, Checks& checks) {
  write_metrics(store);
  checks.equal("fewer", ids(store.query_metrics({.limit = 1})), "R9 (truncated)");
  checks.equal("exactly as many", ids(store.query_metrics({.limit = 4})), "R9 R3 R2 R1");
  checks.throws("no limit at all", ErrorCode::invalid_argument,
                [&] { static_cast<void>(store.query_metrics({.limit = 0})); });
}

void graphs_by_field(Store& store, Checks& checks) {
  write(store, [](BatchBuilder& batch) {
    batch.add(GraphDefinition{.hash = "h1", .graph_id = "etl", .version = "1", .content = {}});
    batch.add(GraphDefinition{.hash = "h2", .graph_id = "etl", .version = "2", .content = {}});
    batch.add(GraphDefinition{.hash = "h3", .graph_id = "shop", .version = "2", .content = {}});
  });
  checks.equal("all, the last declared first", ids(store.query_graphs({})), "h3 h2 h1");
  checks.equal("by hash", ids(store.query_graphs({.hash = "h2"})), "h2");
  checks.equal("by graph_id", ids(store.query_graphs({.graph_id = "etl"})), "h2 h1");
  checks.equal("by version", ids(store.query_graphs({.version = "2"})), "h3 h2");
  checks.equal("all conditions hold together", ids(store.query_graphs({.graph_id = "etl", .version = "2"})), "h2");
  checks.equal("fewer", ids(store.query_graphs({.limit = 2})), "h3 h2 (truncated)");
  checks.equal("exactly as many", ids(store.query_graphs({.limit = 3})), "h3 h2 h1");
  checks.throws("no limit at all", ErrorCode::invalid_argument,
                [&] { static_cast<void>(store.query_graphs({.limit = 0})); });
}

void an_empty_store_answers_nothing(Store& store, Checks& checks) {
  checks.equal("traces", text(store.query_traces({})), "");
  checks.equal("spans", text(store.query_spans({})), "");
  checks.equal("events", text(store.query_events({})), "");
  checks.equal("metrics", text(store.query_metrics({})), "");
  checks.equal("graphs", text(store.query_graphs({})), "");
}

}  // namespace

std::vector<ContractCase> query_cases() {
  return {{"traces_by_field", traces_by_field},   {"traces_up_to_the_limit", traces_up_to_the_limit},
          {"spans_by_field", spans_by_field},     {"spans_up_to_the_limit", spans_up_to_the_limit},
          {"events_by_field", events_by_field},   {"events_up_to_the_limit", events_up_to_the_limit},
          {"metrics_by_field", metrics_by_field}, {"metrics_up_to_the_limit", metrics_up_to_the_limit},
          {"graphs_by_field", graphs_by_field},   {"an_empty_store_answers_nothing", an_empty_store_answers_nothing}};
}

}  // namespace spark::testing
