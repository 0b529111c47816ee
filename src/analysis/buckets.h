// Time in pieces of one length, counted from the epoch.
#pragma once

#include <cmath>
#include <cstdint>

#include "analysis/interval.h"
#include "spark/base/clock.h"

namespace spark::analysis::detail {

class Buckets {
 public:
  // Of a length that check_bucket lets pass.
  explicit Buckets(Seconds length) noexcept : length_(static_cast<std::int64_t>(std::llround(length.count() * 1e9))) {}

  // The start of the piece that the time lies in. The first piece of all is cut where time begins.
  [[nodiscard]] Timestamp start_of(Timestamp time) const noexcept {
    const std::int64_t at = nanoseconds(time);
    const std::int64_t into = at % length_ >= 0 ? at % length_ : at % length_ + length_;
    std::int64_t start = 0;
    if (__builtin_sub_overflow(at, into, &start)) start = std::numeric_limits<std::int64_t>::min();
    return timestamp(start);
  }

 private:
  std::int64_t length_;
};

}  // namespace spark::analysis::detail
