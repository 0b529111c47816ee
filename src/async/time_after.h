// When a wait that begins now is over. A pure function.
#pragma once

#include <algorithm>
#include <chrono>

#include "spark/base/clock.h"

namespace spark::detail {

// Zero, negative limits and NaN: now. More than a hundred years is a hundred years, and no clock's end is passed.
[[nodiscard]] inline std::chrono::nanoseconds time_after(std::chrono::nanoseconds now, Seconds limit) noexcept {
  using std::chrono::nanoseconds;
  constexpr Seconds longest = std::chrono::years(100);
  if (!(limit > Seconds(0))) return now;
  const auto wait = std::chrono::duration_cast<nanoseconds>(std::min(limit, longest));
  return now + std::min(wait, nanoseconds::max() - std::max(now, nanoseconds(0)));
}

}  // namespace spark::detail
