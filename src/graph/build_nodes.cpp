// From a GraphSpec to nodes that are connected.
#include <set>
#include <unordered_map>
#include <utility>

#include "graph/malformed.h"
#include "spark/base/error.h"
#include "spark/graph/graph.h"
#include "spark/graph/graph_spec.h"
#include "spark/graph/node_registry.h"

namespace spark {

namespace {

using detail::element_place;
using detail::member_place;
using detail::quoted;

class Builder {
 public:
  Builder(const GraphSpec& whole, const NodeRegistry& registry) : whole_(whole), registry_(registry) {}

  NodePtr build(const GraphSpec& spec, const std::string& place) {
    if (spec.nodes.empty()) detail::refuse(member_place(place, "nodes"), "is empty; a graph needs a node");
    std::unordered_map<std::string, NodePtr> nodes;
    for (std::size_t i = 0; i < spec.nodes.size(); ++i) {
      const std::string here = element_place(member_place(place, "nodes"), i);
      if (!nodes.emplace(spec.nodes[i].id, make(spec.nodes[i], here)).second) {
        detail::refuse(member_place(here, "id"), quoted(spec.nodes[i].id) + " is the id of another node too");
      }
    }
    for (std::size_t i = 0; i < spec.edges.size(); ++i) {
      connect(spec.edges[i], nodes, element_place(member_place(place, "edges"), i));
    }
    require_reached(spec, nodes, place);
    return nodes.at(spec.nodes.front().id);
  }

 private:
  NodePtr make(const NodeSpec& spec, const std::string& place) {
    const std::string named = place + " " + quoted(spec.id);
    NodePtr node = spec.type == "Graph" ? make_subgraph(spec, named) : registry_.make(spec.type, spec.config, named);
    node->set_id(spec.id);
    validate(spec.policy, member_place(place, "policy"));
    node->set_policy(spec.policy);
    node->set_join(spec.join);
    return node;
  }

  // Each node a graph of its own, though of one spec: a node has one place.
  NodePtr make_subgraph(const NodeSpec& spec, const std::string& place) {
    const Value* const hash = spec.config.find("graph_hash");
    if (hash == nullptr || !hash->is_string()) detail::refuse(place, "config.graph_hash is missing");
    const auto found = whole_.subgraphs.find(hash->as_string());
    if (found == whole_.subgraphs.end()) {
      detail::refuse(place, "there is no subgraph " + quoted(hash->as_string()));
    }
    if (!in_progress_.insert(found->first).second) {
      detail::refuse(place, "the subgraph " + quoted(found->first) + " contains itself");
    }
    if (in_progress_.size() > max_subgraph_levels) {
      detail::refuse(place, "is deeper than " + std::to_string(max_subgraph_levels) + " levels of subgraphs");
    }
    const GraphSpec& part = found->second;
    const NodePtr start = build(part, "graph." + std::string("subgraphs.") + found->first);
    in_progress_.erase(found->first);
    return make_node<Graph>(GraphOptions{
        .start = start, .id = part.id, .version = part.version, .max_parallel_nodes = part.max_parallel_nodes});
  }

  static void connect(const EdgeSpec& edge, const std::unordered_map<std::string, NodePtr>& nodes,
                      const std::string& place) {
    const auto node = [&](const std::string& id, std::string_view member) -> const NodePtr& {
      const auto found = nodes.find(id);
      if (found == nodes.end()) detail::refuse(member_place(place, member), "there is no node " + quoted(id));
      return found->second;
    };
    const NodePtr &from = node(edge.from, "from"), &to = node(edge.to, "to");
    try {
      if (edge.kind == EdgeKind::error) {
        from->on_error(edge.condition) >> to;
      } else if (edge.kind == EdgeKind::loop) {
        from->on(edge.condition).back_to(to, edge.max_iterations);
      } else {
        from->on(edge.condition) >> to;
      }
    } catch (const Error& error) {
      detail::refuse(place, error.what());
    }
  }

  static void require_reached(const GraphSpec& spec, const std::unordered_map<std::string, NodePtr>& nodes,
                              const std::string& place) {
    std::set<const Node*> reached{nodes.at(spec.nodes.front().id).get()};
    std::vector<const Node*> left(reached.begin(), reached.end());
    while (!left.empty()) {
      const Node* const node = left.back();
      left.pop_back();
      for (const Edge& edge : node->edges()) {
        const Node* const to = edge.to().get();
        if (reached.insert(to).second) left.push_back(to);
      }
    }
    for (std::size_t i = 0; i < spec.nodes.size(); ++i) {
      if (reached.contains(nodes.at(spec.nodes[i].id).get())) continue;
      detail::refuse(element_place(member_place(place, "nodes"), i),
                     "no edges lead to " + quoted(spec.nodes[i].id) + " from the first node, which is the start");
    }
  }

  const GraphSpec& whole_;
  const NodeRegistry& registry_;
  std::set<std::string> in_progress_;
};

}  // namespace

NodePtr build_nodes(const GraphSpec& spec, const NodeRegistry& registry) {
  return Builder(spec, registry).build(spec, "graph");
}

}  // namespace spark
