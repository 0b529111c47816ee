// sparktel traces: the traces of a file, newest first.

#include <CLI/CLI.hpp>
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

struct TracesOptions {
  Location where = "telemetry.db";
  QueryOptions query = {};
};

std::uint64_t count_spans(Store& store, TraceId trace_id) {
  const SpanQuery query{.trace_id = trace_id};
  const Groups groups = store.aggregate_spans(query, {});
  return groups.empty() ? 0 : groups.front().count;
}

std::string draw(Store& store, const Page<Trace>& page) {
  std::vector<TraceId> ids;
  for (const Trace& trace : page) ids.push_back(trace.trace_id);
  std::vector<std::uint64_t> spans;
  for (const TraceId id : ids) spans.push_back(count_spans(store, id));
  const std::vector<Column> columns{{.header = "trace"},
                                    {.header = "name", .least_width = 12},
                                    {.header = "status"},
                                    {.header = "start (UTC)", .is_optional = true},
                                    {.header = "duration", .align = Align::right},
                                    {.header = "spans", .align = Align::right, .is_optional = true}};
  return draw_listing(store, columns, ids, [&](std::size_t place, const std::string& id) -> std::vector<Cell> {
    const Trace& trace = page[place];
    return {{id, Style::cyan},
            trace.name,
            {std::string(to_string(trace.status)), style_of(trace.status, Style::green)},
            format_time(trace.start_time),
            trace.end_time ? format_duration(elapsed(trace.start_time, *trace.end_time)) : "not ended",
            format_count(spans[place])};
  });
}

std::string to_json(Store& store, const Page<Trace>& page) {
  Array array;
  for (const Trace& trace : page) {
    Object object = to_object(trace);
    object.set("span_count", count_spans(store, trace.trace_id));
    array.emplace_back(std::move(object));
  }
  return listing_to_json("traces", std::move(array), page.truncated);
}

int run(const TracesOptions& options) {
  const std::unique_ptr<Store> store = open_for_reading(options.where);
  TraceQuery query = trace_query(options.query, *store);
  query.with_attributes = options.query.json;
  const Page<Trace> page = store->query_traces(query);
  if (options.query.json) {
    print(to_json(*store, page));
    return exit_success;
  }
  if (page.empty()) {
    print(nothing_found("traces", options.where.name()));
    return exit_success;
  }
  print(draw(*store, page) + (page.truncated ? more_rows_note(options.query, page.size()) : ""));
  return exit_success;
}

}  // namespace

void add_traces_command(CLI::App& app, Action& action) {
  const auto options = std::make_shared<TracesOptions>();
  CLI::App* const command = app.add_subcommand("traces", "List traces, the newest first");
  add_store_argument(*command, options->where);
  add_query_options(*command, options->query, RecordType::traces, system_clock().wall_now());
  command->footer(
      "Examples:\n"
      "  sparktel traces\n"
      "  sparktel traces production.db --status failed --since 1h --limit 100\n"
      "  sparktel traces production.db --name 'import*' --slower-than 500ms --order longest\n"
      "  sparktel traces --db production.db --json | jq -r '.traces[].trace_id'");
  command->callback([options, &action] { action = [options] { return run(*options); }; });
}

}  // namespace spark::sparktel
