// sparktel export: records as JSON lines, OTLP/JSON, CSV or a Chrome trace.

#include <unistd.h>
#include <CLI/CLI.hpp>
#include <cstdio>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>

#include "apps/sparktel/commands/arguments.h"
#include "apps/sparktel/commands/command.h"
#include "apps/sparktel/commands/query_options.h"
#include "apps/sparktel/commands/store_argument.h"
#include "apps/sparktel/commands/trace_ids.h"
#include "apps/sparktel/files/output_file.h"
#include "apps/sparktel/formats/chrome_trace.h"
#include "apps/sparktel/formats/csv.h"
#include "apps/sparktel/formats/export_records.h"
#include "apps/sparktel/formats/json_lines.h"
#include "apps/sparktel/formats/otlp_json.h"
#include "apps/sparktel/terminal/progress.h"
#include "apps/sparktel/terminal/stop_signal.h"
#include "apps/sparktel/terminal/text.h"
#include "spark/base/error.h"

namespace spark::sparktel {

namespace {

constexpr std::size_t written_at_once = 1 << 18;

struct ExportOptions {
  Location where = "telemetry.db";
  std::string format = "jsonl";
  std::string kind;
  std::string out = "-";
  std::string trace;
  TimeRange time;
  bool force = false;
};

CsvTable table_of(const std::string& kind) {
  if (kind == "traces") return CsvTable::traces;
  if (kind == "events") return CsvTable::events;
  if (kind == "metrics") return CsvTable::metrics;
  if (kind == "graphs") return CsvTable::graphs;
  return CsvTable::spans;
}

RecordKinds kinds_of(const ExportOptions& options) {
  if (options.format == "chrome") return {.metrics = false, .graphs = false};
  const std::string kind = options.kind.empty() && options.format == "csv" ? "spans" : options.kind;
  if (kind.empty()) return {};
  return {.traces = kind == "traces",
          .spans = kind == "spans",
          .events = kind == "events",
          .metrics = kind == "metrics",
          .graphs = kind == "graphs"};
}

std::unique_ptr<RecordWriter> make_writer(const ExportOptions& options, std::string& text) {
  if (options.format == "chrome") return std::make_unique<ChromeTraceWriter>(text);
  if (options.format == "otlp-json") return std::make_unique<OtlpJsonWriter>(text);
  if (options.format == "csv") return std::make_unique<CsvWriter>(text, table_of(options.kind));
  return std::make_unique<JsonLinesWriter>(text);
}

std::string summary(const ExportResult& result, const std::string& out) {
  return "Exported " + format_count(result.traces, "trace") + ", " + format_count(result.spans, "span") + ", " +
         format_count(result.events, "event") + ", " + format_count(result.metrics, "metric") + " and " +
         format_count(result.graphs, "graph") + " to " + printable(out) + ".\n";
}

// --force would otherwise replace the database by its export.
void refuse_the_database(const std::string& out, const std::string& database) {
  for (const char* suffix : {"", "-wal", "-shm", "-lock"}) {
    std::error_code ignored;
    if (!std::filesystem::equivalent(out, database + suffix, ignored)) continue;
    throw Error(ErrorCode::invalid_argument, out + " belongs to the database that is exported; name another file");
  }
}

int run(const ExportOptions& options) {
  const std::unique_ptr<Source> source = open_source(options.where);
  if (!options.where.is_server()) refuse_the_database(options.out, options.where.path());
  const StopSignal stop;
  OutputFile file(options.out, options.force);
  // Over records that go to the same terminal, a line of progress would only be a nuisance.
  const bool shows_progress = options.out != "-" || ::isatty(STDOUT_FILENO) == 0;
  Progress progress("exported", "records");
  std::string text;
  const std::unique_ptr<RecordWriter> writer = make_writer(options, text);
  ExportSelection selection{.kinds = kinds_of(options), .trace = {}, .time = options.time};
  if (!options.trace.empty()) selection.trace = find_trace_id(source->store(), options.trace);
  const ExportResult result = export_records(
      source->store(), [&](TraceId after, std::size_t count) { return source->trace_ids_after(after, count); },
      selection, *writer,
      [&](const ExportResult& so_far) {
        stop.check("the export was not finished");
        if (shows_progress) progress.update(so_far.total());
        if (text.size() < written_at_once) return;
        file.write(text);
        text.clear();
      });
  file.write(text);
  file.commit();
  if (options.out != "-") print(summary(result, options.out));
  if (writer->refused() == 0) return exit_success;
  std::fprintf(stderr, "sparktel: left out: %s that cannot be said in OTLP\n",
               format_count(writer->refused(), "record").c_str());
  return exit_failure;
}

}  // namespace

void add_export_command(CLI::App& app, Action& action) {
  const auto options = std::make_shared<ExportOptions>();
  CLI::App* const command =
      app.add_subcommand("export", "Write records as JSON lines, OTLP/JSON, CSV or a Chrome trace");
  add_store_argument(*command, options->where);
  command
      ->add_option(
          "--format,--to", options->format,
          "jsonl (default), otlp-json: for OpenTelemetry's tools, csv, or chrome: a timeline for ui.perfetto.dev")
      ->check(CLI::IsMember({"jsonl", "otlp-json", "csv", "chrome"}));
  command
      ->add_option("--kind", options->kind, "Only traces, spans, events, metrics or graphs; of csv it is one (spans)")
      ->check(CLI::IsMember({"traces", "spans", "events", "metrics", "graphs"}));
  command->add_option("-o,--output", options->out,
                      "The file to write, whole or not at all (default: -, standard output)");
  add_trace_option(*command, options->trace);
  add_parsed_option(
      *command, "--since",
      [options](const std::string& text) { options->time.from = parse_time(text, system_clock().wall_now()); },
      "Only traces that started at this time or later: 1h (ago), 2026-01-15, 2026-01-15T10:00:00");
  add_parsed_option(
      *command, "--until",
      [options](const std::string& text) { options->time.to = parse_time(text, system_clock().wall_now()); },
      "Only traces that started before this time");
  command->add_flag("--force", options->force, "Replace the output file if it exists");
  command->footer(
      "Examples:\n"
      "  sparktel export -o backup.jsonl\n"
      "  sparktel export production.db --format chrome --since 1h -o timeline.json\n"
      "  sparktel export production.db --to otlp-json -o for-the-collector.jsonl\n"
      "  sparktel export production.db --format csv --kind metrics > metrics.csv\n"
      "  sparktel export --kind spans | jq -r 'select(.status == \"failed\") | .name'");
  command->callback([options, &action] {
    if (options->format == "chrome" && !options->kind.empty()) {
      throw CLI::ValidationError("--kind", "a Chrome trace has all spans and events; --kind is for jsonl and csv");
    }
    require_times_in_order(options->time);
    action = [options] { return run(*options); };
  });
}

}  // namespace spark::sparktel
