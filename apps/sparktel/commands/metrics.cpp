// sparktel metrics: the measurements of a file, newest first.

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <memory>
#include <string>
#include <vector>

#include "apps/sparktel/commands/command.h"
#include "apps/sparktel/commands/listing.h"
#include "apps/sparktel/commands/query_options.h"
#include "apps/sparktel/commands/store_argument.h"
#include "apps/sparktel/terminal/text.h"
#include "apps/sparktel/views/record_json.h"
#include "spark/base/json.h"

namespace spark::sparktel {

namespace {

struct MetricsOptions {
  Location where = "telemetry.db";
  QueryOptions query = {};
};

// Of a collected histogram what its measurements were, since its value is only their sum.
std::string distribution_text(const Metric& metric) {
  if (!metric.distribution) return "";
  const Distribution& distribution = *metric.distribution;
  return fmt::format("{} measured, p50 {}, p95 {}", format_count(distribution.count),
                     format_number(distribution.quantile(0.5)), format_number(distribution.quantile(0.95)));
}

std::string draw(Store& store, const Page<Metric>& page) {
  std::vector<TraceId> ids;
  for (const Metric& metric : page) ids.push_back(metric.trace_id);
  const bool has_attributes =
      std::any_of(page.begin(), page.end(), [](const Metric& metric) { return !metric.attributes.empty(); });
  const bool has_distributions =
      std::any_of(page.begin(), page.end(), [](const Metric& metric) { return metric.distribution.has_value(); });
  std::vector<Column> columns{{.header = "name", .least_width = 20},
                              {.header = "value", .align = Align::right},
                              {.header = "unit", .least_width = 8},
                              {.header = "type"},
                              {.header = "time (UTC)", .is_optional = true}};

  if (has_distributions) columns.push_back({.header = "distribution", .is_optional = true});
  columns.push_back({.header = "trace", .is_optional = true});
  if (has_attributes) columns.push_back({.header = "attributes", .least_width = 16, .is_optional = true});
  return draw_listing(store, columns, ids, [&](std::size_t place, const std::string& id) {
    const Metric& metric = page[place];
    std::vector<Cell> row{metric.name, format_number(metric.value), metric.unit,
                          std::string(to_string(metric.aggregation_type)), format_time(metric.timestamp)};
    if (has_distributions) row.emplace_back(distribution_text(metric));
    row.emplace_back(id, Style::cyan);
    row.emplace_back(metric.attributes.empty() ? "" : to_json(metric.attributes), Style::dim);
    return row;
  });
}

int run(const MetricsOptions& options) {
  const std::unique_ptr<Store> store = open_for_reading(options.where);
  const Page<Metric> page = store->query_metrics(metric_query(options.query, *store));
  if (options.query.json) {
    Array rows;
    for (const Metric& metric : page) rows.emplace_back(to_object(metric));
    print(listing_to_json("metrics", std::move(rows), page.truncated));
  } else if (page.empty()) {
    print(nothing_found("metrics", options.where.name()));
  } else {
    print(draw(*store, page) + (page.truncated ? more_rows_note(options.query, page.size()) : ""));
  }
  return exit_success;
}

}  // namespace

void add_metrics_command(CLI::App& app, Action& action) {
  const auto options = std::make_shared<MetricsOptions>();
  CLI::App* const command = app.add_subcommand("metrics", "List metrics, the newest first");
  add_store_argument(*command, options->where);
  add_query_options(*command, options->query, RecordType::metrics, system_clock().wall_now());
  command->footer(
      "Examples:\n"
      "  sparktel metrics\n"
      "  sparktel metrics production.db --name 'queue*' --type gauge --since 1h\n"
      "  sparktel metrics --trace latest --json | jq '.metrics[] | {name, value, unit}'");
  command->callback([options, &action] { action = [options] { return run(*options); }; });
}

}  // namespace spark::sparktel
