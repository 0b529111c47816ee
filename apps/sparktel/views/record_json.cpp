#include "apps/sparktel/views/record_json.h"

namespace spark::sparktel {

namespace {

Value id_or_null(SpanId id) { return id.is_valid() ? Value(id.to_string()) : Value(); }

}  // namespace

Object to_object(const Trace& trace) {
  const bool has_ended = trace.end_time.has_value();
  return Object{{"trace_id", trace.trace_id.to_string()},
                {"name", trace.name},
                {"status", to_string(trace.status)},
                {"start_time", to_iso8601(trace.start_time)},
                {"end_time", has_ended ? Value(to_iso8601(*trace.end_time)) : Value()},
                {"duration", has_ended ? Value(trace.duration().count()) : Value()},
                {"root_span_id", id_or_null(trace.root_span_id)},
                {"graph_hash", trace.graph_hash},
                {"partial", trace.partial},
                {"service", trace.service},
                {"attributes", trace.attributes}};
}

Object to_object(const Span& span) {
  return Object{{"span_id", span.span_id.to_string()},
                {"trace_id", span.trace_id.to_string()},
                {"parent_span_id", id_or_null(span.parent_span_id)},
                {"name", span.name},
                {"kind", to_string(span.kind)},
                {"start_time", to_iso8601(span.start_time)},
                {"end_time", to_iso8601(span.end_time)},
                {"duration", span.duration().count()},
                {"status", to_string(span.status)},
                {"status_message", span.status_message},
                {"error_type", span.error_type},
                {"service", span.service},
                {"attributes", span.attributes}};
}

Object to_object(const Event& event) {
  return Object{{"event_id", event.event_id.to_string()},
                {"trace_id", event.trace_id.to_string()},
                {"span_id", id_or_null(event.span_id)},
                {"type", event.type},
                {"name", event.name},
                {"timestamp", to_iso8601(event.timestamp)},
                {"source", to_string(event.source)},
                {"attributes", event.attributes}};
}

Object to_object(const Distribution::Buckets& buckets) {
  Array counts;
  for (const std::uint64_t count : buckets.counts) counts.emplace_back(count);
  return Object{{"offset", buckets.offset}, {"counts", std::move(counts)}};
}

Object to_object(const Metric& metric) {
  Object result{{"metric_id", metric.metric_id.to_string()},
                {"trace_id", metric.trace_id.to_string()},
                {"span_id", id_or_null(metric.span_id)},
                {"name", metric.name},
                {"value", metric.value},
                {"unit", metric.unit},
                {"aggregation_type", to_string(metric.aggregation_type)},
                {"timestamp", to_iso8601(metric.timestamp)},
                {"attributes", metric.attributes}};
  if (metric.distribution) {
    result.set("distribution", Object{{"count", metric.distribution->count},
                                      {"sum", metric.distribution->sum},
                                      {"scale", metric.distribution->scale},
                                      {"zero_count", metric.distribution->zero_count},
                                      {"positive", to_object(metric.distribution->positive)},
                                      {"negative", to_object(metric.distribution->negative)},
                                      {"p50", metric.distribution->quantile(0.5)},
                                      {"p95", metric.distribution->quantile(0.95)}});
  }
  return result;
}

}  // namespace spark::sparktel
