// sparktel stats: how many, how many failed, how long, by name or by something else.

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <cmath>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "apps/sparktel/commands/arguments.h"
#include "apps/sparktel/commands/command.h"
#include "apps/sparktel/commands/listing.h"
#include "apps/sparktel/commands/stats_groups.h"
#include "apps/sparktel/commands/store_argument.h"
#include "apps/sparktel/terminal/text.h"
#include "spark/base/json.h"

namespace spark::sparktel {

namespace {

struct StatsOptions {
  Location where = "telemetry.db";
  StatsRequest request = {};
};

std::string errors_text(const Group& group) {
  if (group.errors == 0) return "0";
  return fmt::format("{} ({})", format_count(group.errors), format_share(group.error_rate()));
}

// A trace's id is for typing it, so it is never cut.
std::size_t least_width_of(const StatsRequest& request, std::size_t otherwise) {
  return request.by.field == GroupBy::Field::trace_id ? 0 : otherwise;
}

Cell errors_cell(const Group& group) { return {errors_text(group), group.errors > 0 ? Style::red : Style::plain}; }

std::string draw_durations(const StatsRequest& request, const StatsGroups& groups) {
  std::string scale = "no durations";
  if (groups.scale) {
    scale =
        format_seconds(Seconds(groups.scale->low())) + " to " + format_seconds(Seconds(groups.scale->high())) + ", log";
  }
  Table table({{.header = request.by_text, .least_width = least_width_of(request, 12)},
               {.header = "count", .align = Align::right},
               {.header = "errors", .align = Align::right},
               {.header = scale, .is_optional = true},
               {.header = "p50", .align = Align::right},
               {.header = "p95", .align = Align::right},
               {.header = "p99", .align = Align::right, .is_optional = true},
               {.header = "max", .align = Align::right, .is_optional = true}});
  for (const StatsGroup& row : groups.rows) {
    const Group& group = row.numbers;
    table.add_row({row.label,
                   format_count(group.count),
                   errors_cell(group),
                   {draw_blocks(row.histogram), Style::cyan},
                   format_seconds(Seconds(group.p50)),
                   format_seconds(Seconds(group.p95)),
                   format_seconds(Seconds(group.p99)),
                   format_seconds(Seconds(group.max))});
  }
  return table.draw(canvas_for(stdout));
}

std::string draw_counts(const StatsRequest& request, const StatsGroups& groups) {
  Table table({{.header = request.by_text, .least_width = least_width_of(request, 12)},
               {.header = "count", .align = Align::right}});
  for (const StatsGroup& row : groups.rows) table.add_row({row.label, format_count(row.numbers.count)});
  return table.draw(canvas_for(stdout));
}

std::string draw_values(const StatsRequest& request, const StatsGroups& groups) {
  std::vector<Column> columns{{.header = request.by_text, .least_width = least_width_of(request, 20)},
                              {.header = "count", .align = Align::right}};
  for (const char* header : {"sum", "mean", "p50", "p95", "p99", "min", "max"}) {
    columns.push_back({.header = header, .align = Align::right, .is_optional = true});
  }
  Table table(columns);
  for (const StatsGroup& row : groups.rows) {
    const Group& group = row.numbers;
    std::vector<Cell> cells{row.label, format_count(group.count)};
    for (const double number : {group.sum, group.mean, group.p50, group.p95, group.p99, group.min, group.max}) {
      cells.emplace_back(format_number(number));
    }
    table.add_row(std::move(cells));
  }
  return table.draw(canvas_for(stdout));
}

Value number_or_null(double number) { return std::isnan(number) ? Value() : Value(number); }

std::string to_json(const StatsRequest& request, const StatsGroups& groups) {
  Array rows;
  for (const StatsGroup& row : groups.rows) {
    const Group& group = row.numbers;
    Object object{{"key", group.keys.front()},
                  {"count", group.count},
                  {"errors", group.errors},
                  {"error_rate", group.error_rate()},
                  {"measured", group.measured},
                  {"sum", number_or_null(group.sum)},
                  {"mean", number_or_null(group.mean)},
                  {"min", number_or_null(group.min)},
                  {"max", number_or_null(group.max)},
                  {"p50", number_or_null(group.p50)},
                  {"p90", number_or_null(group.p90)},
                  {"p95", number_or_null(group.p95)},
                  {"p99", number_or_null(group.p99)},
                  {"percentile_error", group.percentile_error}};
    if (request.by.field == GroupBy::Field::time) object.set("key", to_iso8601(bucket_start(group.keys.front())));
    Array counts;
    for (const std::uint64_t count : row.histogram) counts.emplace_back(count);
    if (!counts.empty()) object.set("histogram", std::move(counts));
    rows.emplace_back(std::move(object));
  }
  Object result{{"of", to_string(request.of)},
                {"by", request.by_text},
                {"groups", std::move(rows)},
                {"truncated", groups.truncated}};
  if (groups.scale) {
    result.set("histogram_scale",
               Object{{"from", groups.scale->low()}, {"to", groups.scale->high()}, {"scale", "log"}});
  }
  return to_pretty_json(result) + "\n";
}

std::string draw(const StatsRequest& request, const StatsGroups& groups) {
  switch (request.of) {
    case RecordType::traces:
    case RecordType::spans:
      return draw_durations(request, groups);
    case RecordType::events:
      return draw_counts(request, groups);
    case RecordType::metrics:
      return draw_values(request, groups);
  }
  return {};
}

int run(const StatsOptions& options) {
  const std::unique_ptr<Store> store = open_for_reading(options.where);
  const StatsGroups groups = read_stats(*store, options.request);
  if (options.request.query.json) {
    print(to_json(options.request, groups));
    return exit_success;
  }
  if (groups.rows.empty()) {
    print(nothing_found(to_string(options.request.of), options.where.name()));
    return exit_success;
  }
  std::string out = draw(options.request, groups);
  if (groups.truncated) out += fmt::format("There are more groups: these are {}; see --limit.\n", groups.rows.size());
  print(out);
  return exit_success;
}

// Fields that only some records have.
void require_group(const StatsRequest& request) {
  const auto refuse = [&](const char* of) {
    throw CLI::ValidationError(
        "--by", fmt::format("{} cannot be grouped by {}: it is of {}", to_string(request.of), request.by_text, of));
  };
  if (request.of == RecordType::events && request.order != GroupOrder::count) {
    throw CLI::ValidationError("--order", "events have neither errors nor durations: they are only counted");
  }
  if (request.of == RecordType::metrics && request.order == GroupOrder::errors) {
    throw CLI::ValidationError("--order", "metrics have no errors: it is of traces and spans");
  }
  const bool is_span = request.of == RecordType::spans;
  switch (request.by.field) {
    case GroupBy::Field::kind:
    case GroupBy::Field::error_type:
      return is_span ? void() : refuse("spans");
    case GroupBy::Field::status:
      return is_span || request.of == RecordType::traces ? void() : refuse("traces and spans");
    case GroupBy::Field::event_type:
      return request.of == RecordType::events ? void() : refuse("events");
    case GroupBy::Field::unit:
      return request.of == RecordType::metrics ? void() : refuse("metrics");
    default:
      return;
  }
}

void add_group_options(CLI::App& command, StatsRequest& request) {
  add_parsed_option(
      command, "--of", [&request](const std::string& text) { request.of = parse_record_type(text); },
      "Of what: traces, spans, events or metrics (default: spans)");
  add_parsed_option(
      command, "--by",
      [&request](const std::string& text) {
        request.by = parse_group_by(text);
        request.by_text = text;
      },
      "What makes a group: name, kind, status, error_type, type, unit, trace, minute, hour, day or attribute:KEY "
      "(default: name)");
  command
      .add_option_function<std::string>(
          "--order",
          [&request](const std::string& text) {
            for (const GroupOrder order : {GroupOrder::count, GroupOrder::errors, GroupOrder::sum, GroupOrder::p95}) {
              if (text == to_string(order)) request.order = order;
            }
          },
          "The groups with most of this come first; times are in their own order (default: count)")
      ->check(CLI::IsMember({"count", "errors", "sum", "p95"}));
}

}  // namespace

void add_stats_command(CLI::App& app, Action& action) {
  const auto options = std::make_shared<StatsOptions>();
  StatsRequest& request = options->request;
  CLI::App* const command = app.add_subcommand("stats", "Count and measure, by name or by something else");
  add_store_argument(*command, options->where);
  add_group_options(*command, request);
  add_condition_options(*command, request.query, system_clock().wall_now());
  add_limit_option(*command, request.query.limit);
  add_json_option(*command, request.query.json);
  command->footer(
      "Examples:\n"
      "  sparktel stats\n"
      "  sparktel stats production.db --since 1d --order p95\n"
      "  sparktel stats production.db --of traces --by hour --name 'import*'\n"
      "  sparktel stats production.db --by attribute:llm.model --where 'llm.cost>0'\n"
      "  sparktel stats --of metrics --json | jq '.groups[] | {key, mean}'");
  command->callback([options, &action] {
    require_applicable(options->request.query, options->request.of);
    require_group(options->request);
    action = [options] { return run(*options); };
  });
}

}  // namespace spark::sparktel
