// Wakeup lets one thread sleep until another signals or a time passes. signal() never blocks and takes no lock, so a
// recording thread may call it; a signal sent while nobody waits is kept for the next wait. (A condition variable would
// need its mutex in signal() to not lose one; libstdc++ 12 has no timed wait on an atomic.)
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>

namespace spark::detail {

class Wakeup {
 public:
  void signal() noexcept;
  // True: signalled, and the signal is used up. False: the time passed. One waiter at a time.
  bool wait_for(std::chrono::nanoseconds timeout) noexcept;

 private:
  std::atomic<std::uint32_t> signalled_{0};
};

}  // namespace spark::detail
