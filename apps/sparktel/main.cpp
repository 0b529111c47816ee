// sparktel looks into telemetry from the command line. Everything it does is a command of its own file; this
// one parses the arguments, runs the command, and turns what went wrong into a message and an exit code.

#include <CLI/CLI.hpp>
#include <csignal>
#include <cstdio>
#include <exception>
#include <optional>
#include <span>
#include <sstream>
#include <string>
#include <string_view>

#include "apps/sparktel/commands/command.h"
#include "apps/sparktel/sources/location.h"
#include "apps/sparktel/terminal/stop_signal.h"
#include "apps/sparktel/terminal/text.h"
#include "spark/base/error.h"

namespace spark::sparktel {

namespace {

// CLI11 would say that a subcommand is required, and not what it took for none. Nothing if there is one, or no word.
std::optional<std::string> unknown_command(const CLI::App& app, int argc, char** argv) {
  if (argc < 2 || std::string_view(argv[1]) == "--help" || std::string_view(argv[1]) == "-h") return std::nullopt;
  std::string names;
  for (const CLI::App* const command : app.get_subcommands([](const CLI::App*) { return true; })) {
    if (command->get_name() == argv[1]) return std::nullopt;
    names += (names.empty() ? "" : ", ") + command->get_name();
  }
  if (std::string_view(argv[1]) == "--version") return std::nullopt;
  return "\"" + std::string(argv[1]) + "\" is no command: expected one of " + names +
         "; sparktel COMMAND --help says more";
}

// Help, or what is wrong with the arguments. It may repeat one of them, which need not be safe to print.
int exit_with(const CLI::App& app, const CLI::ParseError& error, std::span<char* const> arguments) {
  std::ostringstream help;
  std::ostringstream wrong;
  const int code = app.exit(error, help, wrong);
  print(help.str());
  std::istringstream lines(without_connection_strings(wrong.str(), arguments));
  for (std::string line; std::getline(lines, line);) std::fprintf(stderr, "%s\n", printable(line).c_str());
  return code == 0 ? exit_success : exit_usage;
}

int run(int argc, char** argv) {
  CLI::App app("Runs, lists and shows telemetry of Spark workflows.", "sparktel");
  app.set_version_flag("--version", SPARK_VERSION);
  app.require_subcommand(1);
  app.footer("Exit codes: 0 done, 1 it failed (standard error says why), 2 wrong arguments.");
  Action action;
  add_demo_command(app, action, argc > 0 ? argv[0] : "sparktel");
  add_traces_command(app, action);
  add_spans_command(app, action);
  add_events_command(app, action);
  add_metrics_command(app, action);
  add_show_command(app, action);
  add_stats_command(app, action);
  add_errors_command(app, action);
  add_cost_command(app, action);
  add_bottlenecks_command(app, action);
  add_compare_command(app, action);
  add_tail_command(app, action);
  add_sql_command(app, action);
  add_export_command(app, action);
  add_import_command(app, action);
  add_receive_command(app, action);
  add_prune_command(app, action);
  add_doctor_command(app, action);
  const std::span<char* const> arguments(argv, static_cast<std::size_t>(argc));
  if (const std::optional<std::string> unknown = unknown_command(app, argc, argv)) {
    std::fprintf(stderr, "sparktel: %s\n", printable(without_connection_strings(*unknown, arguments)).c_str());
    return exit_usage;
  }
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return exit_with(app, error, arguments);
  }
  return action();
}

}  // namespace

}  // namespace spark::sparktel

int main(int argc, char** argv) {
  // A reader that went away (sparktel traces | head) ends us where we write for it, after what must be put in order.
  std::signal(SIGPIPE, SIG_IGN);
  // As is a file that reaches its size limit, for which the default is to kill the process.
  std::signal(SIGXFSZ, SIG_IGN);
  // Messages name what they are about, and what that is came as an argument.
  const auto complain = [&](const std::exception& error, const char* advice) {
    const std::string text = spark::sparktel::without_connection_strings(
        error.what(), std::span<char* const>(argv, static_cast<std::size_t>(argc)));
    std::fprintf(stderr, "sparktel: %s%s\n", spark::sparktel::printable(text).c_str(), advice);
    return spark::sparktel::exit_failure;
  };
  try {
    return spark::sparktel::run(argc, argv);
  } catch (const spark::Error& error) {
    const bool is_of_server = std::string_view(error.what()).starts_with("PostgreSQL ");
    const bool is_damaged = error.code() == spark::ErrorCode::corrupt && !is_of_server;
    return complain(error, is_damaged ? "; sparktel doctor FILE looks at the whole file" : "");
  } catch (const std::exception& error) {
    return complain(error, "");
  }
}
