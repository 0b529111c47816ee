// sparktel prune: deletes the oldest traces of a file.

#include <unistd.h>
#include <CLI/CLI.hpp>
#include <charconv>
#include <cmath>
#include <cstdio>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>

#include "apps/sparktel/commands/arguments.h"
#include "apps/sparktel/commands/command.h"
#include "apps/sparktel/commands/store_argument.h"
#include "apps/sparktel/files/database.h"
#include "apps/sparktel/terminal/progress.h"
#include "apps/sparktel/terminal/size.h"
#include "apps/sparktel/terminal/stop_signal.h"
#include "apps/sparktel/terminal/style.h"
#include "apps/sparktel/terminal/text.h"
#include "spark/base/error.h"
#include "spark/base/json.h"

namespace spark::sparktel {

namespace {

// By size, one transaction may delete more than it had to, so they are small here, where time matters less.
constexpr std::size_t rows_at_once = 250;

struct PruneCommandOptions {
  std::string where;
  std::optional<std::chrono::nanoseconds> older_than;
  std::uint64_t max_bytes = 0;
  bool dry_run = false;
  bool yes = false;
  bool json = false;
};

std::string goal_of(const PruneCommandOptions& options, Timestamp before) {
  std::string goal;
  if (options.older_than) goal += "what ended before " + format_time(before) + " UTC";
  if (options.max_bytes > 0) {
    goal += std::string(goal.empty() ? "" : ", and ") + "the oldest traces until " + format_size(options.max_bytes) +
            " are in use";
  }
  return goal;
}

// Asks on the terminal. Without one nobody can answer, so --yes is needed there.
void confirm(const PruneCommandOptions& options, Timestamp before) {
  if (options.yes) return;
  const std::string question = "Delete " + goal_of(options, before) + " from " + printable(options.where) + "? [y/N] ";
  if (::isatty(STDIN_FILENO) == 0) {
    throw Error(ErrorCode::invalid_argument,
                "pruning deletes for good; say --yes to do it, or --dry-run to look first");
  }
  std::fputs(question.c_str(), stderr);
  std::fflush(stderr);
  const int answer = std::fgetc(stdin);
  if (answer != 'y' && answer != 'Y') throw Error(ErrorCode::cancelled, "nothing was deleted");
}

// Of the traces that would go by age, counted without changing anything. By size only the store can tell.
std::string look(const PruneCommandOptions& options, Timestamp before) {
  static_cast<void>(open_for_reading(options.where));
  Database database(path_of(options.where));
  const auto in_use =
      static_cast<std::uint64_t>((database.integer("PRAGMA page_count") - database.integer("PRAGMA freelist_count")) *
                                 database.integer("PRAGMA page_size"));
  std::string ns = std::to_string(before.time_since_epoch().count());
  const auto count = [&](const std::string& sql) { return static_cast<std::uint64_t>(database.integer(sql)); };
  std::uint64_t traces = 0;
  std::uint64_t spans = 0;
  if (options.older_than) {
    const std::string old = "SELECT trace FROM traces_data WHERE max(start_ns, coalesce(end_ns, start_ns)) < " + ns;
    const std::string implied = "SELECT trace FROM implied_traces AS i WHERE max(start_ns, end_ns) < " + ns +
                                " AND NOT EXISTS (SELECT 1 FROM traces_data AS t WHERE t.trace = i.trace)";
    traces = count("SELECT count(*) FROM (" + old + " UNION ALL " + implied + ")");
    spans = count("SELECT count(*) FROM spans_data WHERE trace IN (" + old + " UNION ALL " + implied + ")");
  }
  const std::uint64_t above = options.max_bytes > 0 && in_use > options.max_bytes ? in_use - options.max_bytes : 0;
  if (options.json) {
    return to_pretty_json(Object{{"dry_run", true},
                                 {"traces_by_age", traces},
                                 {"spans_by_age", spans},
                                 {"bytes_in_use", in_use},
                                 {"bytes_above", above}}) +
           "\n";
  }
  const std::size_t width = canvas_for(stdout).width;
  std::string out = "Nothing was deleted.\n";
  if (options.older_than) {
    const std::string by_age =
        "By age " + format_count(traces, "trace") + " with " + format_count(spans, "span") +
        " would go, with their events and metrics. What is as old and has no trace of its own goes too, and is not "
        "counted here.";
    out += paragraph(by_age, width);
  }
  if (options.max_bytes > 0) {
    out += "In use are " + format_size(in_use) +
           (above > 0 ? ": the oldest traces would go until " + format_size(above) + " are free.\n"
                      : ", which is not too much.\n");
  }
  return out;
}

std::string report(const PruneResult& result, bool json) {
  if (json) {
    return to_pretty_json(Object{{"dry_run", false},
                                 {"complete", result.complete},
                                 {"traces", result.traces},
                                 {"spans", result.spans},
                                 {"events", result.events},
                                 {"metrics", result.metrics},
                                 {"bytes_in_use", result.bytes_in_use}}) +
           "\n";
  }
  return "Deleted " + format_count(result.traces, "trace") + ", " + format_count(result.spans, "span") + ", " +
         format_count(result.events, "event") + " and " + format_count(result.metrics, "metric") +
         ". In use: " + format_size(result.bytes_in_use) +
         ".\nThe file does not shrink: what is recorded next uses the free room.\n";
}

int run(const PruneCommandOptions& options) {
  const Timestamp before = system_clock().wall_now() - options.older_than.value_or(std::chrono::nanoseconds{0});
  if (options.dry_run) {
    print(look(options, before));
    return exit_success;
  }
  // A file that is not there is an error here, and must not be made.
  static_cast<void>(open_for_reading(options.where));
  confirm(options, before);
  const std::unique_ptr<SqliteStore> store = open_for_writing(options.where);
  const StopSignal stop;
  Progress progress("deleted", "rows");
  PruneOptions goal{.max_bytes = static_cast<std::size_t>(options.max_bytes), .rows_per_transaction = rows_at_once};
  if (options.older_than) goal.before = before;
  goal.progress = [&](const PruneResult& so_far) {
    progress.update(so_far.traces + so_far.spans + so_far.events + so_far.metrics);
    return !stop.requested();
  };
  const PruneResult result = store->prune(goal);
  print(report(result, options.json));
  if (!result.complete) throw Error(ErrorCode::cancelled, "interrupted: prune again to delete the rest");
  return exit_success;
}

}  // namespace

void add_prune_command(CLI::App& app, Action& action) {
  const auto options = std::make_shared<PruneCommandOptions>();
  CLI::App* const command = app.add_subcommand("prune", "Delete the oldest traces of a file, by age or by size");
  command->add_option("FILE,--db", options->where, "The SQLite file");
  add_parsed_option(
      *command, "--older-than", [options](const std::string& text) { options->older_than = parse_duration(text); },
      "Traces that ended so long ago: 7d, 12h");
  add_parsed_option(
      *command, "--max-size", [options](const std::string& text) { options->max_bytes = parse_size(text); },
      "The oldest traces, until no more than this is in use: 500MB, 2GB");
  command->add_flag("--dry-run", options->dry_run, "Only say what would go");
  command->add_flag("--yes", options->yes, "Do not ask");
  command->add_flag("--json", options->json, "Print what was deleted as JSON");
  command->footer(
      "Others may read and write the file meanwhile.\n\n"
      "Examples:\n"
      "  sparktel prune telemetry.db --older-than 7d --dry-run\n"
      "  sparktel prune telemetry.db --older-than 7d --max-size 500MB --yes");
  command->callback([options, &action] {
    if (options->where.empty()) throw CLI::ValidationError("FILE", "expected the SQLite file to prune");
    if (!options->older_than && options->max_bytes == 0) {
      throw CLI::ValidationError("prune", "expected --older-than or --max-size: what is to be deleted");
    }
    action = [options] { return run(*options); };
  });
}

}  // namespace spark::sparktel
