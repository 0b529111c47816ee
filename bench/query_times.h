// How long a store lets one wait for an answer when it holds the workload (workload.h): wall time, the median of
// several queries. Free functions; they throw std::runtime_error if an answer is wrong.
#pragma once

#include <chrono>
#include <cstddef>
#include <utility>
#include <vector>

#include "harness.h"
#include "spark/telemetry/sink.h"
#include "statistics.h"
#include "workload.h"

namespace spark::bench {

[[nodiscard]] WorkloadOptions workload_of(const Options& options);

// Calls `query(i)` and gives the median of the times in milliseconds, without the first, which opens a
// connection.
template <class Query>
double median_ms(int count, Query&& query) {
  query(0);
  std::vector<double> times;
  for (int i = 1; i <= count; ++i) {
    const auto begin = std::chrono::steady_clock::now();
    query(i);
    times.push_back(std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - begin).count());
  }
  return median(std::move(times));
}

void expect(bool condition, const char* what);

// All spans of a trace; the ten latest traces; percentiles of each name.
[[nodiscard]] double trace_ms(Store& store, std::size_t traces);
[[nodiscard]] double latest_ms(Store& store);
[[nodiscard]] double p95_by_name_ms(Store& store, std::size_t spans);

[[nodiscard]] Result query_result(const char* name, double ms, const WorkloadOptions& workload);

}  // namespace spark::bench
