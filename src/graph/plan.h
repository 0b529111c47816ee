// GraphPlan is a graph's topology, worked out once: its nodes in order, with their ids and every name that
// recording needs. Immutable and shared by the runs.
#pragma once

#include <string>
#include <vector>

#include "spark/graph/graph.h"
#include "spark/graph/node.h"
#include "spark/telemetry/records.h"

namespace spark::detail {

// The texts of events, made here so that a run does not have to.
struct EventNames {
  explicit EventNames(const std::string& subject);

  std::string started;
  std::string completed;
  std::string failed;
  std::string cancelled;
};

struct PlannedNode {
  NodePtr node;
  const Graph* subgraph;  // the node itself if it is a graph, else null
  std::string id;
  std::string type;
  std::string span_name;  // the type; of a subgraph, its graph id
  EventNames event_names;
};

struct GraphPlan {
  std::vector<PlannedNode> nodes;
  std::vector<std::string> edge_names;  // from nodes[i] to nodes[i + 1]
  GraphDefinition definition;
  EventNames event_names;

  [[nodiscard]] const std::string& id() const noexcept { return definition.graph_id; }
  [[nodiscard]] const std::string& version() const noexcept { return definition.version; }
};

// Throws as Graph's constructor. An empty id or version stands for its default.
[[nodiscard]] GraphPlan make_plan(const NodePtr& start, std::string id, std::string version);

}  // namespace spark::detail
