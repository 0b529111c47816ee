// What sparktel demo says at its end, as text for people or as JSON. Values in, text out.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "apps/sparktel/demo/document_workflow.h"
#include "apps/sparktel/terminal/style.h"
#include "apps/sparktel/views/node_summary.h"
#include "apps/sparktel/views/trace_view.h"
#include "spark/telemetry/stats.h"

namespace spark::sparktel {

struct DemoReport {
  std::vector<DocumentRun> runs = {};
  std::optional<TraceParts> slowest = {};    // of the runs in which nothing failed, if there are any
  std::optional<TraceParts> retried = {};    // the slowest that succeeded because a node was tried again
  std::optional<TraceParts> timed_out = {};  // the slowest that succeeded although a node exceeded its time
  std::vector<NodeSummary> nodes = {};
  Stats stats = {};
  std::string database = {};  // its path, or what may be shown of a server's
  std::string argument = {};  // what to type for it; empty: the same
  std::string program = {};   // what to type to run this program again
};

[[nodiscard]] std::string draw_report(const DemoReport& report, const Canvas& canvas);
[[nodiscard]] std::string report_to_json(const DemoReport& report);

}  // namespace spark::sparktel
