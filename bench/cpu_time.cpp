#include "cpu_time.h"

#include <sys/types.h>

#include <ctime>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "statistics.h"

namespace spark::bench {
namespace {

std::int64_t read(clockid_t clock) noexcept {
  timespec time{};
  if (clock_gettime(clock, &time) != 0) return 0;
  return std::int64_t{time.tv_sec} * 1'000'000'000 + time.tv_nsec;
}

// The clock of another thread of this process, as pthread_getcpuclockid makes it (it wants a pthread_t, which
// nobody gives out): the complement of the thread id, and the bits for "a thread's" and "by the scheduler's
// account".
clockid_t clock_of(pid_t thread) noexcept {
  constexpr unsigned per_thread = 4, by_scheduler = 2;
  return static_cast<clockid_t>((~static_cast<unsigned>(thread) << 3) | per_thread | by_scheduler);
}

}  // namespace

std::int64_t thread_cpu_ns() noexcept { return read(CLOCK_THREAD_CPUTIME_ID); }

double cpu_clock_cost_ns() {
  static const double cost = [] {
    std::vector<double> differences;
    for (int i = 0; i < 10'000; ++i) {
      const std::int64_t before = thread_cpu_ns();
      differences.push_back(static_cast<double>(thread_cpu_ns() - before));
    }
    return median(std::move(differences));
  }();
  return cost;
}

std::int64_t cpu_ns_of_threads(std::string_view name) {
  std::int64_t sum = 0;
  std::error_code ended;
  for (const auto& entry : std::filesystem::directory_iterator("/proc/self/task", ended)) {
    std::string found;
    std::getline(std::ifstream(entry.path() / "comm"), found);
    if (found == name) sum += read(clock_of(static_cast<pid_t>(std::stol(entry.path().filename().string()))));
  }
  return sum;
}

}  // namespace spark::bench
