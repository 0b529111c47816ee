// Aggregates computed by the server: each function runs a query that has been checked, on a borrowed connection, and
// gives the groups of its rows. Free functions. They throw Error.
#pragma once

#include "backends/postgresql/connection.h"
#include "spark/telemetry/aggregate.h"
#include "spark/telemetry/query.h"
#include "telemetry/query_rules.h"

namespace spark::detail::postgresql {

[[nodiscard]] Groups aggregate(Connection& connection, const TraceQuery& query, const Aggregation& aggregation,
                               const TimeLimit& limit);
[[nodiscard]] Groups aggregate(Connection& connection, const SpanQuery& query, const Aggregation& aggregation,
                               const TimeLimit& limit);
[[nodiscard]] Groups aggregate(Connection& connection, const EventQuery& query, const Aggregation& aggregation,
                               const TimeLimit& limit);
[[nodiscard]] Groups aggregate(Connection& connection, const MetricQuery& query, const Aggregation& aggregation,
                               const TimeLimit& limit);

}  // namespace spark::detail::postgresql
