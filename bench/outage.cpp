#include "outage.h"

#include <algorithm>
#include <chrono>
#include <stdexcept>
#include <thread>
#include <vector>

#include "statistics.h"

namespace spark::bench {
namespace {

using SteadyClock = std::chrono::steady_clock;
using namespace std::chrono_literals;

// The time that 99 of 100 spans take at most, recorded at a rate that any far end could follow.
double caller_p99_ns(TelemetryManager& manager, std::uint64_t spans) {
  std::vector<double> times;
  times.reserve(spans);
  const ActiveSpan outer = manager.start_span("outer");
  for (std::uint64_t i = 0; i < spans; ++i) {
    if (i % 20 == 0) std::this_thread::sleep_for(1ms);
    const auto begin = SteadyClock::now();
    manager.start_span("TransformNode", {.attributes = {{"n", i}, {"type", "T"}}}).end();
    times.push_back(std::chrono::duration<double, std::nano>(SteadyClock::now() - begin).count());
  }
  const auto at = times.begin() + static_cast<std::ptrdiff_t>(times.size() * 99 / 100);
  std::nth_element(times.begin(), at, times.end());
  return *at;
}

std::uint64_t spooled(const TelemetryManager& manager) {
  std::uint64_t sum = 0;
  for (const auto& row : manager.stats().sinks.at(0).rows) sum += row.spooled;
  return sum;
}

}  // namespace

Outage measure_outage(TelemetryManager& healthy, TelemetryManager& down, const Options& options) {
  const std::uint64_t spans = options.quick ? 10'000 : 40'000;
  std::vector<double> ratios, alone;
  for (int pair = 0; pair < (options.quick ? 3 : 11); ++pair) {
    const bool down_first = pair % 2 == 0;
    const double first = caller_p99_ns(down_first ? down : healthy, spans);
    const double second = caller_p99_ns(down_first ? healthy : down, spans);
    ratios.push_back(down_first ? first / second : second / first);
    alone.push_back(down_first ? second : first);
  }
  return {median(ratios), median(alone)};
}

void record_into_spool(TelemetryManager& manager, std::uint64_t spans) {
  for (std::uint64_t i = 0; i < spans; ++i) {
    manager.start_span("TransformNode", {.attributes = {{"n", i}, {"type", "T"}}}).end();
    if (i % 1'000 == 0 && !manager.flush(60s).complete()) throw std::runtime_error("the spool did not take it");
  }
  if (spooled(manager) == 0) throw std::runtime_error("nothing was spooled");
}

double seconds_to_drain(const TelemetryManager& manager) {
  const auto begin = SteadyClock::now();
  const auto seconds = [&] { return std::chrono::duration<double>(SteadyClock::now() - begin).count(); };
  while (spooled(manager) != 0) {
    if (seconds() > 120) throw std::runtime_error("the spool was not drained");
    std::this_thread::sleep_for(10ms);
  }
  if (manager.stats().dropped() != 0) throw std::runtime_error("records were dropped");
  return seconds();
}

}  // namespace spark::bench
