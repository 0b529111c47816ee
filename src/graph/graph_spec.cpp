#include "spark/graph/graph_spec.h"

#include <algorithm>
#include <array>
#include <span>
#include <utility>

#include "graph/malformed.h"
#include "spark/graph/node_registry.h"

namespace spark {

namespace {

using detail::element_place;
using detail::member_place;

Value to_value(const NodeSpec& node) {
  Object value{{"id", node.id}, {"type", node.type}, {"config", node.config}};
  if (!(node.policy == NodePolicy())) value.set("policy", to_value(node.policy));
  if (!(node.join == JoinPolicy())) value.set("join", to_value(node.join));
  return value;
}

// "" if it is not there.
std::string text_member(const Object& object, std::string_view key, const std::string& place) {
  const Value* const value = object.find(key);
  return value != nullptr ? detail::string_at(*value, member_place(place, key)) : std::string();
}

// Which of the names it has; the first if it is not there.
std::size_t choice_member(const Object& object, std::string_view key, const std::string& place,
                          std::span<const std::string_view> names) {
  const Value* const value = object.find(key);
  if (value == nullptr) return 0;
  const std::string here = member_place(place, key), text = detail::string_at(*value, here);
  const auto found = std::find(names.begin(), names.end(), text);
  if (found == names.end()) detail::refuse_value(here, detail::quoted(text), detail::joined(names));
  return static_cast<std::size_t>(found - names.begin());
}

std::string required_text(const Object& object, std::string_view key, const std::string& place) {
  std::string text = text_member(object, key, place);
  if (text.empty()) detail::refuse(member_place(place, key), "is missing or empty");
  return text;
}

NodeSpec node_from_value(const Value& value, const std::string& place) {
  static constexpr std::array<std::string_view, 5> known{"id", "type", "config", "policy", "join"};
  const Object& object = detail::object_at(value, place);
  detail::require_members(object, place, known);
  NodeSpec node{.id = required_text(object, "id", place), .type = required_text(object, "type", place)};
  if (const Value* config = object.find("config"))
    node.config = detail::object_at(*config, member_place(place, "config"));
  if (const Value* policy = object.find("policy")) {
    node.policy = node_policy_from_value(*policy, member_place(place, "policy"));
  }
  if (const Value* join = object.find("join")) node.join = join_policy_from_value(*join, member_place(place, "join"));
  return node;
}

EdgeKind kind_from(const Object& object, const std::string& place) {
  static constexpr std::array<std::string_view, 3> names{"forward", "error", "loop"};
  return static_cast<EdgeKind>(choice_member(object, "kind", place, names));
}

std::size_t parallel_nodes_at(const Value& value, const std::string& place) {
  const std::int64_t most = detail::int_at(value, place);
  detail::require_range(place, most, std::int64_t{0}, static_cast<std::int64_t>(max_parallel_nodes_limit));
  return static_cast<std::size_t>(most);
}

GraphSpec spec_from_value(const Value& value, const std::string& place, const NodeRegistry& registry, bool is_top) {
  static constexpr std::array<std::string_view, 6> known{"id",    "version", "max_parallel_nodes",
                                                         "nodes", "edges",   "subgraphs"};
  const Object& object = detail::object_at(value, place);
  detail::require_members(object, place, known);
  GraphSpec spec{.id = text_member(object, "id", place), .version = text_member(object, "version", place)};
  if (const Value* most = object.find("max_parallel_nodes")) {
    spec.max_parallel_nodes = parallel_nodes_at(*most, member_place(place, "max_parallel_nodes"));
  }
  const std::string nodes = member_place(place, "nodes"), edges = member_place(place, "edges"),
                    subgraphs = member_place(place, "subgraphs");
  const Value* const node_list = object.find("nodes");
  if (node_list == nullptr || detail::array_at(*node_list, nodes).empty()) {
    detail::refuse(nodes, "is missing or empty; a graph needs a node");
  }
  for (const Value& node : node_list->as_array()) {
    spec.nodes.push_back(node_from_value(node, element_place(nodes, spec.nodes.size())));
  }
  if (const Value* edge_list = object.find("edges")) {
    for (const Value& edge : detail::array_at(*edge_list, edges)) {
      spec.edges.push_back(edge_spec_from_value(edge, registry, element_place(edges, spec.edges.size())));
    }
  }
  const Value* const parts = object.find("subgraphs");
  if (parts == nullptr) return spec;
  if (!is_top) detail::refuse(subgraphs, "belongs to the outermost graph");
  for (const auto& [hash, part] : detail::object_at(*parts, subgraphs)) {
    spec.subgraphs.emplace(hash, spec_from_value(part, member_place(subgraphs, hash), registry, false));
  }
  return spec;
}

}  // namespace

Value to_value(const EdgeSpec& edge) {
  Object value{{"from", edge.from}, {"to", edge.to}, {"condition", edge.condition.to_value()}};
  if (edge.kind != EdgeKind::forward) value.set("kind", std::string(to_string(edge.kind)));
  if (edge.kind == EdgeKind::loop) value.set("max_iterations", edge.max_iterations);
  return value;
}

EdgeSpec edge_spec_from_value(const Value& value, const NodeRegistry& registry, const std::string& place) {
  static constexpr std::array<std::string_view, 5> known{"from", "to", "condition", "kind", "max_iterations"};
  const Object& object = detail::object_at(value, place);
  detail::require_members(object, place, known);
  EdgeSpec edge{.from = required_text(object, "from", place),
                .to = required_text(object, "to", place),
                .kind = kind_from(object, place)};
  if (const Value* condition = object.find("condition")) {
    edge.condition =
        Condition::from_value(*condition, registry.condition_callables(), member_place(place, "condition"));
  }
  const std::string bound = member_place(place, "max_iterations");
  const Value* const iterations = object.find("max_iterations");
  if (edge.kind == EdgeKind::loop) {
    if (iterations == nullptr) detail::refuse(bound, "is missing; a loop needs a bound");
    edge.max_iterations = detail::int_at(*iterations, bound);
    detail::require_range(bound, edge.max_iterations, std::int64_t{1}, max_loop_iterations);
  } else if (iterations != nullptr) {
    detail::refuse(bound, "is for edges of kind loop");
  }
  return edge;
}

Value to_value(const JoinPolicy& join) {
  Object value;
  if (join.when == Join::any) value.set("when", "any");
  if (join.inputs == JoinInputs::by_source) value.set("inputs", "by_source");
  return value;
}

JoinPolicy join_policy_from_value(const Value& value, std::string_view place) {
  static constexpr std::array<std::string_view, 2> known{"when", "inputs"}, joins{"all", "any"},
      inputs{"merged", "by_source"};
  const std::string here(place);
  const Object& object = detail::object_at(value, place);
  detail::require_members(object, place, known);
  return {.when = static_cast<Join>(choice_member(object, "when", here, joins)),
          .inputs = static_cast<JoinInputs>(choice_member(object, "inputs", here, inputs))};
}

Value to_value(const GraphSpec& spec) {
  Array nodes, edges;
  for (const NodeSpec& node : spec.nodes) nodes.emplace_back(to_value(node));
  for (const EdgeSpec& edge : spec.edges) edges.emplace_back(to_value(edge));
  Object value{{"id", spec.id}, {"nodes", std::move(nodes)}, {"edges", std::move(edges)}};
  if (!spec.version.empty()) value.set("version", spec.version);
  if (spec.max_parallel_nodes > 0) {
    value.set("max_parallel_nodes", static_cast<std::int64_t>(spec.max_parallel_nodes));
  }
  if (spec.subgraphs.empty()) return value;
  Object subgraphs;
  for (const auto& [hash, part] : spec.subgraphs) subgraphs.set(hash, to_value(part));
  value.set("subgraphs", std::move(subgraphs));
  return value;
}

GraphSpec graph_spec_from_value(const Value& value, const NodeRegistry& registry) {
  return spec_from_value(value, "graph", registry, true);
}

}  // namespace spark
