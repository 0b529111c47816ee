// The demo's workflow over one text file a run, recorded by the graph without any code of the nodes, and a few records
// of their own:
//
//   load >> tokenize >> parallel(frequencies, sentences, readability) >> report
//   readability->on_error() >> sample >> report
//
// load is tried again, because a file may be about to be written; readability has a time limit, and what exceeds it is
// estimated from a sample. Made by the demo; for one thread, with a few of its own that run the nodes.
#pragma once

#include <cstddef>
#include <functional>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "spark/async/executor.h"
#include "spark/base/clock.h"
#include "spark/base/ids.h"
#include "spark/graph/graph.h"
#include "spark/telemetry/config.h"

namespace spark::sparktel {

// What ReportNode says about a document.
struct DocumentReport {
  std::size_t words = 0;
  std::size_t distinct_words = 0;
  std::size_t lines = 0;
  std::size_t sentences = 0;
  std::vector<std::pair<std::string, std::size_t>> top_words = {};  // most frequent first
  // The first words of each and how many it has; longest first.
  std::vector<std::pair<std::string, std::size_t>> longest_sentences = {};
  double reading_ease = 0;  // flesch_reading_ease
  bool is_sampled = false;  // the reading ease is that of a part of the text
};

struct DocumentRun {
  std::string path = {};
  TraceId trace_id = {};
  std::optional<DocumentReport> report = {};
  std::string error = {};  // why there is no report
};

// What happens around the workflow: how the demo makes a document late and another slow. Both are called with a path,
// from any thread.
struct DocumentEvents {
  std::function<void(const std::string&)> after_failed_load = {};     // after each attempt; may block
  std::function<Seconds(const std::string&)> readability_delay = {};  // how much longer readability takes
};

class DocumentWorkflow {
 public:
  // Throws what a Graph with this configuration throws.
  explicit DocumentWorkflow(const TelemetryConfig& config, DocumentEvents events = {});

  // One run, which is one trace. A failure of the run is part of the result.
  [[nodiscard]] DocumentRun run(const std::string& path);
  [[nodiscard]] TelemetryManager& telemetry() const { return graph_.telemetry(); }

 private:
  DocumentEvents events_;
  TraceId trace_id_;  // of the last run; its first node writes it
  Executor executor_;
  Graph graph_;
};

}  // namespace spark::sparktel
