// Whether traces become slower or fail more often as time goes on.
//
// Time is divided into buckets; each gives a point, at its start, of the median and the 95th percentile of durations
// and of the share of failures. A line through the points of one measure is Theil-Sen's, and whether it rises is what
// the Mann-Kendall test says (trend_test.h): neither minds a bucket that was out of the ordinary. A daily or weekly
// rhythm is no trend, but looks like one if the time range holds only a part of it.
//
// Runs are traces that completed or failed, durations those of completed ones.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

#include "spark/analysis/proportions.h"
#include "spark/analysis/trace_filter.h"
#include "spark/analysis/trend_test.h"
#include "spark/telemetry/sink.h"

namespace spark::analysis {

struct TrendOptions {
  TraceFilter traces = {};
  // As FailureRateOptions::bucket.
  Seconds bucket = std::chrono::hours(1);
  // With fewer points nothing is said: the test's normal approximation is good from 10 on.
  std::size_t min_buckets = 10;
  double confidence = 0.95;            // rising or falling: chance shows that less often than 1 - confidence
  std::size_t max_traces = 1'000'000;  // the newest
  std::size_t max_buckets = 1'000;     // the newest that have a run, at most max_trend_points
  std::size_t max_samples = 10'000;    // durations of a bucket: beyond, a random sample of them
  std::uint64_t seed = 1;              // of that sample

  bool operator==(const TrendOptions&) const = default;
};

enum class Direction : std::uint8_t { not_enough_data, steady, rising, falling };

// The names as spelled above. Static storage.
[[nodiscard]] std::string_view to_string(Direction direction) noexcept;

struct TrendBucket {
  Timestamp start = {};
  Proportion failures = {};
  std::uint64_t durations = 0;  // of completed runs; of none the percentiles are 0 and no points
  Seconds p50{0};               // nearest rank
  Seconds p95{0};

  bool operator==(const TrendBucket&) const = default;
};

struct TrendLine {
  Direction direction = Direction::not_enough_data;  // steady: no trend was found
  TheilSen per_hour = {};                            // seconds, or share, by hour
  MannKendall test = {};

  bool operator==(const TrendLine&) const = default;
};

struct Trend {
  std::vector<TrendBucket> buckets = {};  // the first time first; those without a run are left out
  TrendLine p50 = {};
  TrendLine p95 = {};
  TrendLine failure_share = {};
  std::uint64_t cancelled = 0;
  std::uint64_t running = 0;
  std::uint64_t runs_left_out = 0;  // older than max_buckets
  bool more_traces = false;         // older ones matched too

  bool operator==(const Trend&) const = default;
};

// Throws Error(invalid_argument) naming the field, and whatever the store throws. Blocks as long as its queries.
[[nodiscard]] Trend trend(Store& store, const TrendOptions& options = {});

}  // namespace spark::analysis
