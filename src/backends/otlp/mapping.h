// The names of the mapping between our records and OTLP: what the exporter writes and the receiver reads back. The
// table with their meaning is docs/otlp.md, "The mapping". A name here is permanent: files and platforms hold it.
#pragma once

#include <algorithm>
#include <array>
#include <string_view>

namespace spark::detail::otlp::names {

// OpenTelemetry's own (semantic conventions 1.44).
inline constexpr std::string_view service_name = "service.name";
inline constexpr std::string_view service_version = "service.version";
inline constexpr std::string_view service_instance_id = "service.instance.id";  // Resource::producer_id, 16 hex digits
inline constexpr std::string_view host_name = "host.name";
inline constexpr std::string_view process_pid = "process.pid";
inline constexpr std::string_view sdk_name = "telemetry.sdk.name";
inline constexpr std::string_view sdk_language = "telemetry.sdk.language";
inline constexpr std::string_view sdk_version = "telemetry.sdk.version";
inline constexpr std::string_view error_type = "error.type";                 // Span::error_type
inline constexpr std::string_view metric_overflow = "otel.metric.overflow";  // bool, alone on its series

// OpenTelemetry's as well, for what our records have no field for ("Mapping to non-OTLP formats", and names of the same
// kind for what that page does not name). Only the receiver writes these: docs/otlp.md, "What comes in".
inline constexpr std::string_view otel_scope_name = "otel.scope.name";
inline constexpr std::string_view otel_scope_version = "otel.scope.version";
inline constexpr std::string_view otel_scope_attributes = "otel.scope.attributes";  // an object
inline constexpr std::string_view otel_status_code = "otel.status_code";            // "OK", which is more than UNSET
inline constexpr std::string_view otel_trace_state = "otel.trace_state";
inline constexpr std::string_view otel_links = "otel.links";  // an array of objects
inline constexpr std::string_view otel_dropped_attributes = "otel.dropped_attributes_count";
inline constexpr std::string_view otel_dropped_events = "otel.dropped_events_count";
inline constexpr std::string_view otel_dropped_links = "otel.dropped_links_count";
inline constexpr std::string_view otel_log_body = "otel.log.body";
inline constexpr std::string_view otel_log_severity_number = "otel.log.severity_number";
inline constexpr std::string_view otel_log_severity_text = "otel.log.severity_text";
inline constexpr std::string_view otel_metric_temporality =
    "otel.metric.temporality";                                             // "delta", of an up-down counter
inline constexpr std::string_view otel_quantile = "otel.metric.quantile";  // of a summary

// Their values.
inline constexpr std::string_view unknown_service = "unknown_service";
inline constexpr std::string_view sdk_name_value = "spark";
inline constexpr std::string_view sdk_language_value = "cpp";
inline constexpr std::string_view scope_name = "spark.telemetry";

// The event_name of log records that are no events of the user's.
inline constexpr std::string_view trace_record = "spark.trace";
inline constexpr std::string_view graph_record = "spark.graph";

// Attributes for what OTLP lacks.
inline constexpr std::string_view status = "spark.status";          // TraceStatus or SpanStatus, where it is ambiguous
inline constexpr std::string_view local_root = "spark.local_root";  // bool: SpanView::is_local_root
inline constexpr std::string_view record = "spark.record";          // "trace": this span is a trace that had none
inline constexpr std::string_view event_id = "spark.event.id";      // UUID
inline constexpr std::string_view event_type = "spark.event.type";  // Event::type
inline constexpr std::string_view event_source = "spark.event.source";  // EventSource, unless recorded
inline constexpr std::string_view metric_id = "spark.metric.id";        // UUID, on an exemplar
inline constexpr std::string_view metric_sum = "spark.metric.sum";      // double, on an exemplar: see docs/otlp.md
inline constexpr std::string_view trace_name = "spark.trace.name";
inline constexpr std::string_view trace_start = "spark.trace.start_time_unix_nano";  // int
inline constexpr std::string_view graph_hash = "spark.graph.hash";
inline constexpr std::string_view graph_id = "spark.graph.id";
inline constexpr std::string_view graph_version = "spark.graph.version";

inline constexpr std::string_view record_is_trace = "trace";

// A user's own attribute that has one of the names above travels as this and its name, so that neither hides the other.
inline constexpr std::string_view escape = "spark.escaped.";

inline constexpr std::array ours = {status,       local_root, record,       event_id,   event_type,
                                    event_source, metric_id,  metric_sum,   trace_name, trace_start,
                                    graph_hash,   graph_id,   graph_version};

// Whether a user's key has to be escaped.
[[nodiscard]] inline bool is_ours(std::string_view key) noexcept {
  constexpr std::string_view prefix = "spark.";
  if (key.empty() || key.front() != prefix.front() || !key.starts_with(prefix)) return false;
  return key.starts_with(escape) || std::find(ours.begin(), ours.end(), key) != ours.end();
}

}  // namespace spark::detail::otlp::names
