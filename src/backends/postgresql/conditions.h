// The conditions of queries as SQL, all but those of cursors. Free functions; they throw Error(invalid_argument) for
// what can never be right.
#pragma once

#include "backends/postgresql/select.h"
#include "spark/telemetry/query.h"

namespace spark::detail::postgresql {

// What stands for the duration of a trace that spans imply.
inline constexpr const char* implied_duration =
    "least(greatest(end_ns::numeric - start_ns, -9223372036854775808), 9223372036854775807)::bigint";

// Of traces_data, or of implied_traces without what a condition on attributes leaves of it: nothing.
[[nodiscard]] Select conditions(Parameters& parameters, const TraceQuery& query, bool is_implied = false);
[[nodiscard]] Select conditions(Parameters& parameters, const SpanQuery& query);
[[nodiscard]] Select conditions(Parameters& parameters, const EventQuery& query);
[[nodiscard]] Select conditions(Parameters& parameters, const MetricQuery& query);

}  // namespace spark::detail::postgresql
