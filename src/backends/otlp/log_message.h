// Log records as OTLP has them (logs/v1/logs.proto): recorded events, traces that a span of theirs already stands for,
// and declared graphs. The last two have what is the user's in the body, ours in the attributes.
#pragma once

#include <string_view>

#include "backends/otlp/fields.h"
#include "backends/otlp/mapping.h"
#include "backends/otlp/span_message.h"
#include "backends/otlp/values.h"
#include "spark/telemetry/batch.h"

namespace spark::detail::otlp {

// The context of a log record. Without a trace a span id says nothing.
template <class Writer>
void write_log_context(Writer& writer, TraceId trace, SpanId span) {
  if (!trace.is_valid()) return;
  writer.fixed32(log_record::flags, flag_sampled);
  writer.id(log_record::trace_id, trace);
  writer.id(log_record::span_id, span);
}

template <class Writer>
void write_event(Writer& writer, const EventView& event) {
  writer.fixed64(log_record::time, static_cast<std::uint64_t>(event.time_ns));
  write_attributes(writer, log_record::attributes, [&](auto& attributes) {
    attributes.users(event.attributes);
    attributes.uuid(names::event_id, event.event_id);
    if (!event.type.empty()) attributes.text(names::event_type, event.type);
    if (event.source != EventSource::recorded) attributes.text(names::event_source, to_string(event.source));
  });
  write_log_context(writer, event.trace_id, event.span_id);
  writer.fixed64(log_record::observed_time, static_cast<std::uint64_t>(event.time_ns));
  writer.text(log_record::event_name, event.name);
}

// The trace's own name, status and attributes, which the span that stands for it does not have.
template <class Writer>
void write_trace_as_log(Writer& writer, const TraceView& trace) {
  writer.fixed64(log_record::time, static_cast<std::uint64_t>(trace.end_ns));
  writer.message(log_record::body, [&] {
    writer.message(any_value::kvlist_value, [&] {
      write_attributes(writer, any_value::values, [&](auto& attributes) { attributes.users(trace.attributes); });
    });
  });
  write_attributes(writer, log_record::attributes, [&](auto& attributes) {
    attributes.text(names::trace_name, trace.name);
    attributes.integer(names::trace_start, trace.start_ns);
    attributes.text(names::status, to_string(trace.status));
    if (!trace.graph_hash.empty()) attributes.text(names::graph_hash, trace.graph_hash);
  });
  write_log_context(writer, trace.trace_id, root_of(trace));
  writer.fixed64(log_record::observed_time, static_cast<std::uint64_t>(trace.end_ns));
  writer.text(log_record::event_name, names::trace_record);
}

// A graph has no time of its own: `observed_ns` says when it was first seen, about.
template <class Writer>
void write_graph(Writer& writer, const GraphDefinition& graph, std::int64_t observed_ns) {
  writer.message(log_record::body, [&] { write_object(writer, graph.content); });
  write_attributes(writer, log_record::attributes, [&](auto& attributes) {
    attributes.text(names::graph_hash, graph.hash);
    attributes.text(names::graph_id, graph.graph_id);
    attributes.text(names::graph_version, graph.version);
  });
  writer.fixed64(log_record::observed_time, static_cast<std::uint64_t>(observed_ns));
  writer.text(log_record::event_name, names::graph_record);
}

}  // namespace spark::detail::otlp
