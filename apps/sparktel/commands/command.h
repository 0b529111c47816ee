// The commands of sparktel. Each is one file: it declares its arguments on the program's parser and, if it is
// the one asked for, sets the action that main runs. For the main thread.
#pragma once

#include <functional>
#include <string>
#include <string_view>

namespace CLI {
class App;
}

namespace spark::sparktel {

inline constexpr int exit_success = 0;
inline constexpr int exit_failure = 1;  // it could not be done; standard error says why
inline constexpr int exit_usage = 2;    // wrong arguments

// Gives the exit code; throws spark::Error for what fails for a reason outside the program.
using Action = std::function<int()>;

// `action` outlives the parsing; `program` is the name the program was called by, for hints of what to type.
void add_demo_command(CLI::App& app, Action& action, std::string program);
void add_traces_command(CLI::App& app, Action& action);
void add_spans_command(CLI::App& app, Action& action);
void add_events_command(CLI::App& app, Action& action);
void add_metrics_command(CLI::App& app, Action& action);
void add_show_command(CLI::App& app, Action& action);
void add_stats_command(CLI::App& app, Action& action);
void add_errors_command(CLI::App& app, Action& action);
void add_cost_command(CLI::App& app, Action& action);
void add_bottlenecks_command(CLI::App& app, Action& action);
void add_compare_command(CLI::App& app, Action& action);
void add_tail_command(CLI::App& app, Action& action);
void add_sql_command(CLI::App& app, Action& action);
void add_export_command(CLI::App& app, Action& action);
void add_import_command(CLI::App& app, Action& action);
void add_receive_command(CLI::App& app, Action& action);
void add_prune_command(CLI::App& app, Action& action);
void add_doctor_command(CLI::App& app, Action& action);

// To standard output. Throws Error(unavailable) if it cannot take it (a full disk, a closed pipe).
void print(std::string_view text);

}  // namespace spark::sparktel
