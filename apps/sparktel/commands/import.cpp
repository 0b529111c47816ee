// sparktel import: JSON lines of sparktel export, or OTLP/JSON, into a SQLite file.

#include <CLI/CLI.hpp>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "apps/sparktel/commands/command.h"
#include "apps/sparktel/commands/store_argument.h"
#include "apps/sparktel/formats/import_records.h"
#include "apps/sparktel/formats/otlp_json.h"
#include "apps/sparktel/terminal/progress.h"
#include "apps/sparktel/terminal/stop_signal.h"
#include "apps/sparktel/terminal/text.h"
#include "ingest/known_senders.h"
#include "spark/backends/sqlite.h"
#include "spark/base/error.h"

namespace spark::sparktel {

namespace {

struct ImportOptions {
  std::string in;
  std::string where = "telemetry.db";
};

std::string summary(std::uint64_t records, const std::string& name, const ImportOptions& options) {
  // Not that they are new: some may have been there.
  return format_count(records, "record") + " of " + printable(name) + (records == 1 ? " is in " : " are in ") +
         printable(options.where) + " now.\n";
}

std::string import_ours(LineReader& lines, const std::string& name, const ImportSteps& steps,
                        const ImportOptions& options) {
  const ImportResult result = import_records(lines, name, steps);
  std::string out = summary(result.records, name, options);
  if (result.incomplete_traces > 0) {
    out += "Left out: " + format_count(result.incomplete_traces, "trace") +
           " known from spans only, whose root spans are not there.\n";
  }
  return out;
}

std::string import_otlp(LineReader& lines, const std::string& name, const ImportSteps& steps,
                        const ImportOptions& options) {
  const OtlpImportResult result = import_otlp_json(lines, name, steps);
  std::string out = summary(result.records, name, options);
  if (result.rejected > 0) {
    out += "Left out: " + format_count(result.rejected, "item") +
           " that cannot be stored: " + printable(result.message) + "\n";
  }
  return out;
}

[[noreturn]] void refuse(const std::string& what) { throw Error(ErrorCode::invalid_argument, what); }

// Files of other kinds that somebody may well name here, by how they begin.
void refuse_other_formats(std::string_view first_line, const std::string& name) {
  if (first_line.starts_with("\x1f\x8b")) refuse(name + " is packed with gzip: gunzip it first");
  if (first_line.starts_with("SQLite format 3")) {
    refuse(name +
           " is a SQLite database, which sparktel's commands read as it is; import takes JSON lines of sparktel "
           "export, or OTLP/JSON");
  }
  const auto begin = first_line.find_first_not_of(" \t");
  if (begin == std::string_view::npos || (first_line[begin] != '{' && first_line[begin] != '[')) return;
  const char last = first_line[first_line.find_last_not_of(" \t")];
  if (last != '}' && last != ']') {
    refuse(name +
           " line 1: expected a whole record or request on each line, and this one goes on: jq -c . FILE writes "
           "them so");
  }
  if (!is_otlp_json(first_line) && first_line.find("\"format\"") == std::string_view::npos) {
    refuse(name +
           " line 1: neither the header of sparktel export nor an OTLP/JSON request, which begins with "
           "{\"resourceSpans\", {\"resourceMetrics\" or {\"resourceLogs\"");
  }
}

int run(const ImportOptions& options) {
  LineReader lines(options.in);
  const StopSignal stop;
  Progress progress("read", "lines");
  std::unique_ptr<SqliteStore> store;
  const std::string name = options.in == "-" ? "standard input" : options.in;
  const ImportSteps steps{.open = [&]() -> Store& {
                            store = open_for_writing(options.where);
                            detail::ingest::note_import(*store);
                            return *store;
                          },
                          .progress =
                              [&](std::uint64_t count, double share) {
                                stop.check("what was imported stays; import again to complete it");
                                progress.update(count, share);
                              }};
  std::string_view first;
  const bool is_empty = !lines.peek(first);
  if (!is_empty) refuse_other_formats(first, name);
  const bool is_otlp = !is_empty && is_otlp_json(first);
  print(is_otlp ? import_otlp(lines, name, steps, options) : import_ours(lines, name, steps, options));
  return exit_success;
}

}  // namespace

void add_import_command(CLI::App& app, Action& action) {
  const auto options = std::make_shared<ImportOptions>();
  CLI::App* const command =
      app.add_subcommand("import", "Bring JSON lines of sparktel export, or OTLP/JSON, into a SQLite file");
  command->add_option("IN", options->in, "A file of JSON lines or of OTLP/JSON in lines, or - for standard input")
      ->required();
  command->add_option("FILE,--db", options->where, "The SQLite file, made if it is not there (default: telemetry.db)");
  command->footer(
      "OTLP/JSON is what the OpenTelemetry Collector's file exporter writes, and sparktel export --format otlp-json.\n"
      "Records that are there already stay as they are: importing again changes nothing.\n"
      "A file with a mistake changes nothing; of standard input, what came before the mistake stays.\n\n"
      "Examples:\n"
      "  sparktel import backup.jsonl\n"
      "  sparktel import backup.jsonl restored.db\n"
      "  sparktel export a.db | sparktel import - both.db");
  command->callback([options, &action] { action = [options] { return run(*options); }; });
}

}  // namespace spark::sparktel
