#include "backends/otlp/metric_state.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <string>
#include <utility>

#include "backends/otlp/distribution.h"
#include "backends/otlp/mapping.h"

namespace spark::detail::otlp {
namespace {

const Object& overflow_attributes() {
  static const Object attributes = {{std::string(names::metric_overflow), true}};
  return attributes;
}
// As append_json writes them, so that a series that says so itself is the same one.
constexpr std::string_view overflow_key = R"({"otel.metric.overflow":true})";

// What a metric is in OTLP: a histogram's distribution makes one of it whatever else it says.
AggregationType type_of(const MetricView& metric) noexcept {
  return metric.distribution != nullptr ? AggregationType::histogram : metric.aggregation_type;
}

bool can_be_added(const MetricView& metric, AggregationType type) noexcept {
  switch (type) {
    case AggregationType::gauge:
      return true;
    case AggregationType::counter:
      return std::isfinite(metric.value) && metric.value >= 0;
    case AggregationType::histogram:
      return metric.distribution != nullptr ? is_sound(*metric.distribution) : std::isfinite(metric.value);
  }
  return false;
}

void add_to(Series::Total& total, const MetricView& metric, AggregationType type) {
  if (type == AggregationType::counter) {
    // A sum beyond the largest double stays there: an infinite one could not be told from a mistake.
    total.sum = std::min(total.sum + metric.value, std::numeric_limits<double>::max());
  } else if (metric.distribution != nullptr) {
    merge(total.distribution, *metric.distribution);
  } else {
    record(total.distribution, metric.value);
  }
}

}  // namespace

Collected MetricState::collect(const Batch& batch) {
  discard();
  Collected collected;
  try {
    producer_ = std::to_string(batch.resource().producer_id);
    for (const MetricView& metric : batch.metrics()) add(metric, collected);
    for (Entry* entry : touched_) {
      set_times(entry->second);
      collected.metrics.push_back(&entry->second);
      collected.points += entry->second.points.size() + entry->second.touched.size();
    }
  } catch (...) {
    discard();
    throw;
  }
  return collected;
}

void MetricState::discard() noexcept {
  for (Entry* entry : touched_) {
    if (entry == nullptr) continue;
    Metrics& metrics = entry->second;
    for (SeriesEntry* series : metrics.touched) {
      if (series == nullptr) continue;
      series->second.is_touched = false;
      if (series->second.is_known) continue;
      metrics.series.erase(metrics.series.find(series->first));
      --series_;
    }
    metrics.touched.clear();
    metrics.points.clear();
    if (!metrics.is_known) metrics_.erase(metrics_.find(entry->first));
  }
  touched_.clear();
}

void MetricState::commit() noexcept {
  for (Entry* entry : touched_) {
    Metrics& metrics = entry->second;
    for (SeriesEntry* series : metrics.touched) {
      series->second.sent = std::move(series->second.pending);
      series->second.is_known = true;
      series->second.is_touched = false;
    }
    // What deltas are sent of need not be remembered. Gauges never have to be.
    if (!is_cumulative()) {
      series_ -= metrics.series.size();
      metrics.series.clear();
    }
    metrics.touched.clear();
    metrics.points.clear();
    metrics.sent_ns = metrics.time_ns;
    metrics.is_known = metrics.type != AggregationType::gauge;
    if (!metrics.is_known) metrics_.erase(metrics_.find(entry->first));
  }
  touched_.clear();
}

void MetricState::add(const MetricView& metric, Collected& collected) {
  const AggregationType type = type_of(metric);
  Metrics* const metrics = can_be_added(metric, type) ? find(metric, type) : nullptr;
  if (metrics == nullptr) {
    ++(metric.is_self_metric ? collected.refused_self_metrics : collected.refused);
    return;
  }
  if (type == AggregationType::gauge) {
    metrics->points.push_back(&metric);
    return;
  }
  Series& series = touch(*metrics, metric);
  add_to(series.pending, metric, type);
  const bool has_better = series.exemplar != nullptr && series.exemplar->trace_id.is_valid();
  if (metric.trace_id.is_valid() || !has_better) series.exemplar = &metric;
  metrics->time_ns = std::max(metrics->time_ns, metric.time_ns);
  metrics->start_ns = std::min(metrics->start_ns, metric.time_ns);
}

Metrics* MetricState::find(const MetricView& metric, AggregationType type) {
  key_ = to_string(type);
  key_.append(1, '\0').append(producer_);
  key_.append(1, '\0').append(metric.unit).append(1, '\0').append(metric.name);
  auto place = metrics_.find(key_);
  const bool is_touched = place != metrics_.end() && !(place->second.points.empty() && place->second.touched.empty());
  if (is_touched) return &place->second;
  if (place == metrics_.end() && metrics_.size() >= limits_.metrics) return nullptr;
  // First of all a place in the list: what is new in the map and not in there would never be discarded.
  touched_.push_back(nullptr);
  if (place == metrics_.end()) {
    Metrics metrics{.name = std::string(metric.name), .unit = std::string(metric.unit), .type = type};
    place = metrics_.emplace(key_, std::move(metrics)).first;
  }
  touched_.back() = &*place;
  place->second.start_ns = std::numeric_limits<std::int64_t>::max();
  place->second.time_ns = std::numeric_limits<std::int64_t>::min();
  return &place->second;
}

Series& MetricState::touch(Metrics& metrics, const MetricView& metric) {
  key_.clear();
  append_json(key_, metric.attributes);
  auto place = metrics.series.find(key_);
  const bool is_overflow = key_ == overflow_key || (place == metrics.series.end() && is_full(metrics));
  if (is_overflow) place = metrics.series.find(overflow_key);
  if (place != metrics.series.end() && place->second.is_touched) return place->second;
  metrics.touched.push_back(nullptr);  // first, as above
  if (place == metrics.series.end()) {
    Series series{.attributes = is_overflow ? overflow_attributes() : to_object(metric.attributes)};
    place = metrics.series.emplace(is_overflow ? std::string(overflow_key) : key_, std::move(series)).first;
    ++series_;
  }
  metrics.touched.back() = &*place;
  Series& series = place->second;
  series.is_touched = true;
  series.exemplar = nullptr;
  series.pending = series.is_known ? series.sent : Series::Total{};
  return series;
}

bool MetricState::is_full(const Metrics& metrics) const noexcept {
  const std::size_t overflow = metrics.series.contains(overflow_key) ? 1 : 0;
  return metrics.series.size() - overflow >= limits_.series_per_metric || series_ >= limits_.series;
}

void MetricState::set_times(Metrics& metrics) {
  if (metrics.type == AggregationType::gauge) return;
  // A sum's time is after its start, and after the time of the point before. Measurements that came late, of a thread
  // that was read last, are part of the sum all the same.
  std::int64_t start = metrics.sent_ns;
  if (start == 0) {
    start = std::max<std::int64_t>(metrics.start_ns, 1) - 1;
    if (limits_.start_ns != 0) start = std::min(start, limits_.start_ns);
  }
  metrics.start_ns = start;
  metrics.time_ns = std::max(metrics.time_ns, start);
  if (metrics.time_ns == start && start != std::numeric_limits<std::int64_t>::max()) ++metrics.time_ns;
  for (SeriesEntry* entry : metrics.touched) {
    if (!entry->second.is_known) entry->second.pending.start_ns = start;
  }
}

}  // namespace spark::detail::otlp
