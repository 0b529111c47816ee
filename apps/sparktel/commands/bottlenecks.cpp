// sparktel bottlenecks: where the time of traces goes.

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <memory>
#include <set>
#include <string>
#include <utility>

#include "apps/sparktel/commands/arguments.h"
#include "apps/sparktel/commands/command.h"
#include "apps/sparktel/commands/graph_versions.h"
#include "apps/sparktel/commands/query_options.h"
#include "apps/sparktel/commands/store_argument.h"
#include "apps/sparktel/terminal/table.h"
#include "apps/sparktel/terminal/text.h"
#include "spark/analysis/bottlenecks.h"
#include "spark/base/error.h"
#include "spark/base/json.h"

namespace spark::sparktel {

namespace {

using analysis::BottleneckReport;
using analysis::BottleneckRow;

constexpr std::size_t critical_share_cells = 12;
constexpr std::size_t most_traces = 1'000'000;

struct BottlenecksOptions {
  Location where = "telemetry.db";
  analysis::BottleneckOptions wanted = {.max_traces = 1'000};
  std::size_t limit = 20;
  bool json = false;
};

std::string draw_table(const BottleneckReport& report, std::size_t limit, const Canvas& canvas) {
  Table table({{.header = "span", .least_width = 12},
               {.header = "node", .least_width = 8, .is_optional = true},
               {.header = "critical", .align = Align::right},
               {.header = "", .is_optional = true},
               {.header = "self", .align = Align::right},
               {.header = "count", .align = Align::right, .is_optional = true},
               {.header = "mean", .align = Align::right, .is_optional = true},
               {.header = "p95", .align = Align::right, .is_optional = true},
               {.header = "errors", .align = Align::right, .is_optional = true}});
  for (std::size_t i = 0; i < std::min(limit, report.rows.size()); ++i) {
    const BottleneckRow& row = report.rows[i];
    table.add_row({row.name,
                   row.node_id,
                   format_share(row.critical_share),
                   {row.critical_share > 0 ? bar(0, row.critical_share, critical_share_cells) : "", Style::cyan},
                   format_share(row.self_share),
                   format_count(row.count),
                   format_seconds(row.mean),
                   format_seconds(row.p95),
                   {format_count(row.errors), row.errors > 0 ? Style::red : Style::plain}});
  }
  return table.draw(canvas);
}

// What the numbers are of, and what they are not of.
std::string notes_of(const BottleneckReport& report, std::size_t limit) {
  std::string text = fmt::format("Of {}{} {} with {} spans, {} in all.", report.more_traces ? "the newest " : "",
                                 format_count(report.traces), report.traces == 1 ? "trace" : "traces",
                                 format_count(report.spans), format_seconds(report.duration));
  text += " critical: of that time, what the ends of the traces waited for. self: of all spans' own time.";
  if (report.more_traces) text += " Older traces were not looked at; see --traces.";
  if (report.rows.size() > limit) {
    text += fmt::format(" {} more rows; see --limit.", format_count(report.rows.size() - limit));
  }
  if (report.running_traces > 0) {
    text += fmt::format(" Left out: {} that had not ended.", format_count(report.running_traces));
  }
  if (report.spans_left_out > 0) {
    text += fmt::format(" Left out: {} spans of long traces.", format_count(report.spans_left_out));
  }
  if (report.others.count > 0) {
    text += fmt::format(" {} spans are in no row.", format_count(report.others.count));
  }
  return text;
}

std::string draw(const BottleneckReport& report, std::size_t limit, const Canvas& canvas) {
  return draw_table(report, limit, canvas) + paragraph(notes_of(report, limit), canvas.width);
}

Object row_object(const BottleneckRow& row) {
  const auto text_or_null = [](const std::string& text) { return text.empty() ? Value() : Value(text); };
  return Object{{"name", row.name},
                {"node_id", text_or_null(row.node_id)},
                {"node_type", text_or_null(row.node_type)},
                {"count", row.count},
                {"errors", row.errors},
                {"total", row.total.count()},
                {"mean", row.mean.count()},
                {"p95", row.p95.count()},
                {"self_total", row.self_total.count()},
                {"self_share", row.self_share},
                {"critical_total", row.critical_total.count()},
                {"critical_share", row.critical_share}};
}

std::string to_json(const BottleneckReport& report, std::size_t limit) {
  Array rows;
  for (std::size_t i = 0; i < std::min(limit, report.rows.size()); ++i) rows.emplace_back(row_object(report.rows[i]));
  return to_pretty_json(Object{{"rows", std::move(rows)},
                               {"truncated", report.rows.size() > limit},
                               {"others", row_object(report.others)},
                               {"traces", report.traces},
                               {"spans", report.spans},
                               {"duration", report.duration.count()},
                               {"more_traces", report.more_traces},
                               {"running_traces", report.running_traces},
                               {"spans_left_out", report.spans_left_out},
                               {"duplicate_spans", report.duplicate_spans},
                               {"missing_parents", report.missing_parents},
                               {"cycles", report.cycles}}) +
         "\n";
}

// Completes the beginning of a version.
void resolve(Store& store, const Location& where, analysis::TraceFilter& traces) {
  if (!traces.graph_version || traces.graph_version->empty()) return;
  const std::vector<GraphVersion> known = graph_versions(store, traces.graph_id.value_or(""));
  std::set<std::string> versions;
  for (const GraphVersion& version : matching(known, *traces.graph_version)) versions.insert(version.version);
  if (versions.size() == 1) {
    traces.graph_version = *versions.begin();
    return;
  }
  throw Error(versions.empty() ? ErrorCode::not_found : ErrorCode::invalid_argument,
              versions.empty()
                  ? "no version " + *traces.graph_version + " of a graph in " + where.name() + there_are(known)
                  : *traces.graph_version + " is the beginning of several versions: " + listed(versions));
}

int run(BottlenecksOptions options) {
  const std::unique_ptr<Store> store = open_for_reading(options.where);
  resolve(*store, options.where, options.wanted.traces);
  const BottleneckReport report = analysis::bottlenecks(*store, options.wanted);
  if (options.json) {
    print(to_json(report, options.limit));
  } else if (report.spans == 0) {
    print(fmt::format("No such traces with spans in {}{}.\n", printable(options.where.name()),
                      report.running_traces > 0
                          ? fmt::format(", but {} that had not ended", format_count(report.running_traces))
                          : ""));
  } else {
    print(draw(report, options.limit, canvas_for(stdout)));
  }
  return exit_success;
}

}  // namespace

void add_bottlenecks_command(CLI::App& app, Action& action) {
  const auto options = std::make_shared<BottlenecksOptions>();
  analysis::BottleneckOptions& wanted = options->wanted;
  CLI::App* const command = app.add_subcommand("bottlenecks", "Say where the time of traces goes");
  add_store_argument(*command, options->where);
  add_name_option(*command, wanted.traces.name, "traces");
  command->add_option("--graph", wanted.traces.graph_id, "Only runs of this graph");
  command->add_option("--graph-version", wanted.traces.graph_version,
                      "Only runs of this version of graphs, or what begins so");
  add_time_options(*command, wanted.traces.start_time, system_clock().wall_now());
  command->add_option("--traces", wanted.max_traces, "Look at so many, the newest (default: 1000)")
      ->check(CLI::Range(std::size_t{1}, most_traces));
  add_limit_option(*command, options->limit);
  add_json_option(*command, options->json);
  command->footer(
      "Examples:\n"
      "  sparktel bottlenecks\n"
      "  sparktel bottlenecks production.db --name 'import*' --since 1d\n"
      "  sparktel bottlenecks production.db --graph document_workflow --traces 10000\n"
      "  sparktel bottlenecks --json | jq '.rows[] | {name, critical_share}'");
  command->callback([options, &action] { action = [options] { return run(*options); }; });
}

}  // namespace spark::sparktel
