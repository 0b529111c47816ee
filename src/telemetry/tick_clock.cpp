#include "tick_clock.h"

#include <limits>

#if defined(__x86_64__)
#include <cpuid.h>
#endif

namespace spark::detail {
namespace {

// CPUID leaf 0x80000007, EDX bit 8: the counter runs at one rate in all power states (AMD manual 3, E.4.17; Intel SDM
// 2A, CPUID).
bool counter_is_invariant() noexcept {
#if defined(__x86_64__)
  unsigned a = 0, b = 0, c = 0, d = 0;
  return __get_cpuid(0x80000007, &a, &b, &c, &d) != 0 && (d & (1u << 8)) != 0;
#else
  return false;
#endif
}

// Long enough that an anchor's error of some 50 ns is nothing, short enough to follow a slewed clock.
constexpr std::int64_t base_age_ns = 10'000'000'000;
// The first slope wants this much time between its two anchors: an error of at most 50 ns in a thousand times that.
constexpr std::int64_t first_base_age_ns = 50'000;

}  // namespace

TickClock::TickClock(Clock* clock) noexcept
    : clock_(clock != nullptr ? *clock : system_clock()),
      by_counter_(clock == nullptr && counter_is_invariant()),
      wall_offset_ns_(clock_.wall_now().time_since_epoch().count() - clock_.steady_now().count()) {
  base_ = next_base_ = recent_ = read();
  while (by_counter_ && recent_.steady_ns - base_.steady_ns < first_base_age_ns) recent_ = read();
  anchor();
}

TickClock::Anchor TickClock::read() const noexcept {
  // The narrowest of a few brackets: an interrupt between the two clocks would spoil the pair.
  Anchor best{};
  std::uint64_t narrowest = std::numeric_limits<std::uint64_t>::max();
  for (int attempt = 0; attempt < 3; ++attempt) {
    const std::uint64_t before = now();
    const std::int64_t steady = clock_.steady_now().count();
    const std::uint64_t width = now() - before;
    if (width < narrowest) {
      narrowest = width;
      best = {before + width / 2, steady};
    }
  }
  return best;
}

void TickClock::anchor() noexcept {
  if (!by_counter_) return;
  recent_ = read();
  if (recent_.steady_ns - next_base_.steady_ns > base_age_ns) {
    base_ = next_base_;
    next_base_ = recent_;
  }
  ns_per_tick_ =
      static_cast<double>(recent_.steady_ns - base_.steady_ns) / static_cast<double>(recent_.ticks - base_.ticks);
}

}  // namespace spark::detail
