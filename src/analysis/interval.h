// Times as nanoseconds, in the way all of analysis/ takes them: what ends before it starts has no length, and what is
// longer than 292 years has 292 years.
#pragma once

#include <algorithm>
#include <cstdint>
#include <limits>

#include "spark/telemetry/records.h"

namespace spark::analysis::detail {

[[nodiscard]] inline std::int64_t nanoseconds(Timestamp time) noexcept { return time.time_since_epoch().count(); }
[[nodiscard]] inline Timestamp timestamp(std::int64_t nanoseconds) noexcept {
  return Timestamp(std::chrono::nanoseconds(nanoseconds));
}
[[nodiscard]] inline Seconds seconds(std::int64_t nanoseconds) noexcept {
  return std::chrono::nanoseconds(nanoseconds);
}

// From `start` (included) to `end` (not included).
struct Interval {
  std::int64_t start = 0;
  std::int64_t end = 0;

  [[nodiscard]] bool empty() const noexcept { return end <= start; }
  [[nodiscard]] std::int64_t length() const noexcept {
    std::int64_t result = 0;
    if (empty()) return 0;
    return __builtin_sub_overflow(end, start, &result) ? std::numeric_limits<std::int64_t>::max() : result;
  }
  // What both have; empty if there is nothing.
  [[nodiscard]] Interval within(const Interval& other) const noexcept {
    return {std::max(start, other.start), std::min(end, other.end)};
  }
};

[[nodiscard]] inline Interval interval_of(const Span& span) noexcept {
  const std::int64_t start = nanoseconds(span.start_time);
  return {start, std::max(start, nanoseconds(span.end_time))};
}

[[nodiscard]] inline std::int64_t length_ns(Timestamp start, Timestamp end) noexcept {
  return Interval{nanoseconds(start), nanoseconds(end)}.length();
}
// Zero while it runs.
[[nodiscard]] inline std::int64_t duration_ns(const Trace& trace) noexcept {
  return trace.end_time ? length_ns(trace.start_time, *trace.end_time) : 0;
}

}  // namespace spark::analysis::detail
