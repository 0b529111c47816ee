// sparktel prune: deletes the oldest traces.

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
#include "apps/sparktel/sources/prune.h"
#include "apps/sparktel/terminal/progress.h"
#include "apps/sparktel/terminal/size.h"
#include "apps/sparktel/terminal/stop_signal.h"
#include "apps/sparktel/terminal/style.h"
#include "apps/sparktel/terminal/text.h"
#include "spark/base/error.h"
#include "spark/base/json.h"

namespace spark::sparktel {

namespace {

struct PruneCommandOptions {
  std::optional<Location> where;
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
  const std::string question =
      "Delete " + goal_of(options, before) + " from " + printable(options.where->name()) + "? [y/N] ";
  if (::isatty(STDIN_FILENO) == 0) {
    throw Error(ErrorCode::invalid_argument,
                "pruning deletes for good; say --yes to do it, or --dry-run to look first");
  }
  std::fputs(question.c_str(), stderr);
  std::fflush(stderr);
  const int answer = std::fgetc(stdin);
  if (answer != 'y' && answer != 'Y') throw Error(ErrorCode::cancelled, "nothing was deleted");
}

std::string report(const PrunePreview& preview, const PruneCommandOptions& options) {
  const std::uint64_t in_use = preview.bytes_in_use.value_or(0);
  const std::uint64_t above = options.max_bytes > 0 && in_use > options.max_bytes ? in_use - options.max_bytes : 0;
  if (options.json) {
    Object object{{"dry_run", true}, {"traces_by_age", preview.traces}, {"spans_by_age", preview.spans}};
    if (preview.bytes_in_use) {
      object.set("bytes_in_use", in_use);
      object.set("bytes_above", above);
    }
    return to_pretty_json(object) + "\n";
  }
  const std::size_t width = canvas_for(stdout).width;
  std::string out = "Nothing was deleted.\n";
  if (options.older_than) {
    const std::string by_age =
        "By age " + format_count(preview.traces, "trace") + " with " + format_count(preview.spans, "span") +
        " would go, with their events and metrics. What is as old and has no trace of its own goes too, and is not "
        "counted here.";
    out += paragraph(by_age, width);
  }
  // By size only the file itself can tell.
  if (options.max_bytes > 0) {
    out += "In use are " + format_size(in_use) +
           (above > 0 ? ": the oldest traces would go until " + format_size(above) + " are free.\n"
                      : ", which is not too much.\n");
  }
  return out;
}

std::string to_json(const Pruned& result) {
  Object object{{"dry_run", false},      {"complete", result.complete}, {"traces", result.traces},
                {"spans", result.spans}, {"events", result.events},     {"metrics", result.metrics}};
  if (result.bytes_in_use) {
    object.set("bytes_in_use", *result.bytes_in_use);
  } else {
    object.set("partitions", result.partitions);
  }
  return to_pretty_json(object) + "\n";
}

std::string report(const Pruned& result) {
  std::string out = "Deleted " + format_count(result.traces, "trace") + ", " + format_count(result.spans, "span") +
                    ", " + format_count(result.events, "event") + " and " + format_count(result.metrics, "metric");
  if (result.bytes_in_use) {
    return out + ". In use: " + format_size(*result.bytes_in_use) +
           ".\nThe file does not shrink: what is recorded next uses the free room.\n";
  }
  if (result.partitions > 0) {
    out += "; dropped " + format_count(result.partitions, "partition") + " with all their rows";
  }
  return out + ".\nWhat is recorded next uses the room of deleted rows; that of dropped partitions is free.\n";
}

int run(const PruneCommandOptions& options) {
  const Timestamp before = system_clock().wall_now() - options.older_than.value_or(std::chrono::nanoseconds{0});
  PruneRequest request{.max_bytes = options.max_bytes};
  if (options.older_than) request.before = before;
  if (options.dry_run) {
    print(report(preview_prune(*options.where, request), options));
    return exit_success;
  }
  // What is not there is an error here, before anybody is asked, and must not be made.
  static_cast<void>(open_for_reading(*options.where));
  confirm(options, before);
  std::optional<StopSignal> stop;
  Progress progress("deleted", "rows");
  // A file's progress is told and can be ended between two transactions. In a server they are short and whole whatever
  // happens to this process, so a signal may end it.
  if (!options.where->is_server()) {
    stop.emplace();
    request.progress = [&](std::uint64_t rows) {
      progress.update(rows);
      return !stop->requested();
    };
  }
  const Pruned result = prune(*options.where, request);
  print(options.json ? to_json(result) : report(result));
  if (!result.complete) throw Error(ErrorCode::cancelled, "interrupted: prune again to delete the rest");
  return exit_success;
}

}  // namespace

void add_prune_command(CLI::App& app, Action& action) {
  const auto options = std::make_shared<PruneCommandOptions>();
  CLI::App* const command = app.add_subcommand("prune", "Delete the oldest traces, by age or, of a file, by size");
  add_location_argument(*command, "FILE,--db", options->where,
                        "The SQLite file, or a PostgreSQL database: postgresql://…");
  add_parsed_option(
      *command, "--older-than", [options](const std::string& text) { options->older_than = parse_duration(text); },
      "Traces that ended so long ago: 7d, 12h");
  add_parsed_option(
      *command, "--max-size", [options](const std::string& text) { options->max_bytes = parse_size(text); },
      "The oldest traces of a file, until no more than this is in use: 500MB, 2GB");
  command->add_flag("--dry-run", options->dry_run, "Only say what would go");
  command->add_flag("--yes", options->yes, "Do not ask");
  command->add_flag("--json", options->json, "Print what was deleted as JSON");
  command->footer(
      "Others may read and write meanwhile.\n\n"
      "Examples:\n"
      "  sparktel prune telemetry.db --older-than 7d --dry-run\n"
      "  sparktel prune telemetry.db --older-than 7d --max-size 500MB --yes");
  command->callback([options, &action] {
    if (!options->where) throw CLI::ValidationError("FILE", "expected the SQLite file or the database to prune");
    if (!options->older_than && options->max_bytes == 0) {
      throw CLI::ValidationError("prune", "expected --older-than or --max-size: what is to be deleted");
    }
    action = [options] { return run(*options); };
  });
}

}  // namespace spark::sparktel
