#include "backends/postgresql/rows.h"

#include <string>
#include <utility>

#include "backends/postgresql/json_column.h"
#include "spark/base/error.h"
#include "spark/base/json.h"
#include "telemetry/record_json.h"

namespace spark::detail::postgresql {
namespace {

Timestamp time(std::int64_t ns) { return Timestamp(std::chrono::nanoseconds(ns)); }

SpanId span_id(const Result& result, int row, int column) {
  return result.is_null(row, column) ? SpanId{} : SpanId{id_from_column(result.integer(row, column))};
}

std::string text_at(const Result& result, int row, int column) { return std::string(result.octets(row, column)); }

// NULL is what stands for the attributes where nobody wants them.
Object object(const Result& result, int row, int column) {
  const std::string_view json = result.json(row, column);
  if (json.empty() || json == "{}") return {};
  return std::move(parse_json(json, max_json_depth).as_object());
}

template <class Enum>
Enum enumerator(const Result& result, int row, int column, Enum last) {
  const std::int64_t value = result.integer(row, column);
  if (value < 0 || value > static_cast<std::int64_t>(last)) {
    throw Error(ErrorCode::invalid_argument, "enumerator " + std::to_string(value) + " is unknown");
  }
  return static_cast<Enum>(value);
}

}  // namespace

Trace decode_trace(const Result& result, int row) {
  Trace trace;
  trace.trace_id = read_uuid<TraceId>(result.octets(row, 0));
  trace.name = text_at(result, row, 1);
  trace.start_time = time(result.integer(row, 2));
  if (!result.is_null(row, 3)) trace.end_time = time(result.integer(row, 3));
  trace.status = enumerator(result, row, 4, TraceStatus::cancelled);
  trace.attributes = object(result, row, 5);
  trace.root_span_id = span_id(result, row, 6);
  trace.graph_hash = text_at(result, row, 7);
  trace.partial = result.boolean(row, 8);
  trace.service = text_at(result, row, 9);
  return trace;
}

Span decode_span(const Result& result, int row) {
  Span span;
  span.span_id = span_id(result, row, 0);
  span.trace_id = read_uuid<TraceId>(result.octets(row, 1));
  span.parent_span_id = span_id(result, row, 2);
  span.name = text_at(result, row, 3);
  span.kind = enumerator(result, row, 4, SpanKind::CONSUMER);
  span.start_time = time(result.integer(row, 5));
  span.end_time = time(end_of(result.integer(row, 5), result.integer(row, 6)));
  span.status = enumerator(result, row, 7, SpanStatus::cancelled);
  span.status_message = text_at(result, row, 8);
  span.error_type = text_at(result, row, 9);
  span.attributes = object(result, row, 10);
  span.service = text_at(result, row, 11);
  return span;
}

Event decode_event(const Result& result, int row) {
  Event event;
  event.event_id = read_uuid<EventId>(result.octets(row, 0));
  event.trace_id = read_uuid<TraceId>(result.octets(row, 1));
  event.span_id = span_id(result, row, 2);
  event.type = text_at(result, row, 3);
  event.name = text_at(result, row, 4);
  event.timestamp = time(result.integer(row, 5));
  event.source = enumerator(result, row, 6, EventSource::span);
  event.attributes = object(result, row, 7);
  return event;
}

Metric decode_metric(const Result& result, int row) {
  Metric metric;
  metric.metric_id = read_uuid<MetricId>(result.octets(row, 0));
  metric.trace_id = read_uuid<TraceId>(result.octets(row, 1));
  metric.span_id = span_id(result, row, 2);
  metric.name = text_at(result, row, 3);
  metric.value = result.number(row, 4);
  metric.unit = text_at(result, row, 5);
  metric.aggregation_type = enumerator(result, row, 6, AggregationType::histogram);
  metric.timestamp = time(result.integer(row, 7));
  metric.attributes = object(result, row, 8);
  if (!result.is_null(row, 9)) metric.distribution = distribution_from_json(result.json(row, 9));
  return metric;
}

GraphDefinition decode_graph(const Result& result, int row) {
  return {text_at(result, row, 0), text_at(result, row, 1), text_at(result, row, 2), object(result, row, 3)};
}

}  // namespace spark::detail::postgresql
