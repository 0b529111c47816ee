// What queries mean whatever the store: which are refused, in which order rows come, what a cursor says, when time is
// up. Stores check a query by check_query and go by the rest. Free functions and plain values.
#pragma once

#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "spark/telemetry/query.h"
#include "spark/telemetry/sink.h"

namespace spark::detail {

enum class RowKind : std::uint8_t { trace, span, event, metric, graph };
[[nodiscard]] constexpr RowKind kind_of(const TraceQuery&) noexcept { return RowKind::trace; }
[[nodiscard]] constexpr RowKind kind_of(const SpanQuery&) noexcept { return RowKind::span; }
[[nodiscard]] constexpr RowKind kind_of(const EventQuery&) noexcept { return RowKind::event; }
[[nodiscard]] constexpr RowKind kind_of(const MetricQuery&) noexcept { return RowKind::metric; }
[[nodiscard]] constexpr RowKind kind_of(const GraphQuery&) noexcept { return RowKind::graph; }

// "traces", "spans" and so on. Static storage.
[[nodiscard]] std::string_view plural(RowKind kind) noexcept;

[[nodiscard]] constexpr bool is_descending(Order order) noexcept {
  return order == Order::newest_first || order == Order::longest_first;
}
[[nodiscard]] constexpr bool is_by_duration(Order order) noexcept {
  return order == Order::longest_first || order == Order::shortest_first;
}
[[nodiscard]] inline Order order_of(const GraphQuery&) noexcept { return Order::newest_first; }
template <class Query>
[[nodiscard]] Order order_of(const Query& query) noexcept {
  return query.order;
}

// A row's place: ascending orders are those of this value.
struct RowKey {
  std::int64_t value = 0;  // nanoseconds; of a graph its number
  RecordId id = {};        // of a trace its id; of a span its id in the low half
  TraceId trace_id = {};   // of spans, events and metrics

  auto operator<=>(const RowKey&) const = default;
};
[[nodiscard]] RowKey key_of(const Trace& trace, Order order) noexcept;
[[nodiscard]] RowKey key_of(const Span& span, Order order) noexcept;
[[nodiscard]] RowKey key_of(const Event& event, Order order) noexcept;
[[nodiscard]] RowKey key_of(const Metric& metric, Order order) noexcept;

[[nodiscard]] inline bool comes_before(const RowKey& a, const RowKey& b, Order order) noexcept {
  return is_descending(order) ? a > b : a < b;
}

// End minus start in nanoseconds; zero of a trace that runs. Wraps around instead of overflowing.
[[nodiscard]] std::int64_t duration_ns(const Trace& trace) noexcept;
[[nodiscard]] std::int64_t duration_ns(const Span& span) noexcept;

// A DurationRange in nanoseconds.
struct NanosecondRange {
  std::optional<std::int64_t> from = {};
  std::optional<std::int64_t> to = {};

  explicit NanosecondRange(const DurationRange& range);
  [[nodiscard]] bool contains(std::int64_t ns) const noexcept { return (!from || ns >= *from) && (!to || ns < *to); }
};

// Printable, with a checksum: a damaged one is refused, not taken for another place.
[[nodiscard]] std::string make_cursor(RowKind kind, Order order, const RowKey& last_row);
// Throws Error(invalid_argument) if it is not a cursor of this kind and order.
[[nodiscard]] RowKey parse_cursor(RowKind kind, Order order, std::string_view cursor);
template <class Query>
[[nodiscard]] std::optional<RowKey> cursor_of(const Query& query) {
  if (query.cursor.empty()) return std::nullopt;
  return parse_cursor(kind_of(query), order_of(query), query.cursor);
}

// How many rows to leave out.
template <class Query>
[[nodiscard]] std::size_t offset_of(const Query& query) noexcept {
  return query.cursor.empty() ? query.offset : 0;
}

// Throws Error(invalid_argument) for what these fields cannot be.
void check_fields(RowKind kind, std::size_t limit, Order order, const std::optional<Seconds>& time_limit);
template <class Query>
void check_query(const Query& query) {
  check_fields(kind_of(query), query.limit, order_of(query), query.time_limit);
}
// The same for each_span, to which some fields mean nothing.
void check_each(const SpanQuery& query);

// Begins with the query.
class TimeLimit {
 public:
  TimeLimit(const std::optional<Seconds>& of_query, Seconds of_store);

  [[nodiscard]] Deadline deadline() const noexcept { return deadline_; }
  [[nodiscard]] Seconds seconds() const noexcept { return seconds_; }
  // Throws Error(timeout) once it is over.
  void check() const;

 private:
  Seconds seconds_;
  Deadline deadline_;
};

}  // namespace spark::detail
