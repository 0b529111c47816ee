// Metrics: every kind of data point becomes one record, or a few (a summary). The inverse of
// backends/otlp/metric_message.h as far as what was added up can be taken apart. Made for one request; one thread at a
// time.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "ingest/histograms.h"
#include "ingest/record_reader.h"
#include "ingest/series_state.h"

namespace spark::detail::ingest {

class MetricReader {
 public:
  MetricReader(ReadingContext& context, SeriesChanges& series) : context_(context), series_(series) {}

  // Adds its points to the batch, or to the refusals.
  void read(std::string_view bytes);

 private:
  enum class Kind : std::uint8_t { none, gauge, sum, histogram, exponential_histogram, summary };
  struct Metric {
    Kind kind = Kind::none;
    std::string_view raw_name = {}, raw_unit = {}, data = {};
    std::string_view name = {}, unit = {};            // in the batch
    std::string_view sum_name = {}, count_name = {};  // of a summary
    std::uint64_t temporality = 0;
    bool is_monotonic = false;
  };
  struct Point {
    std::string_view bytes = {};
    std::uint64_t start_ns = 0, time_ns = 0, flags = 0;
    std::optional<double> number = {};  // of a gauge or sum
    std::uint64_t count = 0;            // of the others
    std::optional<double> sum = {};
    ExplicitBuckets buckets = {};
    Distribution distribution = {};
    std::vector<std::string_view> quantiles = {};
    RecordId series = {};  // a sum of its attributes' hashes, whatever their order
    // Of its exemplars, of which the last that has a trace counts, else the last.
    TraceId trace_id = {};
    SpanId span_id = {};
    MetricId metric_id = {};
    std::optional<double> hidden_sum = {};
  };

  void read_metric(std::string_view bytes);
  void read_point(std::string_view bytes);
  void read_number_point(Message& message, Point& point);
  void read_histogram_point(Message& message, Point& point);
  void read_exponential_point(Message& message, Point& point);
  void read_summary_point(Message& message, Point& point);
  void read_attribute(std::string_view key_value, Point& point);
  void read_exemplar(std::string_view bytes, Point& point);
  void add(Point& point);
  void add_number(Point& point);
  void add_histogram(Point& point);
  void add_summary(const Point& point);
  void add_record(const Point& point, AggregationType type, double value, const ::spark::Distribution* distribution);
  [[nodiscard]] std::string_view complaint_of(Point& point);
  [[nodiscard]] bool is_cumulative() const noexcept;
  [[nodiscard]] bool has_temporality() const noexcept;
  // False: there is nothing to be stored.
  [[nodiscard]] bool advance(const Point& point, Reading& reading);

  ReadingContext& context_;
  SeriesChanges& series_;
  Metric metric_;
  std::size_t point_index_ = 0;  // in the metric
  AttributeList attributes_;
  AttributeList exemplar_attributes_;
};

}  // namespace spark::detail::ingest
