// Pace lets a thread begin something at fixed times, whatever it did in between. A thread that is late does
// not wait until it has caught up, so the rate that is offered does not sink because something took long. One
// thread's.
#pragma once

#include <chrono>
#include <thread>

namespace spark::bench {

class Pace {
 public:
  using Clock = std::chrono::steady_clock;

  explicit Pace(std::chrono::nanoseconds period) noexcept : period_(period), next_(Clock::now() + period) {}

  void wait() {
    std::this_thread::sleep_until(next_);
    next_ += period_;
  }

 private:
  const std::chrono::nanoseconds period_;
  Clock::time_point next_;
};

}  // namespace spark::bench
