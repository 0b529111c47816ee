#include "spark/analysis/compare_versions.h"

#include <vector>

#include "analysis/checks.h"
#include "analysis/interval.h"
#include "analysis/read_trace.h"
#include "analysis/sample.h"

namespace spark::analysis {
namespace {

struct Runs {
  VersionRuns summary;
  std::vector<double> durations;  // in seconds
};

void check(const CompareOptions& options) {
  const auto check_text = [](const char* field, const std::string& value) {
    if (value.empty()) throw Error(ErrorCode::invalid_argument, std::string("CompareOptions::") + field + " is empty");
  };
  check_text("graph_id", options.graph_id);
  check_text("version_a", options.version_a);
  check_text("version_b", options.version_b);
  if (options.version_a == options.version_b) {
    throw Error(ErrorCode::invalid_argument, "CompareOptions::version_b is version_a: " + options.version_a);
  }
  detail::check_not_zero("CompareOptions::min_runs", options.min_runs);
  detail::check_confidence("CompareOptions::confidence", options.confidence);
  detail::check_not_zero("CompareOptions::max_samples", options.max_samples);
  detail::check_not_zero("CompareOptions::max_runs", options.max_runs);
  if (options.max_runs > max_fisher_trials / 2) {
    throw Error(ErrorCode::invalid_argument, "CompareOptions::max_runs is " + std::to_string(options.max_runs) +
                                                 ": at most " + std::to_string(max_fisher_trials / 2));
  }
}

Runs read(Store& store, const CompareOptions& options, const std::string& version) {
  Runs runs;
  runs.summary.version = version;
  Random random(options.seed);
  detail::Reservoir<std::int64_t> durations(options.max_samples);
  const TraceFilter filter{.graph_id = options.graph_id, .graph_version = version, .start_time = options.start_time};
  runs.summary.more_runs = detail::each_trace(store, filter, options.max_runs, [&](const Trace& trace) {
    Proportion& errors = runs.summary.errors;
    switch (trace.status) {
      case TraceStatus::started:
        ++runs.summary.running;
        return;
      case TraceStatus::cancelled:
        ++runs.summary.cancelled;
        return;
      case TraceStatus::failed:
        ++errors.hits;
        break;
      case TraceStatus::completed:
        durations.add(detail::duration_ns(trace), random);
        break;
    }
    ++errors.trials;
  });
  runs.summary.error_interval = wilson_interval(runs.summary.errors, options.confidence);
  std::vector<std::int64_t>& values = durations.values();
  runs.summary.samples = values.size();
  runs.summary.median = detail::seconds(detail::nearest_rank(values, 50));
  runs.summary.p95 = detail::seconds(detail::nearest_rank(values, 95));
  runs.durations.reserve(values.size());
  for (const std::int64_t value : values) runs.durations.push_back(detail::seconds(value).count());
  return runs;
}

}  // namespace

std::string_view to_string(DurationVerdict verdict) noexcept {
  switch (verdict) {
    case DurationVerdict::not_enough_data:
      return "not_enough_data";
    case DurationVerdict::no_difference_found:
      return "no_difference_found";
    case DurationVerdict::faster:
      return "faster";
    case DurationVerdict::slower:
      return "slower";
  }
  return "";
}

std::string_view to_string(ErrorVerdict verdict) noexcept {
  switch (verdict) {
    case ErrorVerdict::not_enough_data:
      return "not_enough_data";
    case ErrorVerdict::no_difference_found:
      return "no_difference_found";
    case ErrorVerdict::fewer_errors:
      return "fewer_errors";
    case ErrorVerdict::more_errors:
      return "more_errors";
  }
  return "";
}

Comparison compare_versions(Store& store, const CompareOptions& options) {
  check(options);
  Runs a = read(store, options, options.version_a);
  Runs b = read(store, options, options.version_b);
  const double alpha = 1 - options.confidence;
  Comparison result{.a = std::move(a.summary), .b = std::move(b.summary)};

  const Proportion &errors_a = result.a.errors, &errors_b = result.b.errors;
  result.error_difference = newcombe_interval(errors_a, errors_b, options.confidence);
  result.error_p_value = fisher_exact(errors_a, errors_b);
  if (errors_a.trials >= options.min_runs && errors_b.trials >= options.min_runs) {
    const bool is_different = result.error_p_value < alpha;
    const bool is_more = errors_b.share() > errors_a.share();
    result.errors = !is_different ? ErrorVerdict::no_difference_found
                    : is_more     ? ErrorVerdict::more_errors
                                  : ErrorVerdict::fewer_errors;
  }

  result.shift = hodges_lehmann(a.durations, b.durations, options.confidence);
  result.rank_test = mann_whitney(a.durations, b.durations);
  if (result.a.samples >= options.min_runs && result.b.samples >= options.min_runs) {
    const bool is_different = result.rank_test.p_value < alpha;
    const bool is_longer = result.rank_test.probability > 0.5;
    result.durations = !is_different ? DurationVerdict::no_difference_found
                       : is_longer   ? DurationVerdict::slower
                                     : DurationVerdict::faster;
  }
  return result;
}

}  // namespace spark::analysis
