// sparktel errors: failed spans, those together that failed alike.

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <memory>
#include <string>
#include <utility>

#include "apps/sparktel/commands/command.h"
#include "apps/sparktel/commands/query_options.h"
#include "apps/sparktel/commands/store_argument.h"
#include "apps/sparktel/commands/trace_ids.h"
#include "apps/sparktel/terminal/style.h"
#include "apps/sparktel/terminal/text.h"
#include "spark/analysis/error_groups.h"
#include "spark/base/json.h"

namespace spark::sparktel {

namespace {

constexpr std::size_t group_share_cells = 10;
constexpr std::size_t most_groups = 10'000;

struct ErrorsOptions {
  Location where = "telemetry.db";
  std::optional<std::string> name = {};
  std::string trace = {};
  TimeRange time = {};
  std::size_t limit = 20;
  bool json = false;
};

std::string draw_group(const analysis::ErrorGroup& group, const Canvas& canvas) {
  const std::string counted = format_count(group.count) + "×  " + format_share(group.share) + "  ";
  std::string place = group.span_name;
  if (!group.node_id.empty()) place += ", node " + group.node_id;
  const std::size_t used = display_width(counted) + group_share_cells + 2;
  std::string out =
      paint(counted + pad_right(bar(0, group.share, group_share_cells), group_share_cells), Style::red, canvas) + "  " +
      paint(fit(printable(place), canvas.width > used ? canvas.width - used : 1), Style::bold, canvas) + "\n";
  const char* const between = group.error_type.empty() || group.message.empty() ? "" : ": ";
  for (const std::string& line : wrap(printable(group.error_type + between + group.message), canvas.width - 3)) {
    if (!line.empty()) out += "   " + line + "\n";
  }
  const std::string when = group.count == 1
                               ? format_time(group.last) + " UTC"
                               : "first " + format_time(group.first) + ", last " + format_time(group.last) + " UTC";
  out += "   " + paint(fit(when, canvas.width - 3), Style::dim, canvas) + "\n";
  if (!group.example_traces.empty()) {
    // Not cut, so that it can be copied.
    out += "   for example trace " + paint(group.example_traces.front().to_string(), Style::cyan, canvas) + "\n";
  }
  return out;
}

std::string draw(const analysis::ErrorReport& report, const Canvas& canvas) {
  std::string out =
      fmt::format("{} failed {}\n", format_count(report.failed_spans), report.failed_spans == 1 ? "span" : "spans");
  for (const analysis::ErrorGroup& group : report.groups) out += "\n" + draw_group(group, canvas);
  if (report.others > 0) {
    out += fmt::format("\n{} more failed in other ways; see --limit.\n", format_count(report.others));
  }
  return out;
}

std::string to_json(const analysis::ErrorReport& report) {
  Array groups;
  for (const analysis::ErrorGroup& group : report.groups) {
    Array traces;
    for (const TraceId id : group.example_traces) traces.emplace_back(id.to_string());
    groups.emplace_back(Object{{"node_id", group.node_id.empty() ? Value() : Value(group.node_id)},
                               {"span_name", group.span_name},
                               {"error_type", group.error_type},
                               {"message", group.message},
                               {"count", group.count},
                               {"share", group.share},
                               {"first", to_iso8601(group.first)},
                               {"last", to_iso8601(group.last)},
                               {"example_message", group.example_message},
                               {"example_traces", std::move(traces)}});
  }
  return to_pretty_json(Object{{"failed_spans", report.failed_spans},
                               {"groups", std::move(groups)},
                               {"others", report.others},
                               {"groups_overflowed", report.groups_overflowed}}) +
         "\n";
}

int run(const ErrorsOptions& options) {
  const std::unique_ptr<Store> store = open_for_reading(options.where);
  analysis::ErrorGroupOptions wanted{
      .span_name = options.name, .start_time = options.time, .max_groups = options.limit};
  if (!options.trace.empty()) wanted.trace_id = find_trace_id(*store, options.trace);
  const analysis::ErrorReport report = analysis::error_groups(*store, wanted);
  if (options.json) {
    print(to_json(report));
  } else if (report.failed_spans == 0) {
    print("No failed spans in " + printable(options.where.name()) + ".\n");
  } else {
    print(draw(report, canvas_for(stdout)));
  }
  return exit_success;
}

}  // namespace

void add_errors_command(CLI::App& app, Action& action) {
  const auto options = std::make_shared<ErrorsOptions>();
  CLI::App* const command = app.add_subcommand("errors", "Group failed spans by where and how they failed");
  add_store_argument(*command, options->where);
  add_name_option(*command, options->name, "spans");
  add_trace_option(*command, options->trace);
  add_time_options(*command, options->time, system_clock().wall_now());
  add_limit_option(*command, options->limit, most_groups);
  add_json_option(*command, options->json);
  command->footer(
      "Examples:\n"
      "  sparktel errors\n"
      "  sparktel errors production.db --since 1d --limit 5\n"
      "  sparktel errors production.db --name 'Load*' --json | jq '.groups[] | {message, count}'");
  command->callback([options, &action] { action = [options] { return run(*options); }; });
}

}  // namespace spark::sparktel
