#include "backends/memory/matcher.h"

namespace spark::detail::memory {

bool plain_fields_match(const TraceQuery& query, const Trace& trace) noexcept {
  return matches(query.trace_id, trace.trace_id) && matches(query.status, trace.status) &&
         query.start_time.contains(trace.start_time);
}

bool plain_fields_match(const SpanQuery& query, const Span& span) noexcept {
  return matches(query.trace_id, span.trace_id) && matches(query.span_id, span.span_id) &&
         matches(query.parent_span_id, span.parent_span_id) && matches(query.kind, span.kind) &&
         matches(query.status, span.status) && query.start_time.contains(span.start_time);
}

bool plain_fields_match(const EventQuery& query, const Event& event) noexcept {
  return matches(query.trace_id, event.trace_id) && matches(query.span_id, event.span_id) &&
         matches(query.event_id, event.event_id) && matches(query.event_type, event.type) &&
         matches(query.source, event.source) && query.timestamp.contains(event.timestamp);
}

bool plain_fields_match(const MetricQuery& query, const Metric& metric) noexcept {
  return matches(query.trace_id, metric.trace_id) && matches(query.span_id, metric.span_id) &&
         matches(query.metric_id, metric.metric_id) && matches(query.aggregation_type, metric.aggregation_type) &&
         query.timestamp.contains(metric.timestamp) && query.value.contains(metric.value);
}

Trace without_attributes(const Trace& trace) {
  return {trace.trace_id,     trace.name,       trace.start_time, trace.end_time, trace.status, {},
          trace.root_span_id, trace.graph_hash, trace.partial,    trace.service};
}

Span without_attributes(const Span& span) {
  return {span.span_id,  span.trace_id, span.parent_span_id, span.name,       span.kind, span.start_time,
          span.end_time, span.status,   span.status_message, span.error_type, {},        span.service};
}

Event without_attributes(const Event& event) {
  return {event.event_id, event.trace_id, event.span_id, event.type, event.name, event.timestamp, event.source, {}};
}

Metric without_attributes(const Metric& metric) {
  return {metric.metric_id, metric.trace_id,         metric.span_id,   metric.name, metric.value,
          metric.unit,      metric.aggregation_type, metric.timestamp, {},          metric.distribution};
}

}  // namespace spark::detail::memory
