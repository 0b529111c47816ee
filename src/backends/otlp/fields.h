// The fields of the OTLP messages that we write or read: number on the wire and name in JSON (opentelemetry-proto 1.11,
// opentelemetry/proto/*/v1/*.proto). A namespace is a message.
#pragma once

#include <cstdint>
#include <string_view>

namespace spark::detail::otlp {

struct Field {
  std::uint32_t number;
  std::string_view json;
};

// The three requests, and what is in them, are alike but for names: the items of one signal from one resource and
// scope.
struct EnvelopeFields {
  Field resource_items;  // of the request
  Field scope_items;     // of Resource…
  Field items;           // of Scope…
};
inline constexpr EnvelopeFields trace_envelope{{1, "resourceSpans"}, {2, "scopeSpans"}, {2, "spans"}};
inline constexpr EnvelopeFields metric_envelope{{1, "resourceMetrics"}, {2, "scopeMetrics"}, {2, "metrics"}};
inline constexpr EnvelopeFields log_envelope{{1, "resourceLogs"}, {2, "scopeLogs"}, {2, "logRecords"}};
namespace envelope {
inline constexpr Field resource{1, "resource"};
inline constexpr Field scope{1, "scope"};
}  // namespace envelope

namespace resource {
inline constexpr Field attributes{1, "attributes"};
inline constexpr Field dropped_attributes{2, "droppedAttributesCount"};
}  // namespace resource
namespace scope {
inline constexpr Field name{1, "name"};
inline constexpr Field version{2, "version"};
inline constexpr Field attributes{3, "attributes"};
}  // namespace scope

namespace any_value {
inline constexpr Field string_value{1, "stringValue"};
inline constexpr Field bool_value{2, "boolValue"};
inline constexpr Field int_value{3, "intValue"};
inline constexpr Field double_value{4, "doubleValue"};
inline constexpr Field array_value{5, "arrayValue"};
inline constexpr Field kvlist_value{6, "kvlistValue"};
inline constexpr Field bytes_value{7, "bytesValue"};
inline constexpr Field values{1, "values"};  // of ArrayValue and of KeyValueList
}  // namespace any_value
namespace key_value {
inline constexpr Field key{1, "key"};
inline constexpr Field value{2, "value"};
}  // namespace key_value

namespace span {
inline constexpr Field trace_id{1, "traceId"};
inline constexpr Field span_id{2, "spanId"};
inline constexpr Field trace_state{3, "traceState"};
inline constexpr Field parent_span_id{4, "parentSpanId"};
inline constexpr Field name{5, "name"};
inline constexpr Field kind{6, "kind"};
inline constexpr Field start_time{7, "startTimeUnixNano"};
inline constexpr Field end_time{8, "endTimeUnixNano"};
inline constexpr Field attributes{9, "attributes"};
inline constexpr Field dropped_attributes{10, "droppedAttributesCount"};
inline constexpr Field events{11, "events"};
inline constexpr Field dropped_events{12, "droppedEventsCount"};
inline constexpr Field links{13, "links"};
inline constexpr Field dropped_links{14, "droppedLinksCount"};
inline constexpr Field status{15, "status"};
inline constexpr Field flags{16, "flags"};
}  // namespace span
namespace span_event {
inline constexpr Field time{1, "timeUnixNano"};
inline constexpr Field name{2, "name"};
inline constexpr Field attributes{3, "attributes"};
inline constexpr Field dropped_attributes{4, "droppedAttributesCount"};
}  // namespace span_event
namespace span_link {
inline constexpr Field trace_id{1, "traceId"};
inline constexpr Field span_id{2, "spanId"};
inline constexpr Field trace_state{3, "traceState"};
inline constexpr Field attributes{4, "attributes"};
}  // namespace span_link
namespace span_status {
inline constexpr Field message{2, "message"};
inline constexpr Field code{3, "code"};
}  // namespace span_status

namespace metric {
inline constexpr Field name{1, "name"};
inline constexpr Field unit{3, "unit"};
inline constexpr Field gauge{5, "gauge"};
inline constexpr Field sum{7, "sum"};
inline constexpr Field histogram{9, "histogram"};
inline constexpr Field exponential_histogram{10, "exponentialHistogram"};
inline constexpr Field summary{11, "summary"};
inline constexpr Field data_points{1, "dataPoints"};  // of each of the five
// Of Sum and of both histograms.
inline constexpr Field aggregation_temporality{2, "aggregationTemporality"};
inline constexpr Field is_monotonic{3, "isMonotonic"};
}  // namespace metric
namespace number_point {
inline constexpr Field start_time{2, "startTimeUnixNano"};
inline constexpr Field time{3, "timeUnixNano"};
inline constexpr Field as_double{4, "asDouble"};
inline constexpr Field exemplars{5, "exemplars"};
inline constexpr Field as_int{6, "asInt"};
inline constexpr Field attributes{7, "attributes"};
inline constexpr Field flags{8, "flags"};
}  // namespace number_point
// Of Histogram; what is not here is as in ExponentialHistogram.
namespace explicit_point {
inline constexpr Field bucket_counts{6, "bucketCounts"};
inline constexpr Field explicit_bounds{7, "explicitBounds"};
inline constexpr Field exemplars{8, "exemplars"};
inline constexpr Field attributes{9, "attributes"};
inline constexpr Field flags{10, "flags"};
inline constexpr Field min{11, "min"};
inline constexpr Field max{12, "max"};
}  // namespace explicit_point
namespace summary_point {
inline constexpr Field quantile_values{6, "quantileValues"};
inline constexpr Field attributes{7, "attributes"};
inline constexpr Field flags{8, "flags"};
inline constexpr Field quantile{1, "quantile"};  // of ValueAtQuantile, as is the next
inline constexpr Field value{2, "value"};
}  // namespace summary_point
namespace histogram_point {
inline constexpr Field attributes{1, "attributes"};
inline constexpr Field start_time{2, "startTimeUnixNano"};
inline constexpr Field time{3, "timeUnixNano"};
inline constexpr Field count{4, "count"};
inline constexpr Field sum{5, "sum"};
inline constexpr Field scale{6, "scale"};
inline constexpr Field zero_count{7, "zeroCount"};
inline constexpr Field positive{8, "positive"};
inline constexpr Field negative{9, "negative"};
inline constexpr Field flags{10, "flags"};
inline constexpr Field exemplars{11, "exemplars"};
}  // namespace histogram_point
namespace buckets {
inline constexpr Field offset{1, "offset"};
inline constexpr Field counts{2, "bucketCounts"};
}  // namespace buckets
namespace exemplar {
inline constexpr Field time{2, "timeUnixNano"};
inline constexpr Field as_double{3, "asDouble"};
inline constexpr Field span_id{4, "spanId"};
inline constexpr Field trace_id{5, "traceId"};
inline constexpr Field as_int{6, "asInt"};
inline constexpr Field filtered_attributes{7, "filteredAttributes"};
}  // namespace exemplar

namespace log_record {
inline constexpr Field time{1, "timeUnixNano"};
inline constexpr Field severity_number{2, "severityNumber"};
inline constexpr Field severity_text{3, "severityText"};
inline constexpr Field body{5, "body"};
inline constexpr Field attributes{6, "attributes"};
inline constexpr Field dropped_attributes{7, "droppedAttributesCount"};
inline constexpr Field flags{8, "flags"};
inline constexpr Field trace_id{9, "traceId"};
inline constexpr Field span_id{10, "spanId"};
inline constexpr Field observed_time{11, "observedTimeUnixNano"};
inline constexpr Field event_name{12, "eventName"};
}  // namespace log_record

// Enumerators, by number in both encodings.
enum class StatusCode : std::uint32_t { unset = 0, ok = 1, error = 2 };
enum class WireKind : std::uint32_t { internal = 1, server = 2, client = 3, producer = 4, consumer = 5 };
enum class WireTemporality : std::uint32_t { delta = 1, cumulative = 2 };

// Span.flags and LogRecord.flags.
inline constexpr std::uint32_t flag_sampled = 0x01;
inline constexpr std::uint32_t flag_has_is_remote = 0x100;  // whether the parent is remote is known
inline constexpr std::uint32_t flag_is_remote = 0x200;
// The flags of data points: there is no value, only the word that the series ended.
inline constexpr std::uint32_t flag_no_recorded_value = 0x01;

}  // namespace spark::detail::otlp
