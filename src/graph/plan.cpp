#include "graph/plan.h"

#include <map>
#include <set>
#include <utility>

#include "graph/content_hash.h"
#include "graph/type_name.h"
#include "spark/base/error.h"
#include "spark/base/json.h"

namespace spark::detail {

namespace {

// Hex digits of the content hash that a default version has; enough to tell versions apart, short enough to
// read.
constexpr std::size_t default_version_digits = 16;

std::vector<NodePtr> in_order(const NodePtr& start) {
  if (start == nullptr) throw Error(ErrorCode::invalid_argument, "GraphOptions::start is null: a graph needs a node");
  std::vector<NodePtr> nodes;
  for (NodePtr node = start; node != nullptr; node = node->next()) nodes.push_back(node);
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

Object make_content(const std::vector<PlannedNode>& nodes) {
  Array node_values;
  Array edge_values;
  for (std::size_t i = 0; i < nodes.size(); ++i) {
    node_values.emplace_back(Object{{"id", nodes[i].id}, {"type", nodes[i].type}, {"config", nodes[i].node->config()}});
    if (i > 0) edge_values.emplace_back(Object{{"from", nodes[i - 1].id}, {"to", nodes[i].id}, {"condition", nullptr}});
  }
  return Object{{"nodes", std::move(node_values)}, {"edges", std::move(edge_values)}};
}

GraphDefinition make_definition(const std::vector<PlannedNode>& nodes, std::string id, std::string version) {
  GraphDefinition definition;
  definition.content = make_content(nodes);
  definition.graph_id = !id.empty() ? std::move(id) : nodes.front().span_name;
  definition.version = !version.empty() ? std::move(version)
                                        : content_hash(to_json(definition.content)).substr(0, default_version_digits);
  // Graphs of one content but different names are different graphs.
  definition.hash = content_hash(to_json(
      Object{{"graph_id", definition.graph_id}, {"version", definition.version}, {"content", definition.content}}));
  return definition;
}

}  // namespace

EventNames::EventNames(const std::string& subject)
    : started(subject + " Started"),
      completed(subject + " Completed"),
      failed(subject + " Failed"),
      cancelled(subject + " Cancelled") {}

GraphPlan make_plan(const NodePtr& start, std::string id, std::string version) {
  const std::vector<NodePtr> nodes = in_order(start);
  std::vector<std::string> ids = make_ids(nodes);
  std::vector<PlannedNode> planned;
  std::vector<std::string> edge_names;
  for (std::size_t i = 0; i < nodes.size(); ++i) {
    const auto* subgraph = dynamic_cast<const Graph*>(nodes[i].get());
    std::string type = nodes[i]->type();
    std::string span_name = subgraph != nullptr ? subgraph->graph_id() : type;
    EventNames event_names(span_name);
    planned.push_back({nodes[i], subgraph, ids[i], std::move(type), std::move(span_name), std::move(event_names)});
    if (i > 0) edge_names.push_back(ids[i - 1] + " -> " + ids[i]);
  }
  GraphDefinition definition = make_definition(planned, std::move(id), std::move(version));
  EventNames event_names(definition.graph_id);
  return {std::move(planned), std::move(edge_names), std::move(definition), std::move(event_names)};
}

}  // namespace spark::detail
