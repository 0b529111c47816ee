#include "backends/sqlite/conditions.h"

namespace spark::detail::sqlite {

Select trace_conditions(Reader& reader, const TraceQuery& query, bool implied) {
  Select select;
  select.trace(query.trace_id);
  select.name("name", reader.functions().name());
  select.enumerator("status", query.status);
  select.time("start_ns", query.start_time);
  select.duration(trace_duration, query.duration);
  // One that has a row of its own shows that one.
  if (implied) select.add_text("NOT EXISTS (SELECT 1 FROM traces_data AS t WHERE t.trace = d.trace)");
  return select;
}

Select span_conditions(Reader& reader, const SpanQuery& query) {
  Select select;
  select.trace(query.trace_id);
  select.span("span", query.span_id);
  select.span("parent", query.parent_span_id);
  select.name("name", reader.functions().name());
  select.enumerator("kind", query.kind);
  select.enumerator("status", query.status);
  select.time("start_ns", query.start_time);
  select.duration("duration_ns", query.duration);
  return select;
}

Select event_conditions(Reader& reader, const EventQuery& query) {
  Select select;
  select.trace(query.trace_id);
  select.span("span", query.span_id);
  select.record_id(query.event_id);
  select.name("type", query.event_type, true);
  select.name("name", reader.functions().name());
  select.enumerator("source", query.source);
  select.time("time_ns", query.timestamp);
  return select;
}

Select metric_conditions(Reader& reader, const MetricQuery& query) {
  Select select;
  select.trace(query.trace_id);
  select.span("span", query.span_id);
  select.record_id(query.metric_id);
  select.name("name", reader.functions().name());
  select.enumerator("aggregation_type", query.aggregation_type);
  select.time("time_ns", query.timestamp);
  select.number("value", query.value);
  return select;
}

}  // namespace spark::detail::sqlite
