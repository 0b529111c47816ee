#include <sys/utsname.h>

#include <fstream>
#include <ostream>
#include <string>
#include <thread>

#include "harness.h"
#include "telemetry/tick_clock.h"

namespace spark::bench {
namespace {

std::string processor() {
  std::ifstream file("/proc/cpuinfo");
  for (std::string line; std::getline(file, line);) {
    if (line.starts_with("model name")) return line.substr(line.find(':') + 2);
  }
  return "unknown processor";
}

std::string load() {
  std::string one_minute = "unknown";
  std::ifstream("/proc/loadavg") >> one_minute;
  return one_minute;
}

}  // namespace

bool has_counter_clock() {
  static const bool result = detail::TickClock(nullptr).by_counter();
  return result;
}

void print_machine(std::ostream& out) {
  utsname system{};
  uname(&system);
  out << "machine   " << processor() << ", " << std::thread::hardware_concurrency() << " cores, " << system.sysname
      << ' ' << system.release << ", load " << load() << '\n'
      << "compiler  " << SPARK_BENCH_COMPILER << ", flags " << SPARK_BENCH_FLAGS << '\n'
      << "clock     " << (has_counter_clock() ? "clock=tsc" : "clock=steady") << "\n\n";
}

}  // namespace spark::bench
