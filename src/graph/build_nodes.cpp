// From a GraphSpec to nodes that are connected.
#include <set>
#include <string_view>
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
    nodes_made_ += spec.nodes.size();
    if (nodes_made_ > max_spec_nodes) {
      detail::refuse(place, "the whole would have more than " + std::to_string(max_spec_nodes) + " nodes");
    }
    std::unordered_map<std::string, NodePtr> nodes;
    for (std::size_t i = 0; i < spec.nodes.size(); ++i) {
      const std::string here = element_place(member_place(place, "nodes"), i);
      if (!nodes.emplace(spec.nodes[i].id, make(spec.nodes[i], here)).second) {
        detail::refuse(member_place(here, "id"), quoted(spec.nodes[i].id) + " is the id of another node too");
      }
    }
    for (const std::size_t i : in_topological_order(spec)) {
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

  // Positions of the edges, by the nodes they begin at, those first that nothing leads to (Kahn 1962). So no edge leads
  // to a node that has edges already, where looking for a cycle would be a walk. Where nothing but a cycle is left, it
  // is begun at its first node, and connecting finds the edge that closes it.
  static std::vector<std::size_t> in_topological_order(const GraphSpec& spec) {
    struct Place {
      std::vector<std::size_t> outgoing = {};
      std::size_t undecided = 0;
      bool is_ready = false;
    };
    std::unordered_map<std::string_view, Place> places;
    for (std::size_t i = 0; i < spec.edges.size(); ++i) {
      places[spec.edges[i].from].outgoing.push_back(i);
      if (spec.edges[i].kind != EdgeKind::loop) ++places[spec.edges[i].to].undecided;
    }
    std::vector<std::size_t> order;
    std::vector<Place*> ready;
    const auto begin = [&](Place& place) {
      if (place.is_ready) return;
      place.is_ready = true;
      ready.push_back(&place);
    };
    const auto follow = [&] {
      while (!ready.empty()) {
        const Place& place = *ready.back();
        ready.pop_back();
        for (const std::size_t i : place.outgoing) {
          order.push_back(i);
          Place& next = places[spec.edges[i].to];
          if (spec.edges[i].kind != EdgeKind::loop && --next.undecided == 0) begin(next);
        }
      }
    };
    for (const NodeSpec& node : spec.nodes) {
      if (places[node.id].undecided == 0) begin(places[node.id]);
    }
    follow();
    for (const NodeSpec& node : spec.nodes) {
      begin(places[node.id]);
      follow();
    }
    // From nodes that are not there.
    for (std::size_t i = 0; i < spec.edges.size(); ++i) {
      if (!places[spec.edges[i].from].is_ready) order.push_back(i);
    }
    return order;
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
  std::size_t nodes_made_ = 0;
};

}  // namespace

NodePtr build_nodes(const GraphSpec& spec, const NodeRegistry& registry) {
  return Builder(spec, registry).build(spec, "graph");
}

}  // namespace spark
