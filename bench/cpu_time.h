// The processor time that threads used. Unlike wall time it does not count the time when others had the
// processor, so that a busy machine still gives figures. Free functions, safe from any thread.
#pragma once

#include <cstdint>
#include <string_view>

namespace spark::bench {

// The calling thread's, in nanoseconds. Costs a system call, some 100 ns: measure many operations at once,
// and subtract cpu_clock_cost_ns().
[[nodiscard]] std::int64_t thread_cpu_ns() noexcept;

// What reading the clock adds to the time between two readings: the median of many. Measured at the first
// call.
[[nodiscard]] double cpu_clock_cost_ns();

// The sum over those threads of this process that have this name at the moment.
[[nodiscard]] std::int64_t cpu_ns_of_threads(std::string_view name);

}  // namespace spark::bench
