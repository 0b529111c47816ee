// Metrics as OTLP has them (metrics/v1/metrics.proto): Gauge, monotonic Sum, ExponentialHistogram.
//
// An exemplar says which of our records a point ends with: its id, and trace and span if it has any. Of several it is
// the last that has a trace. None of them is an attribute of the point, which would make every point a series of its
// own.
#pragma once

#include "backends/otlp/fields.h"
#include "backends/otlp/mapping.h"
#include "backends/otlp/metric_state.h"
#include "backends/otlp/values.h"
#include "spark/telemetry/batch.h"

namespace spark::detail::otlp {

// Of what an instrument collected there is no single measurement: the mean stands for them.
[[nodiscard]] inline double exemplar_value(const MetricView& metric) noexcept {
  if (metric.distribution == nullptr || metric.distribution->count == 0) return metric.value;
  return metric.distribution->sum / static_cast<double>(metric.distribution->count);
}

// `hidden_sum`: the sum of a histogram that the point does not show; null if it does.
template <class Writer>
void write_exemplar(Writer& writer, Field exemplars, const MetricView& metric, const double* hidden_sum = nullptr) {
  writer.list(exemplars, [&] {
    writer.element(exemplars, [&] {
      writer.fixed64(exemplar::time, static_cast<std::uint64_t>(metric.time_ns));
      writer.present_number(exemplar::as_double, exemplar_value(metric));
      writer.id(exemplar::span_id, metric.span_id);
      writer.id(exemplar::trace_id, metric.trace_id);
      write_attributes(writer, exemplar::filtered_attributes, [&](auto& attributes) {
        attributes.uuid(names::metric_id, metric.metric_id);
        if (hidden_sum != nullptr) attributes.number(names::metric_sum, *hidden_sum);
      });
    });
  });
}

template <class Writer>
void write_gauge_point(Writer& writer, const MetricView& metric) {
  writer.fixed64(number_point::time, static_cast<std::uint64_t>(metric.time_ns));
  writer.present_number(number_point::as_double, metric.value);
  if (metric.metric_id.is_valid() || metric.trace_id.is_valid()) {
    write_exemplar(writer, number_point::exemplars, metric);
  }
  write_attributes(writer, number_point::attributes, [&](auto& attributes) { attributes.users(metric.attributes); });
}

template <class Writer>
void write_series_attributes(Writer& writer, Field field, const Series& series) {
  write_attributes(writer, field, [&](auto& attributes) {
    for (const Object::Member& member : series.attributes) attributes.users(member.key, ValueView(member.value));
  });
}

template <class Writer>
void write_sum_point(Writer& writer, const Series& series, std::int64_t time_ns) {
  writer.fixed64(number_point::start_time, static_cast<std::uint64_t>(series.pending.start_ns));
  writer.fixed64(number_point::time, static_cast<std::uint64_t>(time_ns));
  writer.present_number(number_point::as_double, series.pending.sum);
  write_exemplar(writer, number_point::exemplars, *series.exemplar);
  write_series_attributes(writer, number_point::attributes, series);
}

template <class Writer>
void write_buckets(Writer& writer, Field field, const Distribution::Buckets& side) {
  if (side.counts.empty()) return;
  writer.message(field, [&] {
    writer.sint32(buckets::offset, side.offset);
    writer.packed(buckets::counts, side.counts);
  });
}

template <class Writer>
void write_histogram_point(Writer& writer, const Series& series, std::int64_t time_ns) {
  const Distribution& distribution = series.pending.distribution;
  write_series_attributes(writer, histogram_point::attributes, series);
  writer.fixed64(histogram_point::start_time, static_cast<std::uint64_t>(series.pending.start_ns));
  writer.fixed64(histogram_point::time, static_cast<std::uint64_t>(time_ns));
  writer.fixed64(histogram_point::count, distribution.count);
  // Whoever adds sums up takes them for something that only grows (metrics.proto, "sum").
  const bool shows_sum = distribution.negative.counts.empty();
  if (shows_sum) writer.present_number(histogram_point::sum, distribution.sum);
  writer.sint32(histogram_point::scale, distribution.scale);
  writer.fixed64(histogram_point::zero_count, distribution.zero_count);
  write_buckets(writer, histogram_point::positive, distribution.positive);
  write_buckets(writer, histogram_point::negative, distribution.negative);
  write_exemplar(writer, histogram_point::exemplars, *series.exemplar, shows_sum ? nullptr : &distribution.sum);
}

template <class Writer>
void write_metric(Writer& writer, const Metrics& metrics, WireTemporality temporality) {
  writer.text(metric::name, metrics.name);
  writer.text(metric::unit, metrics.unit);
  switch (metrics.type) {
    case AggregationType::gauge:
      return writer.message(metric::gauge, [&] {
        writer.list(metric::data_points, [&] {
          for (const MetricView* point : metrics.points) {
            writer.element(metric::data_points, [&] { write_gauge_point(writer, *point); });
          }
        });
      });
    case AggregationType::counter:
      return writer.message(metric::sum, [&] {
        writer.list(metric::data_points, [&] {
          for (const auto* entry : metrics.touched) {
            writer.element(metric::data_points, [&] { write_sum_point(writer, entry->second, metrics.time_ns); });
          }
        });
        writer.enumerator(metric::aggregation_temporality, temporality);
        writer.present_bool(metric::is_monotonic, true);
      });
    case AggregationType::histogram:
      return writer.message(metric::exponential_histogram, [&] {
        writer.list(metric::data_points, [&] {
          for (const auto* entry : metrics.touched) {
            writer.element(metric::data_points, [&] { write_histogram_point(writer, entry->second, metrics.time_ns); });
          }
        });
        writer.enumerator(metric::aggregation_temporality, temporality);
      });
  }
}

}  // namespace spark::detail::otlp
