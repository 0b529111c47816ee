// GraphSpec is a graph as data: what a definition records, what a file holds, what changes. JSON (docs/graphs.md):
//
//   {"id": "pipeline", "version": "",
//    "nodes": [{"id": "load_1", "type": "LoadNode", "config": {}, "policy": {"max_attempts": 3}}, …],
//    "edges": [{"from": "load_1", "to": "count_1", "condition": {"path": "ok", "op": "==", "value": true}}, …],
//    "subgraphs": {"<hash>": {…}}}
//
// The first node is the start. A subgraph is a node of type "Graph" whose config names it by "graph_hash". What is the
// default may be left out.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "spark/base/value.h"
#include "spark/graph/condition.h"
#include "spark/graph/edges.h"
#include "spark/graph/node_policy.h"

namespace spark {

class NodeRegistry;

inline constexpr std::size_t max_subgraph_levels = 256;
// Nodes that one spec makes, subgraphs counted as often as they are used: without it, a spec of a few kilobytes could
// name subgraphs within subgraphs and fill the memory.
inline constexpr std::size_t max_spec_nodes = 100'000;
inline constexpr std::size_t max_parallel_nodes_limit = 1'000'000;

struct NodeSpec {
  std::string id = {};
  std::string type = {};
  Object config = {};
  NodePolicy policy = {};
  JoinPolicy join = {};

  bool operator==(const NodeSpec&) const = default;
};

struct EdgeSpec {
  std::string from = {};
  std::string to = {};
  EdgeKind kind = EdgeKind::forward;
  Condition condition = {};
  std::int64_t max_iterations = 0;  // of a loop: 1 or more

  bool operator==(const EdgeSpec&) const = default;
};

struct GraphSpec {
  std::string id = {};                 // empty: the start node's type
  std::string version = {};            // empty: made of the content
  std::size_t max_parallel_nodes = 0;  // as in GraphOptions
  std::vector<NodeSpec> nodes = {};
  std::vector<EdgeSpec> edges = {};
  std::map<std::string, GraphSpec> subgraphs = {};  // by hash; those of subgraphs are here too, not inside of them

  bool operator==(const GraphSpec&) const = default;
};

[[nodiscard]] Value to_value(const GraphSpec& spec);
// Throws Error(invalid_argument) naming the place, such as `graph.edges[2].to`, for what is not as above; what only
// building finds (unknown types and nodes, cycles) is build_nodes's. The registry knows the callables of conditions.
[[nodiscard]] GraphSpec graph_spec_from_value(const Value& value, const NodeRegistry& registry);

// An edge by itself, as it is in a graph.
[[nodiscard]] Value to_value(const EdgeSpec& edge);
[[nodiscard]] EdgeSpec edge_spec_from_value(const Value& value, const NodeRegistry& registry, const std::string& place);

[[nodiscard]] Value to_value(const JoinPolicy& join);
[[nodiscard]] JoinPolicy join_policy_from_value(const Value& value, std::string_view place);

// The nodes, made by the registry and connected; gives the start. Throws Error(invalid_argument) naming the place:
// an unknown type, a config that the type refuses, an id used twice, an edge to a node that is not there, a cycle that
// is no loop, a node that nothing leads to, a subgraph that is missing, contains itself, is deeper than the levels, or
// makes more nodes than max_spec_nodes.
[[nodiscard]] NodePtr build_nodes(const GraphSpec& spec, const NodeRegistry& registry);

}  // namespace spark
