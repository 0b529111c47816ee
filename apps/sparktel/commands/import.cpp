// sparktel import: JSON lines of sparktel export, OTLP/JSON, or another database, into a SQLite file or a PostgreSQL
// database.

#include <CLI/CLI.hpp>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <system_error>

#include "apps/sparktel/commands/command.h"
#include "apps/sparktel/commands/store_argument.h"
#include "apps/sparktel/formats/copy_records.h"
#include "apps/sparktel/formats/import_records.h"
#include "apps/sparktel/formats/otlp_json.h"
#include "apps/sparktel/terminal/progress.h"
#include "apps/sparktel/terminal/stop_signal.h"
#include "apps/sparktel/terminal/text.h"
#include "ingest/known_senders.h"
#include "spark/base/error.h"

namespace spark::sparktel {

namespace {

struct ImportOptions {
  std::string in;
  Location where = "telemetry.db";
};

std::string summary(std::uint64_t records, const std::string& name, const ImportOptions& options) {
  // Not that they are new: some may have been there.
  return format_count(records, "record") + " of " + printable(name) + (records == 1 ? " is in " : " are in ") +
         printable(options.where.name()) + " now.\n";
}

std::string left_out(const ImportResult& result) {
  std::string out;
  if (result.incomplete_traces > 0) {
    out += "Left out: " + format_count(result.incomplete_traces, "trace") +
           " known from spans only, whose root spans are not there.\n";
  }
  if (result.rejected > 0) {
    out += "Left out: " + format_count(result.rejected, "record") +
           " that the server refused: " + printable(result.message) + "\n";
  }
  return out;
}

std::string import_ours(LineReader& lines, const std::string& name, const ImportSteps& steps,
                        const ImportOptions& options) {
  const ImportResult result = import_records(lines, name, steps);
  return summary(result.records - result.rejected, name, options) + left_out(result);
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
    refuse(name + " is a SQLite database, which cannot be read from a pipe: name its file");
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

void refuse_itself(const Location& from, const Location& to) {
  std::error_code ignored;
  const bool is_same = from.is_server()
                           ? to.is_server() && from.name() == to.name()
                           : !to.is_server() && std::filesystem::equivalent(from.path(), to.path(), ignored);
  if (!is_same) return;
  throw Error(ErrorCode::invalid_argument, "cannot import " + from.name() + " into itself; name another database");
}

int import_database(const Location& from, const ImportOptions& options) {
  refuse_itself(from, options.where);
  const std::unique_ptr<Source> source = open_source(from);
  const std::unique_ptr<Store> target = open_for_writing(options.where);
  detail::ingest::note_import(*target);
  const std::unique_ptr<Source> there = open_source(options.where);
  const StopSignal stop;
  Progress progress("copied", "records");
  const CopyResult result = copy_records(*source, {*target, *there}, [&](std::uint64_t records, double share) {
    stop.check("what was copied stays; import again to go on");
    progress.update(records, share);
  });
  const ImportResult& imported = result.imported;
  std::string out;
  if (result.traces_there > 0) {
    out += "There already: " + format_count(result.traces_there, "trace") + ", passed over.\n";
  }
  print(out + summary(imported.records - imported.rejected, from.name(), options) + left_out(imported));
  return exit_success;
}

int import_lines(const ImportOptions& options) {
  LineReader lines(options.in);
  const StopSignal stop;
  Progress progress("read", "lines");
  std::unique_ptr<Store> store;
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

int run(const ImportOptions& options) {
  if (is_connection_string(options.in) || is_sqlite_file(options.in)) return import_database(options.in, options);
  return import_lines(options);
}

}  // namespace

void add_import_command(CLI::App& app, Action& action) {
  const auto options = std::make_shared<ImportOptions>();
  CLI::App* const command =
      app.add_subcommand("import", "Bring JSON lines, OTLP/JSON or another database into a file or a database");
  command
      ->add_option(
          "IN", options->in,
          "JSON lines or lines of OTLP/JSON, in a file or - for standard input; or a SQLite file or a PostgreSQL "
          "database (postgresql://…) to copy from")
      ->required();
  add_target_argument(*command, options->where);
  command->footer(
      "OTLP/JSON is what the OpenTelemetry Collector's file exporter writes, and sparktel export --format otlp-json.\n"
      "Records that are there already stay as they are: importing again changes nothing.\n"
      "A file with a mistake changes nothing; of standard input, what came before the mistake stays.\n"
      "A copy of a database that was interrupted goes on where it was when it is started again.\n\n"
      "Examples:\n"
      "  sparktel import backup.jsonl\n"
      "  sparktel import backup.jsonl restored.db\n"
      "  sparktel export a.db | sparktel import - both.db\n"
      "  sparktel import telemetry.db postgresql://localhost/telemetry\n"
      "  sparktel import postgresql://localhost/telemetry copy.db");
  command->callback([options, &action] { action = [options] { return run(*options); }; });
}

}  // namespace spark::sparktel
