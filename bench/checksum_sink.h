// ChecksumSink is a sink that reads every field of every record and keeps only a checksum: the cost of a
// consumer that looks at everything, without the cost of storing it. The benchmark works out what the
// checksum must be from what it recorded and fails if it is another; so a record that was lost, doubled or
// changed on the way cannot pass for speed.
//
// A checksum is the sum of a hash of each record, so the order of records does not matter. What the benchmark
// cannot know (ids of the records themselves, times) is read and takes part only as "it is there" and "it is
// in order".
//
// The manager owns the sink, the benchmark the totals; read them after a flush.
#pragma once

#include <cstdint>
#include <memory>
#include <string_view>

#include "spark/telemetry/batch.h"
#include "spark/telemetry/manager.h"
#include "spark/telemetry/sink.h"

namespace spark::bench {

struct ChecksumTotals {
  std::uint64_t spans = 0;
  std::uint64_t span_checksum = 0;
  std::uint64_t points = 0;  // of record_metric
  std::uint64_t point_checksum = 0;
  double collected_sum = 0;           // of what instruments measured: counters' values, distributions' sums
  std::uint64_t collected_count = 0;  // of values in distributions
  std::uint64_t others = 0;           // traces, events, graphs: no benchmark makes any

  bool operator==(const ChecksumTotals&) const = default;
};

// The hash of one record, as described above. For what was recorded, ids of its own are any valid ones and
// times any in order.
[[nodiscard]] std::uint64_t checksum_of(const SpanView& span) noexcept;
[[nodiscard]] std::uint64_t checksum_of(const MetricView& metric) noexcept;

class ChecksumSink final : public Sink {
 public:
  explicit ChecksumSink(std::shared_ptr<ChecksumTotals> totals) noexcept : totals_(std::move(totals)) {}

  [[nodiscard]] std::string_view name() const noexcept override { return "checksum"; }
  void write(const Batch& batch) override;
  void flush(Deadline) override {}

 private:
  std::shared_ptr<ChecksumTotals> totals_;
};

// For a manager that has this sink alone.
[[nodiscard]] inline ManagerSources checksum_sources(std::shared_ptr<ChecksumTotals> totals) {
  ManagerSources sources;
  sources.sinks.push_back(
      [totals = std::move(totals)](const TelemetryConfig&) { return std::make_unique<ChecksumSink>(totals); });
  return sources;
}

// Throws std::runtime_error saying what differs.
void check_totals(const ChecksumTotals& found, const ChecksumTotals& expected);

}  // namespace spark::bench
