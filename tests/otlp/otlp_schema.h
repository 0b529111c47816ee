// The messages of OTLP that tests read, from opentelemetry-proto 1.11. A star: repeated; a question mark: a member of a
// oneof, or optional, so that it may be there with its default value.
#pragma once

#include <string_view>

namespace spark::testing {

inline constexpr std::string_view otlp_schema = R"(
ExportTraceServiceRequest 1 resource_spans* ResourceSpans
ResourceSpans 1 resource Resource
ResourceSpans 2 scope_spans* ScopeSpans
ScopeSpans 1 scope InstrumentationScope
ScopeSpans 2 spans* Span
ExportMetricsServiceRequest 1 resource_metrics* ResourceMetrics
ResourceMetrics 1 resource Resource
ResourceMetrics 2 scope_metrics* ScopeMetrics
ScopeMetrics 1 scope InstrumentationScope
ScopeMetrics 2 metrics* Metric
ExportLogsServiceRequest 1 resource_logs* ResourceLogs
ResourceLogs 1 resource Resource
ResourceLogs 2 scope_logs* ScopeLogs
ScopeLogs 1 scope InstrumentationScope
ScopeLogs 2 log_records* LogRecord
Resource 1 attributes* KeyValue
InstrumentationScope 1 name string
InstrumentationScope 2 version string
KeyValue 1 key string
KeyValue 2 value AnyValue
AnyValue 1 string_value? string
AnyValue 2 bool_value? bool
AnyValue 3 int_value? int64
AnyValue 4 double_value? double
AnyValue 5 array_value? ArrayValue
AnyValue 6 kvlist_value? KeyValueList
AnyValue 7 bytes_value? bytes
ArrayValue 1 values* AnyValue
KeyValueList 1 values* KeyValue
Span 1 trace_id id
Span 2 span_id id
Span 3 trace_state string
Span 4 parent_span_id id
Span 5 name string
Span 6 kind enum
Span 7 start_time_unix_nano fixed64
Span 8 end_time_unix_nano fixed64
Span 9 attributes* KeyValue
Span 11 events* Event
Span 15 status Status
Span 16 flags fixed32
Event 1 time_unix_nano fixed64
Event 2 name string
Event 3 attributes* KeyValue
Status 2 message string
Status 3 code enum
Metric 1 name string
Metric 2 description string
Metric 3 unit string
Metric 5 gauge? Gauge
Metric 7 sum? Sum
Metric 10 exponential_histogram? ExponentialHistogram
Gauge 1 data_points* NumberDataPoint
Sum 1 data_points* NumberDataPoint
Sum 2 aggregation_temporality enum
Sum 3 is_monotonic bool
ExponentialHistogram 1 data_points* ExponentialHistogramDataPoint
ExponentialHistogram 2 aggregation_temporality enum
NumberDataPoint 2 start_time_unix_nano fixed64
NumberDataPoint 3 time_unix_nano fixed64
NumberDataPoint 4 as_double? double
NumberDataPoint 5 exemplars* Exemplar
NumberDataPoint 7 attributes* KeyValue
ExponentialHistogramDataPoint 1 attributes* KeyValue
ExponentialHistogramDataPoint 2 start_time_unix_nano fixed64
ExponentialHistogramDataPoint 3 time_unix_nano fixed64
ExponentialHistogramDataPoint 4 count fixed64
ExponentialHistogramDataPoint 5 sum? double
ExponentialHistogramDataPoint 6 scale sint32
ExponentialHistogramDataPoint 7 zero_count fixed64
ExponentialHistogramDataPoint 8 positive Buckets
ExponentialHistogramDataPoint 9 negative Buckets
ExponentialHistogramDataPoint 11 exemplars* Exemplar
Buckets 1 offset sint32
Buckets 2 bucket_counts packed
Exemplar 2 time_unix_nano fixed64
Exemplar 3 as_double? double
Exemplar 4 span_id id
Exemplar 5 trace_id id
Exemplar 7 filtered_attributes* KeyValue
LogRecord 1 time_unix_nano fixed64
LogRecord 2 severity_number enum
LogRecord 3 severity_text string
LogRecord 5 body AnyValue
LogRecord 6 attributes* KeyValue
LogRecord 8 flags fixed32
LogRecord 9 trace_id id
LogRecord 10 span_id id
LogRecord 11 observed_time_unix_nano fixed64
LogRecord 12 event_name string
)";

}  // namespace spark::testing
