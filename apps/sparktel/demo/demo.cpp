// sparktel demo: a real workflow over real files, recorded and shown.

#include <fmt/format.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "apps/sparktel/commands/command.h"
#include "apps/sparktel/commands/load_graphs.h"
#include "apps/sparktel/commands/store_argument.h"
#include "apps/sparktel/demo/demo_report.h"
#include "apps/sparktel/demo/staged_documents.h"
#include "apps/sparktel/demo/temporary_folder.h"
#include "apps/sparktel/terminal/text.h"
#include "apps/sparktel/views/ledger.h"
#include "spark/base/error.h"

namespace spark::sparktel {

namespace {

constexpr const char* default_documents = "/usr/share/common-licenses";

struct DemoOptions {
  std::vector<std::string> files;
  std::optional<Location> database;
  bool json = false;
};

// The regular files of a folder, by name; those that several symbolic links lead to once.
std::vector<std::string> regular_files(const std::string& folder) {
  std::error_code error;
  std::set<std::string> files;
  for (const auto& entry : std::filesystem::directory_iterator(folder, error)) {
    const std::filesystem::path target = std::filesystem::canonical(entry.path(), error);
    if (!error && std::filesystem::is_regular_file(target, error)) files.insert(target.string());
  }
  if (files.empty()) {
    throw Error(ErrorCode::not_found,
                "there are no files in " + folder + " to analyse; name some: sparktel demo FILES");
  }
  return {files.begin(), files.end()};
}

// In a folder of its own below the system's temporary one, so that a first try leaves nothing where it was
// started.
std::string fresh_database() { return make_temporary_folder() + "/telemetry.db"; }

std::vector<DocumentRun> run_all(DocumentWorkflow& workflow, const std::vector<std::string>& files) {
  const bool shows_progress = ::isatty(STDERR_FILENO) == 1 && ::isatty(STDOUT_FILENO) == 1;
  std::vector<DocumentRun> runs;
  for (const std::string& file : files) {
    if (shows_progress) {
      const std::string text = fmt::format("{}/{} {}", runs.size() + 1, files.size(), printable(file));
      std::fprintf(stderr, "\r\x1b[K%s", fit(text, canvas_for(stderr).width - 1).c_str());
    }
    runs.push_back(workflow.run(file));
  }
  if (shows_progress) std::fputs("\r\x1b[K", stderr);
  return runs;
}

bool has_failed_span(const std::vector<Span>& spans) {
  return std::any_of(spans.begin(), spans.end(), [](const Span& span) { return span.status == SpanStatus::failed; });
}

// Keeps the slower of the two.
void keep_slower(std::optional<TraceParts>& kept, const TraceParts& parts) {
  if (!kept || parts.trace.duration() > kept->trace.duration()) kept = parts;
}

bool any_node(const TraceParts& parts, std::size_t NodeTally::*count) {
  return std::any_of(parts.graphs.begin(), parts.graphs.end(), [&](const GraphRun& graph) {
    return std::any_of(graph.nodes.begin(), graph.nodes.end(),
                       [&](const DeclaredNode& node) { return node.tally.*count > 0; });
  });
}

// Reads back from the database what the runs recorded.
void read_back(const TelemetryManager& manager, DemoReport& report) {
  std::vector<Span> all;
  std::optional<TraceParts> slowest, slowest_smooth;
  for (const DocumentRun& run : report.runs) {
    if (!run.trace_id.is_valid()) continue;
    const TraceQuery trace_query{.trace_id = run.trace_id};
    const SpanQuery span_query{.trace_id = run.trace_id};
    const Page<Trace> traces = manager.query_traces(trace_query);
    const Page<Span> spans = manager.query_spans(span_query);
    if (traces.empty()) continue;
    all.insert(all.end(), spans.begin(), spans.end());
    TraceParts parts{.trace = traces.front(), .spans = spans.rows};
    parts.graphs = load_graphs(manager, parts.trace, parts.spans, default_query_limit).graphs;
    keep_slower(slowest, parts);
    if (!has_failed_span(parts.spans)) keep_slower(slowest_smooth, parts);
    if (run.report && any_node(parts, &NodeTally::retried)) keep_slower(report.retried, parts);
    if (run.report && any_node(parts, &NodeTally::timed_out)) keep_slower(report.timed_out, parts);
  }
  report.slowest = slowest_smooth ? slowest_smooth : slowest;
  report.nodes = summarize_nodes(all);
}

void check_flushed(const FlushResult& result) {
  for (const FlushResult::SinkResult& sink : result.sinks) {
    if (!sink.complete) {
      throw Error(ErrorCode::unavailable, "telemetry could not be written to " + sink.name + ": " + sink.error);
    }
  }
}

int run(const DemoOptions& options, const std::string& program) {
  std::vector<std::string> files = options.files.empty() ? regular_files(default_documents) : options.files;
  std::optional<StagedDocuments> staged;
  DocumentEvents events;
  if (options.files.empty()) {
    staged.emplace();
    for (const std::string& path : staged->paths()) files.push_back(path);
    events.after_failed_load = [&](const std::string& path) { staged->after_failed_load(path); };
    events.readability_delay = [&](const std::string& path) { return staged->readability_delay(path); };
  }
  const Location where = options.database ? *options.database : Location(fresh_database());
  DemoReport report{.database = where.name(), .argument = where.is_server() ? "DSN" : "", .program = program};
  if (!where.is_server()) report.database = std::filesystem::absolute(where.path());
  DocumentWorkflow workflow(where.is_server() ? TelemetryConfig::create_postgresql(where.connection_string())
                                              : TelemetryConfig::create_sqlite(report.database),
                            std::move(events));
  report.runs = run_all(workflow, files);

  TelemetryManager& manager = workflow.telemetry();
  check_flushed(manager.flush());
  report.stats = manager.stats();
  read_back(manager, report);
  print(options.json ? report_to_json(report) : draw_report(report, canvas_for(stdout)));

  const bool has_report = std::any_of(report.runs.begin(), report.runs.end(),
                                      [](const DocumentRun& document) { return document.report.has_value(); });
  return has_report && is_all_exported(report.stats) ? exit_success : exit_failure;
}

}  // namespace

void add_demo_command(CLI::App& app, Action& action, std::string program) {
  const auto options = std::make_shared<DemoOptions>();
  CLI::App* const command =
      app.add_subcommand("demo", "Analyse text files with a recorded workflow and show its telemetry");
  command->add_option(
      "FILES", options->files,
      fmt::format("Text files (default: those in {}, one that appears late, and a slow one)", default_documents));
  add_location_argument(
      *command, "--db", options->database,
      "The SQLite file to record to, or a PostgreSQL database: postgresql://… (default: telemetry.db in a "
      "new folder for temporary files)");
  command->add_flag("--json", options->json, "Print JSON");
  command->footer(
      "A file that is missing, empty or no text makes its own run fail, after three attempts; the others go on. The "
      "exit code\n"
      "is 0 if at least one file could be analysed and every record arrived in the database, otherwise 1.\n\n"
      "Examples:\n"
      "  sparktel demo\n"
      "  sparktel demo README.md docs/*.md --db demo.db\n"
      "  sparktel demo --json | jq .nodes");
  command->callback([options, &action, program] { action = [options, program] { return run(*options, program); }; });
}

}  // namespace spark::sparktel
