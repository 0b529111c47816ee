// GraphPlan is a graph's topology, worked out once: its nodes, breadth first from the start, with their ids, edges,
// loops, and every name that recording needs. Immutable and shared by the runs.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "graph/node_cache.h"
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
  std::string retried;
  std::string timed_out;
};

// Positions in GraphPlan's vectors.
using NodeIndex = std::size_t;
using EdgeIndex = std::size_t;
using LoopIndex = std::size_t;
inline constexpr std::size_t no_index = static_cast<std::size_t>(-1);

struct PlannedEdge {
  EdgeKind kind;
  NodeIndex from;
  NodeIndex to;
  Condition condition;
  std::string name;           // "a -> b"
  LoopIndex loop = no_index;  // of a loop edge
};

struct PlannedNode {
  NodePtr node;
  const Graph* subgraph;  // the node itself if it is a graph, else null
  std::string id;
  std::string type;
  NodePolicy policy;  // as it was when the graph was made, and so are the others
  JoinPolicy join;
  bool hides_payloads = false;
  bool has_error_edge = false;
  std::string span_name;  // the type; of a subgraph, its graph id
  EventNames event_names;
  std::unique_ptr<NodeCache> cache;  // null: none
  std::vector<EdgeIndex> outgoing;   // as they were declared
  std::vector<EdgeIndex> incoming;   // but for loops
  std::vector<LoopIndex> loops;      // it is in, the innermost first
};

// An edge back and what runs again with it. Entered at `first` and left at `last` alone.
struct PlannedLoop {
  EdgeIndex edge;
  NodeIndex first;
  NodeIndex last;
  std::int64_t max_iterations;
  std::vector<NodeIndex> nodes;
};

struct GraphPlan {
  std::vector<PlannedNode> nodes;  // the start first
  std::vector<PlannedEdge> edges;
  std::vector<PlannedLoop> loops;
  std::size_t max_parallel_nodes = 0;  // 0: no limit
  bool version_is_of_content = false;  // nobody gave one
  bool is_sequence = true;             // no node has more than one edge forward, so that nothing runs in parallel
  GraphDefinition definition;
  EventNames event_names{""};

  [[nodiscard]] const std::string& id() const noexcept { return definition.graph_id; }
  [[nodiscard]] const std::string& version() const noexcept { return definition.version; }
};

// Subgraphs included.
[[nodiscard]] GraphSpec spec_of(const GraphPlan& plan);

// Throws as Graph's constructor. An empty id or version stands for its default.
[[nodiscard]] GraphPlan make_plan(const GraphOptions& options);

}  // namespace spark::detail
