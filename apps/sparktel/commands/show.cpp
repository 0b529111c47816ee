// sparktel show: one trace as a tree with a waterfall, and the graphs that ran in it; of what several services have
// recorded of it into files or databases of their own the whole.

#include <CLI/CLI.hpp>
#include <cstdio>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "apps/sparktel/commands/arguments.h"
#include "apps/sparktel/commands/command.h"
#include "apps/sparktel/commands/load_graphs.h"
#include "apps/sparktel/commands/store_argument.h"
#include "apps/sparktel/commands/trace_ids.h"
#include "apps/sparktel/sources/joined_stores.h"
#include "apps/sparktel/terminal/text.h"
#include "apps/sparktel/views/record_json.h"
#include "apps/sparktel/views/trace_view.h"
#include "spark/analysis/span_tree.h"
#include "spark/base/error.h"
#include "spark/base/json.h"

namespace spark::sparktel {

namespace {

constexpr std::size_t most_spans = 100'000;

struct ShowOptions {
  std::string trace = "latest";
  std::vector<Location> where = {};
  bool events = false;
  bool attributes = false;
  bool json = false;
};

// `stores` are the names of those the spans are from.
std::string to_json(const TraceParts& parts, const std::vector<std::string>& stores, bool truncated) {
  Array spans;
  for (const analysis::TreeNode& node : analysis::span_tree(parts.spans).nodes) {
    Object object = to_object(parts.spans[node.span]);
    object.set("store", stores[node.span]);
    object.set("depth", node.depth);
    spans.emplace_back(std::move(object));
  }
  Array events;
  for (auto event = parts.events.rbegin(); event != parts.events.rend(); ++event)
    events.emplace_back(to_object(*event));
  Array metrics;
  for (auto metric = parts.metrics.rbegin(); metric != parts.metrics.rend(); ++metric)
    metrics.emplace_back(to_object(*metric));
  Array graphs;
  for (const GraphRun& graph : parts.graphs) graphs.emplace_back(to_object(graph));
  return to_pretty_json(Object{{"trace", to_object(parts.trace)},
                               {"graphs", std::move(graphs)},
                               {"spans", std::move(spans)},
                               {"events", std::move(events)},
                               {"metrics", std::move(metrics)},
                               {"truncated", truncated}}) +
         "\n";
}

// On standard error which stores have nothing of the trace. Gives those that have: "a.db (3 spans)".
std::vector<std::string> tell_where(const JoinedStores& stores, const JoinedTrace& found) {
  std::vector<std::string> where;
  for (std::size_t i = 0; i < found.is_in.size(); ++i) {
    if (found.is_in[i]) {
      where.push_back(stores.name(i) + " (" + format_count(found.span_counts[i], "span") + ")");
    } else {
      const std::string id = found.trace.trace_id.to_string();
      std::fprintf(stderr, "sparktel: %s has nothing of trace %s\n", printable(stores.name(i)).c_str(), id.c_str());
    }
  }
  return where;
}

int run(const ShowOptions& options) {
  JoinedStores stores(options.where);
  std::optional<JoinedTrace> found = stores.find_trace(find_trace_id(stores.stores(), options.trace), most_spans);
  if (!found) throw_no_trace(stores.stores(), options.trace);
  const std::vector<std::string> where = tell_where(stores, *found);
  TraceParts parts{.trace = std::move(found->trace),
                   .spans = std::move(found->spans),
                   .stores = where.size() > 1 ? where : std::vector<std::string>(),
                   .shows_attributes = options.attributes};
  LoadedGraphs graphs = load_graphs(stores, parts.trace, parts.spans, most_spans);
  parts.graphs = std::move(graphs.graphs);
  bool truncated = found->truncated || graphs.truncated;
  if (options.events || options.json) {
    const EventQuery event_query{.limit = most_spans, .trace_id = parts.trace.trace_id};
    Page<Event> events = stores.query_events(event_query);
    parts.events = std::move(events.rows);
    truncated = truncated || events.truncated;
  }
  if (options.json) {
    const MetricQuery metric_query{.limit = most_spans, .trace_id = parts.trace.trace_id};
    Page<Metric> metrics = stores.query_metrics(metric_query);
    parts.metrics = std::move(metrics.rows);
    truncated = truncated || metrics.truncated;
  }
  if (options.json) {
    std::vector<std::string> names;
    for (const std::size_t store : found->store_of) names.push_back(stores.name(store));
    print(to_json(parts, names, truncated));
    return exit_success;
  }
  std::string out = draw_trace(parts, canvas_for(stdout));
  if (truncated) {
    out += "There are more: these are the newest " + std::to_string(most_spans) +
           (options.where.size() > 1 ? " of each.\n" : ".\n");
  }
  print(out);
  return exit_success;
}

}  // namespace

void add_show_command(CLI::App& app, Action& action) {
  const auto options = std::make_shared<ShowOptions>();
  CLI::App* const command =
      app.add_subcommand("show", "Show one trace, joined from several files or databases, as a tree with a waterfall");
  add_parsed_option(
      *command, "TRACE",
      [options](const std::string& text) {
        // A file alone is what one types first, and it comes second here.
        if (std::filesystem::is_regular_file(text)) {
          throw Error(ErrorCode::invalid_argument, "\"" + printable(text) + "\" is a file; type: show latest FILE");
        }
        if (is_connection_string(text)) {
          throw Error(ErrorCode::invalid_argument, "a connection string comes second; type: show latest DSN");
        }
        require_trace_id(text);
        options->trace = text;
      },
      "Its id, a beginning that no other of the latest 10,000 traces has, or latest (default: latest)");
  add_store_arguments(*command, options->where);
  command->add_flag("--events", options->events, "Also show events, below their spans");
  command->add_flag("--attributes", options->attributes, "Also show attributes");
  command->add_flag("--json", options->json, "Print JSON: every field, attributes, events and metrics included");
  command->footer(
      "Examples:\n"
      "  sparktel show\n"
      "  sparktel show latest production.db\n"
      "  sparktel show 0194f3c2-5a1b\n"
      "  sparktel show 0194f3c2-5a1b --db production.db --events --attributes\n"
      "  sparktel show 0194f3c2-5a1b shop.db payments.db postgresql://reader@db/stock\n"
      "  sparktel show 0194f3c2-5a1b --json | jq '.spans[] | {name, duration}'\n"
      "  sparktel show 0194f3c2-5a1b --json | jq '.graphs[].nodes[] | {id, runs, failed}'");
  command->callback([options, &action] {
    if (options->where.empty()) options->where.emplace_back("telemetry.db");
    action = [options] { return run(*options); };
  });
}

}  // namespace spark::sparktel
