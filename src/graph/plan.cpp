#include "graph/plan.h"

#include <algorithm>
#include <map>
#include <set>
#include <unordered_map>
#include <utility>

#include "graph/content_hash.h"
#include "graph/loops.h"
#include "graph/type_name.h"
#include "spark/base/error.h"
#include "spark/base/json.h"

namespace spark::detail {

namespace {

// Hex digits of the content hash that a default version has; enough to tell versions apart, short enough to
// read.
constexpr std::size_t default_version_digits = 16;

using Positions = std::unordered_map<const Node*, NodeIndex>;

// Breadth first, edges as they were declared: for a chain, in order.
std::vector<NodePtr> in_order(const NodePtr& start, Positions& positions) {
  if (start == nullptr) throw Error(ErrorCode::invalid_argument, "GraphOptions::start is null: a graph needs a node");
  std::vector<NodePtr> nodes{start};
  positions.emplace(start.get(), 0);
  for (NodeIndex i = 0; i < nodes.size(); ++i) {
    const NodePtr node = nodes[i];
    for (const Edge& edge : node->edges()) {
      if (edge.kind() == EdgeKind::loop) continue;
      NodePtr to = edge.to();
      if (positions.emplace(to.get(), nodes.size()).second) nodes.push_back(std::move(to));
    }
  }
  return nodes;
}

// The ids that nodes have keep; the others are numbered by type, past those that are taken.
std::vector<std::string> make_ids(const std::vector<NodePtr>& nodes) {
  std::set<std::string> taken;
  for (const NodePtr& node : nodes) {
    if (!node->id().empty() && !taken.insert(node->id()).second) {
      throw Error(ErrorCode::invalid_argument, "Graph: two nodes have the id \"" + node->id() + "\"");
    }
  }
  std::map<std::string, int> counts;
  std::vector<std::string> ids;
  for (const NodePtr& node : nodes) {
    std::string id = node->id();
    const std::string base = id_base(node->type());
    while (id.empty()) {
      std::string candidate = base + "_" + std::to_string(++counts[base]);
      if (taken.insert(candidate).second) id = std::move(candidate);
    }
    ids.push_back(std::move(id));
  }
  return ids;
}

enum class ConfigOf : std::uint8_t { node, telemetry };

// Without subgraphs.
GraphSpec own_spec(const GraphPlan& plan, ConfigOf whose) {
  GraphSpec spec{.id = plan.id(),
                 .version = plan.version_is_of_content ? std::string() : plan.version(),
                 .max_parallel_nodes = plan.max_parallel_nodes};
  for (const PlannedNode& planned : plan.nodes) {
    spec.nodes.push_back({.id = planned.id,
                          .type = planned.type,
                          .config = whose == ConfigOf::node ? planned.node->config() : planned.node->recorded_config(),
                          .policy = planned.policy,
                          .join = planned.join});
  }
  for (const PlannedEdge& edge : plan.edges) {
    spec.edges.push_back({.from = plan.nodes[edge.from].id,
                          .to = plan.nodes[edge.to].id,
                          .kind = edge.kind,
                          .condition = edge.condition,
                          .max_iterations = edge.loop != no_index ? plan.loops[edge.loop].max_iterations : 0});
  }
  return spec;
}

// What is the default is left out, so that it does not make another version.
Object make_content(const GraphPlan& plan) {
  const Value spec = to_value(own_spec(plan, ConfigOf::telemetry));
  Object content{{"nodes", spec.as_object().at("nodes")}, {"edges", spec.as_object().at("edges")}};
  if (const Value* most = spec.as_object().find("max_parallel_nodes")) content.set("max_parallel_nodes", *most);
  return content;
}

GraphDefinition make_definition(const GraphPlan& plan, std::string id, std::string version) {
  GraphDefinition definition;
  definition.content = make_content(plan);
  definition.graph_id = !id.empty() ? std::move(id) : plan.nodes.front().span_name;
  definition.version = !version.empty() ? std::move(version)
                                        : content_hash(to_json(definition.content)).substr(0, default_version_digits);
  // Graphs of one content but different names are different graphs.
  definition.hash = content_hash(to_json(
      Object{{"graph_id", definition.graph_id}, {"version", definition.version}, {"content", definition.content}}));
  return definition;
}

PlannedNode plan_node(const NodePtr& node, std::string id) {
  const auto* subgraph = dynamic_cast<const Graph*>(node.get());
  std::string type = node->type();
  std::string span_name = subgraph != nullptr ? subgraph->graph_id() : type;
  EventNames event_names(span_name);
  std::unique_ptr<NodeCache> cache;
  if (const auto& policy = node->policy().cache) cache = std::make_unique<NodeCache>(*policy);
  return {.node = node,
          .subgraph = subgraph,
          .id = std::move(id),
          .type = std::move(type),
          .policy = node->policy(),
          .join = node->join(),
          .hides_payloads = node->hides_payloads(),
          .span_name = std::move(span_name),
          .event_names = std::move(event_names),
          .cache = std::move(cache),
          .outgoing = {},
          .incoming = {},
          .loops = {}};
}

void plan_edge(GraphPlan& plan, NodeIndex from, const Edge& edge, const Positions& positions,
               std::vector<std::int64_t>& max_iterations) {
  const NodePtr target = edge.to();
  const auto to = positions.find(target.get());
  if (to == positions.end()) {
    throw Error(ErrorCode::invalid_argument,
                "Graph: the loop from " + plan.nodes[from].id + " goes back to a node that is not in the graph");
  }
  const EdgeIndex index = plan.edges.size();
  plan.edges.push_back({.kind = edge.kind(),
                        .from = from,
                        .to = to->second,
                        .condition = edge.condition(),
                        .name = plan.nodes[from].id + " -> " + plan.nodes[to->second].id});
  plan.nodes[from].outgoing.push_back(index);
  if (edge.kind() == EdgeKind::error) plan.nodes[from].has_error_edge = true;
  if (edge.kind() != EdgeKind::loop) plan.nodes[to->second].incoming.push_back(index);
  max_iterations.push_back(edge.max_iterations());
}

bool can_fork(const GraphPlan& plan, const PlannedNode& node) {
  std::size_t forward = 0, error = 0;
  for (const EdgeIndex edge : node.outgoing) {
    forward += plan.edges[edge].kind == EdgeKind::forward ? 1 : 0;
    error += plan.edges[edge].kind == EdgeKind::error ? 1 : 0;
  }
  return forward > 1 || error > 1;
}

}  // namespace

EventNames::EventNames(const std::string& subject)
    : started(subject + " Started"),
      completed(subject + " Completed"),
      failed(subject + " Failed"),
      cancelled(subject + " Cancelled"),
      retried(subject + " Retry"),
      timed_out(subject + " Timeout") {}

GraphSpec spec_of(const GraphPlan& plan) {
  GraphSpec spec = own_spec(plan, ConfigOf::node);
  for (const PlannedNode& planned : plan.nodes) {
    if (planned.subgraph == nullptr || spec.subgraphs.contains(planned.subgraph->definition().hash)) continue;
    GraphSpec part = planned.subgraph->spec();
    spec.subgraphs.merge(part.subgraphs);
    part.subgraphs.clear();
    spec.subgraphs.emplace(planned.subgraph->definition().hash, std::move(part));
  }
  return spec;
}

GraphPlan make_plan(const GraphOptions& options) {
  if (options.max_parallel_nodes > max_parallel_nodes_limit) {
    throw Error(ErrorCode::invalid_argument, "GraphOptions::max_parallel_nodes is " +
                                                 std::to_string(options.max_parallel_nodes) +
                                                 "; it is 0 (no limit) to " + std::to_string(max_parallel_nodes_limit));
  }
  Positions positions;
  const std::vector<NodePtr> nodes = in_order(options.start, positions);
  std::vector<std::string> ids = make_ids(nodes);
  GraphPlan plan;
  plan.max_parallel_nodes = options.max_parallel_nodes;
  plan.version_is_of_content = options.version.empty();
  for (NodeIndex i = 0; i < nodes.size(); ++i) plan.nodes.push_back(plan_node(nodes[i], std::move(ids[i])));
  std::vector<std::int64_t> max_iterations;
  for (NodeIndex i = 0; i < nodes.size(); ++i) {
    for (const Edge& edge : nodes[i]->edges()) plan_edge(plan, i, edge, positions, max_iterations);
  }
  plan.loops = find_loops(plan.nodes, plan.edges, max_iterations);
  plan.is_sequence =
      std::none_of(plan.nodes.begin(), plan.nodes.end(), [&](const PlannedNode& node) { return can_fork(plan, node); });
  plan.definition = make_definition(plan, options.id, options.version);
  plan.event_names = EventNames(plan.definition.graph_id);
  return plan;
}

}  // namespace spark::detail
