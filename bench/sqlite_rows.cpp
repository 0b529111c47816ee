// How many spans a second reach an SQLite file: recorded by a thread, in the file when the flush returns; and, the same
// way, the memory backend. Spans have four attributes, 126 bytes as JSON, ten make a trace. The thread holds back while
// many wait, so that none is dropped: what is measured is how fast the file takes them.
//
// Each repetition is followed by the bare baseline with the very rows that were written, and the ratio is of
// the two.
#include <chrono>
#include <stdexcept>
#include <thread>

#include "bare_sqlite.h"
#include "harness.h"
#include "spark/telemetry/manager.h"
#include "statistics.h"
#include "temporary_folder.h"

namespace spark::bench {
namespace {

using SteadyClock = std::chrono::steady_clock;

constexpr std::uint64_t spans_per_trace = 10;
constexpr std::uint64_t traces_between_looks = 500;
constexpr std::uint64_t most_waiting = 50'000;

const SinkRow& spans_of(const Stats& stats) {
  return stats.sinks.at(0).rows[static_cast<std::size_t>(RecordKind::span)];
}

void hold_back(const TelemetryManager& manager) {
  for (;;) {
    const Stats stats = manager.stats();
    if (stats[RecordKind::span].recorded - spans_of(stats).exported < most_waiting) return;
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
}

void record_trace(TelemetryManager& manager, std::uint64_t number) {
  const std::string item = "licences/section-" + std::to_string(100'000 + number % 100'000) + "/paragraph.txt";
  const ActiveTrace trace = manager.start_trace("document_workflow");
  const ActiveSpan root = manager.start_span("document_workflow", trace.trace_id, {.is_root = true});
  for (std::uint64_t i = 1; i < spans_per_trace; ++i) {
    const ActiveSpan span = manager.start_span(
        "TransformNode",
        {.attributes = {
             {"node_id", "transform_1"}, {"node_type", "TransformNode"}, {"item", item}, {"input_size", 4096 + i}}});
  }
}

// Seconds from the first record until the backend has everything.
double record_into(const TelemetryConfig& config, std::uint64_t traces) {
  TelemetryManager manager(config);
  const auto begin = SteadyClock::now();
  for (std::uint64_t i = 0; i < traces; ++i) {
    record_trace(manager, i);
    if (i % traces_between_looks == 0) hold_back(manager);
  }
  const FlushResult flushed = manager.flush(std::chrono::seconds(60));
  const double seconds = std::chrono::duration<double>(SteadyClock::now() - begin).count();
  if (!flushed.complete()) throw std::runtime_error("the flush did not complete: " + flushed.sinks.at(0).error);
  if (manager.stats().dropped() != 0) throw std::runtime_error("records were dropped although the recorder held back");
  return seconds;
}

std::vector<Result> rows_per_second(const Options& options) {
  const std::uint64_t traces = options.quick ? 5'000 : 20'000;
  const std::uint64_t spans = traces * spans_per_trace;
  std::vector<double> per_second, bare_per_second, ratios;
  for (int repetition = 0; repetition < (options.quick ? 3 : 7); ++repetition) {
    const TemporaryFolder folder;
    const double seconds = record_into(TelemetryConfig::create_sqlite(folder.file("telemetry.db")), traces);
    const auto rows = read_spans(folder.file("telemetry.db"));
    if (rows.size() != spans) {
      throw std::runtime_error(std::to_string(rows.size()) + " spans are in the file instead of " +
                               std::to_string(spans));
    }
    const double bare_seconds = insert_bare(folder.file("bare.db"), rows);
    per_second.push_back(static_cast<double>(spans) / seconds);
    bare_per_second.push_back(static_cast<double>(spans) / bare_seconds);
    ratios.push_back(bare_seconds / seconds);
  }
  Result throughput{.name = "sqlite_spans_per_s", .value = median(per_second), .unit = "1/s"};
  throughput.better = Result::Better::higher;
  throughput.note = "wall time; " + std::to_string(spans_per_trace) + " spans a trace";
  Result ratio{.name = "sqlite_vs_bare_insert", .value = median(ratios), .unit = "ratio"};
  ratio.target = 0.5;
  ratio.better = Result::Better::higher;
  ratio.note = "bare " + std::to_string(static_cast<std::uint64_t>(median(bare_per_second))) + " rows/s";
  return {throughput, ratio};
}

std::vector<Result> memory_per_second(const Options& options) {
  const std::uint64_t traces = options.quick ? 5'000 : 20'000;
  std::vector<double> per_second;
  for (int repetition = 0; repetition < (options.quick ? 3 : 7); ++repetition) {
    per_second.push_back(static_cast<double>(traces * spans_per_trace) /
                         record_into(TelemetryConfig::create_memory(), traces));
  }
  Result throughput{.name = "memory_spans_per_s", .value = median(per_second), .unit = "1/s"};
  throughput.better = Result::Better::higher;
  throughput.note = "wall time; " + std::to_string(spans_per_trace) + " spans a trace";
  return {throughput};
}

}  // namespace

void add_sqlite_rows(std::vector<Row>& rows) {
  rows.push_back({{"sqlite_spans_per_s", "sqlite_vs_bare_insert"}, rows_per_second});
  rows.push_back({{"memory_spans_per_s"}, memory_per_second});
}

}  // namespace spark::bench
