// TickClock is the clock of the hot path: the processor's time stamp counter where it is invariant, otherwise the Clock
// it was given. Records keep ticks; the drainer turns them into time. The mode is fixed at construction.
//
// Ticks become steady nanoseconds by a line through two anchors (pairs of ticks and steady time): the one taken at this
// drain and one from some seconds before, so that the line follows the steady clock as it is slewed. Steady nanoseconds
// become wall time by one offset taken at construction: wall clock changes do not move records.
#pragma once

#include <atomic>
#include <cstdint>

#include "spark/base/clock.h"

#if defined(__x86_64__)
#include <x86intrin.h>
#endif

namespace spark::detail {

class TickClock {
 public:
  // `clock` null: the system's, by time stamp counter if that is invariant.
  explicit TickClock(Clock* clock) noexcept;

  [[nodiscard]] std::uint64_t now() const noexcept {
#if defined(__x86_64__)
    if (by_counter_) [[likely]]
      return __rdtsc();
#endif
    return static_cast<std::uint64_t>(clock_.steady_now().count());
  }
  [[nodiscard]] Clock& clock() const noexcept { return clock_; }
  [[nodiscard]] bool by_counter() const noexcept { return by_counter_; }

  // Since the epoch, now; as exact as the steady clock.
  [[nodiscard]] std::int64_t epoch_now_ns() const noexcept { return clock_.steady_now().count() + wall_offset_ns_; }

  // Drainer only: takes a new anchor. To be called before ticks are converted.
  void anchor() noexcept;
  // Drainer only. Ticks of any time, also before construction; never decreasing between two anchors.
  [[nodiscard]] std::int64_t to_epoch_ns(std::uint64_t ticks) const noexcept {
    if (!by_counter_) return static_cast<std::int64_t>(ticks) + wall_offset_ns_;
    const auto since = static_cast<std::int64_t>(ticks - recent_.ticks);
    return recent_.steady_ns + static_cast<std::int64_t>(static_cast<double>(since) * ns_per_tick_) + wall_offset_ns_;
  }

 private:
  struct Anchor {
    std::uint64_t ticks;
    std::int64_t steady_ns;
  };
  [[nodiscard]] Anchor read() const noexcept;

  Clock& clock_;
  const bool by_counter_;
  std::int64_t wall_offset_ns_;
  // Slope is taken from `base_` to `recent_`; `base_` moves up to `next_base_` now and then.
  Anchor base_{};
  Anchor next_base_{};
  Anchor recent_{};
  double ns_per_tick_ = 1;
};

}  // namespace spark::detail
