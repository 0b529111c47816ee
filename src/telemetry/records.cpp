#include "spark/telemetry/records.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <span>

#include "spark/base/error.h"

namespace spark {
namespace {

using namespace std::string_view_literals;

// By enumerator; the names of the tables are the enumerators'.
constexpr std::array trace_status_names{"started"sv, "completed"sv, "failed"sv, "cancelled"sv};
constexpr std::array span_status_names{"completed"sv, "failed"sv, "cancelled"sv};
constexpr std::array span_kind_names{"INTERNAL"sv, "CLIENT"sv, "SERVER"sv, "PRODUCER"sv, "CONSUMER"sv};
constexpr std::array aggregation_type_names{"gauge"sv, "counter"sv, "histogram"sv};
constexpr std::array event_source_names{"recorded"sv, "span"sv};

template <class Enum>
std::string_view name_of(std::span<const std::string_view> names, Enum value) noexcept {
  const auto index = static_cast<std::size_t>(value);
  return index < names.size() ? names[index] : "unknown"sv;
}

template <class Enum>
Enum parse_name(std::string_view what, std::span<const std::string_view> names, std::string_view name) {
  const auto place = std::find(names.begin(), names.end(), name);
  if (place != names.end()) return static_cast<Enum>(place - names.begin());
  std::string message = "unknown ";
  message.append(what).append(" \"").append(name.substr(0, 64)).append("\": allowed are ");
  for (std::size_t i = 0; i < names.size(); ++i) message.append(i == 0 ? "" : ", ").append(names[i]);
  throw Error(ErrorCode::invalid_argument, message);
}

// The lower bound of bucket `index`: base^index with base = 2^(2^-scale). Where that overflows, the largest
// double. A scale that came from elsewhere may be any number; beyond 1100 it makes no difference.
double bucket_bound(std::int64_t index, std::int32_t scale) noexcept {
  scale = std::clamp(scale, -1'100, 1'100);
  return std::min(std::exp2(std::ldexp(static_cast<double>(index), -scale)), std::numeric_limits<double>::max());
}

}  // namespace

std::string_view to_string(TraceStatus status) noexcept { return name_of(trace_status_names, status); }
std::string_view to_string(SpanStatus status) noexcept { return name_of(span_status_names, status); }
std::string_view to_string(SpanKind kind) noexcept { return name_of(span_kind_names, kind); }
std::string_view to_string(AggregationType type) noexcept { return name_of(aggregation_type_names, type); }
std::string_view to_string(EventSource source) noexcept { return name_of(event_source_names, source); }

TraceStatus parse_trace_status(std::string_view name) {
  return parse_name<TraceStatus>("trace status", trace_status_names, name);
}
SpanStatus parse_span_status(std::string_view name) {
  return parse_name<SpanStatus>("span status", span_status_names, name);
}
SpanKind parse_span_kind(std::string_view name) { return parse_name<SpanKind>("span kind", span_kind_names, name); }
AggregationType parse_aggregation_type(std::string_view name) {
  return parse_name<AggregationType>("aggregation type", aggregation_type_names, name);
}

Seconds Trace::duration() const noexcept { return end_time ? Seconds{elapsed(start_time, *end_time)} : Seconds{0}; }
Seconds Span::duration() const noexcept { return elapsed(start_time, end_time); }

double Distribution::quantile(double q) const noexcept {
  if (count == 0 || std::isnan(q)) return std::numeric_limits<double>::quiet_NaN();
  const double rank = std::clamp(q, 0.0, 1.0) * static_cast<double>(count);
  double below = 0;   // measurements in the buckets that were passed
  double result = 0;  // the upper end of the last bucket that has any
  // True if the rank lies in this bucket, which spans from `low` to `high` on the number line.
  const auto ends_in = [&](std::uint64_t in_bucket, double low, double high) {
    if (in_bucket == 0) return false;
    const double share = (rank - below) / static_cast<double>(in_bucket);
    below += static_cast<double>(in_bucket);
    result = share >= 1 ? high : low + (high - low) * share;
    return share <= 1;
  };

  // From the most negative to the most positive.
  for (std::size_t i = negative.counts.size(); i-- > 0;) {
    const auto index = std::int64_t{negative.offset} + static_cast<std::int64_t>(i);
    if (ends_in(negative.counts[i], -bucket_bound(index + 1, scale), -bucket_bound(index, scale))) return result;
  }
  if (ends_in(zero_count, 0, 0)) return result;
  for (std::size_t i = 0; i < positive.counts.size(); ++i) {
    const auto index = std::int64_t{positive.offset} + static_cast<std::int64_t>(i);
    if (ends_in(positive.counts[i], bucket_bound(index, scale), bucket_bound(index + 1, scale))) return result;
  }
  return result;
}

}  // namespace spark
