#include "query_times.h"

#include <stdexcept>
#include <string>

namespace spark::bench {

WorkloadOptions workload_of(const Options& options) {
  return options.quick ? WorkloadOptions{.traces = 5'000, .spans = 100'000} : WorkloadOptions{};
}

void expect(bool condition, const char* what) {
  if (!condition) throw std::runtime_error(std::string("a query gave something else than ") + what);
}

double trace_ms(Store& store, std::size_t traces) {
  constexpr std::size_t stride = 7'919;  // a prime, so that queries jump about in the file
  const auto all = store.query_traces({.limit = traces, .with_attributes = false});
  expect(all.size() == traces, "all traces");
  return median_ms(500, [&](int i) {
    const TraceId id = all[static_cast<std::size_t>(i) * stride % traces].trace_id;
    const auto spans = store.query_spans({.trace_id = id});
    expect(!spans.empty() && spans.front().trace_id == id, "the spans of the trace");
  });
}

double latest_ms(Store& store) {
  constexpr std::size_t wanted = 10;
  return median_ms(500, [&](int) { expect(store.query_traces({.limit = wanted}).size() == wanted, "ten traces"); });
}

double p95_by_name_ms(Store& store, std::size_t spans) {
  return median_ms(5, [&](int) {
    std::size_t counted = 0;
    const auto groups = store.aggregate_spans({}, {.by = {group_by_name()}, .order = GroupOrder::p95});
    for (const Group& group : groups) counted += group.count;
    expect(counted == spans && groups.size() == workload_names + 1, "a group for each name, and all spans");
  });
}

Result query_result(const char* name, double ms, const WorkloadOptions& workload) {
  return {.name = name, .value = ms, .unit = "ms", .note = std::to_string(workload.spans) + " spans, wall time"};
}

}  // namespace spark::bench
