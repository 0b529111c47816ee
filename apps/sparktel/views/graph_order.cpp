#include "apps/sparktel/views/graph_order.h"

#include <algorithm>

namespace spark::sparktel {

namespace {

constexpr std::size_t none = static_cast<std::size_t>(-1);

// Neighbours by node, without loops.
struct Neighbours {
  explicit Neighbours(std::size_t count) : after(count), edges_in(count) {}

  std::vector<std::vector<std::size_t>> after;
  std::vector<std::vector<const DeclaredEdge*>> edges_in;
};

Neighbours neighbours_of(const GraphRun& run, std::size_t count) {
  Neighbours neighbours(count);
  for (const DeclaredEdge& edge : run.edges) {
    if (edge.kind == EdgeKind::loop || edge.to >= count) continue;
    neighbours.edges_in[edge.to].push_back(&edge);
    if (edge.from < count) neighbours.after[edge.from].push_back(edge.to);
  }
  return neighbours;
}

// Each before what it leads to (reverse postorder of a depth-first walk), as declared where there is a choice; what the
// first does not lead to comes later.
std::vector<std::size_t> sorted(const Neighbours& neighbours) {
  struct Visit {
    std::size_t node;
    std::size_t left;  // neighbours to go to, the last first
  };
  std::vector<bool> is_visited(neighbours.after.size());
  std::vector<std::size_t> order;
  std::vector<Visit> stack;
  for (std::size_t root = 0; root < is_visited.size(); ++root) {
    if (is_visited[root]) continue;
    is_visited[root] = true;
    stack.push_back({root, neighbours.after[root].size()});
    const auto begin = static_cast<std::ptrdiff_t>(order.size());
    while (!stack.empty()) {
      Visit& top = stack.back();
      if (top.left == 0) {
        order.push_back(top.node);
        stack.pop_back();
        continue;
      }
      const std::size_t next = neighbours.after[top.node][--top.left];
      if (is_visited[next]) continue;
      is_visited[next] = true;
      stack.push_back({next, neighbours.after[next].size()});
    }
    std::reverse(order.begin() + begin, order.end());
  }
  return order;
}

// The immediate dominator of each node; none for those that nothing leads to.
std::vector<std::size_t> dominators(const Neighbours& neighbours, const std::vector<std::size_t>& order) {
  std::vector<std::size_t> position(order.size()), dominator(order.size(), none);
  for (std::size_t i = 0; i < order.size(); ++i) position[order[i]] = i;
  const auto common = [&](std::size_t a, std::size_t b) {
    while (a != b && a != none && b != none) {
      std::size_t& later = position[a] > position[b] ? a : b;
      later = dominator[later];
    }
    return a == b ? a : none;
  };
  for (const std::size_t node : order) {
    bool is_first = true;
    for (const DeclaredEdge* edge : neighbours.edges_in[node]) {
      const std::size_t from = edge->from;
      if (from >= position.size() || position[from] >= position[node]) continue;
      dominator[node] = is_first ? from : common(dominator[node], from);
      is_first = false;
    }
  }
  return dominator;
}

}  // namespace

std::vector<GraphLine> graph_order(const GraphRun& run, std::size_t most) {
  const std::size_t count = std::min(run.nodes.size(), most);
  const Neighbours neighbours = neighbours_of(run, count);
  const std::vector<std::size_t> order = sorted(neighbours), dominator = dominators(neighbours, order);
  std::vector<std::vector<std::size_t>> below(count);
  std::vector<std::size_t> roots;
  for (const std::size_t node : order) (dominator[node] == none ? roots : below[dominator[node]]).push_back(node);

  const auto comes_from = [&](std::size_t node, std::size_t from) {
    const std::vector<const DeclaredEdge*>& edges = neighbours.edges_in[node];
    return std::all_of(edges.begin(), edges.end(), [&](const DeclaredEdge* edge) { return edge->from == from; });
  };
  const auto is_plain = [&](std::size_t node) {
    const std::vector<const DeclaredEdge*>& edges = neighbours.edges_in[node];
    return edges.size() == 1 && edges.front()->kind == EdgeKind::forward && edges.front()->condition.empty();
  };
  std::vector<GraphLine> lines, stack;
  for (auto root = roots.rbegin(); root != roots.rend(); ++root) {
    stack.push_back({.node = *root, .is_obvious = *root == 0 && neighbours.edges_in[*root].empty()});
  }
  while (!stack.empty()) {
    const GraphLine line = stack.back();
    stack.pop_back();
    lines.push_back(line);
    const std::vector<std::size_t>& children = below[line.node];
    std::vector<GraphLine> next;
    for (const std::size_t child : children) {
      const bool is_error = neighbours.edges_in[child].front()->kind == EdgeKind::error;
      if (!comes_from(child, line.node) || (children.size() == 1 && !is_error)) continue;
      next.push_back({.node = child, .depth = line.depth + 1, .is_branch = true, .is_obvious = is_plain(child)});
    }
    const bool has_branches = !next.empty();
    for (const std::size_t child : children) {
      if (std::any_of(next.begin(), next.end(), [&](const GraphLine& branch) { return branch.node == child; }))
        continue;
      next.push_back({.node = child, .depth = line.depth, .is_obvious = !has_branches && is_plain(child)});
    }
    stack.insert(stack.end(), next.rbegin(), next.rend());
  }
  return lines;
}

}  // namespace spark::sparktel
