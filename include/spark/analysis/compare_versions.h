// Two versions of a graph held against each other: does b fail more often than a, is it faster? From the runs that the
// store has, with what chance alone might have done.
//
// Runs are traces with the attributes graph_id and graph_version (see trace_filter.h). Those that completed or failed
// count; cancelled and running ones do not, and are told. Durations are of completed runs only, because a version that
// fails at once is not fast. The runs were not made for the comparison: if the versions ran at different times, on
// different inputs or machines, that difference is in the answer too.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "spark/analysis/proportions.h"
#include "spark/analysis/rank_test.h"
#include "spark/analysis/trace_filter.h"
#include "spark/telemetry/sink.h"

namespace spark::analysis {

struct CompareOptions {
  std::string graph_id = {};  // these three are needed
  std::string version_a = {};
  std::string version_b = {};
  TimeRange start_time = {};
  // Of each version: with fewer runs nothing is said of errors, with fewer completed ones nothing of durations. At 20
  // the normal approximation of the rank test is good, and a version that never failed fails in truth at most 16 % of
  // the time (Wilson's limit).
  std::size_t min_runs = 20;
  // A difference is found if chance alone would show one as large less often than 1 - confidence. Errors and durations
  // are each tested at this level.
  double confidence = 0.95;
  std::size_t max_runs = 100'000;    // of each version, the newest
  std::size_t max_samples = 10'000;  // durations of each version: beyond, a random sample of them
  std::uint64_t seed = 1;            // of that sample

  bool operator==(const CompareOptions&) const = default;
};

// What is said of b.
enum class DurationVerdict : std::uint8_t { not_enough_data, no_difference_found, faster, slower };
enum class ErrorVerdict : std::uint8_t { not_enough_data, no_difference_found, fewer_errors, more_errors };

// The names as spelled above. Static storage.
[[nodiscard]] std::string_view to_string(DurationVerdict verdict) noexcept;
[[nodiscard]] std::string_view to_string(ErrorVerdict verdict) noexcept;

struct VersionRuns {
  std::string version = {};
  Proportion errors = {};            // failed runs of those that completed or failed
  RealInterval error_interval = {};  // of the share (Wilson)
  std::uint64_t cancelled = 0;
  std::uint64_t running = 0;
  bool more_runs = false;  // older ones matched too
  Seconds median{0};       // of completed runs, as all below; the nearest rank
  Seconds p95{0};
  std::uint64_t samples = 0;  // durations that the statistics are of

  bool operator==(const VersionRuns&) const = default;
};

struct Comparison {
  VersionRuns a = {};
  VersionRuns b = {};
  ErrorVerdict errors = ErrorVerdict::not_enough_data;
  RealInterval error_difference = {};  // of the shares, b - a (Newcombe's method 10)
  double error_p_value = 1;            // Fisher's exact test: decides
  DurationVerdict durations = DurationVerdict::not_enough_data;
  HodgesLehmann shift = {};    // of the durations in seconds, b - a
  MannWhitney rank_test = {};  // decides

  bool operator==(const Comparison&) const = default;
};

// Throws Error(invalid_argument) naming the field, and whatever the store throws. Blocks as long as its queries.
[[nodiscard]] Comparison compare_versions(Store& store, const CompareOptions& options);

}  // namespace spark::analysis
