#include "spark/base/clock.h"

#include <cstddef>
#include <new>

namespace spark {
namespace {

class OperatingSystemClock final : public Clock {
 public:
  std::chrono::nanoseconds steady_now() const noexcept override {
    return std::chrono::duration_cast<std::chrono::nanoseconds>(std::chrono::steady_clock::now().time_since_epoch());
  }
  Timestamp wall_now() const noexcept override {
    return std::chrono::time_point_cast<std::chrono::nanoseconds>(std::chrono::system_clock::now());
  }
};

// Writes `value` in exactly `width` digits that end before `end`, and returns where they begin.
char* put_digits(char* end, std::int64_t value, int width) {
  for (int i = 0; i < width; ++i) {
    *--end = static_cast<char>('0' + value % 10);
    value /= 10;
  }
  return end;
}

constexpr Timestamp specification_instant =
    Timestamp{std::chrono::sys_days{std::chrono::year{2025} / 1 / 15} + std::chrono::hours{10}};

}  // namespace

std::string to_iso8601(Timestamp time) {
  // Split by hand: the instants nearest to the ends of the range overflow as whole days in nanoseconds.
  constexpr std::int64_t second_ns = 1'000'000'000;
  const std::int64_t total_ns = time.time_since_epoch().count();
  std::int64_t seconds = total_ns / second_ns, subsecond_ns = total_ns % second_ns;
  if (subsecond_ns < 0) {
    subsecond_ns += second_ns;
    --seconds;
  }
  const std::chrono::sys_seconds whole{std::chrono::seconds{seconds}};
  const auto day = std::chrono::floor<std::chrono::days>(whole);
  const std::chrono::year_month_day date{day};
  const std::chrono::hh_mm_ss clock{whole - day};
  // Timestamps reach from 1677 to 2262, so four digits hold every year.
  char text[] = "0000-00-00T00:00:00.000000000Z";
  put_digits(text + 4, static_cast<int>(date.year()), 4);
  put_digits(text + 7, static_cast<unsigned>(date.month()), 2);
  put_digits(text + 10, static_cast<unsigned>(date.day()), 2);
  put_digits(text + 13, clock.hours().count(), 2);
  put_digits(text + 16, clock.minutes().count(), 2);
  put_digits(text + 19, clock.seconds().count(), 2);
  put_digits(text + 29, subsecond_ns, 9);
  return {text, sizeof text - 1};
}

Clock& system_clock() noexcept {
  // Never destroyed, so that static destructors may still record.
  alignas(OperatingSystemClock) static std::byte storage[sizeof(OperatingSystemClock)];
  static Clock* const clock = new (storage) OperatingSystemClock;
  return *clock;
}

VirtualClock::VirtualClock() noexcept : VirtualClock(specification_instant) {}

VirtualClock::VirtualClock(Timestamp wall_start) noexcept : wall_offset_ns_(wall_start.time_since_epoch().count()) {}

std::chrono::nanoseconds VirtualClock::steady_now() const noexcept {
  return std::chrono::nanoseconds{steady_ns_.load(std::memory_order_acquire)};
}

Timestamp VirtualClock::wall_now() const noexcept {
  const auto offset = std::chrono::nanoseconds{wall_offset_ns_.load(std::memory_order_acquire)};
  return Timestamp{steady_now() + offset};
}

void VirtualClock::advance(std::chrono::nanoseconds amount) noexcept {
  if (amount.count() > 0) steady_ns_.fetch_add(amount.count(), std::memory_order_acq_rel);
}

void VirtualClock::advance_to(std::chrono::nanoseconds steady) noexcept {
  auto now = steady_ns_.load(std::memory_order_acquire);
  while (now < steady.count() && !steady_ns_.compare_exchange_weak(now, steady.count(), std::memory_order_acq_rel)) {
  }
}

void VirtualClock::set_wall(Timestamp wall) noexcept {
  wall_offset_ns_.store((wall.time_since_epoch() - steady_now()).count(), std::memory_order_release);
}

}  // namespace spark
