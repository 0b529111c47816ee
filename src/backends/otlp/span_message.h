// Spans as OTLP has them (trace/v1/trace.proto): our spans, and traces that no span stands for.
#pragma once

#include <string_view>

#include "backends/otlp/fields.h"
#include "backends/otlp/mapping.h"
#include "backends/otlp/values.h"
#include "spark/telemetry/batch.h"

namespace spark::detail::otlp {

[[nodiscard]] constexpr WireKind to_wire(SpanKind kind) noexcept {
  switch (kind) {
    case SpanKind::INTERNAL:
      return WireKind::internal;
    case SpanKind::CLIENT:
      return WireKind::client;
    case SpanKind::SERVER:
      return WireKind::server;
    case SpanKind::PRODUCER:
      return WireKind::producer;
    case SpanKind::CONSUMER:
      return WireKind::consumer;
  }
  return WireKind::internal;
}

// The id of the span that stands for the trace.
[[nodiscard]] inline SpanId root_of(const TraceView& trace) noexcept {
  return trace.root_span_id.is_valid() ? trace.root_span_id : root_span_id(trace.trace_id);
}

// OTLP refuses what has no id.
[[nodiscard]] inline bool is_sendable(const SpanView& span) noexcept {
  return span.trace_id.is_valid() && span.span_id.is_valid();
}

template <class Writer>
void write_status(Writer& writer, bool is_error, std::string_view message) {
  if (!is_error && message.empty()) return;
  writer.message(span::status, [&] {
    writer.text(span_status::message, message);
    writer.enumerator(span_status::code, is_error ? StatusCode::error : StatusCode::unset);
  });
}

template <class Writer>
void write_span_attributes(Writer& writer, const SpanView& view) {
  write_attributes(writer, span::attributes, [&](auto& attributes) {
    const bool has_error_type = !view.error_type.empty();
    for (const AttributeView& attribute : view.attributes) {
      if (has_error_type && attribute.key == names::error_type) [[unlikely]] {
        // Instrumentation often says it twice.
        const bool is_the_same =
            attribute.value.type() == ValueType::string && attribute.value.text() == view.error_type;
        if (!is_the_same) attributes.users(attribute.key, attribute.value, true);
      } else {
        attributes.users(attribute.key, attribute.value);
      }
    }
    if (has_error_type) attributes.text(names::error_type, view.error_type);
    if (view.status == SpanStatus::cancelled) attributes.text(names::status, to_string(view.status));
    if (view.is_local_root) attributes.boolean(names::local_root, true);
  });
}

template <class Writer>
void write_span_event(Writer& writer, const SpanEventView& event) {
  writer.together([&](auto& head) {
    head.fixed64(span_event::time, static_cast<std::uint64_t>(event.time_ns));
    head.text(span_event::name, event.name);
  });
  write_attributes(writer, span_event::attributes, [&](auto& attributes) {
    attributes.users(event.attributes);
    attributes.uuid(names::event_id, event.event_id);
  });
}

template <class Writer>
void write_span(Writer& writer, const SpanView& view) {
  writer.together([&](auto& head) {
    head.id(span::trace_id, view.trace_id);
    head.id(span::span_id, view.span_id);
    head.id(span::parent_span_id, view.parent_span_id);
    head.text(span::name, view.name);
    head.enumerator(span::kind, to_wire(view.kind));
    head.fixed64(span::start_time, static_cast<std::uint64_t>(view.start_ns));
    head.fixed64(span::end_time, static_cast<std::uint64_t>(view.end_ns));
  });
  write_span_attributes(writer, view);
  writer.list(span::events, [&] {
    for (const SpanEventView& event : view.events) {
      writer.element(span::events, [&] { write_span_event(writer, event); });
    }
  });
  write_status(writer, view.status != SpanStatus::completed, view.status_message);
  const bool has_remote_parent = view.is_local_root && view.parent_span_id.is_valid();
  writer.fixed32(span::flags, flag_sampled | flag_has_is_remote | (has_remote_parent ? flag_is_remote : 0));
}

// A trace that ended without a span of its root span id.
template <class Writer>
void write_trace_as_span(Writer& writer, const TraceView& trace) {
  writer.id(span::trace_id, trace.trace_id);
  writer.id(span::span_id, root_of(trace));
  writer.text(span::name, trace.name);
  writer.enumerator(span::kind, WireKind::internal);
  writer.fixed64(span::start_time, static_cast<std::uint64_t>(trace.start_ns));
  writer.fixed64(span::end_time, static_cast<std::uint64_t>(trace.end_ns));
  write_attributes(writer, span::attributes, [&](auto& attributes) {
    attributes.users(trace.attributes);
    attributes.text(names::record, names::record_is_trace);
    if (!trace.graph_hash.empty()) attributes.text(names::graph_hash, trace.graph_hash);
    const bool is_clear = trace.status == TraceStatus::completed || trace.status == TraceStatus::failed;
    if (!is_clear) attributes.text(names::status, to_string(trace.status));
  });
  write_status(writer, trace.status == TraceStatus::failed || trace.status == TraceStatus::cancelled, {});
  writer.fixed32(span::flags, flag_sampled | flag_has_is_remote);
}

}  // namespace spark::detail::otlp
