// Aggregates as SQL: each function runs one scan, or two for traces, of a query that has been checked, on a borrowed
// reader, and gives the groups of its rows. Free functions; the reader belongs to the calling thread meanwhile. They
// throw Error.
#pragma once

#include "backends/sqlite/reader.h"
#include "spark/telemetry/aggregate.h"
#include "spark/telemetry/query.h"
#include "telemetry/query_rules.h"

namespace spark::detail::sqlite {

[[nodiscard]] Groups aggregate(Reader& reader, const TraceQuery& query, const Aggregation& aggregation,
                               const TimeLimit& limit);
[[nodiscard]] Groups aggregate(Reader& reader, const SpanQuery& query, const Aggregation& aggregation,
                               const TimeLimit& limit);
[[nodiscard]] Groups aggregate(Reader& reader, const EventQuery& query, const Aggregation& aggregation,
                               const TimeLimit& limit);
[[nodiscard]] Groups aggregate(Reader& reader, const MetricQuery& query, const Aggregation& aggregation,
                               const TimeLimit& limit);

}  // namespace spark::detail::sqlite
