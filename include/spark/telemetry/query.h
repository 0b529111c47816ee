// Queries are values: what is set narrows the answer, what is not set does not. All conditions hold together.
//
// Rows come newest first (by start time or timestamp; ties by id), at most `limit`. A Page says whether there was more.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "spark/telemetry/records.h"

namespace spark {

inline constexpr std::size_t default_query_limit = 10'000;

// From `from` (included) to `to` (not included).
struct TimeRange {
  std::optional<Timestamp> from = {};
  std::optional<Timestamp> to = {};

  [[nodiscard]] bool contains(Timestamp time) const noexcept { return (!from || time >= *from) && (!to || time < *to); }
  bool operator==(const TimeRange&) const = default;
};

// Names and types match exactly.
struct TraceQuery {
  std::size_t limit = default_query_limit;  // 1 or more
  std::optional<TraceId> trace_id = {};
  std::optional<std::string> name = {};
  std::optional<TraceStatus> status = {};
  TimeRange start_time = {};

  bool operator==(const TraceQuery&) const = default;
};

struct SpanQuery {
  std::size_t limit = default_query_limit;
  std::optional<TraceId> trace_id = {};
  std::optional<SpanId> span_id = {};
  std::optional<SpanId> parent_span_id = {};
  std::optional<std::string> name = {};
  std::optional<SpanKind> kind = {};
  std::optional<SpanStatus> status = {};
  TimeRange start_time = {};

  bool operator==(const SpanQuery&) const = default;
};

struct EventQuery {
  std::size_t limit = default_query_limit;
  std::optional<TraceId> trace_id = {};
  std::optional<SpanId> span_id = {};
  std::optional<EventId> event_id = {};
  std::optional<std::string> event_type = {};
  std::optional<std::string> name = {};
  std::optional<EventSource> source = {};
  TimeRange timestamp = {};

  bool operator==(const EventQuery&) const = default;
};

struct MetricQuery {
  std::size_t limit = default_query_limit;
  std::optional<TraceId> trace_id = {};
  std::optional<SpanId> span_id = {};
  std::optional<MetricId> metric_id = {};
  std::optional<std::string> name = {};
  std::optional<AggregationType> aggregation_type = {};
  TimeRange timestamp = {};

  bool operator==(const MetricQuery&) const = default;
};

struct GraphQuery {
  std::size_t limit = default_query_limit;
  std::optional<std::string> hash = {};
  std::optional<std::string> graph_id = {};
  std::optional<std::string> version = {};

  bool operator==(const GraphQuery&) const = default;
};

// The rows of one answer. Iterates and indexes like a vector.
template <class Record>
struct Page {
  std::vector<Record> rows = {};
  bool truncated = false;  // there were more than `limit`

  [[nodiscard]] auto begin() const noexcept { return rows.begin(); }
  [[nodiscard]] auto end() const noexcept { return rows.end(); }
  [[nodiscard]] std::size_t size() const noexcept { return rows.size(); }
  [[nodiscard]] bool empty() const noexcept { return rows.empty(); }
  [[nodiscard]] const Record& operator[](std::size_t index) const noexcept { return rows[index]; }
  [[nodiscard]] const Record& front() const noexcept { return rows.front(); }
};

// A document a Store keeps beside the telemetry, with optimistic concurrency.
struct Document {
  Value content = {};
  std::uint64_t revision = 0;  // 1 for the first, then one more each time

  bool operator==(const Document&) const = default;
};

}  // namespace spark
