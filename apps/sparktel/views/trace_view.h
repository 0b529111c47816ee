// Shows one trace on a terminal: a header, then its spans as tree and waterfall, then its graphs. Used by show and
// demo. Values in, text out.
#pragma once

#include <string>
#include <vector>

#include "apps/sparktel/terminal/style.h"
#include "apps/sparktel/views/graph_run.h"
#include "spark/telemetry/records.h"

namespace spark::sparktel {

// Red for what failed, yellow for what was cancelled, otherwise `otherwise`.
[[nodiscard]] Style style_of(TraceStatus status, Style otherwise) noexcept;
[[nodiscard]] Style style_of(SpanStatus status, Style otherwise) noexcept;

// "type: message", or whichever of them is there; empty of a span that did not fail.
[[nodiscard]] std::string error_text(const Span& span);

struct TraceParts {
  Trace trace = {};
  std::vector<Span> spans = {};
  std::vector<Event> events = {};    // shown below their spans
  std::vector<Metric> metrics = {};  // in JSON alone
  std::vector<GraphRun> graphs = {};
  std::vector<std::string> stores = {};  // what it was joined from, as it is to be shown; empty: of one
  bool shows_attributes = false;
};

// Of each bar what is on the critical path (spark/analysis/critical_path.h) is solid, the rest light. A node's type is
// followed by its id where several nodes of the trace have that type, by "round 3" inside a loop, and by "↻ #2" for a
// further attempt. Where the spans are of several services, the first span of each way into another one names it in
// brackets. What these signs mean is said below the spans.
[[nodiscard]] std::string draw_trace(const TraceParts& parts, const Canvas& canvas);

}  // namespace spark::sparktel
