#include "backends/sqlite/rows.h"

#include <limits>
#include <string>
#include <utility>

#include "backends/sqlite/encoding.h"
#include "spark/base/error.h"
#include "spark/base/json.h"

namespace spark::detail::sqlite {
namespace {

Timestamp time(std::int64_t ns) { return Timestamp(std::chrono::nanoseconds(ns)); }

SpanId span_id(const Statement& row, int column) {
  return row.is_null(column) ? SpanId{} : SpanId{id_from_column(row.integer(column))};
}

RecordId record_id(const Statement& row, int high, int low) {
  return {id_from_column(row.integer(high)), id_from_column(row.integer(low))};
}

Object object(const Statement& row, int column) {
  const std::string_view json = row.text(column);
  if (json == "{}") return {};
  return std::move(parse_json(json, max_json_depth).as_object());
}

template <class Enum>
Enum enumerator(const Statement& row, int column, Enum last) {
  const std::int64_t value = row.integer(column);
  if (value < 0 || value > static_cast<std::int64_t>(last)) {
    throw Error(ErrorCode::invalid_argument, "enumerator " + std::to_string(value) + " is unknown");
  }
  return static_cast<Enum>(value);
}

}  // namespace

Trace decode_trace(const Statement& row) {
  Trace trace;
  trace.trace_id = trace_id_from_bytes(row.text(0));
  trace.name = row.text(1);
  trace.start_time = time(row.integer(2));
  if (!row.is_null(3)) trace.end_time = time(row.integer(3));
  trace.status = enumerator(row, 4, TraceStatus::cancelled);
  trace.attributes = object(row, 5);
  trace.root_span_id = span_id(row, 6);
  trace.graph_hash = row.text(7);
  trace.partial = row.integer(8) != 0;
  return trace;
}

Span decode_span(const Statement& row) {
  Span span;
  span.span_id = span_id(row, 0);
  span.trace_id = trace_id_from_bytes(row.text(1));
  span.parent_span_id = span_id(row, 2);
  span.name = row.text(3);
  span.kind = enumerator(row, 4, SpanKind::CONSUMER);
  span.start_time = time(row.integer(5));
  span.end_time = time(end_of(row.integer(5), row.integer(6)));
  span.status = enumerator(row, 7, SpanStatus::cancelled);
  span.status_message = row.text(8);
  span.error_type = row.text(9);
  span.attributes = object(row, 10);
  return span;
}

Event decode_event(const Statement& row) {
  Event event;
  event.event_id = record_id(row, 0, 1);
  event.trace_id = trace_id_from_bytes(row.text(2));
  event.span_id = span_id(row, 3);
  event.type = row.text(4);
  event.name = row.text(5);
  event.timestamp = time(row.integer(6));
  event.source = enumerator(row, 7, EventSource::span);
  event.attributes = object(row, 8);
  return event;
}

Metric decode_metric(const Statement& row) {
  Metric metric;
  metric.metric_id = record_id(row, 0, 1);
  metric.trace_id = trace_id_from_bytes(row.text(2));
  metric.span_id = span_id(row, 3);
  metric.name = row.text(4);
  metric.value = row.is_null(5) ? std::numeric_limits<double>::quiet_NaN() : row.number(5);
  metric.unit = row.text(6);
  metric.aggregation_type = enumerator(row, 7, AggregationType::histogram);
  metric.timestamp = time(row.integer(8));
  metric.attributes = object(row, 9);
  if (!row.is_null(10)) metric.distribution = distribution_from_json(row.text(10));
  return metric;
}

GraphDefinition decode_graph(const Statement& row) {
  return {std::string(row.text(0)), std::string(row.text(1)), std::string(row.text(2)), object(row, 3)};
}

Document decode_document(const Statement& row) {
  return {parse_json(row.text(0), max_json_depth), static_cast<std::uint64_t>(row.integer(1))};
}

}  // namespace spark::detail::sqlite
