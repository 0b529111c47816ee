// sparktel compare: two versions of a graph held against each other.

#include <CLI/CLI.hpp>
#include <algorithm>
#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "apps/sparktel/commands/command.h"
#include "apps/sparktel/commands/graph_versions.h"
#include "apps/sparktel/commands/query_options.h"
#include "apps/sparktel/commands/store_argument.h"
#include "apps/sparktel/terminal/text.h"
#include "apps/sparktel/views/comparison_view.h"
#include "spark/analysis/compare_versions.h"
#include "spark/base/error.h"
#include "spark/base/json.h"

namespace spark::sparktel {

namespace {

struct CompareOptions {
  Location where = "telemetry.db";
  analysis::CompareOptions wanted = {};
  bool json = false;
};

[[noreturn]] void throw_no_version(const std::vector<GraphVersion>& known, const std::string& text,
                                   const CompareOptions& options) {
  const std::string& graph = options.wanted.graph_id;
  throw Error(ErrorCode::not_found, "no version " + text + (graph.empty() ? " of a graph" : " of the graph " + graph) +
                                        " in " + options.where.name() + there_are(known));
}

// Completes beginnings of versions, and finds the graph if none was given: the one that has both.
void resolve(Store& store, CompareOptions& options) {
  analysis::CompareOptions& wanted = options.wanted;
  const std::vector<GraphVersion> known = graph_versions(store, wanted.graph_id);
  const std::vector<GraphVersion> a = matching(known, wanted.version_a);
  const std::vector<GraphVersion> b = matching(known, wanted.version_b);
  if (a.empty()) throw_no_version(known, wanted.version_a, options);
  if (b.empty()) throw_no_version(known, wanted.version_b, options);
  std::vector<std::pair<GraphVersion, GraphVersion>> pairs;
  std::set<std::string> graphs;
  for (const GraphVersion& of_a : a) {
    for (const GraphVersion& of_b : b) {
      if (of_a.graph_id != of_b.graph_id || of_a == of_b) continue;
      pairs.emplace_back(of_a, of_b);
      graphs.insert(of_a.graph_id);
    }
  }
  if (graphs.size() > 1) {
    throw Error(ErrorCode::invalid_argument, "several graphs have versions " + wanted.version_a + " and " +
                                                 wanted.version_b + ": say which with --graph: " + listed(graphs));
  }
  if (pairs.size() != 1) {
    throw Error(ErrorCode::invalid_argument, wanted.version_a + " and " + wanted.version_b + " are not two versions " +
                                                 "of one graph" + (pairs.empty() ? "" : ", but beginnings of several"));
  }
  wanted.graph_id = pairs.front().first.graph_id;
  wanted.version_a = pairs.front().first.version;
  wanted.version_b = pairs.front().second.version;
}

int run(CompareOptions options) {
  const std::unique_ptr<Store> store = open_for_reading(options.where);
  resolve(*store, options);
  const analysis::Comparison comparison = analysis::compare_versions(*store, options.wanted);
  if (options.json) {
    Object object = to_object(comparison);
    object.set("graph_id", options.wanted.graph_id);
    print(to_pretty_json(object) + "\n");
    return exit_success;
  }
  print(draw_comparison(options.wanted, comparison, canvas_for(stdout)));
  return exit_success;
}

}  // namespace

void add_compare_command(CLI::App& app, Action& action) {
  const auto options = std::make_shared<CompareOptions>();
  analysis::CompareOptions& wanted = options->wanted;
  CLI::App* const command = app.add_subcommand("compare", "Hold two versions of a graph against each other");
  command->add_option("A", wanted.version_a, "The version to compare with, or its beginning")->required();
  command->add_option("B", wanted.version_b, "The version that is judged, or its beginning")->required();
  add_store_argument(*command, options->where);
  command->add_option("--graph", wanted.graph_id, "The graph; needed if several have both versions");
  add_time_options(*command, wanted.start_time, system_clock().wall_now());
  command->add_option("--min-runs", wanted.min_runs, "Say nothing of versions with fewer runs (default: 20)")
      ->check(CLI::Range(std::size_t{2}, std::size_t{100'000}));
  add_json_option(*command, options->json);
  command->footer(
      "Examples:\n"
      "  sparktel compare 1.0 1.1\n"
      "  sparktel compare aa337d b81c02 production.db --graph document_workflow --since 7d\n"
      "  sparktel compare 1.0 1.1 --json | jq '{errors, durations}'");
  command->callback([options, &action] { action = [options] { return run(*options); }; });
}

}  // namespace spark::sparktel
