// sparktel import: JSON lines of sparktel export into a SQLite file.

#include <CLI/CLI.hpp>
#include <memory>
#include <optional>
#include <string>

#include "apps/sparktel/commands/command.h"
#include "apps/sparktel/commands/store_argument.h"
#include "apps/sparktel/formats/import_records.h"
#include "apps/sparktel/terminal/progress.h"
#include "apps/sparktel/terminal/stop_signal.h"
#include "apps/sparktel/terminal/text.h"
#include "spark/backends/sqlite.h"

namespace spark::sparktel {

namespace {

struct ImportOptions {
  std::string in;
  std::string where = "telemetry.db";
};

int run(const ImportOptions& options) {
  LineReader lines(options.in);
  const StopSignal stop;
  Progress progress("read", "lines");
  std::unique_ptr<SqliteStore> store;
  const std::string name = options.in == "-" ? "standard input" : options.in;
  const ImportResult result = import_records(lines, name,
                                             {.open = [&]() -> Store& {
                                                store = open_for_writing(options.where);
                                                return *store;
                                              },
                                              .progress =
                                                  [&](std::uint64_t count, double share) {
                                                    stop.check("what was imported stays; import again to complete it");
                                                    progress.update(count, share);
                                                  }});
  // Not that they are new: some may have been there.
  std::string out = format_count(result.records, "record") + " of " + printable(name) +
                    (result.records == 1 ? " is in " : " are in ") + printable(options.where) + " now.\n";
  if (result.incomplete_traces > 0) {
    out += "Left out: " + format_count(result.incomplete_traces, "trace") +
           " known from spans only, whose root spans are not there.\n";
  }
  print(out);
  return exit_success;
}

}  // namespace

void add_import_command(CLI::App& app, Action& action) {
  const auto options = std::make_shared<ImportOptions>();
  CLI::App* const command = app.add_subcommand("import", "Bring JSON lines of sparktel export into a SQLite file");
  command->add_option("IN", options->in, "A file of JSON lines, or - for standard input")->required();
  command->add_option("FILE,--db", options->where, "The SQLite file, made if it is not there (default: telemetry.db)");
  command->footer(
      "Records that are there already stay as they are: importing again changes nothing.\n"
      "A file with a mistake changes nothing; of standard input, what came before the mistake stays.\n\n"
      "Examples:\n"
      "  sparktel import backup.jsonl\n"
      "  sparktel import backup.jsonl restored.db\n"
      "  sparktel export a.db | sparktel import - both.db");
  command->callback([options, &action] { action = [options] { return run(*options); }; });
}

}  // namespace spark::sparktel
