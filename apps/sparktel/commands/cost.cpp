// sparktel cost: what calls of language models cost, by model, by span and by day.

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <chrono>
#include <memory>
#include <string>
#include <utility>

#include "apps/sparktel/commands/command.h"
#include "apps/sparktel/commands/query_options.h"
#include "apps/sparktel/commands/store_argument.h"
#include "apps/sparktel/commands/trace_ids.h"
#include "apps/sparktel/terminal/table.h"
#include "apps/sparktel/terminal/text.h"
#include "spark/analysis/cost_summary.h"
#include "spark/base/json.h"

namespace spark::sparktel {

namespace {

using analysis::Cost;
using analysis::CostRow;
using analysis::CostSummary;
using analysis::CostTable;

constexpr std::size_t cost_share_cells = 10;
constexpr std::size_t most_rows = 10'000;  // that are told apart; the limit is for what is shown
constexpr std::chrono::days default_window{30};

struct CostOptions {
  Location where = "telemetry.db";
  std::optional<std::string> name = {};
  std::string trace = {};
  TimeRange time = {};
  std::string by = "model";
  std::size_t limit = 20;
  bool json = false;
};

// At least two digits of what is not nothing.
std::string format_dollars(double dollars) {
  int digits = dollars < 1 ? 4 : 2;
  constexpr int most_digits = 12;
  for (double least = 0.001; dollars > 0 && dollars < least && digits < most_digits; least /= 10) ++digits;
  return fmt::format("${:.{}f}", dollars, digits);
}

// What nobody knows is not nothing.
std::string format_cost(const Cost& cost) {
  return cost.calls > 0 && cost.unpriced == cost.calls ? "?" : format_dollars(cost.dollars);
}

// Without a time, the last days that the file knows: an old file is not empty for that. Nor is one in which a clock was
// wrong and something lies in the future.
TimeRange window_of(const CostOptions& options, Store& store) {
  if (options.time.from || options.time.to || !options.trace.empty()) return options.time;
  const SpanQuery query{.limit = 1, .with_attributes = false};
  const Page<Span> newest = store.query_spans(query);
  if (newest.empty()) return {};
  constexpr Timestamp earliest = Timestamp::min() + default_window;
  const Timestamp end = std::min(newest.front().start_time, system_clock().wall_now());
  return {.from = std::max(end, earliest) - default_window, .to = {}};
}

std::string window_text(const CostOptions& options, const TimeRange& window) {
  if (!options.time.from && !options.time.to && window.from) {
    return "in the 30 days up to the newest span, from " + format_time(*window.from) + " UTC on";
  }
  std::string text;
  if (window.from) text += "from " + format_time(*window.from) + " UTC on";
  if (window.to) text += (text.empty() ? "" : ", ") + std::string("before ") + format_time(*window.to) + " UTC";
  if (!options.trace.empty()) text += (text.empty() ? "" : ", ") + std::string("in one trace");
  return text.empty() ? "at any time" : text;
}

const CostTable& table_of(const CostSummary& summary, const std::string& by) {
  if (by == "day") return summary.by_day;
  return by == "node" ? summary.by_node : summary.by_model;
}

// What is beyond the limit is counted as the others: the cheapest, and of days, the first.
void cut(CostTable& table, std::size_t limit, bool is_by_day) {
  if (table.rows.size() <= limit) return;
  const auto size = static_cast<std::ptrdiff_t>(table.rows.size()), kept = static_cast<std::ptrdiff_t>(limit);
  const auto begin = table.rows.begin() + (is_by_day ? 0 : kept), end = begin + (size - kept);
  for (auto row = begin; row != end; ++row) table.others += row->cost;
  table.rows.erase(begin, end);
}

std::vector<Cell> cells_of(const std::string& name, const Cost& cost, double largest) {
  const double share = largest > 0 ? cost.dollars / largest : 0;
  return {name,
          format_count(cost.calls),
          {share > 0 ? bar(0, share, cost_share_cells) : "", Style::cyan},
          format_cost(cost),
          format_count(cost.input_tokens),
          format_count(cost.output_tokens),
          {format_count(cost.unpriced), cost.unpriced > 0 ? Style::yellow : Style::plain}};
}

std::string draw(const CostOptions& options, const CostSummary& summary, const TimeRange& window) {
  const Canvas canvas = canvas_for(stdout);
  const Cost& total = summary.total;
  const std::string headline = fmt::format("{} for {} {} {}", format_cost(total), format_count(total.calls),
                                           total.calls == 1 ? "call" : "calls", window_text(options, window));
  std::string out;
  for (const std::string& line : wrap(headline, canvas.width)) out += paint(line, Style::bold, canvas) + "\n";
  const CostTable& costs = table_of(summary, options.by);
  double largest = 0;
  for (const CostRow& row : costs.rows) largest = std::max(largest, row.cost.dollars);
  Table table({{.header = options.by, .least_width = 10},
               {.header = "calls", .align = Align::right},
               {.header = "", .is_optional = true},
               {.header = "cost", .align = Align::right},
               {.header = "tokens in", .align = Align::right, .is_optional = true},
               {.header = "tokens out", .align = Align::right, .is_optional = true},
               {.header = "unpriced", .align = Align::right, .is_optional = true}});
  for (const CostRow& row : costs.rows) {
    table.add_row(cells_of(row.name.empty() ? "(none)" : row.name, row.cost, largest));
  }
  if (costs.others.calls > 0) table.add_row(cells_of("(others)", costs.others, largest));
  out += "\n" + table.draw(canvas);
  if (total.unpriced > 0) {
    const std::string text = fmt::format("{} of the calls have no price (llm.cost), so the true cost may be higher.",
                                         format_count(total.unpriced));
    out += paragraph(text, canvas.width);
  }
  return out;
}

Object cost_object(const Cost& cost) {
  return Object{{"calls", cost.calls},
                {"unpriced", cost.unpriced},
                {"dollars", cost.dollars},
                {"input_tokens", cost.input_tokens},
                {"output_tokens", cost.output_tokens}};
}

Object table_object(const CostTable& table) {
  Array rows;
  for (const CostRow& row : table.rows) {
    Object object = cost_object(row.cost);
    object.set("name", row.name);
    object.set("node_id", row.node_id.empty() ? Value() : Value(row.node_id));
    rows.emplace_back(std::move(object));
  }
  return Object{{"rows", std::move(rows)}, {"others", cost_object(table.others)}};
}

std::string to_json(const CostSummary& summary, const TimeRange& window) {
  const auto time_or_null = [](const std::optional<Timestamp>& time) {
    return time ? Value(to_iso8601(*time)) : Value();
  };
  return to_pretty_json(Object{{"from", time_or_null(window.from)},
                               {"to", time_or_null(window.to)},
                               {"total", cost_object(summary.total)},
                               {"by_model", table_object(summary.by_model)},
                               {"by_span", table_object(summary.by_span)},
                               {"by_node", table_object(summary.by_node)},
                               {"by_day", table_object(summary.by_day)}}) +
         "\n";
}

int run(const CostOptions& options) {
  const std::unique_ptr<Store> store = open_for_reading(options.where);
  const TimeRange window = window_of(options, *store);
  analysis::CostOptions wanted{.span_name = options.name,
                               .start_time = window,
                               .max_rows = most_rows,
                               .by_node = options.by == "node" || options.json};
  if (!options.trace.empty()) wanted.trace_id = find_trace_id(*store, options.trace);
  CostSummary summary = analysis::cost_summary(*store, wanted);
  for (CostTable* table : {&summary.by_model, &summary.by_span, &summary.by_node}) cut(*table, options.limit, false);
  cut(summary.by_day, options.limit, true);
  if (options.json) {
    print(to_json(summary, window));
  } else if (summary.total.calls == 0) {
    print(paragraph("No calls of language models " + window_text(options, window) + " in " +
                        printable(options.where.name()) + ": no span has llm.cost or gen_ai.usage.* there.",
                    canvas_for(stdout).width));
  } else {
    print(draw(options, summary, window));
  }
  return exit_success;
}

}  // namespace

void add_cost_command(CLI::App& app, Action& action) {
  const auto options = std::make_shared<CostOptions>();
  CLI::App* const command = app.add_subcommand("cost", "Add up what calls of language models cost");
  add_store_argument(*command, options->where);
  command
      ->add_option("--by", options->by,
                   "One row for each model, node (whose span is the call's or lies above it) or day (default: model)")
      ->check(CLI::IsMember({"model", "node", "day"}));
  add_name_option(*command, options->name, "spans");
  add_trace_option(*command, options->trace);
  add_time_options(*command, options->time, system_clock().wall_now());
  add_limit_option(*command, options->limit);
  add_json_option(*command, options->json);
  command->footer(
      "Without --since, --until and --trace: the 30 days up to the newest span.\n"
      "Examples:\n"
      "  sparktel cost\n"
      "  sparktel cost production.db --by day --since 7d\n"
      "  sparktel cost production.db --json | jq .total.dollars");
  command->callback([options, &action] { action = [options] { return run(*options); }; });
}

}  // namespace spark::sparktel
