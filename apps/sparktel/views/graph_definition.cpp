#include "apps/sparktel/views/graph_definition.h"

#include <chrono>
#include <optional>
#include <unordered_map>
#include <utility>

#include "apps/sparktel/terminal/text.h"
#include "spark/base/error.h"
#include "spark/base/json.h"
#include "spark/graph/condition.h"
#include "spark/graph/node_policy.h"

namespace spark::sparktel {

namespace {

// By id; the ids live as long as the definition.
using Positions = std::unordered_map<std::string_view, std::size_t>;

const Array& array_at(const Object& object, std::string_view key) {
  static const Array none;
  const Value* const value = object.find(key);
  return value != nullptr && value->is_array() ? value->as_array() : none;
}

Value value_at(const Object& object, std::string_view key) {
  const Value* const value = object.find(key);
  return value != nullptr ? *value : Value();
}

bool read_node(const Value& value, GraphRun& run, Positions& positions) {
  if (!value.is_object()) return false;
  const Object& object = value.as_object();
  const std::string_view id = text_at(object, "id");
  if (id.empty() || !positions.emplace(id, run.nodes.size()).second) return false;
  DeclaredNode node{.id = std::string(id),
                    .type = std::string(text_at(object, "type")),
                    .policy = value_at(object, "policy"),
                    .join = value_at(object, "join")};
  const Value config = value_at(object, "config");
  if (node.type == "Graph" && config.is_object()) node.graph_id = text_at(config.as_object(), "graph_id");
  run.nodes.push_back(std::move(node));
  return true;
}

std::optional<EdgeKind> kind_of(const Object& edge) {
  if (!edge.contains("kind")) return EdgeKind::forward;
  const std::string_view text = text_at(edge, "kind");
  for (const EdgeKind kind : {EdgeKind::forward, EdgeKind::error, EdgeKind::loop}) {
    if (text == to_string(kind)) return kind;
  }
  return {};
}

bool read_edge(const Value& value, GraphRun& run, const Positions& positions) {
  if (!value.is_object()) return false;
  const Object& object = value.as_object();
  const auto from = positions.find(text_at(object, "from")), to = positions.find(text_at(object, "to"));
  const std::optional<EdgeKind> kind = kind_of(object);
  if (from == positions.end() || to == positions.end() || !kind) return false;
  DeclaredEdge edge{
      .from = from->second, .to = to->second, .kind = *kind, .condition_value = value_at(object, "condition")};
  edge.condition = condition_text(edge.condition_value);
  const Value bound = value_at(object, "max_iterations");
  if (bound.is_int() && bound.as_int() > 0) edge.max_iterations = bound.as_int();
  run.edges.push_back(std::move(edge));
  return true;
}

// The names of all callables, each with a function that is never called. Records are nested no deeper than the limit of
// their depth.
void collect_callables(const Value& value, ConditionCallables& callables) {
  if (value.is_array()) {
    for (const Value& element : value.as_array()) collect_callables(element, callables);
  } else if (value.is_object()) {
    for (const auto& [key, member] : value.as_object()) {
      if (key == "callable" && member.is_string()) {
        callables.emplace(member.as_string(), [](const Object&) { return false; });
      }
      collect_callables(member, callables);
    }
  }
}

}  // namespace

std::string_view text_at(const Object& object, std::string_view key) noexcept {
  const Value* const value = object.find(key);
  return value != nullptr && value->is_string() ? std::string_view(value->as_string()) : std::string_view();
}

GraphRun read_definition(const GraphDefinition& definition) {
  GraphRun run{.hash = definition.hash, .graph_id = definition.graph_id, .version = definition.version};
  Positions positions;
  for (const Value& node : array_at(definition.content, "nodes")) {
    if (!read_node(node, run, positions)) ++run.malformed;
  }
  for (const Value& edge : array_at(definition.content, "edges")) {
    if (!read_edge(edge, run, positions)) ++run.malformed;
  }
  return run;
}

std::string condition_text(const Value& condition) {
  if (condition.is_null()) return {};
  try {
    ConditionCallables callables;
    collect_callables(condition, callables);
    const Condition read = Condition::from_value(condition, callables);
    return read.is_always() ? "" : read.to_string();
  } catch (const Error&) {
    return to_json(condition);
  }
}

std::string policy_text(const Value& policy) {
  if (policy.is_null()) return {};
  try {
    const NodePolicy read = node_policy_from_value(policy, "policy");
    std::string text;
    const auto add = [&](const std::string& part) { text += (text.empty() ? "" : ", ") + part; };
    if (read.max_attempts > 1) add("up to " + std::to_string(read.max_attempts) + " attempts");
    if (read.timeout > Seconds(0)) {
      add("limited to " + format_duration(std::chrono::duration_cast<std::chrono::nanoseconds>(read.timeout)));
    }
    if (read.cache) add("cached");
    return text;
  } catch (const Error&) {
    return {};
  }
}

}  // namespace spark::sparktel
