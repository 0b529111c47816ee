// sparktel show: one trace as a tree with a waterfall, and the graphs that ran in it.

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cctype>
#include <memory>
#include <string>
#include <string_view>

#include "apps/sparktel/commands/command.h"
#include "apps/sparktel/commands/load_graphs.h"
#include "apps/sparktel/commands/store_argument.h"
#include "apps/sparktel/views/record_json.h"
#include "apps/sparktel/views/span_tree.h"
#include "apps/sparktel/views/trace_view.h"
#include "spark/base/error.h"
#include "spark/base/json.h"

namespace spark::sparktel {

namespace {

constexpr std::size_t id_digits = 32;
constexpr std::size_t searched_traces = 10'000;
constexpr std::size_t most_spans = 100'000;
constexpr std::size_t listed_matches = 3;

struct ShowOptions {
  std::string trace;
  std::string where = "telemetry.db";
  bool events = false;
  bool attributes = false;
  bool json = false;
};

// The hex digits of an id or of its beginning, in lower case; empty if it is neither.
std::string digits_of(std::string_view text) {
  std::string digits;
  for (const char c : text) {
    if (c == '-') continue;
    if (std::isxdigit(static_cast<unsigned char>(c)) == 0) return {};
    digits += static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  }
  return digits.size() <= id_digits ? digits : std::string();
}

std::string check_trace(const std::string& text) {
  return !digits_of(text).empty() ? "" : "\"" + text + "\" is neither a trace id nor the beginning of one";
}

[[noreturn]] void throw_not_found(const ShowOptions& options) {
  throw Error(ErrorCode::not_found, "no trace " + options.trace + " in " + options.where);
}

Trace find_trace(Store& store, const ShowOptions& options) {
  const std::string digits = digits_of(options.trace);
  if (digits.size() == id_digits) {
    const TraceQuery query{.trace_id = TraceId::parse(digits)};
    const Page<Trace> page = store.query_traces(query);
    if (page.empty()) throw_not_found(options);
    return page.front();
  }
  const TraceQuery query{.limit = searched_traces};
  Page<Trace> page = store.query_traces(query);
  std::erase_if(page.rows, [&](const Trace& trace) { return !trace.trace_id.to_hex().starts_with(digits); });
  if (page.empty()) throw_not_found(options);
  if (page.size() == 1) return page.front();
  std::string matches;
  for (std::size_t i = 0; i < std::min(page.size(), listed_matches); ++i) {
    matches += (i > 0 ? ", " : "") + page[i].trace_id.to_string();
  }
  throw Error(ErrorCode::invalid_argument, options.trace + " is the beginning of " + std::to_string(page.size()) +
                                               " traces in " + options.where + ": " + matches +
                                               (page.size() > listed_matches ? ", …" : ""));
}

std::string to_json(const TraceParts& parts, bool truncated) {
  Array spans;
  for (const TreeEntry entry : span_tree(parts.spans)) {
    Object object = to_object(parts.spans[entry.index]);
    object.set("depth", entry.depth);
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

int run(const ShowOptions& options) {
  const std::unique_ptr<Store> store = open_for_reading(options.where);
  TraceParts parts{.trace = find_trace(*store, options), .shows_attributes = options.attributes};
  const SpanQuery span_query{.limit = most_spans, .trace_id = parts.trace.trace_id};
  Page<Span> spans = store->query_spans(span_query);
  parts.spans = std::move(spans.rows);
  LoadedGraphs graphs = load_graphs(*store, parts.trace, parts.spans, most_spans);
  parts.graphs = std::move(graphs.graphs);
  bool truncated = spans.truncated || graphs.truncated;
  if (options.events || options.json) {
    const EventQuery event_query{.limit = most_spans, .trace_id = parts.trace.trace_id};
    Page<Event> events = store->query_events(event_query);
    parts.events = std::move(events.rows);
    truncated = truncated || events.truncated;
  }
  if (options.json) {
    const MetricQuery metric_query{.limit = most_spans, .trace_id = parts.trace.trace_id};
    Page<Metric> metrics = store->query_metrics(metric_query);
    parts.metrics = std::move(metrics.rows);
    truncated = truncated || metrics.truncated;
  }
  if (options.json) {
    print(to_json(parts, truncated));
    return exit_success;
  }
  std::string out = draw_trace(parts, canvas_for(stdout));
  if (truncated) out += "There are more: these are the newest " + std::to_string(most_spans) + ".\n";
  print(out);
  return exit_success;
}

}  // namespace

void add_show_command(CLI::App& app, Action& action) {
  const auto options = std::make_shared<ShowOptions>();
  CLI::App* const command =
      app.add_subcommand("show", "Show one trace as a tree with a waterfall, and what ran of its graphs");
  command->add_option("TRACE", options->trace, "Its id, or a beginning that no other of the latest 10,000 traces has")
      ->required()
      ->check(CLI::Validator(check_trace, ""));
  add_store_argument(*command, options->where);
  command->add_flag("--events", options->events, "Also show events, below their spans");
  command->add_flag("--attributes", options->attributes, "Also show attributes");
  command->add_flag("--json", options->json, "Print JSON: every field, attributes, events and metrics included");
  command->footer(
      "Examples:\n"
      "  sparktel show 0194f3c2-5a1b\n"
      "  sparktel show 0194f3c2-5a1b --db production.db --events --attributes\n"
      "  sparktel show 0194f3c2-5a1b --json | jq '.spans[] | {name, duration}'\n"
      "  sparktel show 0194f3c2-5a1b --json | jq '.graphs[].nodes[] | {id, runs, failed}'");
  command->callback([options, &action] { action = [options] { return run(*options); }; });
}

}  // namespace spark::sparktel
