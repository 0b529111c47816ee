#include "spark/analysis/trend.h"

#include <algorithm>
#include <utility>

#include "analysis/buckets.h"
#include "analysis/checks.h"
#include "analysis/read_trace.h"
#include "analysis/sample.h"

namespace spark::analysis {
namespace {

void check(const TrendOptions& options) {
  detail::check_bucket("TrendOptions::bucket", options.bucket);
  detail::check_confidence("TrendOptions::confidence", options.confidence);
  detail::check_not_zero("TrendOptions::min_buckets", options.min_buckets);
  detail::check_not_zero("TrendOptions::max_traces", options.max_traces);
  detail::check_not_zero("TrendOptions::max_buckets", options.max_buckets);
  detail::check_not_zero("TrendOptions::max_samples", options.max_samples);
  if (options.max_buckets > max_trend_points) {
    throw Error(ErrorCode::invalid_argument, "TrendOptions::max_buckets is " + std::to_string(options.max_buckets) +
                                                 ": at most " + std::to_string(max_trend_points));
  }
}

// Takes the traces newest first, so that one bucket's durations are in memory at a time.
class Collector {
 public:
  explicit Collector(const TrendOptions& options)
      : options_(options), buckets_(options.bucket), random_(options.seed), durations_(options.max_samples) {}

  void add(const Trace& trace) {
    if (trace.status == TraceStatus::started) ++result_.running;
    if (trace.status == TraceStatus::cancelled) ++result_.cancelled;
    const bool has_failed = trace.status == TraceStatus::failed;
    if (!has_failed && trace.status != TraceStatus::completed) return;
    const Timestamp start = buckets_.start_of(trace.start_time);
    if (result_.buckets.empty() || result_.buckets.back().start != start) {
      if (result_.buckets.size() == options_.max_buckets) {
        ++result_.runs_left_out;
        return;
      }
      close();
      result_.buckets.push_back({.start = start});
    }
    Proportion& failures = result_.buckets.back().failures;
    ++failures.trials;
    if (has_failed) {
      ++failures.hits;
    } else {
      durations_.add(detail::duration_ns(trace), random_);
    }
  }

  Trend finish() {
    close();
    std::reverse(result_.buckets.begin(), result_.buckets.end());
    return std::move(result_);
  }

 private:
  void close() {
    if (result_.buckets.empty()) return;
    TrendBucket& bucket = result_.buckets.back();
    bucket.durations = durations_.seen();
    bucket.p50 = detail::seconds(detail::nearest_rank(durations_.values(), 50));
    bucket.p95 = detail::seconds(detail::nearest_rank(durations_.values(), 95));
    durations_ = detail::Reservoir<std::int64_t>(options_.max_samples);
  }

  const TrendOptions& options_;
  const detail::Buckets buckets_;
  Random random_;
  detail::Reservoir<std::int64_t> durations_;
  Trend result_;
};

TrendLine line_through(const std::vector<Point>& points, const TrendOptions& options) {
  TrendLine line{.per_hour = theil_sen(points, options.confidence), .test = mann_kendall(points)};
  if (points.size() < options.min_buckets) return line;
  line.direction = line.test.p_value >= 1 - options.confidence ? Direction::steady
                   : line.test.s > 0                           ? Direction::rising
                                                               : Direction::falling;
  return line;
}

}  // namespace

std::string_view to_string(Direction direction) noexcept {
  switch (direction) {
    case Direction::not_enough_data:
      return "not_enough_data";
    case Direction::steady:
      return "steady";
    case Direction::rising:
      return "rising";
    case Direction::falling:
      return "falling";
  }
  return "";
}

Trend trend(Store& store, const TrendOptions& options) {
  check(options);
  Collector collector(options);
  const bool more =
      detail::each_trace(store, options.traces, options.max_traces, [&](const Trace& trace) { collector.add(trace); });
  Trend result = collector.finish();
  result.more_traces = more;
  std::vector<Point> p50, p95, failures;
  for (const TrendBucket& bucket : result.buckets) {
    // From the first bucket, so that hours are exact.
    const std::int64_t since_first = detail::length_ns(result.buckets.front().start, bucket.start);
    const double hours = static_cast<double>(since_first) / 3.6e12;
    failures.push_back({hours, bucket.failures.share()});
    if (bucket.durations == 0) continue;
    p50.push_back({hours, bucket.p50.count()});
    p95.push_back({hours, bucket.p95.count()});
  }
  result.p50 = line_through(p50, options);
  result.p95 = line_through(p95, options);
  result.failure_share = line_through(failures, options);
  return result;
}

}  // namespace spark::analysis
