// How analyses read a store: traces one after the other, the newest first, and the spans of one of them.
#pragma once

#include <cstdint>
#include <functional>
#include <vector>

#include "spark/analysis/trace_filter.h"
#include "spark/telemetry/sink.h"

namespace spark::analysis::detail {

// Without attributes.
[[nodiscard]] TraceQuery query_of(const TraceFilter& filter);

// Calls `visit` for the newest traces that match, at most `most` of them. True if there were more.
bool each_trace(Store& store, const TraceFilter& filter, std::size_t most,
                const std::function<void(const Trace&)>& visit);

struct TraceSpans {
  std::vector<Span> spans = {};
  std::uint64_t left_out = 0;
};

// The first `most` spans by their start, and how many more there are.
[[nodiscard]] TraceSpans read_trace(Store& store, TraceId trace_id, std::size_t most, bool with_attributes);

}  // namespace spark::analysis::detail
