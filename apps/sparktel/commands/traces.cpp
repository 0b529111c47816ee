// sparktel traces: the latest traces of a file, newest first.

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "apps/sparktel/commands/command.h"
#include "apps/sparktel/commands/store_argument.h"
#include "apps/sparktel/terminal/style.h"
#include "apps/sparktel/terminal/table.h"
#include "apps/sparktel/terminal/text.h"
#include "apps/sparktel/views/record_json.h"
#include "apps/sparktel/views/trace_view.h"
#include "spark/base/json.h"

namespace spark::sparktel {

namespace {

struct TracesOptions {
  std::string where = "telemetry.db";
  std::size_t limit = 20;
  std::optional<std::string> status;
  std::optional<std::string> name;
  bool json = false;
};

struct ListedTrace {
  Trace trace = {};
  std::size_t spans = 0;
};

std::string draw(const std::vector<ListedTrace>& traces, const Canvas& canvas) {
  Table table({{.header = "trace"},
               {.header = "name", .least_width = 20},
               {.header = "status"},
               {.header = "start (UTC)", .is_optional = true},
               {.header = "duration", .align = Align::right},
               {.header = "spans", .align = Align::right, .is_optional = true}});
  for (const ListedTrace& listed : traces) {
    const Trace& trace = listed.trace;
    table.add_row({{trace.trace_id.to_string(), Style::cyan},
                   trace.name,
                   {std::string(to_string(trace.status)), style_of(trace.status, Style::green)},
                   format_time(trace.start_time),
                   trace.end_time ? format_duration(*trace.end_time - trace.start_time) : "not ended",
                   format_count(listed.spans)});
  }
  return table.draw(canvas);
}

std::string to_json(const std::vector<ListedTrace>& traces, bool truncated) {
  Array array;
  for (const ListedTrace& listed : traces) {
    Object object = to_object(listed.trace);
    object.set("span_count", listed.spans);
    array.emplace_back(std::move(object));
  }
  return to_pretty_json(Object{{"traces", std::move(array)}, {"truncated", truncated}}) + "\n";
}

int run(const TracesOptions& options) {
  const std::unique_ptr<Store> store = open_for_reading(options.where);
  TraceQuery query{.limit = options.limit, .name = options.name};
  if (options.status) query.status = parse_trace_status(*options.status);
  const Page<Trace> page = store->query_traces(query);
  std::vector<ListedTrace> traces;
  for (const Trace& trace : page) {
    const SpanQuery spans{.trace_id = trace.trace_id, .with_attributes = false};
    traces.push_back({trace, store->query_spans(spans).size()});
  }
  if (options.json) {
    print(to_json(traces, page.truncated));
    return exit_success;
  }
  if (traces.empty()) {
    print("No such traces in " + printable(options.where) + ".\n");
    return exit_success;
  }
  std::string out = draw(traces, canvas_for(stdout));
  if (page.truncated) out += fmt::format("There are more: these are the newest {}; see --limit.\n", traces.size());
  print(out);
  return exit_success;
}

}  // namespace

void add_traces_command(CLI::App& app, Action& action) {
  const auto options = std::make_shared<TracesOptions>();
  CLI::App* const command = app.add_subcommand("traces", "List the latest traces, newest first");
  add_store_argument(*command, options->where);
  command->add_option("--limit", options->limit, "At most this many (default: 20)")
      ->check(CLI::Range(std::size_t{1}, default_query_limit));
  command->add_option("--status", options->status, "Only those with this status")
      ->check(CLI::IsMember({"started", "completed", "failed", "cancelled"}));
  command->add_option("--name", options->name, "Only those whose name matches this glob: 'etl*'");
  command->add_flag("--json", options->json, "Print JSON: every field of every trace");
  command->footer(
      "Examples:\n"
      "  sparktel traces\n"
      "  sparktel traces production.db --status failed --limit 100\n"
      "  sparktel traces --db production.db --json | jq -r '.traces[].trace_id'");
  command->callback([options, &action] { action = [options] { return run(*options); }; });
}

}  // namespace spark::sparktel
