// sparktel events: the events of a file, newest first.

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

struct EventsOptions {
  Location where = "telemetry.db";
  QueryOptions query = {};
};

std::string draw(Store& store, const Page<Event>& page) {
  std::vector<TraceId> ids;
  for (const Event& event : page) ids.push_back(event.trace_id);
  std::vector<Column> columns{{.header = "time (UTC)"},
                              {.header = "type", .least_width = 8},
                              {.header = "name", .least_width = 8},
                              {.header = "trace", .is_optional = true}};
  const bool has_attributes =
      std::any_of(page.begin(), page.end(), [](const Event& event) { return !event.attributes.empty(); });
  if (has_attributes) columns.push_back({.header = "attributes", .least_width = 16, .is_optional = true});
  return draw_listing(store, columns, ids, [&](std::size_t place, const std::string& id) -> std::vector<Cell> {
    const Event& event = page[place];
    return {format_time(event.timestamp),
            event.type,
            event.name,
            {id, Style::cyan},
            {event.attributes.empty() ? "" : to_json(event.attributes), Style::dim}};
  });
}

int run(const EventsOptions& options) {
  const std::unique_ptr<Store> store = open_for_reading(options.where);
  const Page<Event> page = store->query_events(event_query(options.query, *store));
  if (options.query.json) {
    Array rows;
    for (const Event& event : page) rows.emplace_back(to_object(event));
    print(listing_to_json("events", std::move(rows), page.truncated));
  } else if (page.empty()) {
    print(nothing_found("events", options.where.name()));
  } else {
    print(draw(*store, page) + (page.truncated ? more_rows_note(options.query, page.size()) : ""));
  }
  return exit_success;
}

}  // namespace

void add_events_command(CLI::App& app, Action& action) {
  const auto options = std::make_shared<EventsOptions>();
  CLI::App* const command = app.add_subcommand("events", "List events, the newest first");
  add_store_argument(*command, options->where);
  add_query_options(*command, options->query, RecordType::events, system_clock().wall_now());
  command->footer(
      "Examples:\n"
      "  sparktel events --trace latest --order oldest\n"
      "  sparktel events production.db --type node_timeout --since 1d\n"
      "  sparktel events production.db --where \"node_id=='load'\" --json");
  command->callback([options, &action] { action = [options] { return run(*options); }; });
}

}  // namespace spark::sparktel
