#include "backends/postgresql/conditions.h"

#include "telemetry/attribute_condition.h"

namespace spark::detail::postgresql {
namespace {

void add_attributes(Select& select, const std::vector<AttributeFilter>& filters) {
  static_cast<void>(attribute_conditions(filters));  // refuses what can never be right
  select.attributes(filters);
}

}  // namespace

Select conditions(Parameters& parameters, const TraceQuery& query, bool is_implied) {
  Select select(parameters);
  select.trace(query.trace_id);
  select.glob("name", query.name);
  select.enumerator("status", query.status);
  select.time("start_ns", query.start_time);
  select.duration(is_implied ? implied_duration : "duration_ns", query.duration);
  if (is_implied) {
    // One that has a row of its own shows that one.
    select.add("NOT EXISTS (SELECT 1 FROM traces_data AS t WHERE t.trace_id = implied_traces.trace_id)");
  } else {
    add_attributes(select, query.attributes);
  }
  return select;
}

Select conditions(Parameters& parameters, const SpanQuery& query) {
  Select select(parameters);
  select.trace(query.trace_id);
  select.span("span_id", query.span_id);
  select.span("parent_id", query.parent_span_id);
  select.glob("name", query.name);
  select.enumerator("kind", query.kind);
  select.enumerator("status", query.status);
  select.time("start_ns", query.start_time);
  select.duration("duration_ns", query.duration);
  add_attributes(select, query.attributes);
  return select;
}

Select conditions(Parameters& parameters, const EventQuery& query) {
  Select select(parameters);
  select.trace(query.trace_id);
  select.span("span_id", query.span_id);
  select.record_id("event_id", query.event_id);
  select.text("type", query.event_type);
  select.glob("name", query.name);
  select.enumerator("source", query.source);
  select.time("time_ns", query.timestamp);
  add_attributes(select, query.attributes);
  return select;
}

Select conditions(Parameters& parameters, const MetricQuery& query) {
  Select select(parameters);
  select.trace(query.trace_id);
  select.span("span_id", query.span_id);
  select.record_id("metric_id", query.metric_id);
  select.glob("name", query.name);
  select.enumerator("aggregation_type", query.aggregation_type);
  select.time("time_ns", query.timestamp);
  select.number("value", query.value);
  add_attributes(select, query.attributes);
  return select;
}

}  // namespace spark::detail::postgresql
