// What OTLP wants of metrics: sums of counters' increments, histograms of measurements, by name, unit and attributes;
// gauges as they are. Keeps the sums so far, within bounds, and changes them only by commit().
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "spark/telemetry/batch.h"

namespace spark::detail::otlp {

// The values of OTEL_EXPORTER_OTLP_METRICS_TEMPORALITY_PREFERENCE.
enum class Temporality : std::uint8_t { cumulative, delta, lowmemory };

// The sum or histogram of one set of attributes. With deltas: of one batch.
struct Series {
  struct Total {
    double sum = 0;                  // of a counter
    Distribution distribution = {};  // of a histogram
    std::int64_t start_ns = 0;       // the sum is of what came after this
  };

  Object attributes = {};
  Total sent = {};     // committed; meaningful if is_known
  Total pending = {};  // with what the batch added
  bool is_known = false;
  bool is_touched = false;               // by the batch
  const MetricView* exemplar = nullptr;  // the batch's last measurement that has a trace, else its last one
};

// All metrics of one name, unit and type.
struct Metrics {
  // In the order in which the batch has them. Gauges have points, the others series; of the series, `touched`.
  std::string name = {};
  std::string unit = {};
  AggregationType type = AggregationType::gauge;
  std::vector<const MetricView*> points = {};
  std::vector<std::pair<const std::string, Series>*> touched = {};
  std::int64_t start_ns = 0;  // what the batch added came after this: the time of the points before
  std::int64_t time_ns = 0;   // and up to this

  // Beside those that the batch touched.
  struct Hash {
    using is_transparent = void;
    std::size_t operator()(std::string_view text) const noexcept { return std::hash<std::string_view>{}(text); }
  };
  std::unordered_map<std::string, Series, Hash, std::equal_to<>> series = {};  // by attributes, as JSON
  std::int64_t sent_ns = 0;  // the time of the last committed points; 0: none yet
  bool is_known = false;     // something of it is committed
};

// What of a batch is to be sent.
struct Collected {
  std::vector<const Metrics*> metrics = {};  // in order of first appearance; valid until the next collect() or commit()
  std::uint64_t points = 0;
  std::uint64_t refused = 0;  // records, but for the next
  std::uint64_t refused_self_metrics = 0;
};

struct MetricLimits {
  Temporality temporality = Temporality::cumulative;
  std::size_t series_per_metric = 0;
  std::size_t series = 0;
  std::size_t metrics = 0;
  std::int64_t start_ns = 0;
};

// One thread at a time.
class MetricState {
 public:
  explicit MetricState(const MetricLimits& limits) : limits_(limits) {}

  // Adds the batch to what is committed. What an earlier batch added and nobody committed is gone. If it throws, so is
  // what this one added.
  [[nodiscard]] Collected collect(const Batch& batch);
  // What the last collect() added stays.
  void commit() noexcept;

 private:
  using Entry = std::pair<const std::string, Metrics>;
  using SeriesEntry = std::pair<const std::string, Series>;

  [[nodiscard]] bool is_cumulative() const noexcept { return limits_.temporality == Temporality::cumulative; }
  void discard() noexcept;
  void add(const MetricView& metric, Collected& collected);
  // Null: there are as many metrics as there may be.
  [[nodiscard]] Metrics* find(const MetricView& metric, AggregationType type);
  // The measurement's series, with what is committed of it as pending.
  [[nodiscard]] Series& touch(Metrics& metrics, const MetricView& metric);
  [[nodiscard]] bool is_full(const Metrics& metrics) const noexcept;
  // Once all of the batch is added: points have one time, series that are new one start.
  void set_times(Metrics& metrics);

  MetricLimits limits_;
  // By type, producer, unit and name: what another process has left in a spool is told under that one's name, and must
  // not be added to our sums.
  std::unordered_map<std::string, Metrics, Metrics::Hash, std::equal_to<>> metrics_;
  std::string producer_;         // the batch's
  std::vector<Entry*> touched_;  // by the batch, in order of first appearance
  std::size_t series_ = 0;       // in all metrics
  std::string key_;              // for its memory
};

}  // namespace spark::detail::otlp
