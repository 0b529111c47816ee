// What retention costs: how many rows a second prune() deletes, how long it holds the lock at a time, and how long
// another store's writes take while it works. The file has 200,000 spans in traces of ten; all of them go.
#include <algorithm>
#include <atomic>
#include <chrono>
#include <memory>
#include <stdexcept>
#include <thread>

#include "harness.h"
#include "spark/backends/sqlite.h"
#include "spark/telemetry/batch.h"
#include "statistics.h"
#include "temporary_folder.h"

namespace spark::bench {
namespace {

using SteadyClock = std::chrono::steady_clock;

constexpr std::size_t spans_of_each_trace = 10, traces_of_a_batch = 1'000;
constexpr Timestamp some_time{std::chrono::seconds(1'700'000'000)};
constexpr std::chrono::hours year{24 * 365};

double ms_since(SteadyClock::time_point begin) {
  return std::chrono::duration<double, std::milli>(SteadyClock::now() - begin).count();
}

void write_traces(Store& store, std::uint64_t first, std::size_t count, Timestamp time) {
  static const auto resource = std::make_shared<Resource>(Resource{.service_name = "bench"});
  BatchBuilder batch(resource);
  for (std::uint64_t number = first; number < first + count; ++number) {
    const TraceId id{1, number};
    batch.add(Trace{.trace_id = id,
                    .name = "document_workflow",
                    .start_time = time,
                    .end_time = time,
                    .status = TraceStatus::completed});
    for (std::uint64_t i = 1; i <= spans_of_each_trace; ++i) {
      batch.add(Span{.span_id = {number * spans_of_each_trace + i},
                     .trace_id = id,
                     .name = "TransformNode",
                     .start_time = time,
                     .end_time = time,
                     .attributes = {{"node_id", "transform_1"}, {"node_type", "TransformNode"}, {"input_size", i}}});
    }
  }
  store.write(*batch.build());
}

// Writes a trace now and then until told to stop. Gives the times the writes took, in milliseconds.
std::vector<double> write_beside(const std::string& path, const std::atomic<bool>& stops) {
  SqliteStore store({.path = path, .busy_timeout = std::chrono::seconds(60)});
  std::vector<double> times;
  for (std::uint64_t number = 10'000'000; !stops; ++number) {
    const auto begin = SteadyClock::now();
    write_traces(store, number, 1, some_time + year);
    times.push_back(ms_since(begin));
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
  return times;
}

std::vector<Result> pruning(const Options& options) {
  const std::size_t traces = options.quick ? 5'000 : 20'000;
  std::vector<double> per_second, median_writes, longest_writes;
  for (int repetition = 0; repetition < (options.quick ? 1 : 5); ++repetition) {
    const TemporaryFolder folder;
    const std::string path = folder.file("pruned.db");
    SqliteStore store({.path = path, .busy_timeout = std::chrono::seconds(60)});
    for (std::size_t first = 1; first <= traces; first += traces_of_a_batch) {
      write_traces(store, first, traces_of_a_batch, some_time);
    }
    std::atomic<bool> stops = false;
    std::vector<double> writes;
    std::thread other([&] { writes = write_beside(path, stops); });
    const auto begin = SteadyClock::now();
    const PruneResult result = store.prune({.before = some_time + year / 2});
    const double seconds = ms_since(begin) / 1'000;
    stops = true;
    other.join();
    if (result.traces != traces) throw std::runtime_error(std::to_string(result.traces) + " traces were deleted");
    per_second.push_back(static_cast<double>(result.spans) / seconds);
    median_writes.push_back(median(writes));
    longest_writes.push_back(*std::max_element(writes.begin(), writes.end()));
  }
  Result rows{.name = "sqlite_prune_spans_per_s", .value = median(per_second), .unit = "1/s"};
  rows.better = Result::Better::higher;
  rows.note = "ten spans a trace, another store writing";
  Result wait{.name = "sqlite_write_while_pruning", .value = median(median_writes), .unit = "ms"};
  wait.note = "one trace, median; the longest " + std::to_string(median(longest_writes)) + " ms";
  return {rows, wait};
}

}  // namespace

void add_retention_rows(std::vector<Row>& rows) {
  rows.push_back({{"sqlite_prune_spans_per_s", "sqlite_write_while_pruning"}, pruning});
}

}  // namespace spark::bench
