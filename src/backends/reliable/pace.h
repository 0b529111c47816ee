// Pace says when the next attempt may be made: backoff between attempts, and the circuit breaker. It knows no sink and
// no clock; times are a steady clock's. A value for one thread at a time.
//
// The wait before the n-th repetition is b = min(initial_backoff * factor^(n-1), max_backoff), of which chance takes
// away up to the share `jitter`: b * (1 - jitter * u), u evenly from [0, 1). A Retry-After that is longer, up to
// max_retry_after, is waited for instead. While the breaker is open no wait is longer than probe_interval.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>

#include "spark/base/clock.h"
#include "spark/base/random.h"
#include "spark/telemetry/reliable_options.h"
#include "spark/telemetry/stats.h"

namespace spark::detail::reliable {

class Pace {
 public:
  Pace(const ReliableOptions& options, std::uint64_t seed);

  [[nodiscard]] BreakerState breaker() const noexcept { return breaker_; }
  // In a row.
  [[nodiscard]] std::uint32_t failures() const noexcept { return failures_; }
  [[nodiscard]] std::chrono::nanoseconds next_attempt() const noexcept { return next_attempt_; }

  // An attempt begins, and ends with one of the others.
  void begin() noexcept;
  // The far end answered, whatever it said.
  void answered() noexcept;
  void failed(std::chrono::nanoseconds now, std::optional<Seconds> retry_after) noexcept;
  // Nobody knows.
  void broken_off() noexcept;

 private:
  ReliableOptions options_;
  Random random_;
  BreakerState breaker_ = BreakerState::closed;
  std::uint32_t failures_ = 0;
  Seconds backoff_;  // the next one, before chance
  std::chrono::nanoseconds next_attempt_ = std::chrono::nanoseconds::min();
};

}  // namespace spark::detail::reliable
