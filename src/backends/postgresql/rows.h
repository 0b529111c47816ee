// Records of rows: each function reads the columns in the order given here. Free functions; they throw
// Error(invalid_argument) or Error(not_found) for what is not as the writer wrote it.
#pragma once

#include "backends/postgresql/result.h"
#include "spark/telemetry/query.h"

namespace spark::detail::postgresql {

// trace_id, name, start_ns, end_ns, status, attributes, root span, graph hash, partial, service
[[nodiscard]] Trace decode_trace(const Result& result, int row);
// span, trace_id, parent, name, kind, start_ns, duration_ns, status, status message, error type, attributes, service
[[nodiscard]] Span decode_span(const Result& result, int row);
// event_id, trace_id, span, type, name, time_ns, source, attributes
[[nodiscard]] Event decode_event(const Result& result, int row);
// metric_id, trace_id, span, name, value, unit, aggregation_type, time_ns, attributes, distribution
[[nodiscard]] Metric decode_metric(const Result& result, int row);
// hash, graph_id, version, content
[[nodiscard]] GraphDefinition decode_graph(const Result& result, int row);

}  // namespace spark::detail::postgresql
