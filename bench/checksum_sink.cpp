#include "checksum_sink.h"

#include <bit>
#include <cstring>
#include <sstream>
#include <stdexcept>

namespace spark::bench {
namespace {

// Folded multiplication: a 64-bit hash step that is quick enough not to be what is measured.
std::uint64_t mix(std::uint64_t hash, std::uint64_t word) noexcept {
  __extension__ using Wide = unsigned __int128;
  const Wide product = static_cast<Wide>(hash ^ word ^ 0x9E3779B97F4A7C15ULL) * 0xE7037ED1A0B428DBULL;
  return static_cast<std::uint64_t>(product >> 64) ^ static_cast<std::uint64_t>(product);
}

std::uint64_t mix(std::uint64_t hash, std::string_view text) noexcept {
  hash = mix(hash, text.size());
  for (; text.size() >= 8; text.remove_prefix(8)) {
    std::uint64_t word;
    std::memcpy(&word, text.data(), 8);
    hash = mix(hash, word);
  }
  std::uint64_t rest = 0;
  std::memcpy(&rest, text.data(), text.size());
  return text.empty() ? hash : mix(hash, rest);
}

std::uint64_t mix(std::uint64_t hash, TraceId id) noexcept { return mix(mix(hash, id.high), id.low); }

std::uint64_t mix(std::uint64_t hash, const ValueView& value) noexcept {
  hash = mix(hash, static_cast<std::uint64_t>(value.type()));
  switch (value.type()) {
    case ValueType::null:
      return hash;
    case ValueType::boolean:
      return mix(hash, value.boolean() ? 1U : 0U);
    case ValueType::integer:
      return mix(hash, static_cast<std::uint64_t>(value.integer()));
    case ValueType::number:
      return mix(hash, std::bit_cast<std::uint64_t>(value.number()));
    case ValueType::string:
      return mix(hash, value.text());
    default:
      return mix(hash, estimated_size_bytes(value.nested()));
  }
}

// Attributes have no order.
std::uint64_t attributes_checksum(AttributesView attributes) noexcept {
  std::uint64_t sum = attributes.size();
  for (const AttributeView& attribute : attributes) sum += mix(mix(1, attribute.key), attribute.value);
  return sum;
}

std::uint64_t yes(bool condition) noexcept { return condition ? 1 : 0; }

}  // namespace

std::uint64_t checksum_of(const SpanView& span) noexcept {
  std::uint64_t hash = mix(2, span.trace_id);
  hash = mix(hash, yes(span.span_id.is_valid()));
  hash = mix(hash, span.parent_span_id.value);
  hash = mix(hash, yes(span.start_ns > 0 && span.start_ns <= span.end_ns));
  hash = mix(hash, static_cast<std::uint64_t>(span.kind) << 16 | static_cast<std::uint64_t>(span.status) << 8 |
                       yes(span.is_local_root));
  hash = mix(hash, span.name);
  hash = mix(hash, span.status_message);
  hash = mix(hash, span.error_type);
  hash = mix(hash, attributes_checksum(span.attributes));
  for (const SpanEventView& event : span.events) {
    hash = mix(hash, yes(event.event_id.is_valid()));
    hash = mix(hash, yes(event.time_ns >= span.start_ns && event.time_ns <= span.end_ns));
    hash = mix(hash, event.name);
    hash = mix(hash, attributes_checksum(event.attributes));
  }
  return hash;
}

std::uint64_t checksum_of(const MetricView& metric) noexcept {
  std::uint64_t hash = mix(3, metric.trace_id);
  hash = mix(hash, yes(metric.metric_id.is_valid()));
  hash = mix(hash, metric.span_id.value);
  hash = mix(hash, yes(metric.time_ns > 0));
  hash = mix(hash, std::bit_cast<std::uint64_t>(metric.value));
  hash = mix(hash, static_cast<std::uint64_t>(metric.aggregation_type) << 8 | yes(metric.is_self_metric));
  hash = mix(hash, metric.name);
  hash = mix(hash, metric.unit);
  return mix(hash, attributes_checksum(metric.attributes));
}

void ChecksumSink::write(const Batch& batch) {
  ChecksumTotals& totals = *totals_;
  for (const SpanView& span : batch.spans()) {
    ++totals.spans;
    totals.span_checksum += checksum_of(span);
  }
  for (const MetricView& metric : batch.metrics()) {
    if (metric.distribution != nullptr) {
      totals.collected_sum += metric.distribution->sum;
      totals.collected_count += metric.distribution->count;
    } else if (metric.aggregation_type == AggregationType::counter) {
      totals.collected_sum += metric.value;
    } else {
      ++totals.points;
      totals.point_checksum += checksum_of(metric);
    }
  }
  totals.others += batch.traces().size() + batch.events().size() + batch.graphs().size();
}

void check_totals(const ChecksumTotals& found, const ChecksumTotals& expected) {
  if (found == expected) return;
  std::ostringstream message;
  message << "what the sink read is not what was recorded";
  const auto compare = [&](const char* what, auto is, auto should_be) {
    if (is != should_be) message << "; " << what << ": " << is << " instead of " << should_be;
  };
  compare("spans", found.spans, expected.spans);
  compare("checksum of spans", found.span_checksum, expected.span_checksum);
  compare("points", found.points, expected.points);
  compare("checksum of points", found.point_checksum, expected.point_checksum);
  compare("sum of instruments", found.collected_sum, expected.collected_sum);
  compare("values in distributions", found.collected_count, expected.collected_count);
  compare("other records", found.others, expected.others);
  throw std::runtime_error(message.str());
}

}  // namespace spark::bench
