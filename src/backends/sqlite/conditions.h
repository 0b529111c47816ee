// The conditions of queries as SQL, all but those on attributes and of cursors, which the caller adds behind them. Free
// functions; Functions::set comes first. They throw Error(invalid_argument) for what can never be right.
#pragma once

#include "backends/sqlite/reader.h"
#include "backends/sqlite/select.h"
#include "spark/telemetry/query.h"

namespace spark::detail::sqlite {

// What stands for a trace's duration.
inline constexpr const char* trace_duration = "spark_duration(start_ns, end_ns)";

// Of traces_data or implied_traces, in both cases named d.
[[nodiscard]] Select trace_conditions(Reader& reader, const TraceQuery& query, bool implied);
[[nodiscard]] Select span_conditions(Reader& reader, const SpanQuery& query);
[[nodiscard]] Select event_conditions(Reader& reader, const EventQuery& query);
[[nodiscard]] Select metric_conditions(Reader& reader, const MetricQuery& query);

}  // namespace spark::detail::sqlite
