#include "spark/base/random.h"

#include <pthread.h>
#include <sys/random.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <chrono>

namespace spark {
namespace {

// Counts the forks of this process, so that a child does not repeat the numbers of its parent. Starts at 1: a
// thread's generator, which starts at 0, is seeded on first use.
constinit std::atomic<std::uint32_t> fork_generation{1};

struct SeededRandom {
  Random random{0};
  std::uint32_t generation = 0;
};
constinit thread_local SeededRandom tls_random{};

void count_forks() noexcept {
  // If it cannot be registered, only children of fork() without exec() are worse off.
  static const int registered =
      pthread_atfork(nullptr, nullptr, [] { fork_generation.fetch_add(1, std::memory_order_relaxed); });
  static_cast<void>(registered);
}

std::uint64_t random_without_system_call() noexcept {
  // Differs between calls, threads, processes (address layout, process id) and moments.
  static constinit std::atomic<std::uint64_t> calls{0};
  const int here = 0;
  const auto steady = std::chrono::steady_clock::now().time_since_epoch().count();
  const auto wall = std::chrono::system_clock::now().time_since_epoch().count();
  Random mix(static_cast<std::uint64_t>(steady) ^ (static_cast<std::uint64_t>(wall) << 20) ^
             static_cast<std::uint64_t>(reinterpret_cast<std::uintptr_t>(&here)) ^
             (static_cast<std::uint64_t>(getpid()) << 48) ^
             (calls.fetch_add(1, std::memory_order_relaxed) * 0x9E3779B97F4A7C15ULL));
  mix.next();
  return mix.next();
}

}  // namespace

std::uint64_t operating_system_random() noexcept {
  std::uint64_t value = 0;
  for (;;) {
    // GRND_NONBLOCK: early in boot, waiting for entropy would hang the caller.
    const auto got = getrandom(&value, sizeof value, GRND_NONBLOCK);
    if (got == static_cast<ssize_t>(sizeof value)) return value;
    if (got < 0 && errno == EINTR) continue;
    return random_without_system_call();
  }
}

Random& thread_random() noexcept {
  const auto generation = fork_generation.load(std::memory_order_relaxed);
  if (tls_random.generation != generation) [[unlikely]] {
    count_forks();
    tls_random.random = Random(operating_system_random());
    tls_random.generation = generation;
  }
  return tls_random.random;
}

}  // namespace spark
