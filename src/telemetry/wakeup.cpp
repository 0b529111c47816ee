#include "wakeup.h"

#include <linux/futex.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <ctime>

namespace spark::detail {

void Wakeup::signal() noexcept {
  if (signalled_.exchange(1, std::memory_order_seq_cst) == 0) {
    syscall(SYS_futex, &signalled_, FUTEX_WAKE_PRIVATE, 1, nullptr, nullptr, 0);
  }
}

bool Wakeup::wait_for(std::chrono::nanoseconds timeout) noexcept {
  const auto deadline = std::chrono::steady_clock::now() + timeout;
  while (signalled_.exchange(0, std::memory_order_seq_cst) == 0) {
    const auto left = std::chrono::duration_cast<std::chrono::nanoseconds>(deadline - std::chrono::steady_clock::now());
    if (left.count() <= 0) return false;
    const timespec time{left.count() / 1'000'000'000, left.count() % 1'000'000'000};
    syscall(SYS_futex, &signalled_, FUTEX_WAIT_PRIVATE, 0, &time, nullptr, 0);
  }
  return true;
}

}  // namespace spark::detail
