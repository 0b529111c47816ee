// sparktel spans: the spans of a file, of all traces or of one, newest first.

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
#include "apps/sparktel/views/trace_view.h"

namespace spark::sparktel {

namespace {

struct SpansOptions {
  Location where = "telemetry.db";
  QueryOptions query = {};
};

std::string draw(Store& store, const Page<Span>& page) {
  std::vector<TraceId> ids;
  for (const Span& span : page) ids.push_back(span.trace_id);
  std::vector<Column> columns{{.header = "name", .least_width = 12},          {.header = "status"},
                              {.header = "duration", .align = Align::right},  {.header = "trace"},
                              {.header = "start (UTC)", .is_optional = true}, {.header = "kind", .is_optional = true}};
  const bool has_errors = std::any_of(page.begin(), page.end(), [](const Span& span) {
    return !span.error_type.empty() || !span.status_message.empty();
  });
  if (has_errors) columns.push_back({.header = "error", .least_width = 12, .is_optional = true});
  const bool has_services =
      std::any_of(page.begin(), page.end(), [&](const Span& span) { return span.service != page.front().service; });
  if (has_services) columns.push_back({.header = "service", .is_optional = true});
  return draw_listing(store, columns, ids, [&](std::size_t place, const std::string& id) -> std::vector<Cell> {
    const Span& span = page[place];
    std::vector<Cell> row{span.name,
                          {std::string(to_string(span.status)), style_of(span.status, Style::green)},
                          format_duration(elapsed(span.start_time, span.end_time)),
                          {id, Style::cyan},
                          format_time(span.start_time),
                          std::string(to_string(span.kind))};
    if (has_errors) row.emplace_back(error_text(span), Style::red);
    if (has_services) row.emplace_back(span.service);
    return row;
  });
}

int run(const SpansOptions& options) {
  const std::unique_ptr<Store> store = open_for_reading(options.where);
  SpanQuery query = span_query(options.query, *store);
  query.with_attributes = options.query.json;
  const Page<Span> page = store->query_spans(query);
  if (options.query.json) {
    Array rows;
    for (const Span& span : page) rows.emplace_back(to_object(span));
    print(listing_to_json("spans", std::move(rows), page.truncated));
  } else if (page.empty()) {
    print(nothing_found("spans", options.where.name()));
  } else {
    print(draw(*store, page) + (page.truncated ? more_rows_note(options.query, page.size()) : ""));
  }
  return exit_success;
}

}  // namespace

void add_spans_command(CLI::App& app, Action& action) {
  const auto options = std::make_shared<SpansOptions>();
  CLI::App* const command = app.add_subcommand("spans", "List spans, the newest first");
  add_store_argument(*command, options->where);
  add_query_options(*command, options->query, RecordType::spans, system_clock().wall_now());
  command->footer(
      "Examples:\n"
      "  sparktel spans\n"
      "  sparktel spans production.db --name 'Transform*' --status failed --since 1h\n"
      "  sparktel spans production.db --slower-than 500ms --order longest --where 'llm.cost>0.01'\n"
      "  sparktel spans --trace latest --json | jq '.spans[] | {name, attributes}'");
  command->callback([options, &action] { action = [options] { return run(*options); }; });
}

}  // namespace spark::sparktel
