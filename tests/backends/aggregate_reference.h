// Aggregates by brute force, for the test that compares stores: groups are looked for one by one, everything is sorted,
// sums are exact. Nothing of it is shared with the library's own.
#pragma once

#include <vector>

#include "spark/telemetry/aggregate.h"
#include "spark/telemetry/records.h"

namespace spark::testing {

// Of records without distributions; all groups, in order.
[[nodiscard]] Groups reference_groups(const std::vector<Trace>& traces, const Aggregation& aggregation);
[[nodiscard]] Groups reference_groups(const std::vector<Span>& spans, const Aggregation& aggregation);
[[nodiscard]] Groups reference_groups(const std::vector<Event>& events, const Aggregation& aggregation);
[[nodiscard]] Groups reference_groups(const std::vector<Metric>& metrics, const Aggregation& aggregation);

}  // namespace spark::testing
