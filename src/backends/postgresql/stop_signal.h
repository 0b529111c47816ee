// StopSignal ends all waits of a store's connections at once, from any thread: a flag, and a descriptor that poll()
// sees. Owned by the store; it cannot be taken back.
#pragma once

#include <atomic>

namespace spark::detail::postgresql {

class StopSignal {
 public:
  // Throws Error(unavailable) if the process has no descriptor left.
  StopSignal();
  StopSignal(const StopSignal&) = delete;
  StopSignal& operator=(const StopSignal&) = delete;
  ~StopSignal();

  void set() noexcept;
  [[nodiscard]] bool is_set() const noexcept { return is_set_.load(std::memory_order_acquire); }
  // Readable once it is set.
  [[nodiscard]] int descriptor() const noexcept { return descriptor_; }

 private:
  int descriptor_;
  std::atomic<bool> is_set_{false};
};

}  // namespace spark::detail::postgresql
