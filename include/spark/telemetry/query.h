// Queries are values: what is set narrows the answer, what is not set does not. All conditions hold together.
//
// `name` is a glob (spark/base/glob.h): "Transform*". A name without *, ?, [ and \ is found by an index; one that comes
// from data goes through glob_escape. Everything else that is text matches exactly.
//
// Rows come in `order`, at most `limit`, after `offset` rows were left out. If there was more, the Page is truncated
// and has a cursor; the same query with it gives the rows that follow the last one. A cursor is a place in the order,
// not a count: whatever is written between two pages, no row comes twice, and none that was there all the time is
// missing.
//
// What can never be right throws Error(invalid_argument): a limit of 0, a glob that is not one, an empty attribute
// path, a cursor of another kind of query, another order or no store at all, a time limit that is not more than 0.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "spark/telemetry/attribute_filter.h"
#include "spark/telemetry/ranges.h"
#include "spark/telemetry/records.h"

namespace spark {

inline constexpr std::size_t default_query_limit = 10'000;

// By start time or timestamp, or by duration, which only traces and spans have: for others longest_first and
// shortest_first throw Error(invalid_argument). Rows that are equal in that come by their ids in the same direction, of
// spans by the span id first. A trace that runs has duration zero.
enum class Order : std::uint8_t { newest_first, oldest_first, longest_first, shortest_first };

// "newest_first" and so on. Static storage.
[[nodiscard]] std::string_view to_string(Order order) noexcept;

// Fields that all queries have:
//   limit            1 or more.
//   offset           Rows to leave out at the beginning. With a cursor it means nothing: the first page left them out.
//   cursor           A Page's; empty: from the beginning.
//   with_attributes  False leaves `attributes` of the rows empty, which is quicker. Conditions on them hold.
//   time_limit       After this it throws Error(timeout); empty: what the store was made with.
struct TraceQuery {
  std::size_t limit = default_query_limit;
  std::optional<TraceId> trace_id = {};
  std::optional<std::string> name = {};
  std::optional<TraceStatus> status = {};
  TimeRange start_time = {};
  DurationRange duration = {};
  std::vector<AttributeFilter> attributes = {};
  Order order = Order::newest_first;
  std::size_t offset = 0;
  std::string cursor = {};
  bool with_attributes = true;
  std::optional<Seconds> time_limit = {};

  bool operator==(const TraceQuery&) const = default;
};

// An id of zero asks for rows that have none: spans without a parent, metrics without a trace.
struct SpanQuery {
  std::size_t limit = default_query_limit;
  std::optional<TraceId> trace_id = {};
  std::optional<SpanId> span_id = {};
  std::optional<SpanId> parent_span_id = {};
  std::optional<std::string> name = {};
  std::optional<SpanKind> kind = {};
  std::optional<SpanStatus> status = {};
  TimeRange start_time = {};
  DurationRange duration = {};
  std::vector<AttributeFilter> attributes = {};
  Order order = Order::newest_first;
  std::size_t offset = 0;
  std::string cursor = {};
  bool with_attributes = true;
  std::optional<Seconds> time_limit = {};

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
  std::vector<AttributeFilter> attributes = {};
  Order order = Order::newest_first;
  std::size_t offset = 0;
  std::string cursor = {};
  bool with_attributes = true;
  std::optional<Seconds> time_limit = {};

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
  NumberRange value = {};
  std::vector<AttributeFilter> attributes = {};
  Order order = Order::newest_first;
  std::size_t offset = 0;
  std::string cursor = {};
  bool with_attributes = true;
  std::optional<Seconds> time_limit = {};

  bool operator==(const MetricQuery&) const = default;
};

// The last declared come first.
struct GraphQuery {
  std::size_t limit = default_query_limit;
  std::optional<std::string> hash = {};
  std::optional<std::string> graph_id = {};
  std::optional<std::string> version = {};
  std::size_t offset = 0;
  std::string cursor = {};
  std::optional<Seconds> time_limit = {};

  bool operator==(const GraphQuery&) const = default;
};

// The rows of one answer. Iterates and indexes like a vector.
template <class Record>
struct Page {
  std::vector<Record> rows = {};
  bool truncated = false;   // there were more than `limit`
  std::string cursor = {};  // the place behind the last row; set exactly if truncated

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
