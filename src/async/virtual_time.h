// Virtual time for one executor: counts what can run, keeps who sleeps, and jumps to the next deadline when
// nothing can. Does nothing on an executor with a real clock.
//
// A sleeper waits on an Asio timer that never expires and is cancelled when its time has come; so the usual
// means of cancelling an Asio operation work on it too. Safe from any thread.
#pragma once

#include <boost/asio/steady_timer.hpp>
#include <chrono>
#include <cstdint>
#include <map>
#include <mutex>
#include <utility>

#include "spark/base/clock.h"

namespace spark::detail {

class VirtualTime {
 public:
  class Sleeper;

  explicit VirtualTime(VirtualClock* clock) noexcept : clock_(clock) {}

  [[nodiscard]] bool is_on() const noexcept { return clock_ != nullptr; }

  // Something can run from now on; the matching end may let time jump.
  void begin_work() noexcept {
    if (is_on()) begin();
  }
  void end_work() noexcept {
    if (is_on()) end();
  }
  // No jump from now on: the executor is destroying what sleeps.
  void stop() noexcept;

 private:
  // By deadline, then by order of going to sleep.
  using Key = std::pair<std::chrono::nanoseconds, std::uint64_t>;
  enum class Sleep { going_on, due, cancelled };

  void begin() noexcept;
  void end() noexcept;
  void jump() noexcept;
  // With the mutex held.
  void end_sleep(Sleeper& sleeper, Sleep how) noexcept;

  VirtualClock* const clock_;
  std::mutex mutex_;
  std::uint64_t work_ = 0;
  std::uint64_t next_sequence_ = 0;
  bool is_stopped_ = false;
  std::map<Key, Sleeper*> sleepers_;
};

// One sleeping coroutine; lives in its frame. The wait on the timer ends with an error both when the time has
// come and when it was cancelled: woke() tells which. Either way it counts as work from then on.
class VirtualTime::Sleeper {
 public:
  Sleeper(VirtualTime& time, boost::asio::steady_timer& timer, std::chrono::nanoseconds deadline);
  ~Sleeper();
  Sleeper(const Sleeper&) = delete;
  Sleeper& operator=(const Sleeper&) = delete;

  // Ends the wait, if it has not ended.
  void cancel() noexcept;
  [[nodiscard]] bool woke() noexcept;

 private:
  friend class VirtualTime;

  VirtualTime& time_;
  boost::asio::steady_timer& timer_;
  Key key_;
  Sleep sleep_ = Sleep::going_on;  // guarded by mutex_ of time_; one that has ended is work until it is destroyed
};

}  // namespace spark::detail
