#include "backends/postgresql/batch_rows.h"

#include <algorithm>
#include <tuple>

#include "backends/postgresql/json_column.h"
#include "spark/base/json.h"
#include "telemetry/record_json.h"

namespace spark::detail::postgresql {
namespace {

using enum Type;

// A trace is merged: the first end wins, and takes the place of a start whichever of the two comes first.
constexpr Type trace_types[] = {uuid, int8, int8, int8, text, int2, int8, text, int8, jsonb};
constexpr TableShape traces_shape{
    "traces_data",
    "trace_id, start_ns, end_ns, duration_ns, name, status, root_span_id, graph_hash, resource, attributes",
    trace_types,
    "(trace_id) DO UPDATE SET start_ns = excluded.start_ns, end_ns = excluded.end_ns, "
    "duration_ns = excluded.duration_ns, name = excluded.name, status = excluded.status, "
    "root_span_id = excluded.root_span_id, graph_hash = excluded.graph_hash, resource = excluded.resource, "
    "attributes = excluded.attributes WHERE t.end_ns IS NULL AND excluded.end_ns IS NOT NULL",
    "write traces"};

// An implied trace reaches from the first start to the last end of its local roots; the earliest of them names it.
constexpr Type implied_types[] = {uuid, int8, int8, text, int2, int8, int8, int8};
constexpr TableShape implied_shape{
    "implied_traces", "trace_id, start_ns, end_ns, name, status, root_span_id, root_start_ns, resource", implied_types,
    "(trace_id) DO UPDATE SET start_ns = least(t.start_ns, excluded.start_ns), "
    "end_ns = greatest(t.end_ns, excluded.end_ns), "
    "(name, status, root_span_id, root_start_ns, resource) = "
    "(SELECT f.* FROM (VALUES (t.name, t.status, t.root_span_id, t.root_start_ns, t.resource), "
    "(excluded.name, excluded.status, excluded.root_span_id, excluded.root_start_ns, excluded.resource)) "
    "AS f (name, status, root_span_id, root_start_ns, resource) ORDER BY root_start_ns, root_span_id LIMIT 1)",
    "write implied traces"};

constexpr Type span_types[] = {uuid, int8, int8, int8, text, int2, int8, int2, text, text, int8, jsonb};
constexpr TableShape spans_shape{
    "spans_data",
    "trace_id, start_ns, span_id, parent_id, name, kind, duration_ns, status, status_message, error_type, resource, "
    "attributes",
    span_types, "(trace_id, start_ns, span_id) DO NOTHING", "write spans"};

constexpr Type event_types[] = {uuid, int8, uuid, int8, int2, text, text, int8, jsonb};
constexpr TableShape events_shape{"events_data",
                                  "trace_id, time_ns, event_id, span_id, source, type, name, resource, attributes",
                                  event_types, "(trace_id, time_ns, event_id) DO NOTHING", "write events"};

constexpr Type metric_types[] = {uuid, int8, uuid, int8, text, float8, text, int2, int8, jsonb, jsonb};
constexpr TableShape metrics_shape{
    "metrics_data",
    "trace_id, time_ns, metric_id, span_id, name, value, unit, aggregation_type, resource, attributes, distribution",
    metric_types, "(trace_id, time_ns, metric_id) DO NOTHING", "write metrics"};

constexpr Type graph_types[] = {text, text, text, int8, jsonb};
constexpr TableShape graphs_shape{"graphs_data", "hash, graph_id, version, resource, content", graph_types,
                                  "(hash) DO NOTHING", "write graphs"};

void span_or_null(RowEncoder& row, SpanId span) {
  span.is_valid() ? row.integer(id_to_column(span.value)) : row.null();
}

void attributes(RowEncoder& row, AttributesView attributes) {
  row.json([&](std::string& out) { append_column_json(out, attributes); });
}

std::string iso(std::int64_t ns) { return to_iso8601(Timestamp(std::chrono::nanoseconds(ns))); }

}  // namespace

BatchRows::BatchRows(const Batch& batch, std::int64_t resource) : batch_(batch), resource_(resource) {
  add_traces();
  add_implied_traces();
  add_spans();
  add_events();
  add_metrics();
  add_graphs();
}

std::vector<std::int64_t> BatchRows::days() const {
  std::vector<std::int64_t> days;
  const auto add = [&](std::int64_t ns) {
    const std::int64_t day = day_of(ns);
    if (days.empty() || days.back() != day) days.push_back(day);
  };
  for (const SpanView* span : spans_) add(span->start_ns);
  for (const EventRow& event : events_) add(event.time_ns);
  for (const MetricView* metric : metrics_) add(metric->time_ns);
  std::sort(days.begin(), days.end());
  days.erase(std::unique(days.begin(), days.end()), days.end());
  return days;
}

void BatchRows::add_traces() {
  traces_ = reduce_traces(batch_);
  std::vector<TraceId> started;
  for (const TraceView& trace : batch_.traces()) {
    if (!trace.is_end) started.push_back(trace.trace_id);
  }
  std::sort(started.begin(), started.end());
  const auto is_new = [&](const TraceView* trace) {
    return std::binary_search(started.begin(), started.end(), trace->trace_id);
  };
  const auto by_id = [](const TraceView* a, const TraceView* b) { return a->trace_id < b->trace_id; };
  const auto first_known = std::partition(traces_.begin(), traces_.end(), is_new);
  std::sort(traces_.begin(), first_known, by_id);
  std::sort(first_known, traces_.end(), by_id);
  const auto new_ones = static_cast<std::size_t>(first_known - traces_.begin());
  if (new_ones > 0) add_traces(0, new_ones, true);
  if (new_ones < traces_.size()) add_traces(new_ones, traces_.size(), false);
}

void BatchRows::add_traces(std::size_t from, std::size_t to, bool are_new) {
  const auto encode = [this, from](RowEncoder& row, std::size_t index) {
    const TraceView& trace = *traces_[from + index];
    row.uuid(trace.trace_id);
    row.integer(trace.start_ns);
    trace.is_end ? row.integer(trace.end_ns) : row.null();
    row.integer(trace.is_end ? duration_of(trace.start_ns, trace.end_ns) : 0);
    row.text(trace.name);
    row.integer(static_cast<std::int64_t>(trace.status));
    span_or_null(row, trace.root_span_id);
    row.text(trace.graph_hash);
    row.integer(resource_);
    attributes(row, trace.attributes);
  };
  const auto describe = [this, from](std::size_t index) {
    const TraceView& trace = *traces_[from + index];
    RefusedRow refused{"trace",
                       to_json({{"trace_id", trace.trace_id.to_string()},
                                {"name", trace.name},
                                {"start_time", iso(trace.start_ns)},
                                {"graph_hash", trace.graph_hash},
                                {"attributes", to_object(trace.attributes)}}),
                       {}};
    for (const TraceView& each : batch_.traces()) {
      if (each.trace_id != trace.trace_id) continue;
      refused.counts.push_back(each.is_end ? RecordKind::trace_end : RecordKind::trace_start);
    }
    return refused;
  };
  tables_.push_back({&traces_shape, are_new, to - from, encode, describe});
}

void BatchRows::add_implied_traces() {
  for (const SpanView& span : batch_.spans()) {
    if (span.is_local_root) implied_.push_back({span.trace_id, span.start_ns, span.end_ns, span.start_ns, &span});
  }
  if (implied_.empty()) return;
  const auto key = [](const ImpliedTrace& a) { return std::tuple(a.trace_id, a.root_start_ns, a.root->span_id); };
  std::sort(implied_.begin(), implied_.end(), [&](const auto& a, const auto& b) { return key(a) < key(b); });
  std::vector<ImpliedTrace> merged;
  for (const ImpliedTrace& one : implied_) {
    if (merged.empty() || merged.back().trace_id != one.trace_id) {
      merged.push_back(one);
    } else {
      merged.back().end_ns = std::max(merged.back().end_ns, one.end_ns);
    }
  }
  implied_ = std::move(merged);
  const auto encode = [this](RowEncoder& row, std::size_t index) {
    const ImpliedTrace& trace = implied_[index];
    row.uuid(trace.trace_id);
    row.integer(trace.start_ns);
    row.integer(trace.end_ns);
    row.text(trace.root->name);
    // A trace's statuses are a span's after `started`.
    row.integer(static_cast<std::int64_t>(trace.root->status) + 1);
    row.integer(id_to_column(trace.root->span_id.value));
    row.integer(trace.root_start_ns);
    row.integer(resource_);
  };
  // It counts as nothing: its span does.
  const auto describe = [this](std::size_t index) {
    const ImpliedTrace& trace = implied_[index];
    return RefusedRow{"implied_trace",
                      to_json({{"trace_id", trace.trace_id.to_string()}, {"name", std::string(trace.root->name)}}),
                      {}};
  };
  tables_.push_back({&implied_shape, false, implied_.size(), encode, describe});
}

void BatchRows::add_spans() {
  if (batch_.spans().empty()) return;
  spans_.reserve(batch_.spans().size());
  for (const SpanView& span : batch_.spans()) spans_.push_back(&span);
  std::sort(spans_.begin(), spans_.end(), [](const SpanView* a, const SpanView* b) {
    return std::tie(a->trace_id, a->start_ns, a->span_id) < std::tie(b->trace_id, b->start_ns, b->span_id);
  });
  const auto encode = [this](RowEncoder& row, std::size_t index) {
    const SpanView& span = *spans_[index];
    row.uuid(span.trace_id);
    row.integer(span.start_ns);
    row.integer(id_to_column(span.span_id.value));
    span_or_null(row, span.parent_span_id);
    row.text(span.name);
    row.integer(static_cast<std::int64_t>(span.kind));
    row.integer(duration_of(span.start_ns, span.end_ns));
    row.integer(static_cast<std::int64_t>(span.status));
    row.text(span.status_message);
    row.text(span.error_type);
    row.integer(resource_);
    attributes(row, span.attributes);
  };
  const auto describe = [this](std::size_t index) {
    const SpanView& span = *spans_[index];
    return RefusedRow{"span",
                      to_json({{"trace_id", span.trace_id.to_string()},
                               {"span_id", span.span_id.to_string()},
                               {"name", span.name},
                               {"start_time", iso(span.start_ns)},
                               {"status_message", span.status_message},
                               {"error_type", span.error_type},
                               {"attributes", to_object(span.attributes)}}),
                      {RecordKind::span}};
  };
  tables_.push_back({&spans_shape, true, spans_.size(), encode, describe});
}

void BatchRows::add_events() {
  for (const EventView& event : batch_.events()) {
    events_.push_back({event.trace_id, event.time_ns, event.event_id, event.span_id, event.source, &event, nullptr});
  }
  for (const SpanView& span : batch_.spans()) {
    for (const SpanEventView& event : span.events) {
      events_.push_back(
          {span.trace_id, event.time_ns, event.event_id, span.span_id, EventSource::span, nullptr, &event});
    }
  }
  if (events_.empty()) return;
  std::sort(events_.begin(), events_.end(), [](const EventRow& a, const EventRow& b) {
    return std::tie(a.trace_id, a.time_ns, a.id) < std::tie(b.trace_id, b.time_ns, b.id);
  });
  const auto encode = [this](RowEncoder& row, std::size_t index) {
    const EventRow& event = events_[index];
    const bool is_recorded = event.recorded != nullptr;
    row.uuid(event.trace_id);
    row.integer(event.time_ns);
    row.uuid(event.id);
    span_or_null(row, event.span);
    row.integer(static_cast<std::int64_t>(event.source));
    row.text(is_recorded ? event.recorded->type : std::string_view());
    row.text(is_recorded ? event.recorded->name : event.of_span->name);
    row.integer(resource_);
    attributes(row, is_recorded ? event.recorded->attributes : event.of_span->attributes);
  };
  const auto describe = [this](std::size_t index) {
    const EventRow& event = events_[index];
    const bool is_recorded = event.recorded != nullptr;
    RefusedRow refused{
        "event",
        to_json({{"trace_id", event.trace_id.to_string()},
                 {"event_id", event.id.to_string()},
                 {"name", is_recorded ? event.recorded->name : event.of_span->name},
                 {"timestamp", iso(event.time_ns)},
                 {"attributes", to_object(is_recorded ? event.recorded->attributes : event.of_span->attributes)}}),
        {}};
    // An event of a span counts with its span.
    if (is_recorded) refused.counts.push_back(RecordKind::event);
    return refused;
  };
  tables_.push_back({&events_shape, true, events_.size(), encode, describe});
}

void BatchRows::add_metrics() {
  if (batch_.metrics().empty()) return;
  for (const MetricView& metric : batch_.metrics()) metrics_.push_back(&metric);
  std::sort(metrics_.begin(), metrics_.end(), [](const MetricView* a, const MetricView* b) {
    return std::tie(a->trace_id, a->time_ns, a->metric_id) < std::tie(b->trace_id, b->time_ns, b->metric_id);
  });
  const auto encode = [this](RowEncoder& row, std::size_t index) {
    const MetricView& metric = *metrics_[index];
    row.uuid(metric.trace_id);
    row.integer(metric.time_ns);
    row.uuid(metric.metric_id);
    span_or_null(row, metric.span_id);
    row.text(metric.name);
    row.number(metric.value);
    row.text(metric.unit);
    row.integer(static_cast<std::int64_t>(metric.aggregation_type));
    row.integer(resource_);
    attributes(row, metric.attributes);
    if (metric.distribution == nullptr) return row.null();
    row.json([&](std::string& out) { append_column_json(out, distribution_to_object(*metric.distribution)); });
  };
  const auto describe = [this](std::size_t index) {
    const MetricView& metric = *metrics_[index];
    return RefusedRow{"metric",
                      to_json({{"trace_id", metric.trace_id.to_string()},
                               {"metric_id", metric.metric_id.to_string()},
                               {"name", metric.name},
                               {"timestamp", iso(metric.time_ns)},
                               {"value", metric.value},
                               {"unit", metric.unit},
                               {"attributes", to_object(metric.attributes)}}),
                      {metric.is_self_metric ? RecordKind::self_metric : RecordKind::metric}};
  };
  tables_.push_back({&metrics_shape, true, metrics_.size(), encode, describe});
}

void BatchRows::add_graphs() {
  if (batch_.graphs().empty()) return;
  for (const GraphDefinition& graph : batch_.graphs()) graphs_.push_back(&graph);
  // Not sorted as the other rows are: queries give them in the order in which they were declared.
  const auto encode = [this](RowEncoder& row, std::size_t index) {
    const GraphDefinition& graph = *graphs_[index];
    row.text(graph.hash);
    row.text(graph.graph_id);
    row.text(graph.version);
    row.integer(resource_);
    row.json([&](std::string& out) { append_column_json(out, graph.content); });
  };
  const auto describe = [this](std::size_t index) {
    const GraphDefinition& graph = *graphs_[index];
    return RefusedRow{"graph",
                      to_json({{"hash", graph.hash}, {"graph_id", graph.graph_id}, {"version", graph.version}}),
                      {RecordKind::graph}};
  };
  tables_.push_back({&graphs_shape, false, graphs_.size(), encode, describe});
}

}  // namespace spark::detail::postgresql
