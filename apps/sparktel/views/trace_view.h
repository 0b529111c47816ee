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

struct TraceParts {
  Trace trace = {};
  std::vector<Span> spans = {};
  std::vector<Event> events = {};    // shown below their spans
  std::vector<Metric> metrics = {};  // in JSON alone
  std::vector<GraphRun> graphs = {};
  bool shows_attributes = false;
};

[[nodiscard]] std::string draw_trace(const TraceParts& parts, const Canvas& canvas);

}  // namespace spark::sparktel
