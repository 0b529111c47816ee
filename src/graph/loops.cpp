#include "graph/loops.h"

#include <algorithm>
#include <string>

#include "spark/base/error.h"

namespace spark::detail {

namespace {

using Marks = std::vector<bool>;

// What can be reached from `begin` by edges that are no loops, along them or against them.
Marks reachable(NodeIndex begin, const std::vector<PlannedNode>& nodes, const std::vector<PlannedEdge>& edges,
                bool is_forward) {
  Marks marks(nodes.size());
  std::vector<NodeIndex> left{begin};
  marks[begin] = true;
  while (!left.empty()) {
    const PlannedNode& node = nodes[left.back()];
    left.pop_back();
    for (const EdgeIndex edge : is_forward ? node.outgoing : node.incoming) {
      if (edges[edge].kind == EdgeKind::loop) continue;
      const NodeIndex next = is_forward ? edges[edge].to : edges[edge].from;
      if (marks[next]) continue;
      marks[next] = true;
      left.push_back(next);
    }
  }
  return marks;
}

PlannedLoop find_loop(EdgeIndex index, std::int64_t max_iterations, const std::vector<PlannedNode>& nodes,
                      const std::vector<PlannedEdge>& edges) {
  const PlannedEdge& edge = edges[index];
  PlannedLoop loop{.edge = index, .first = edge.to, .last = edge.from, .max_iterations = max_iterations, .nodes = {}};
  if (loop.first == loop.last) {
    loop.nodes = {loop.first};
    return loop;
  }
  const Marks after = reachable(loop.first, nodes, edges, true), before = reachable(loop.last, nodes, edges, false);
  for (NodeIndex node = 0; node < nodes.size(); ++node) {
    if (after[node] && before[node]) loop.nodes.push_back(node);
  }
  const auto is_inside = [&](NodeIndex node) { return after[node] && before[node]; };
  for (const PlannedEdge& other : edges) {
    const bool enters = !is_inside(other.from) && is_inside(other.to) && other.to != loop.first;
    const bool leaves = is_inside(other.from) && !is_inside(other.to) && other.from != loop.last;
    if (!enters && !leaves) continue;
    throw Error(ErrorCode::invalid_argument, "Graph: the edge " + other.name + (enters ? " enters" : " leaves") +
                                                 " the loop " + edge.name + " in the middle; a loop is entered at " +
                                                 nodes[loop.first].id + " and left at " + nodes[loop.last].id +
                                                 " alone (a subgraph can hold what lies between)");
  }
  return loop;
}

}  // namespace

std::vector<PlannedLoop> find_loops(std::vector<PlannedNode>& nodes, std::vector<PlannedEdge>& edges,
                                    const std::vector<std::int64_t>& max_iterations) {
  std::vector<PlannedLoop> loops;
  for (EdgeIndex edge = 0; edge < edges.size(); ++edge) {
    if (edges[edge].kind != EdgeKind::loop) continue;
    edges[edge].loop = loops.size();
    loops.push_back(find_loop(edge, max_iterations[edge], nodes, edges));
  }
  for (LoopIndex loop = 0; loop < loops.size(); ++loop) {
    for (const NodeIndex node : loops[loop].nodes) nodes[node].loops.push_back(loop);
  }
  for (PlannedNode& node : nodes) {
    std::stable_sort(node.loops.begin(), node.loops.end(),
                     [&](LoopIndex a, LoopIndex b) { return loops[a].nodes.size() < loops[b].nodes.size(); });
  }
  return loops;
}

}  // namespace spark::detail
