// How many spans a second reach an SQLite file, end to end (end_to_end.h); and, the same way, the memory backend.
//
// Each repetition is followed by the bare baseline with the very rows that were written, and the ratio is of
// the two.
#include <stdexcept>
#include <string>
#include <vector>

#include "bare_sqlite.h"
#include "end_to_end.h"
#include "harness.h"
#include "statistics.h"
#include "temporary_folder.h"

namespace spark::bench {
namespace {

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
