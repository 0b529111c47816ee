// Ranges that queries narrow by: what lies from the first bound, which is included, to the second, which is not. A
// bound that is not set does not narrow. Plain values.
#pragma once

#include <optional>

#include "spark/base/clock.h"

namespace spark {

// From `from` (included) to `to` (not included).
struct TimeRange {
  std::optional<Timestamp> from = {};
  std::optional<Timestamp> to = {};

  [[nodiscard]] bool contains(Timestamp time) const noexcept { return (!from || time >= *from) && (!to || time < *to); }
  bool operator==(const TimeRange&) const = default;
};

// From `min` (included) to `max` (not included), both rounded to nanoseconds: {.min = 100ms}. NaN throws
// Error(invalid_argument).
struct DurationRange {
  std::optional<Seconds> min = {};
  std::optional<Seconds> max = {};

  bool operator==(const DurationRange&) const = default;
};

// From `min` (included) to `max` (not included). NaN is in no range that has either.
struct NumberRange {
  std::optional<double> min = {};
  std::optional<double> max = {};

  [[nodiscard]] bool contains(double value) const noexcept { return (!min || value >= *min) && (!max || value < *max); }
  bool operator==(const NumberRange&) const = default;
};

}  // namespace spark
