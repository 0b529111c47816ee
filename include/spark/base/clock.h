// Time as the library sees it. A Clock gives a steady time, for durations and deadlines, and a wall time, for
// timestamps; nobody below asks the operating system directly, so that tests decide what time it is.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <limits>
#include <string>

namespace spark {

// Wall time with nanoseconds, since 1970-01-01 UTC.
using Timestamp = std::chrono::sys_time<std::chrono::nanoseconds>;
// Durations in interfaces are seconds as a double, so `5s`, `250ms` and `Seconds{0.5}` all fit.
using Seconds = std::chrono::duration<double>;

// From `start` to `end`; negative if that is earlier. Of times that came from elsewhere, too: what does not fit, 292
// years, is cut there, where a plain difference would overflow.
[[nodiscard]] constexpr std::chrono::nanoseconds elapsed(Timestamp start, Timestamp end) noexcept {
  using Limits = std::numeric_limits<std::int64_t>;
  const std::int64_t from = start.time_since_epoch().count(), to = end.time_since_epoch().count();
  std::int64_t result = 0;
  if (__builtin_sub_overflow(to, from, &result)) result = from < 0 ? Limits::max() : Limits::min();
  return std::chrono::nanoseconds(result);
}

// ISO 8601 in UTC with nanoseconds: 2025-01-15T10:00:01.000000000Z. Always 30 characters for years 0000 to 9999.
[[nodiscard]] std::string to_iso8601(Timestamp time);

// Implementations are safe from any thread and never block.
class Clock {
 public:
  virtual ~Clock() = default;
  // Never goes back. The zero is arbitrary.
  [[nodiscard]] virtual std::chrono::nanoseconds steady_now() const noexcept = 0;
  [[nodiscard]] virtual Timestamp wall_now() const noexcept = 0;
};

// The operating system's clocks. Lives as long as the process.
[[nodiscard]] Clock& system_clock() noexcept;

// Stands still until told otherwise. For tests, and for the executor that jumps to the next deadline.
class VirtualClock final : public Clock {
 public:
  // Wall time starts at 2025-01-15T10:00:00Z, the instant of the specification's examples; steady time at zero.
  VirtualClock() noexcept;
  explicit VirtualClock(Timestamp wall_start) noexcept;

  [[nodiscard]] std::chrono::nanoseconds steady_now() const noexcept override;
  [[nodiscard]] Timestamp wall_now() const noexcept override;

  // Moves both clocks. A negative amount does nothing.
  void advance(std::chrono::nanoseconds amount) noexcept;
  // Moves both clocks so that steady_now() is at least `steady`.
  void advance_to(std::chrono::nanoseconds steady) noexcept;
  // Moves the wall clock alone, as an administrator would.
  void set_wall(Timestamp wall) noexcept;

 private:
  std::atomic<std::int64_t> steady_ns_{0};
  std::atomic<std::int64_t> wall_offset_ns_;  // wall = steady + offset
};

}  // namespace spark
