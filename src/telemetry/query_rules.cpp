#include "telemetry/query_rules.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "spark/base/error.h"

namespace spark {

std::string_view to_string(Order order) noexcept {
  switch (order) {
    case Order::newest_first:
      return "newest_first";
    case Order::oldest_first:
      return "oldest_first";
    case Order::longest_first:
      return "longest_first";
    case Order::shortest_first:
      return "shortest_first";
  }
  return "unknown";
}

namespace detail {
namespace {

std::int64_t ns_of(Timestamp time) noexcept { return time.time_since_epoch().count(); }

std::int64_t difference(Timestamp start, Timestamp end) noexcept {
  return static_cast<std::int64_t>(static_cast<std::uint64_t>(ns_of(end)) - static_cast<std::uint64_t>(ns_of(start)));
}

std::int64_t to_ns(Seconds seconds) {
  constexpr double int64_end = 9'223'372'036'854'775'808.0;
  const double ns = seconds.count() * 1e9;
  if (std::isnan(ns)) throw Error(ErrorCode::invalid_argument, "a query's duration is NaN; it must be a number");
  if (ns >= int64_end) return std::numeric_limits<std::int64_t>::max();
  if (ns <= -int64_end) return std::numeric_limits<std::int64_t>::min();
  return std::llround(ns);
}

void append_hex(std::string& out, std::uint64_t value, int digits = 16) {
  for (int shift = 4 * (digits - 1); shift >= 0; shift -= 4) out.push_back("0123456789abcdef"[(value >> shift) & 15]);
}

// Nothing for anything but lower case hex digits.
std::optional<std::uint64_t> read_hex(std::string_view text) noexcept {
  std::uint64_t value = 0;
  for (const char c : text) {
    const bool is_digit = c >= '0' && c <= '9';
    if (!is_digit && !(c >= 'a' && c <= 'f')) return std::nullopt;
    value = value << 4 | static_cast<std::uint64_t>(is_digit ? c - '0' : c - 'a' + 10);
  }
  return value;
}

// FNV-1a, http://www.isthe.com/chongo/tech/comp/fnv/.
std::uint32_t checksum(std::string_view text) noexcept {
  std::uint32_t sum = 2'166'136'261U;
  for (const char c : text) sum = (sum ^ static_cast<std::uint8_t>(c)) * 16'777'619U;
  return sum;
}

// A cursor is the letter of its kind, the digit of its order, five numbers of 16 hex digits and a checksum of 8.
constexpr std::string_view kind_letters = "tsemg";
constexpr std::size_t numbers = 5, number_digits = 16, checksum_digits = 8;
constexpr std::size_t cursor_size = 2 + numbers * number_digits + checksum_digits;

}  // namespace

std::string_view plural(RowKind kind) noexcept {
  switch (kind) {
    case RowKind::trace:
      return "traces";
    case RowKind::span:
      return "spans";
    case RowKind::event:
      return "events";
    case RowKind::metric:
      return "metrics";
    case RowKind::graph:
      return "graphs";
  }
  return "unknown";
}

RowKey key_of(const Trace& trace, Order order) noexcept {
  return {is_by_duration(order) ? duration_ns(trace) : ns_of(trace.start_time),
          {trace.trace_id.high, trace.trace_id.low},
          {}};
}
RowKey key_of(const Span& span, Order order) noexcept {
  return {is_by_duration(order) ? duration_ns(span) : ns_of(span.start_time), {0, span.span_id.value}, span.trace_id};
}
RowKey key_of(const Event& event, Order) noexcept { return {ns_of(event.timestamp), event.event_id, event.trace_id}; }
RowKey key_of(const Metric& metric, Order) noexcept {
  return {ns_of(metric.timestamp), metric.metric_id, metric.trace_id};
}

std::int64_t duration_ns(const Trace& trace) noexcept {
  return trace.end_time ? difference(trace.start_time, *trace.end_time) : 0;
}
std::int64_t duration_ns(const Span& span) noexcept { return difference(span.start_time, span.end_time); }

NanosecondRange::NanosecondRange(const DurationRange& range) {
  if (range.min) from = to_ns(*range.min);
  if (range.max) to = to_ns(*range.max);
}

std::string make_cursor(RowKind kind, Order order, const RowKey& last_row) {
  std::string cursor;
  cursor.reserve(cursor_size);
  cursor.push_back(kind_letters[static_cast<std::size_t>(kind)]);
  cursor.push_back(static_cast<char>('0' + static_cast<int>(order)));
  append_hex(cursor, static_cast<std::uint64_t>(last_row.value));
  append_hex(cursor, last_row.id.high);
  append_hex(cursor, last_row.id.low);
  append_hex(cursor, last_row.trace_id.high);
  append_hex(cursor, last_row.trace_id.low);
  append_hex(cursor, checksum(cursor), static_cast<int>(checksum_digits));
  return cursor;
}

RowKey parse_cursor(RowKind kind, Order order, std::string_view cursor) {
  const auto refuse = [&](const std::string& why) {
    throw Error(ErrorCode::invalid_argument, "a query for " + std::string(plural(kind)) + " cannot continue: " + why);
  };
  if (cursor.size() != cursor_size) refuse("its cursor is not one that a page gave");
  const std::string_view signed_part = cursor.substr(0, cursor_size - checksum_digits);
  if (read_hex(cursor.substr(signed_part.size())) != checksum(signed_part)) {
    refuse("its cursor is not one that a page gave");
  }
  const auto kind_of_cursor = kind_letters.find(cursor[0]);
  const auto order_of_cursor = static_cast<std::size_t>(cursor[1] - '0');
  if (kind_of_cursor != static_cast<std::size_t>(kind)) refuse("its cursor is of another kind of query");
  if (order_of_cursor != static_cast<std::size_t>(order)) {
    refuse("its cursor is of another order than " + std::string(to_string(order)));
  }

  std::uint64_t parts[numbers] = {};
  for (std::size_t i = 0; i < numbers; ++i) {
    const auto part = read_hex(cursor.substr(2 + i * number_digits, number_digits));
    if (!part) refuse("its cursor is not one that a page gave");
    parts[i] = *part;
  }
  return {static_cast<std::int64_t>(parts[0]), {parts[1], parts[2]}, {parts[3], parts[4]}};
}

void check_fields(RowKind kind, std::size_t limit, Order order, const std::optional<Seconds>& time_limit) {
  const auto refuse = [](const std::string& why) { throw Error(ErrorCode::invalid_argument, why); };
  if (limit == 0) refuse("a query's limit is 0; it must be 1 or more");
  if (is_by_duration(order) && kind != RowKind::trace && kind != RowKind::span) {
    refuse("a query's order is " + std::string(to_string(order)) + ", but " + std::string(plural(kind)) +
           " have no duration");
  }
  if (order > Order::shortest_first) refuse("a query's order is unknown");
  if (time_limit && !(time_limit->count() > 0)) refuse("a query's time_limit must be more than 0");
}

void check_each(const SpanQuery& query) {
  check_query(query);
  if (query.limit != default_query_limit || query.offset != 0 || !query.cursor.empty() ||
      query.order != Order::newest_first) {
    throw Error(
        ErrorCode::invalid_argument,
        "each_span visits all spans in the store's own order; limit, offset, cursor and order must be left alone");
  }
}

TimeLimit::TimeLimit(const std::optional<Seconds>& of_query, Seconds of_store)
    // A year is for ever, and safe from overflow.
    : seconds_(std::min(of_query.value_or(of_store), Seconds{365.0 * 86'400})),
      deadline_(Deadline::clock::now() + std::chrono::duration_cast<Deadline::duration>(seconds_)) {}

void TimeLimit::check() const {
  if (Deadline::clock::now() < deadline_) return;
  throw Error(ErrorCode::timeout,
              "a query took longer than its time limit of " + std::to_string(seconds_.count()) + " s");
}

}  // namespace detail
}  // namespace spark
