// Adding to a Distribution: OTLP's base-2 exponential histogram with at most 160 buckets a side, whose scale only
// falls.
//
// The buckets and their boundaries are those of the instruments (telemetry/exponential_histogram.h), so that what they
// collected and what was recorded point by point come together exactly. Scale 8, at which points begin, tells values
// apart that differ by 0.3 %; OTLP allows up to 20, at which 160 buckets span 0.01 %, so that the second value would
// already end it.
#pragma once

#include "spark/telemetry/records.h"

namespace spark::detail::otlp {

// Whether it can be sent and merged: a scale of -10 to 20, buckets that are within the range of doubles at that scale,
// and a sum that is finite. Others come only from files and servers that are wrong.
[[nodiscard]] bool is_sound(const Distribution& distribution) noexcept;

// Adds one finite measurement.
void record(Distribution& total, double value);

// Adds the measurements of another, which is sound. The counts decide: total.count is what the buckets hold.
void merge(Distribution& total, const Distribution& more);

}  // namespace spark::detail::otlp
