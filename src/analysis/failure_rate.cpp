#include "spark/analysis/failure_rate.h"

#include <algorithm>

#include "analysis/buckets.h"
#include "analysis/checks.h"
#include "analysis/read_trace.h"

namespace spark::analysis {

FailureRate failure_rate(Store& store, const FailureRateOptions& options) {
  detail::check_bucket("FailureRateOptions::bucket", options.bucket);
  detail::check_confidence("FailureRateOptions::confidence", options.confidence);
  detail::check_not_zero("FailureRateOptions::max_traces", options.max_traces);
  detail::check_not_zero("FailureRateOptions::max_buckets", options.max_buckets);
  FailureRate result;
  const detail::Buckets buckets(options.bucket);
  // Traces come newest first, so only the last bucket can be the trace's.
  result.more_traces = detail::each_trace(store, options.traces, options.max_traces, [&](const Trace& trace) {
    if (trace.status == TraceStatus::started) ++result.running;
    if (trace.status == TraceStatus::cancelled) ++result.cancelled;
    const bool has_failed = trace.status == TraceStatus::failed;
    if (!has_failed && trace.status != TraceStatus::completed) return;
    const auto count = [&](Proportion& failures) {
      ++failures.trials;
      failures.hits += has_failed ? 1 : 0;
    };
    count(result.failures);
    const Timestamp start = buckets.start_of(trace.start_time);
    if (result.buckets.empty() || result.buckets.back().start != start) {
      if (result.buckets.size() == options.max_buckets) {
        ++result.runs_without_bucket;
        return;
      }
      result.buckets.push_back({.start = start});
    }
    count(result.buckets.back().failures);
  });
  result.interval = wilson_interval(result.failures, options.confidence);
  for (FailureBucket& bucket : result.buckets) {
    bucket.interval = wilson_interval(bucket.failures, options.confidence);
  }
  std::reverse(result.buckets.begin(), result.buckets.end());
  return result;
}

}  // namespace spark::analysis
