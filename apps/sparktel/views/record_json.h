// Records as JSON objects, for --json: the specification's fields by their names, ids as text, times in ISO
// 8601 (UTC), durations in seconds. Functions without state.
#pragma once

#include "spark/base/value.h"
#include "spark/telemetry/records.h"

namespace spark::sparktel {

// end_time and duration are null while it runs.
[[nodiscard]] Object to_object(const Trace& trace);
// parent_span_id is null where there is none.
[[nodiscard]] Object to_object(const Span& span);
[[nodiscard]] Object to_object(const Event& event);
[[nodiscard]] Object to_object(const Metric& metric);
// Base-2 exponential buckets, as OpenTelemetry's: counts from the bucket `offset` on.
[[nodiscard]] Object to_object(const Distribution::Buckets& buckets);

}  // namespace spark::sparktel
