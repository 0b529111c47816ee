// How long one waits for an answer from an SQLite file that holds the workload (workload.h): for all spans of a trace,
// for the ten latest traces, for percentiles by name, and for what ten typical filters find; and from a MemoryStore
// that holds the same. Wall time, the median of several queries.
#include <chrono>
#include <stdexcept>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include "harness.h"
#include "query_times.h"
#include "spark/backends/memory.h"
#include "spark/backends/sqlite.h"
#include "temporary_folder.h"
#include "workload.h"

namespace spark::bench {
namespace {

// What people ask of many spans at once. Nothing but the trace and, of traces, the start has an index, so that
// most of these look at every span.
std::vector<Result> filters(Store& store, const WorkloadOptions& workload) {
  using namespace std::chrono_literals;
  const Timestamp middle{std::chrono::milliseconds(workload_start_ms + workload.traces / 2 * workload_interval_ms)};
  std::vector<Result> results;
  const auto add = [&](const char* name, const auto& query) {
    constexpr int repetitions = 5;
    const auto ask = [&] {
      if constexpr (std::is_same_v<std::decay_t<decltype(query)>, TraceQuery>) {
        return store.query_traces(query).size();
      } else {
        return store.query_spans(query).size();
      }
    };
    std::size_t rows = 0;
    Result made{.name = name, .unit = "ms"};
    made.value = median_ms(repetitions, [&](int) { rows = ask(); });
    expect(rows > 0, "rows that are there");
    made.note = std::to_string(rows) + " rows of " + std::to_string(workload.spans) + " spans";
    results.push_back(made);
  };
  add("query_filters_name", SpanQuery{.limit = 100, .name = "ReportNode"});
  add("query_filters_glob", SpanQuery{.limit = 100, .name = "R*Node"});
  add("query_filters_failed", SpanQuery{.limit = 100, .status = SpanStatus::failed});
  add("query_filters_time_range", SpanQuery{.limit = 100, .start_time = {.from = middle, .to = middle + 1min}});
  add("query_filters_slow_of_a_name", SpanQuery{.limit = 100, .name = "chat gpt", .duration = {.min = 50ms}});
  add("query_filters_longest", SpanQuery{.limit = 10, .order = Order::longest_first});
  add("query_filters_attribute_equal", SpanQuery{.limit = 100, .attributes = {attribute("node_id") == "node_19"}});
  add("query_filters_attribute_greater",
      SpanQuery{.limit = 100, .name = "chat gpt", .attributes = {attribute("llm.cost") > 0.005}});
  add("query_filters_attribute_exists", SpanQuery{.limit = 100, .attributes = {attribute("llm.cost").exists()}});
  add("query_filters_failed_traces", TraceQuery{.limit = 10, .name = "work*", .status = TraceStatus::failed});
  return results;
}

Result result_to_reach(const char* name, double ms, double target, const WorkloadOptions& workload) {
  Result made = query_result(name, ms, workload);
  made.target = target;
  return made;
}

std::vector<Result> queries(const Options& options) {
  const WorkloadOptions workload = workload_of(options);
  const TemporaryFolder folder;
  SqliteStore store({.path = folder.file("telemetry.db")});
  write_workload(store, workload);
  std::vector<Result> results = {
      result_to_reach("query_trace", trace_ms(store, workload.traces), 1, workload),
      result_to_reach("query_latest10", latest_ms(store), 1, workload),
      result_to_reach("query_p95_by_name", p95_by_name_ms(store, workload.spans), 300, workload)};
  for (Result& made : filters(store, workload)) results.push_back(std::move(made));
  return results;
}

std::vector<Result> memory_queries(const Options& options) {
  const WorkloadOptions workload = workload_of(options);
  MemoryStore store({.size_bytes = std::size_t{8} << 30});
  write_workload(store, workload);
  if (store.evictions() != MemoryStore::Evictions()) throw std::runtime_error("the store does not hold them all");
  const auto by_name = [&](int) {
    expect(store.query_spans({.limit = 100, .name = "ReportNode"}).size() == 100, "a hundred of them");
  };
  return {query_result("memory_query_trace", trace_ms(store, workload.traces), workload),
          query_result("memory_query_latest10", latest_ms(store), workload),
          query_result("memory_query_name", median_ms(5, by_name), workload),
          query_result("memory_query_p95_by_name", p95_by_name_ms(store, workload.spans), workload)};
}

}  // namespace

void add_query_rows(std::vector<Row>& rows) {
  rows.push_back({{"query_trace", "query_latest10", "query_p95_by_name", "query_filters"}, queries});
  rows.push_back({{"memory_query_trace", "memory_query_latest10", "memory_query_name", "memory_query_p95_by_name"},
                  memory_queries});
}

}  // namespace spark::bench
