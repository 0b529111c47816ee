#include "backends/reliable/pace.h"

#include <algorithm>

namespace spark::detail::reliable {

Pace::Pace(const ReliableOptions& options, std::uint64_t seed)
    : options_(options), random_(seed), backoff_(options.initial_backoff) {}

void Pace::begin() noexcept {
  if (breaker_ == BreakerState::open) breaker_ = BreakerState::half_open;
}

void Pace::answered() noexcept {
  breaker_ = BreakerState::closed;
  failures_ = 0;
  backoff_ = options_.initial_backoff;
  next_attempt_ = std::chrono::nanoseconds::min();
}

void Pace::failed(std::chrono::nanoseconds now, std::optional<Seconds> retry_after) noexcept {
  if (failures_ < UINT32_MAX) ++failures_;
  const double share = static_cast<double>(random_.next() >> 11) * 0x1p-53;
  Seconds wait = backoff_ * (1 - options_.jitter * share);
  backoff_ = std::min(backoff_ * options_.factor, options_.max_backoff);
  // Written so that neither NaN nor a negative one counts.
  if (retry_after && *retry_after > wait) wait = std::max(wait, std::min(*retry_after, options_.max_retry_after));
  const bool is_open = breaker_ != BreakerState::closed || failures_ >= options_.failures_to_open;
  breaker_ = is_open ? BreakerState::open : BreakerState::closed;
  if (is_open) wait = std::min(wait, options_.probe_interval);
  next_attempt_ = now + std::chrono::duration_cast<std::chrono::nanoseconds>(wait);
}

void Pace::broken_off() noexcept {
  if (breaker_ == BreakerState::half_open) breaker_ = BreakerState::open;
}

}  // namespace spark::detail::reliable
