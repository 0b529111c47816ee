#include "spark/rsi/change_validator.h"

#include <algorithm>
#include <array>
#include <set>
#include <utility>

#include "rsi/data_flow.h"
#include "rsi/spec_parts.h"
#include "spark/base/error.h"
#include "spark/base/glob.h"

namespace spark {

namespace {

using Faults = std::vector<std::string>;

ChangeRules valid_rules(ChangeRules rules) {
  for (const std::string& glob : rules.protected_nodes) static_cast<void>(Glob(glob));
  return rules;
}

// Also those whose edges change, which it does not name.
std::set<std::string> nodes_touched_by(const Change& change) {
  std::set<std::string> nodes(change.nodes().begin(), change.nodes().end());
  if (const auto* const edges = std::get_if<Change::OfEdges>(&change.content())) {
    for (const auto* const list : {&edges->removed, &edges->added}) {
      for (const EdgeSpec& edge : *list) {
        nodes.insert(edge.from);
        nodes.insert(edge.to);
      }
    }
  }
  return nodes;
}

void check_config(const NodeRegistry& registry, const NodeSpec& node, const Change::OfConfig& change, Faults& faults) {
  const std::vector<Tunable>& tunables = registry.tunables(node.type);
  const auto tunable =
      std::find_if(tunables.begin(), tunables.end(), [&](const Tunable& one) { return one.name == change.member; });
  if (tunable == tunables.end()) {
    faults.push_back(node.id + ": \"" + change.member + "\" is no tunable of " + node.type);
  } else if (!allows(tunable->domain, change.after)) {
    faults.push_back(node.id + ": " + change.member + " must be " + to_string(tunable->domain));
  }
}

void check_policy(const NodeTraits& traits, const NodeSpec& node, const Change::OfPolicy& change, bool allows_repeats,
                  Faults& faults) {
  const bool repeats = change.after.max_attempts > change.before.max_attempts;
  if (repeats && traits.has_effects && !allows_repeats) {
    faults.push_back(node.id + " has effects, which another attempt would repeat");
  }
  if (change.after.cache && !change.before.cache) {
    if (traits.has_effects) faults.push_back(node.id + " has effects, which a cache would leave out");
    if (!traits.is_repeatable) faults.push_back(node.id + " may give other outputs for the same inputs");
  }
}

bool is_of_type(const Port& wanted, const std::vector<Port>& there) {
  return std::any_of(there.begin(), there.end(), [&wanted](const Port& port) {
    return port.name == wanted.name &&
           (wanted.type == ValueType::null || port.type == ValueType::null || port.type == wanted.type);
  });
}

void check_replacement(const NodeRegistry& registry, const NodeSpec& node, const Change::OfType& change,
                       Faults& faults) {
  if (!registry.contains(change.type_after)) {
    faults.push_back(node.id + ": there is no node type \"" + change.type_after + "\"");
    return;
  }
  const NodeTraits &before = registry.traits(change.type_before), &after = registry.traits(change.type_after);
  const auto& known = before.alternatives;
  if (std::find(known.begin(), known.end(), change.type_after) == known.end()) {
    faults.push_back(node.id + ": " + change.type_after + " is not declared to do what " + change.type_before +
                     " does");
  }
  if (before.has_effects && !after.has_effects) {
    faults.push_back(node.id + ": the effects of " + change.type_before + " would be left out");
  }
  if (!before.has_effects && after.has_effects) faults.push_back(node.id + ": " + change.type_after + " has effects");
  if (after.reads && before.reads) {
    for (const Port& port : *after.reads) {
      if (!is_of_type(port, *before.reads)) {
        faults.push_back(node.id + ": " + change.type_after + " needs \"" + port.name + "\" of another type or at all");
      }
    }
  }
  if (before.gives) {
    for (const Port& port : *before.gives) {
      if (after.gives && is_of_type(port, *after.gives)) continue;
      faults.push_back(node.id + ": " + change.type_after + " does not give \"" + port.name + "\" as " +
                       change.type_before + " does");
    }
  }
}

}  // namespace

std::string_view to_string(Risk risk) noexcept {
  constexpr std::array names{"low", "medium", "high"};
  return names[static_cast<std::size_t>(risk)];
}

ChangeValidator::ChangeValidator(const NodeRegistry& registry, ChangeRules rules)
    : registry_(registry), rules_(valid_rules(std::move(rules))) {}

bool ChangeValidator::has_effects(const GraphSpec& spec, const std::string& node) const {
  const NodeSpec* const found = rsi::find_node_if_any(spec, node);
  return found == nullptr || !registry_.contains(found->type) || registry_.traits(found->type).has_effects;
}

std::vector<std::string> ChangeValidator::faults(const GraphSpec& spec, const Change& change) const {
  Faults faults;
  const auto& kinds = rules_.allowed_kinds;
  if (!kinds.empty() && std::find(kinds.begin(), kinds.end(), change.kind()) == kinds.end()) {
    faults.push_back("changes of the kind " + std::string(to_string(change.kind())) + " are not allowed");
  }
  for (const std::string& node : nodes_touched_by(change)) {
    for (const std::string& glob : rules_.protected_nodes) {
      if (glob_matches(glob, node)) faults.push_back(node + " is protected");
    }
    const NodeSpec* const found = rsi::find_node_if_any(spec, node);
    if (found == nullptr) {
      faults.push_back("there is no node \"" + node + "\"");
    } else if (!registry_.contains(found->type)) {
      faults.push_back(node + ": there is no node type \"" + found->type + "\"");
    }
  }
  if (!faults.empty()) return faults;

  const NodeSpec& node = *rsi::find_node_if_any(spec, change.nodes().front());
  if (const auto* const config = std::get_if<Change::OfConfig>(&change.content())) {
    check_config(registry_, node, *config, faults);
  } else if (const auto* const policy = std::get_if<Change::OfPolicy>(&change.content())) {
    check_policy(registry_.traits(node.type), node, *policy, rules_.allows_repeated_effects, faults);
  } else if (const auto* const type = std::get_if<Change::OfType>(&change.content())) {
    check_replacement(registry_, node, *type, faults);
  }
  try {
    const GraphSpec changed = change.apply(spec);
    static_cast<void>(build_nodes(changed, registry_));
    if (std::holds_alternative<Change::OfEdges>(change.content())) {
      for (std::string& fault : rsi::flow_faults(spec, changed, registry_)) faults.push_back(std::move(fault));
    }
  } catch (const std::exception& error) {
    faults.emplace_back(error.what());
  }
  return faults;
}

Risk ChangeValidator::risk(const GraphSpec& spec, const Change& change) const {
  const std::set<std::string> nodes = nodes_touched_by(change);
  const bool touches_effects =
      std::any_of(nodes.begin(), nodes.end(), [&](const std::string& node) { return has_effects(spec, node); });
  if (change.kind() >= ChangeKind::add_edge || touches_effects) return Risk::high;
  return std::holds_alternative<Change::OfPolicy>(change.content()) ? Risk::low : Risk::medium;
}

}  // namespace spark
