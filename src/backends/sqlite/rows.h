// Records of rows, but for their service, whose number the reader knows: each function reads the columns that the query
// of its kind selects, in the order given here. Free functions; they throw Error(invalid_argument) or Error(not_found)
// for what is not as the writer wrote it.
#pragma once

#include "backends/sqlite/connection.h"
#include "spark/telemetry/query.h"

namespace spark::detail::sqlite {

// trace_id, name, start_ns, end_ns, status, attributes, root span, graph hash, partial
[[nodiscard]] Trace decode_trace(const Statement& row);
// span, trace_id, parent, name, kind, start_ns, duration_ns, status, status message, error type, attributes
[[nodiscard]] Span decode_span(const Statement& row);
// id_high, id_low, trace_id, span, type, name, time_ns, source, attributes
[[nodiscard]] Event decode_event(const Statement& row);
// id_high, id_low, trace_id, span, name, value, unit, aggregation_type, time_ns, attributes, distribution
[[nodiscard]] Metric decode_metric(const Statement& row);
// hash, graph_id, version, content
[[nodiscard]] GraphDefinition decode_graph(const Statement& row);
// content, revision
[[nodiscard]] Document decode_document(const Statement& row);

}  // namespace spark::detail::sqlite
