// The demo's workflow: LoadNode >> TokenizeNode >> CountNode >> ReportNode over one text file a run, recorded
// by the graph without any code of the nodes, and a few records of their own. Made by the demo; for one
// thread.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "spark/base/ids.h"
#include "spark/graph/graph.h"
#include "spark/telemetry/config.h"

namespace spark::sparktel {

// What ReportNode says about a document.
struct DocumentReport {
  std::size_t words = 0;
  std::size_t distinct_words = 0;
  std::size_t lines = 0;
  std::vector<std::pair<std::string, std::size_t>> top_words = {};  // most frequent first
};

struct DocumentRun {
  std::string path = {};
  TraceId trace_id = {};
  std::optional<DocumentReport> report = {};
  std::string error = {};  // why there is no report
};

class DocumentWorkflow {
 public:
  // Throws what a Graph with this configuration throws.
  explicit DocumentWorkflow(const TelemetryConfig& config);

  // One run, which is one trace. A failure of the run is part of the result.
  [[nodiscard]] DocumentRun run(const std::string& path);
  [[nodiscard]] TelemetryManager& telemetry() const { return graph_.telemetry(); }

 private:
  TraceId trace_id_;  // of the last run; its first node writes it
  Graph graph_;
};

}  // namespace spark::sparktel
