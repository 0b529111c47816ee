// The fields of each kind of data point.
#include <cmath>

#include "ingest/metric_reader.h"

namespace spark::detail::ingest {
namespace {

// What every kind of point has under the same numbers. False: it is another field.
template <class Point>
bool read_times(Message& message, Point& point) {
  switch (message.tag_and_type()) {
    case fixed64(otlp::number_point::start_time):
      point.start_ns = message.get_fixed64();
      return true;
    case fixed64(otlp::number_point::time):
      point.time_ns = message.get_fixed64();
      return true;
    default:
      return false;
  }
}

// Count and sum, which all but numbers have. False: it is another field.
template <class Point>
bool read_totals(Message& message, Point& point) {
  switch (message.tag_and_type()) {
    case fixed64(otlp::histogram_point::count):
      point.count = message.get_fixed64();
      return true;
    case fixed64(otlp::histogram_point::sum):
      point.sum = message.get_double();
      return true;
    default:
      return read_times(message, point);
  }
}

template <class Values, class Range>
void append(Values& values, const Range& range) {
  for (const auto value : range) values.push_back(value);
}

Distribution::Buckets read_buckets(std::string_view bytes) {
  Distribution::Buckets side;
  Message message = message_of(bytes);
  while (message.next()) {
    switch (message.tag_and_type()) {
      case varint(otlp::buckets::offset):
        side.offset = message.get_sint32();
        break;
      case octets(otlp::buckets::counts):
        append(side.counts, message.get_packed_uint64());
        break;
      case varint(otlp::buckets::counts):
        side.counts.push_back(message.get_uint64());
        break;
      default:
        message.skip();
    }
  }
  return side;
}

}  // namespace

void MetricReader::read_number_point(Message& message, Point& point) {
  using namespace otlp::number_point;
  while (message.next()) {
    switch (message.tag_and_type()) {
      case fixed64(as_double): {
        const double number = message.get_double();
        // JSON's null, which says as much as nothing where there is an integer, has become a NaN.
        if (!point.number || !std::isnan(number)) point.number = number;
        break;
      }
      case fixed64(as_int):
        point.number = static_cast<double>(message.get_sfixed64());
        break;
      case octets(exemplars):
        read_exemplar(take(message), point);
        break;
      case octets(attributes):
        read_attribute(take(message), point);
        break;
      case varint(flags):
        point.flags = message.get_uint32();
        break;
      default:
        if (!read_times(message, point)) message.skip();
    }
  }
}

void MetricReader::read_histogram_point(Message& message, Point& point) {
  using namespace otlp::explicit_point;
  while (message.next()) {
    switch (message.tag_and_type()) {
      case octets(bucket_counts):
        append(point.buckets.counts, message.get_packed_fixed64());
        break;
      case fixed64(bucket_counts):
        point.buckets.counts.push_back(message.get_fixed64());
        break;
      case octets(explicit_bounds):
        append(point.buckets.bounds, message.get_packed_double());
        break;
      case fixed64(explicit_bounds):
        point.buckets.bounds.push_back(message.get_double());
        break;
      case octets(exemplars):
        read_exemplar(take(message), point);
        break;
      case octets(attributes):
        read_attribute(take(message), point);
        break;
      case varint(flags):
        point.flags = message.get_uint32();
        break;
      case fixed64(min):
        point.buckets.min = message.get_double();
        break;
      case fixed64(max):
        point.buckets.max = message.get_double();
        break;
      default:
        if (!read_totals(message, point)) message.skip();
    }
  }
}

void MetricReader::read_exponential_point(Message& message, Point& point) {
  using namespace otlp::histogram_point;
  while (message.next()) {
    switch (message.tag_and_type()) {
      case varint(scale):
        point.distribution.scale = message.get_sint32();
        break;
      case fixed64(zero_count):
        point.distribution.zero_count = message.get_fixed64();
        break;
      case octets(positive):
        point.distribution.positive = read_buckets(take(message));
        break;
      case octets(negative):
        point.distribution.negative = read_buckets(take(message));
        break;
      case octets(exemplars):
        read_exemplar(take(message), point);
        break;
      case octets(otlp::histogram_point::attributes):
        read_attribute(take(message), point);
        break;
      case varint(flags):
        point.flags = message.get_uint32();
        break;
      default:
        if (!read_totals(message, point)) message.skip();
    }
  }
}

void MetricReader::read_summary_point(Message& message, Point& point) {
  using namespace otlp::summary_point;
  while (message.next()) {
    switch (message.tag_and_type()) {
      case octets(quantile_values):
        point.quantiles.push_back(take(message));
        break;
      case octets(otlp::summary_point::attributes):
        read_attribute(take(message), point);
        break;
      case varint(flags):
        point.flags = message.get_uint32();
        break;
      default:
        if (!read_totals(message, point)) message.skip();
    }
  }
}

}  // namespace spark::detail::ingest
