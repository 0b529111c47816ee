#include "spark/rsi/change.h"

#include <algorithm>
#include <array>
#include <utility>

#include "rsi/spec_parts.h"
#include "spark/base/error.h"

namespace spark {

namespace {

constexpr std::array change_kind_names{"set_config", "set_retry",   "set_timeout", "set_cache",  "replace_node",
                                       "add_edge",   "remove_edge", "reorder",     "parallelize"};

[[noreturn]] void changes_nothing(const std::string& what) {
  throw Error(ErrorCode::invalid_argument, what + " already, so this would change nothing");
}

Error differs(const std::string& place) {
  return {ErrorCode::conflict, "the graph is not what the change was made for: " + place + " is another one"};
}

constexpr std::size_t most_shown_of_change = 48;  // of a value, for people

std::string joined(const std::vector<std::string>& names) {
  std::string text;
  for (const std::string& name : names) text += (text.empty() ? "" : ", ") + name;
  return text;
}

NodeSpec& node_at(GraphSpec& spec, const std::string& id) {
  const auto found = std::find_if(spec.nodes.begin(), spec.nodes.end(), [&](const NodeSpec& n) { return n.id == id; });
  if (found == spec.nodes.end()) throw differs("node \"" + id + "\"");
  return *found;
}

void apply_to(GraphSpec& spec, const std::string& node, const Change::OfConfig& change) {
  Object& config = node_at(spec, node).config;
  const Value* const now = config.find(change.member);
  if ((now != nullptr ? *now : Value()) != change.before) throw differs(node + ": " + change.member);
  if (change.after.is_null()) {
    config.erase(change.member);
  } else {
    config.set(change.member, change.after);
  }
}

void apply_to(GraphSpec& spec, const std::string& node, const Change::OfPolicy& change) {
  NodePolicy& policy = node_at(spec, node).policy;
  if (policy != change.before) throw differs(node + ": the policy");
  policy = change.after;
}

void apply_to(GraphSpec& spec, const std::string& node, const Change::OfType& change) {
  NodeSpec& found = node_at(spec, node);
  if (found.type != change.type_before || found.config != change.config_before) throw differs(node + ": the type");
  found.type = change.type_after;
  found.config = change.config_after;
}

void apply_to(GraphSpec& spec, const std::string&, const Change::OfEdges& change) {
  for (const EdgeSpec& edge : change.removed) {
    const auto found = std::find(spec.edges.begin(), spec.edges.end(), edge);
    if (found == spec.edges.end()) throw differs("the edge " + rsi::name_of(edge));
    spec.edges.erase(found);
  }
  for (const EdgeSpec& edge : change.added) {
    if (std::find(spec.edges.begin(), spec.edges.end(), edge) != spec.edges.end()) {
      throw differs("the edge " + rsi::name_of(edge) + ", which is there already,");
    }
    spec.edges.push_back(edge);
  }
  if (change.start_after.empty()) return;
  if (spec.nodes.empty() || spec.nodes.front().id != change.start_before) throw differs("the start");
  std::swap(spec.nodes.front(), node_at(spec, change.start_after));
}

}  // namespace

std::string_view to_string(ChangeKind kind) noexcept { return change_kind_names[static_cast<std::size_t>(kind)]; }

ChangeKind change_kind_from_string(std::string_view text) {
  const auto found = std::find(change_kind_names.begin(), change_kind_names.end(), text);
  if (found == change_kind_names.end()) {
    throw Error(ErrorCode::invalid_argument, "\"" + std::string(text.substr(0, 64)) + "\" is no kind of change");
  }
  return static_cast<ChangeKind>(found - change_kind_names.begin());
}

Change::Change(ChangeKind kind, std::vector<std::string> nodes, Content content)
    : kind_(kind), nodes_(std::move(nodes)), content_(std::move(content)) {}

Change Change::set_config(const GraphSpec& spec, const std::string& node, const std::string& member, Value value) {
  const Value* const before = rsi::find_node(spec, node).config.find(member);
  OfConfig content{.member = member, .before = before != nullptr ? *before : Value(), .after = std::move(value)};
  if (content.before == content.after) changes_nothing(node + " has this " + member);
  return {ChangeKind::set_config, {node}, std::move(content)};
}

Change Change::set_policy(const GraphSpec& spec, const std::string& node, const NodePolicy& policy) {
  const NodePolicy& before = rsi::find_node(spec, node).policy;
  const bool retry = before.max_attempts != policy.max_attempts || before.backoff != policy.backoff;
  const bool timeout = before.timeout != policy.timeout, cache = before.cache != policy.cache;
  if (!retry && !timeout && !cache) changes_nothing(node + " has this policy");
  if (retry + timeout + cache > 1) {
    throw Error(ErrorCode::invalid_argument,
                node + ": one change is about one of retry, timeout and cache, so that its effect can be told");
  }
  const ChangeKind kind = retry ? ChangeKind::set_retry : timeout ? ChangeKind::set_timeout : ChangeKind::set_cache;
  validate(policy, node);
  return {kind, {node}, OfPolicy{.before = before, .after = policy}};
}

Change Change::replace_node(const GraphSpec& spec, const std::string& node, const std::string& type, Object config) {
  const NodeSpec& before = rsi::find_node(spec, node);
  if (before.type == type) changes_nothing(node + " is a " + type);
  OfType content{.type_before = before.type,
                 .type_after = type,
                 .config_before = before.config,
                 .config_after = std::move(config)};
  return {ChangeKind::replace_node, {node}, std::move(content)};
}

GraphSpec Change::apply(const GraphSpec& spec) const {
  GraphSpec result = spec;
  std::visit([&](const auto& content) { apply_to(result, nodes_.front(), content); }, content_);
  // A version that somebody gave is one for its content.
  result.version.clear();
  return result;
}

Change Change::reversed() const {
  struct Reverse {
    Content operator()(const OfConfig& c) const { return OfConfig{c.member, c.after, c.before}; }
    Content operator()(const OfPolicy& c) const { return OfPolicy{c.after, c.before}; }
    Content operator()(const OfType& c) const {
      return OfType{c.type_after, c.type_before, c.config_after, c.config_before};
    }
    Content operator()(const OfEdges& c) const { return OfEdges{c.added, c.removed, c.start_after, c.start_before}; }
  };
  ChangeKind kind = kind_;
  if (kind_ == ChangeKind::add_edge) kind = ChangeKind::remove_edge;
  if (kind_ == ChangeKind::remove_edge) kind = ChangeKind::add_edge;
  return {kind, nodes_, std::visit(Reverse(), content_)};
}

std::string Change::to_string() const {
  if (const auto* const config = std::get_if<OfConfig>(&content_)) {
    return nodes_.front() + ": " + config->member + " " + rsi::shown(config->before, most_shown_of_change) + " → " +
           rsi::shown(config->after, most_shown_of_change);
  }
  if (const auto* const policy = std::get_if<OfPolicy>(&content_)) {
    return nodes_.front() + ": " + rsi::policy_text(policy->before, policy->after);
  }
  if (const auto* const type = std::get_if<OfType>(&content_)) {
    return nodes_.front() + ": " + type->type_before + " → " + type->type_after;
  }
  const auto& edges = std::get<OfEdges>(content_);
  switch (kind_) {
    case ChangeKind::add_edge:
      return "new edge " + rsi::name_of(edges.added.front());
    case ChangeKind::remove_edge:
      return "no edge " + rsi::name_of(edges.removed.front());
    case ChangeKind::reorder:
      return nodes_[0] + " and " + nodes_[1] + " change places";
    default:
      return joined(nodes_) + " run " + (edges.added.size() > edges.removed.size() ? "beside" : "after") +
             " each other";
  }
}

}  // namespace spark
