#include "apps/sparktel/demo/document_workflow.h"

#include <exception>

#include "apps/sparktel/demo/document_nodes.h"
#include "spark/async/sync_wait.h"

namespace spark::sparktel {

namespace {

// As many as the nodes that run side by side.
constexpr std::uint32_t threads = 3;

DocumentReport read_report(const Outputs& outputs) {
  const auto size = [](const Value& value) { return static_cast<std::size_t>(value.as_int()); };
  DocumentReport report{.words = size(outputs.at("words")),
                        .distinct_words = size(outputs.at("distinct_words")),
                        .lines = size(outputs.at("lines")),
                        .sentences = size(outputs.at("sentences")),
                        .reading_ease = outputs.at("reading_ease").as_double(),
                        .is_sampled = outputs.at("is_sampled").as_bool()};
  for (const Value& entry : outputs.at("top_words").as_array()) {
    report.top_words.emplace_back(entry.as_object().at("word").as_string(), size(entry.as_object().at("count")));
  }
  for (const Value& entry : outputs.at("longest_sentences").as_array()) {
    const Object& sentence = entry.as_object();
    report.longest_sentences.emplace_back(sentence.at("begins").as_string(), size(sentence.at("words")));
  }
  return report;
}

}  // namespace

DocumentWorkflow::DocumentWorkflow(const TelemetryConfig& config, DocumentEvents events)
    : events_(std::move(events)),
      executor_({.threads = threads}),
      graph_(
          {.start = make_document_nodes(trace_id_, events_), .telemetry_config = config, .id = "document_workflow"}) {}

DocumentRun DocumentWorkflow::run(const std::string& path) {
  DocumentRun result{.path = path};
  trace_id_ = TraceId();
  try {
    result.report = read_report(sync_wait(executor_, graph_.run(Inputs{{"path", path}})));
  } catch (const std::exception& error) {
    result.error = error.what();
  }
  result.trace_id = trace_id_;
  return result;
}

}  // namespace spark::sparktel
