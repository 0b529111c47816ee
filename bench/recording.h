// How recording is measured, alike for all rows that do it: each thread offers bursts of records at fixed
// times (one of 1,000 each millisecond, a million a second) while the drainer and a checksum sink are at
// work, and counts the processor time of its bursts. Beside each burst it runs base(), so that ×base is a
// ratio within the same milliseconds. A repetition is a hundred bursts; the figure is the median over the
// repetitions, the first of which only warms up.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <string>
#include <thread>
#include <vector>

#include "base.h"
#include "checksum_sink.h"
#include "cpu_time.h"
#include "harness.h"
#include "pace.h"
#include "spark/telemetry/manager.h"
#include "statistics.h"

namespace spark::bench {

struct BurstPlan {
  std::uint32_t calls_per_burst = 1'000;
  std::chrono::nanoseconds period{1'000'000};
  std::uint32_t bursts_per_repetition = 100;
  std::uint32_t repetitions = 30;

  [[nodiscard]] std::uint64_t calls() const noexcept {
    return std::uint64_t{calls_per_burst} * bursts_per_repetition * repetitions;
  }
};

// A million records a second. Either is more than the rings hold (64 MiB) of even the smallest record, a span
// without attributes (112 bytes).
[[nodiscard]] inline BurstPlan record_plan(const Options& options) {
  return {.repetitions = options.quick ? 10U : 30U};
}
// For calls that leave nothing behind: a longer burst, since its clock would otherwise count for something.
[[nodiscard]] inline BurstPlan call_plan(const Options& options) {
  return {.calls_per_burst = 20'000, .bursts_per_repetition = 20, .repetitions = options.quick ? 10U : 30U};
}

// Medians over repetitions.
struct CallCost {
  double ns = 0;
  double x_base = 0;
  double base_ns = 0;
};

// The sums of one repetition.
class Repetition {
 public:
  void add(std::int64_t call_ns, std::int64_t base_ns) noexcept {
    call_ns_ += static_cast<double>(call_ns) - cpu_clock_cost_ns();
    base_ns_ += static_cast<double>(base_ns) - cpu_clock_cost_ns();
  }
  [[nodiscard]] CallCost cost(double calls, double base_calls) const noexcept {
    const double ns = call_ns_ / calls, base_ns = base_ns_ / base_calls;
    return {ns, ns / base_ns, base_ns};
  }

 private:
  double call_ns_ = 0;
  double base_ns_ = 0;
};

[[nodiscard]] CallCost median_of(const std::vector<CallCost>& repetitions);

// Calls `call(i)` for i from `first` on, as the plan says. The calls are inlined, so the loop costs a
// fraction of a ns.
template <class Call>
CallCost measure_bursts(const BurstPlan& plan, std::uint64_t first, Call&& call) {
  constexpr std::uint32_t base_calls = 200;
  (void)cpu_clock_cost_ns();
  std::uint64_t yardstick = first + 1, i = first;
  std::vector<CallCost> repetitions;
  Pace pace(plan.period);
  for (std::uint32_t r = 0; r < plan.repetitions; ++r) {
    Repetition repetition;
    for (std::uint32_t b = 0; b < plan.bursts_per_repetition; ++b) {
      pace.wait();
      const std::int64_t begin = thread_cpu_ns();
      for (std::uint32_t n = 0; n < base_calls; ++n) yardstick = base(yardstick);
      const std::int64_t middle = thread_cpu_ns();
      for (const std::uint64_t end = i + plan.calls_per_burst; i != end; ++i) call(i);
      repetition.add(thread_cpu_ns() - middle, middle - begin);
    }
    const double bursts = plan.bursts_per_repetition;
    if (r > 0) repetitions.push_back(repetition.cost(bursts * plan.calls_per_burst, bursts * base_calls));
  }
  return median_of(repetitions);
}

// What one manager and its threads were measured to do.
struct Recording {
  CallCost caller;        // the slowest thread's
  double drainer_ns = 0;  // the drainer's CPU, divided by the calls; likewise below
  double sink_ns = 0;
  std::uint64_t dropped = 0;
};

// Makes a manager with a checksum sink, runs `body(manager, thread, totals)` on `threads` threads at once
// (or, for one, on this one), flushes, and compares what the sink read with the sum of what the bodies added
// to their totals. Throws std::runtime_error if that differs although nothing was dropped, or if the ledger
// does not balance.
struct RecordingSetup {
  TelemetryConfig config = {};
  std::uint32_t threads = 1;
  std::uint64_t calls = 0;  // of all threads together
};
using RecordingBody = std::function<CallCost(TelemetryManager&, std::uint32_t thread, ChecksumTotals& expected)>;
[[nodiscard]] Recording measure_recording(const RecordingSetup& setup, const RecordingBody& body);

// The caller's result, with both costs a record in its note, and no verdict if something was dropped or there
// is no counter clock.
[[nodiscard]] Result caller_result(const std::string& name, double target, const Recording& recording);
// The drainer's own, named after the row.
[[nodiscard]] Result drainer_result(const std::string& name, double target, const Recording& recording);

}  // namespace spark::bench
