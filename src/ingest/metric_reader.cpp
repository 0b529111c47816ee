#include "ingest/metric_reader.h"

#include <cmath>
#include <memory>
#include <utility>

#include "backends/otlp/mapping.h"

namespace spark::detail::ingest {
namespace {

namespace names = otlp::names;

constexpr std::string_view sum_suffix = ".sum", count_suffix = ".count";  // of a summary
// Each is a record with all attributes of the point.
constexpr std::size_t most_quantiles = 32;

bool is(std::uint64_t temporality, otlp::WireTemporality which) noexcept {
  return temporality == static_cast<std::uint64_t>(which);
}

}  // namespace

void MetricReader::read(std::string_view bytes) {
  metric_ = {};
  read_metric(bytes);
  metric_.name = context_.values.copied_text(metric_.raw_name);
  metric_.unit = context_.values.copied_text(metric_.raw_unit);
  if (metric_.kind == Kind::summary) {
    metric_.sum_name = context_.values.copied_text(std::string(metric_.name).append(sum_suffix));
    metric_.count_name = context_.values.copied_text(std::string(metric_.name).append(count_suffix));
  }
  Message data = message_of(metric_.data);
  while (data.next()) {
    switch (data.tag_and_type()) {
      case varint(otlp::metric::aggregation_temporality):
        metric_.temporality = data.get_uint64();
        break;
      case varint(otlp::metric::is_monotonic):
        // Not get_bool(): it looks at the first byte alone, and does so where there is none.
        metric_.is_monotonic = data.get_uint64() != 0;
        break;
      default:
        data.skip();
    }
  }
  Message points = message_of(metric_.data);
  std::size_t index = 0;
  while (points.next()) {
    if (points.tag_and_type() != octets(otlp::metric::data_points)) {
      points.skip();
      continue;
    }
    point_index_ = index++;
    read_point(take(points));
  }
}

void MetricReader::read_metric(std::string_view bytes) {
  using namespace otlp::metric;
  Message message = message_of(bytes);
  const auto data = [&](Kind kind) {
    metric_.kind = kind;
    metric_.data = take(message);
  };
  while (message.next()) {
    switch (message.tag_and_type()) {
      case octets(name):
        metric_.raw_name = take(message);
        break;
      case octets(unit):
        metric_.raw_unit = take(message);
        break;
      case octets(gauge):
        data(Kind::gauge);
        break;
      case octets(sum):
        data(Kind::sum);
        break;
      case octets(histogram):
        data(Kind::histogram);
        break;
      case octets(exponential_histogram):
        data(Kind::exponential_histogram);
        break;
      case octets(summary):
        data(Kind::summary);
        break;
      default:
        message.skip();
    }
  }
}

void MetricReader::read_point(std::string_view bytes) {
  attributes_.clear();
  Point point;
  point.bytes = bytes;
  Message message = message_of(context_.values.begin(bytes));
  switch (metric_.kind) {
    case Kind::none:
      return;
    case Kind::gauge:
    case Kind::sum:
      read_number_point(message, point);
      break;
    case Kind::histogram:
      read_histogram_point(message, point);
      break;
    case Kind::exponential_histogram:
      read_exponential_point(message, point);
      break;
    case Kind::summary:
      read_summary_point(message, point);
      break;
  }
  // The word that a series ended is no measurement.
  if ((point.flags & otlp::flag_no_recorded_value) != 0) return;
  const std::string_view complaint = complaint_of(point);
  if (complaint.empty()) return add(point);
  context_.refusals.add(complaint, "dataPoints[" + std::to_string(point_index_) + "]");
}

void MetricReader::read_attribute(std::string_view key_value, Point& point) {
  const RawAttribute attribute = context_.values.raw(key_value);
  ContentHash hash;
  hash.add(key_value);
  point.series.high += hash.id().high;
  point.series.low += hash.id().low;
  context_.values.put(attributes_, ReadingContext::own_name(attribute.key), attribute.value);
}

void MetricReader::read_exemplar(std::string_view bytes, Point& point) {
  using namespace otlp::exemplar;
  TraceId trace;
  SpanId span;
  MetricId id;
  std::optional<double> hidden_sum;
  Message message = message_of(bytes);
  while (message.next()) {
    switch (message.tag_and_type()) {
      case octets(trace_id):
        trace = trace_id_of(take(message));
        break;
      case octets(span_id):
        span = span_id_of(take(message));
        break;
      case octets(filtered_attributes): {
        const RawAttribute attribute = context_.values.raw(take(message));
        if (attribute.key == names::metric_id) id = record_id_of(context_.values.scalar(attribute.value));
        if (attribute.key != names::metric_sum) break;
        const ValueView value = context_.values.scalar(attribute.value);
        if (value.type() == ValueType::number && std::isfinite(value.number())) hidden_sum = value.number();
        break;
      }
      default:
        message.skip();
    }
  }
  if (!trace.is_valid() && point.trace_id.is_valid()) return;
  point.trace_id = trace;
  point.span_id = trace.is_valid() ? span : SpanId{};
  point.metric_id = id;
  point.hidden_sum = hidden_sum;
}

bool MetricReader::is_cumulative() const noexcept { return is(metric_.temporality, otlp::WireTemporality::cumulative); }

bool MetricReader::has_temporality() const noexcept {
  return is_cumulative() || is(metric_.temporality, otlp::WireTemporality::delta);
}

std::string_view MetricReader::complaint_of(Point& point) {
  if (!is_storable_time(point.time_ns) || !is_storable_time(point.start_ns)) return "has a time beyond the year 2262";
  switch (metric_.kind) {
    case Kind::sum:
      if (!has_temporality()) return "is of a sum without a temporality";
      if (!point.number) return "has no value";
      if (metric_.is_monotonic && !(std::isfinite(*point.number) && *point.number >= 0)) {
        return "is of a monotonic sum and no finite number of 0 or more";
      }
      return {};
    case Kind::gauge:
      return point.number ? std::string_view() : "has no value";
    case Kind::histogram:
    case Kind::exponential_histogram: {
      if (!has_temporality()) return "is of a histogram without a temporality";
      if (point.sum && !std::isfinite(*point.sum)) return "has a sum that is no finite number";
      if (metric_.kind == Kind::histogram) return complaint(point.buckets);
      const std::string_view why = complaint(point.distribution);
      if (why.empty()) normalize(point.distribution);
      return why;
    }
    case Kind::summary:
      return point.quantiles.size() <= most_quantiles ? std::string_view() : "has more than 32 quantiles";
    case Kind::none:
      break;
  }
  return {};
}

bool MetricReader::advance(const Point& point, Reading& reading) {
  reading.start_ns = static_cast<std::int64_t>(point.start_ns);
  reading.time_ns = static_cast<std::int64_t>(point.time_ns);
  ContentHash series = context_.scope->hash;
  series.add(metric_.raw_name);
  series.add(metric_.raw_unit);
  series.add(static_cast<std::uint64_t>(metric_.kind));
  series.add(point.series.high);
  series.add(point.series.low);
  return series_.advance(context_.scope->sender, series.id(), reading);
}

void MetricReader::add(Point& point) {
  context_.add_scope(attributes_);
  switch (metric_.kind) {
    case Kind::gauge:
    case Kind::sum:
      return add_number(point);
    case Kind::histogram:
    case Kind::exponential_histogram:
      return add_histogram(point);
    case Kind::summary:
      return add_summary(point);
    case Kind::none:
      return;
  }
}

void MetricReader::add_number(Point& point) {
  if (metric_.kind == Kind::gauge) return add_record(point, AggregationType::gauge, *point.number, nullptr);
  if (!metric_.is_monotonic) {
    // It may fall, and our counters do not: of a cumulative one the value is where it stands.
    if (!is_cumulative()) {
      context_.values.add(attributes_, names::otel_metric_temporality, ValueView(std::string_view("delta")));
    }
    return add_record(point, AggregationType::gauge, *point.number, nullptr);
  }
  Reading reading{.value = *point.number};
  if (is_cumulative() && !advance(point, reading)) return;
  // Others send each series each minute, whether anything came or not.
  if (reading.value == 0 && !context_.scope->is_ours) return;
  add_record(point, AggregationType::counter, reading.value, nullptr);
}

void MetricReader::add_histogram(Point& point) {
  const bool is_explicit = metric_.kind == Kind::histogram;
  const bool has_sum = point.sum || point.hidden_sum;
  Reading reading{.value = has_sum ? (point.hidden_sum ? *point.hidden_sum : *point.sum) : 0,
                  .count = is_explicit ? point.count : point.distribution.count,
                  .bounds = std::move(point.buckets.bounds),
                  .counts = std::move(point.buckets.counts),
                  .distribution = std::move(point.distribution)};
  reading.distribution.sum = reading.value;
  if (is_cumulative()) {
    if (!advance(point, reading)) return;
    // They are of all that came since the beginning.
    point.buckets.min = point.buckets.max = {};
  }
  Distribution distribution;
  if (is_explicit) {
    distribution = to_distribution({.bounds = std::move(reading.bounds),
                                    .counts = std::move(reading.counts),
                                    .min = point.buckets.min,
                                    .max = point.buckets.max},
                                   reading.count, reading.value);
  } else {
    distribution = std::move(reading.distribution);
  }
  distribution.sum = has_sum ? reading.value : estimated_sum(distribution);
  if (distribution.count == 0) return;
  const double sum = distribution.sum;
  const auto& kept = context_.values.builder().keep(std::make_unique<const Distribution>(std::move(distribution)));
  add_record(point, AggregationType::histogram, sum, &kept);
}

void MetricReader::add_summary(const Point& point) {
  const auto add_part = [&](std::string_view name, double value) {
    const std::string_view own = std::exchange(metric_.name, name);
    add_record(point, AggregationType::gauge, value, nullptr);
    metric_.name = own;
  };
  add_part(metric_.count_name, static_cast<double>(point.count));
  if (point.sum) add_part(metric_.sum_name, *point.sum);
  for (const std::string_view bytes : point.quantiles) {
    double quantile = 0, value = 0;
    Message message = message_of(bytes);
    while (message.next()) {
      switch (message.tag_and_type()) {
        case fixed64(otlp::summary_point::quantile):
          quantile = message.get_double();
          break;
        case fixed64(otlp::summary_point::value):
          value = message.get_double();
          break;
        default:
          message.skip();
      }
    }
    attributes_.put(names::otel_quantile, ValueView(quantile), ~std::size_t{0});
    add_record(point, AggregationType::gauge, value, nullptr);
  }
}

void MetricReader::add_record(const Point& point, AggregationType type, double value,
                              const Distribution* distribution) {
  BatchBuilder& builder = context_.values.builder();
  if (builder.size_bytes() > context_.most_bytes) throw RequestTooLarge(context_.most_bytes);
  MetricId id = point.metric_id;
  if (!id.is_valid()) {
    ContentHash content = context_.scope->hash;
    content.add(metric_.raw_name);
    content.add(metric_.raw_unit);
    content.add(static_cast<std::uint64_t>(metric_.kind));
    content.add(point.bytes);
    id = context_.ids.next(content);
  }
  const bool has_time = point.time_ns != 0;
  builder.add(MetricView{.metric_id = id,
                         .trace_id = point.trace_id,
                         .span_id = point.span_id,
                         .time_ns = has_time ? static_cast<std::int64_t>(point.time_ns) : context_.received_ns,
                         .value = value,
                         .aggregation_type = type,
                         .is_self_metric = context_.scope->is_ours && metric_.name.starts_with("otel.sdk."),
                         .name = metric_.name,
                         .unit = metric_.unit,
                         .attributes = attributes_.finish(builder),
                         .distribution = distribution});
}

}  // namespace spark::detail::ingest
