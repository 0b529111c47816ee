// The records: what telemetry stores and queries return. They are the specification's data model, name by name. Plain
// values that own what they hold: copyable, comparable, not thread-safe while being changed.
//
// Start and end times come from one wall anchor plus the steady clock, so durations are never negative, whatever the
// wall clock does in between.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "spark/base/clock.h"
#include "spark/base/ids.h"
#include "spark/base/value.h"

namespace spark {

enum class TraceStatus : std::uint8_t { started, completed, failed, cancelled };
enum class SpanStatus : std::uint8_t { completed, failed, cancelled };
enum class SpanKind : std::uint8_t { INTERNAL, CLIENT, SERVER, PRODUCER, CONSUMER };
enum class AggregationType : std::uint8_t { gauge, counter, histogram };
// Where an event came from: record_event, or add_event of a span.
enum class EventSource : std::uint8_t { recorded, span };

// The names exactly as spelled above. Static storage.
[[nodiscard]] std::string_view to_string(TraceStatus) noexcept;
[[nodiscard]] std::string_view to_string(SpanStatus) noexcept;
[[nodiscard]] std::string_view to_string(SpanKind) noexcept;
[[nodiscard]] std::string_view to_string(AggregationType) noexcept;
[[nodiscard]] std::string_view to_string(EventSource) noexcept;

// From the same names. Throw Error(invalid_argument) listing what is allowed.
[[nodiscard]] TraceStatus parse_trace_status(std::string_view name);
[[nodiscard]] SpanStatus parse_span_status(std::string_view name);
[[nodiscard]] SpanKind parse_span_kind(std::string_view name);
[[nodiscard]] AggregationType parse_aggregation_type(std::string_view name);

// A complete workflow execution. Stored when it starts (status `started`, no end) and again when it ends.
struct Trace {
  TraceId trace_id = {};
  std::string name = {};
  Timestamp start_time = {};
  std::optional<Timestamp> end_time = {};  // empty while it runs, and for ever if its process was killed
  TraceStatus status = TraceStatus::started;
  Object attributes = {};       // the caller's and the configuration's `metadata`; the caller's win
  SpanId root_span_id = {};     // the parent of spans that name no other; the top-level span's own id
  std::string graph_hash = {};  // names the GraphDefinition; empty for a trace that no graph made
  bool partial = false;         // no start was recorded: begun by a span alone, or in another process
  std::string service = {};     // Resource::service_name of who recorded it: set by queries, not looked at by writes

  // Zero while it runs.
  [[nodiscard]] Seconds duration() const noexcept;
  bool operator==(const Trace&) const = default;
};

// One operation of a trace. Written at its end.
struct Span {
  SpanId span_id = {};
  TraceId trace_id = {};
  SpanId parent_span_id = {};  // zero: none
  std::string name = {};
  SpanKind kind = SpanKind::INTERNAL;
  Timestamp start_time = {};
  Timestamp end_time = {};
  SpanStatus status = SpanStatus::completed;
  std::string status_message = {};  // of a failure, or why it was cancelled
  std::string error_type = {};      // of a failure: the exception's type, or what the caller said
  Object attributes = {};
  std::string service = {};  // Resource::service_name of who recorded it: set by queries, not looked at by writes

  [[nodiscard]] Seconds duration() const noexcept;
  bool operator==(const Span&) const = default;
};

// A discrete moment.
struct Event {
  EventId event_id = {};
  TraceId trace_id = {};
  SpanId span_id = {};    // zero: of the trace, not of a span
  std::string type = {};  // for filtering, for example "node_finished"; empty for events added to spans
  std::string name = {};
  Timestamp timestamp = {};
  EventSource source = EventSource::recorded;
  Object attributes = {};

  bool operator==(const Event&) const = default;
};

// A base-2 exponential histogram (OpenTelemetry data model, "ExponentialHistogram"): bucket i of a side holds the
// magnitudes in (base^(offset+i), base^(offset+i+1)] with base = 2^(2^-scale).
struct Distribution {
  struct Buckets {
    std::int32_t offset = 0;
    std::vector<std::uint64_t> counts = {};

    bool operator==(const Buckets&) const = default;
  };

  std::uint64_t count = 0;
  double sum = 0;
  std::int32_t scale = 0;
  std::uint64_t zero_count = 0;
  Buckets positive = {};
  Buckets negative = {};

  // The value below which a share `q` (0 to 1) of the measurements lie, by linear interpolation inside a bucket; its
  // relative error is at most base - 1. NaN when empty.
  [[nodiscard]] double quantile(double q) const noexcept;
  bool operator==(const Distribution&) const = default;
};

// One measurement, or what an instrument collected over an interval.
struct Metric {
  MetricId metric_id = {};
  TraceId trace_id = {};  // zero: belongs to no trace
  SpanId span_id = {};    // zero: none
  std::string name = {};
  double value = 0;  // of a counter: the increment; of a collected histogram: the sum
  std::string unit = {};
  AggregationType aggregation_type = AggregationType::gauge;
  Timestamp timestamp = {};
  Object attributes = {};
  std::optional<Distribution> distribution = {};  // only of what an instrument `histogram` collected

  bool operator==(const Metric&) const = default;
};

// A graph as it was declared. Recorded once for each content.
struct GraphDefinition {
  std::string hash = {};  // of the content; what Trace::graph_hash names
  std::string graph_id = {};
  std::string version = {};
  Object content = {};  // "nodes": [{id, type, config}], "edges": [{from, to, condition}]

  bool operator==(const GraphDefinition&) const = default;
};

// Who recorded: stored once for each process and configuration, not on every row.
struct Resource {
  std::string service_name = {};
  std::string service_version = {};
  std::string host_name = {};
  std::int64_t process_id = 0;
  std::uint64_t producer_id = 0;  // the high part of every event and metric id of this manager
  Object metadata = {};           // the configuration's `metadata`

  bool operator==(const Resource&) const = default;
};

}  // namespace spark
