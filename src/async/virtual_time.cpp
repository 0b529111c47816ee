#include "async/virtual_time.h"

namespace spark::detail {

void VirtualTime::begin() noexcept {
  const std::lock_guard lock(mutex_);
  ++work_;
}

void VirtualTime::end() noexcept {
  const std::lock_guard lock(mutex_);
  if (--work_ == 0) jump();
}

void VirtualTime::stop() noexcept {
  const std::lock_guard lock(mutex_);
  is_stopped_ = true;
}

void VirtualTime::jump() noexcept {
  if (is_stopped_ || sleepers_.empty()) return;
  const std::chrono::nanoseconds now = sleepers_.begin()->first.first;
  clock_->advance_to(now);
  while (!sleepers_.empty() && sleepers_.begin()->first.first <= now) {
    end_sleep(*sleepers_.begin()->second, Sleep::due);
  }
}

void VirtualTime::end_sleep(Sleeper& sleeper, Sleep how) noexcept {
  sleepers_.erase(sleeper.key_);
  sleeper.sleep_ = how;
  ++work_;
  // Under the lock: its coroutine cannot resume, and destroy the timer, before the cancelling has returned.
  sleeper.timer_.cancel();
}

VirtualTime::Sleeper::Sleeper(VirtualTime& time, boost::asio::steady_timer& timer, std::chrono::nanoseconds deadline)
    : time_(time), timer_(timer) {
  timer_.expires_at(boost::asio::steady_timer::time_point::max());
  const std::lock_guard lock(time_.mutex_);
  key_ = Key(deadline, time_.next_sequence_++);
  time_.sleepers_.emplace(key_, this);
}

VirtualTime::Sleeper::~Sleeper() {
  const std::lock_guard lock(time_.mutex_);
  if (sleep_ != Sleep::going_on) {
    // No jump: whoever resumed or destroyed this coroutine is counted and ends later, or the executor itself
    // is ending.
    --time_.work_;
  } else {
    time_.sleepers_.erase(key_);
  }
}

void VirtualTime::Sleeper::cancel() noexcept {
  const std::lock_guard lock(time_.mutex_);
  if (sleep_ == Sleep::going_on) time_.end_sleep(*this, Sleep::cancelled);
}

bool VirtualTime::Sleeper::woke() noexcept {
  const std::lock_guard lock(time_.mutex_);
  return sleep_ == Sleep::due;
}

}  // namespace spark::detail
