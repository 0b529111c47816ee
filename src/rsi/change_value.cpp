// Changes as they are stored.
#include <utility>

#include "spark/base/error.h"
#include "spark/rsi/change.h"

namespace spark {

namespace {

const Value& member(const Object& object, std::string_view key, const std::string& place) {
  const Value* const value = object.find(key);
  if (value == nullptr) throw Error(ErrorCode::invalid_argument, place + "." + std::string(key) + " is missing");
  return *value;
}

const Object& object_member(const Object& object, std::string_view key, const std::string& place) {
  const Value& value = member(object, key, place);
  if (value.is_object()) return value.as_object();
  throw Error(ErrorCode::invalid_argument, place + "." + std::string(key) + " is no object");
}

const std::string& text_member(const Object& object, std::string_view key, const std::string& place) {
  const Value& value = member(object, key, place);
  if (value.is_string()) return value.as_string();
  throw Error(ErrorCode::invalid_argument, place + "." + std::string(key) + " is no text");
}

const Array& array_member(const Object& object, std::string_view key, const std::string& place) {
  const Value& value = member(object, key, place);
  if (value.is_array()) return value.as_array();
  throw Error(ErrorCode::invalid_argument, place + "." + std::string(key) + " is no array");
}

Value edges_value(const std::vector<EdgeSpec>& edges) {
  Array array;
  for (const EdgeSpec& edge : edges) array.emplace_back(to_value(edge));
  return array;
}

std::vector<EdgeSpec> edges_member(const Object& object, std::string_view key, const std::string& place,
                                   const NodeRegistry& registry) {
  std::vector<EdgeSpec> edges;
  for (const Value& value : array_member(object, key, place)) {
    const std::string here = place + "." + std::string(key) + "[" + std::to_string(edges.size()) + "]";
    edges.push_back(edge_spec_from_value(value, registry, here));
  }
  return edges;
}

struct ToObject {
  Object operator()(const Change::OfConfig& c) const {
    return {{"member", c.member}, {"before", c.before}, {"after", c.after}};
  }
  Object operator()(const Change::OfPolicy& c) const {
    return {{"before", to_value(c.before)}, {"after", to_value(c.after)}};
  }
  Object operator()(const Change::OfType& c) const {
    return {{"type_before", c.type_before},
            {"type_after", c.type_after},
            {"config_before", c.config_before},
            {"config_after", c.config_after}};
  }
  Object operator()(const Change::OfEdges& c) const {
    return {{"removed", edges_value(c.removed)},
            {"added", edges_value(c.added)},
            {"start_before", c.start_before},
            {"start_after", c.start_after}};
  }
};

Change::Content content_of(ChangeKind kind, const Object& object, const NodeRegistry& registry) {
  const std::string place = "change";
  switch (kind) {
    case ChangeKind::set_config:
      return Change::OfConfig{.member = text_member(object, "member", place),
                              .before = member(object, "before", place),
                              .after = member(object, "after", place)};
    case ChangeKind::set_retry:
    case ChangeKind::set_timeout:
    case ChangeKind::set_cache:
      return Change::OfPolicy{.before = node_policy_from_value(member(object, "before", place), place + ".before"),
                              .after = node_policy_from_value(member(object, "after", place), place + ".after")};
    case ChangeKind::replace_node:
      return Change::OfType{.type_before = text_member(object, "type_before", place),
                            .type_after = text_member(object, "type_after", place),
                            .config_before = object_member(object, "config_before", place),
                            .config_after = object_member(object, "config_after", place)};
    default:
      return Change::OfEdges{.removed = edges_member(object, "removed", place, registry),
                             .added = edges_member(object, "added", place, registry),
                             .start_before = text_member(object, "start_before", place),
                             .start_after = text_member(object, "start_after", place)};
  }
}

}  // namespace

Value Change::to_value() const {
  Object object = std::visit(ToObject(), content_);
  Array nodes(nodes_.begin(), nodes_.end());
  object.set("kind", spark::to_string(kind_));
  object.set("nodes", std::move(nodes));
  return object;
}

Change Change::from_value(const Value& value, const NodeRegistry& registry) {
  const std::string place = "change";
  if (!value.is_object()) throw Error(ErrorCode::invalid_argument, place + " is no object");
  const Object& object = value.as_object();
  const ChangeKind kind = change_kind_from_string(text_member(object, "kind", place));
  std::vector<std::string> nodes;
  for (const Value& node : array_member(object, "nodes", place)) {
    if (!node.is_string()) throw Error(ErrorCode::invalid_argument, place + ".nodes has what is no text");
    nodes.push_back(node.as_string());
  }
  const std::size_t least = kind >= ChangeKind::add_edge ? 2 : 1;
  if (nodes.size() < least) {
    throw Error(ErrorCode::invalid_argument, place + ".nodes has less than " + std::to_string(least) + " nodes");
  }
  Content content = content_of(kind, object, registry);
  const auto* const edges = std::get_if<OfEdges>(&content);
  const bool is_empty = edges != nullptr && ((kind == ChangeKind::add_edge && edges->added.empty()) ||
                                             (kind == ChangeKind::remove_edge && edges->removed.empty()));
  if (is_empty) throw Error(ErrorCode::invalid_argument, place + " names no edge");
  return {kind, std::move(nodes), std::move(content)};
}

}  // namespace spark
