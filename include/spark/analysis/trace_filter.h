// Which traces an analysis looks at. What is set narrows, all of it together; a plain value.
#pragma once

#include <optional>
#include <string>

#include "spark/telemetry/ranges.h"

namespace spark::analysis {

// A graph's run is a trace with the attributes graph_id and graph_version, unless it ran inside another trace: then it
// is a part of that one and is not found by its own graph.
struct TraceFilter {
  std::optional<std::string> name = {};  // a glob (spark/base/glob.h)
  std::optional<std::string> graph_id = {};
  std::optional<std::string> graph_version = {};
  TimeRange start_time = {};

  bool operator==(const TraceFilter&) const = default;
};

}  // namespace spark::analysis
