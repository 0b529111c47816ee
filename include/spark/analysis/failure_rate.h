// How many traces fail, in all and over time, and how sure that is.
//
// Runs are traces that completed or failed. Cancelled and running ones are neither, and are told.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "spark/analysis/proportions.h"
#include "spark/analysis/trace_filter.h"
#include "spark/telemetry/sink.h"

namespace spark::analysis {

struct FailureRateOptions {
  TraceFilter traces = {};
  // Time is divided into pieces of this length, counted from 1970-01-01 UTC. From 1 ms to 1,000,000,000 seconds.
  Seconds bucket = std::chrono::hours(1);
  double confidence = 0.95;
  std::size_t max_traces = 1'000'000;  // the newest
  std::size_t max_buckets = 10'000;    // the newest that have a run; older runs count in all only

  bool operator==(const FailureRateOptions&) const = default;
};

struct FailureBucket {
  Timestamp start = {};
  Proportion failures = {};    // of the runs that started in it
  RealInterval interval = {};  // of the share (Wilson)

  bool operator==(const FailureBucket&) const = default;
};

struct FailureRate {
  Proportion failures = {};
  RealInterval interval = {};
  std::vector<FailureBucket> buckets = {};  // the first time first; those without a run are left out
  std::uint64_t cancelled = 0;
  std::uint64_t running = 0;
  std::uint64_t runs_without_bucket = 0;  // older than max_buckets
  bool more_traces = false;               // older ones matched too

  bool operator==(const FailureRate&) const = default;
};

// Throws Error(invalid_argument) naming the field, and whatever the store throws. Blocks as long as its queries.
[[nodiscard]] FailureRate failure_rate(Store& store, const FailureRateOptions& options = {});

}  // namespace spark::analysis
