#include "spark/graph/node_registry.h"

#include <algorithm>
#include <exception>
#include <new>

#include "graph/malformed.h"
#include "graph/near_names.h"
#include "graph/type_name.h"
#include "spark/base/error.h"

namespace spark {

namespace {

constexpr std::size_t most_listed_types = 20;

std::string listed(const std::vector<std::string>& names) {
  std::string result;
  for (std::size_t i = 0; i < std::min(names.size(), most_listed_types); ++i) {
    result.append(i > 0 ? ", " : "").append(names[i]);
  }
  if (names.size() > most_listed_types) {
    result.append(" and ").append(std::to_string(names.size() - most_listed_types)).append(" more");
  }
  return result;
}

std::string unknown_type(std::string_view type, const std::vector<std::string>& known) {
  std::string message = "there is no node type " + detail::quoted(type);
  const std::vector<std::string> near = detail::near_names(type, known);
  if (!near.empty()) return message + "; near it are " + listed(near);
  return message + (known.empty() ? "; none is registered" : "; registered are " + listed(known));
}

// The message of ours; of other exceptions the type too, since they were not written for this.
std::string text_of(const std::exception_ptr& exception) {
  try {
    std::rethrow_exception(exception);
  } catch (const Error& error) {
    return error.what();
  } catch (...) {
    const detail::ExceptionText text = detail::describe(exception);
    return text.message.empty() ? text.type : text.type + ": " + text.message;
  }
}

void require_known(const Object& config, const std::vector<std::string>& members, std::string_view place) {
  if (members.empty()) return;
  for (const auto& [name, value] : config) {
    if (std::find(members.begin(), members.end(), name) != members.end()) continue;
    const std::vector<std::string> near = detail::near_names(name, members);
    detail::refuse(place, detail::member_place("config", name) + ": there is no such member" +
                              (near.empty() ? ", only " + listed(members) : "; near it are " + listed(near)));
  }
}

Object complete(const Object& config, const std::vector<Tunable>& tunables, std::string_view place) {
  Object complete_config = config;
  for (const Tunable& tunable : tunables) {
    const Value* value = config.find(tunable.name);
    if (value == nullptr) {
      complete_config.set(tunable.name, tunable.default_value);
    } else if (!allows(tunable.domain, *value)) {
      // A text is refused for its size, and might say anything.
      const std::string shown = value->is_string() && std::holds_alternative<FreeText>(tunable.domain)
                                    ? "a text of " + std::to_string(value->as_string().size()) + " bytes"
                                    : detail::shown(*value);
      detail::refuse(place, detail::member_place("config", tunable.name) + " is " + shown + ", allowed is " +
                                to_string(tunable.domain));
    }
  }
  return complete_config;
}

}  // namespace

void NodeRegistry::add(std::string type, NodeFactory factory, std::vector<Tunable> tunables,
                       std::vector<std::string> other_members) {
  constexpr std::string_view place = "NodeRegistry::add";
  if (type.empty()) detail::refuse(place, "the type is empty");
  if (!factory) detail::refuse(place, detail::quoted(type) + " has an empty factory");
  if (type == "Graph") detail::refuse(place, "\"Graph\" is the type of subgraphs");
  if (contains(type)) detail::refuse(place, detail::quoted(type) + " is registered already");
  const std::string own_place = std::string(place).append(": ").append(detail::quoted(type));
  std::vector<std::string> members = std::move(other_members);
  for (const Tunable& tunable : tunables) {
    validate(tunable, own_place);
    members.push_back(tunable.name);
  }
  std::sort(members.begin(), members.end());
  const auto twice = std::adjacent_find(members.begin(), members.end());
  if (twice != members.end()) detail::refuse(own_place, "two members are named " + detail::quoted(*twice));
  entries_.emplace(std::move(type), Entry{std::move(factory), std::move(tunables), std::move(members), {}});
}

void NodeRegistry::describe(std::string_view type, NodeTraits traits) {
  constexpr std::string_view place = "NodeRegistry::describe";
  static_cast<void>(entry(type, place));
  const auto check_ports = [&](const std::optional<std::vector<Port>>& ports, const char* which) {
    if (!ports) return;
    std::vector<std::string> names;
    for (const Port& port : *ports) names.push_back(port.name);
    std::sort(names.begin(), names.end());
    const auto twice = std::adjacent_find(names.begin(), names.end());
    if (twice == names.end()) return;
    detail::refuse(place,
                   std::string(which) + " of " + detail::quoted(type) + " names " + detail::quoted(*twice) + " twice");
  };
  check_ports(traits.reads, "reads");
  check_ports(traits.gives, "gives");
  for (const std::string& other : traits.alternatives) {
    if (other == type) detail::refuse(place, detail::quoted(type) + " is no alternative of itself");
  }
  entries_.find(type)->second.traits = std::move(traits);
}

void NodeRegistry::add_condition(std::string name, ConditionFunction function) {
  constexpr std::string_view place = "NodeRegistry::add_condition";
  if (name.empty()) detail::refuse(place, "the name is empty");
  if (!function) detail::refuse(place, detail::quoted(name) + " is an empty function");
  if (conditions_.contains(name)) detail::refuse(place, detail::quoted(name) + " is registered already");
  conditions_.emplace(std::move(name), std::move(function));
}

NodePtr NodeRegistry::make(std::string_view type, const Object& config, std::string_view place) const {
  const Entry& found = entry(type, place);
  require_known(config, found.members, place);
  Object complete_config = complete(config, found.tunables, place);
  NodePtr node;
  std::exception_ptr exception;
  try {
    node = found.factory(complete_config);
  } catch (const std::bad_alloc&) {
    throw;
  } catch (...) {
    exception = std::current_exception();
  }
  if (exception != nullptr) detail::refuse(place, std::string(type) + ": " + text_of(exception));
  if (node == nullptr) detail::refuse(place, std::string(type) + ": the factory gave no node");
  if (node->type() != type) {
    detail::refuse(place,
                   std::string(type) + ": the factory gave a node whose type() is " + detail::quoted(node->type()));
  }
  node->made_of_ = std::move(complete_config);
  return node;
}

bool NodeRegistry::contains(std::string_view type) const noexcept { return entries_.find(type) != entries_.end(); }

std::vector<std::string> NodeRegistry::types() const {
  std::vector<std::string> names;
  names.reserve(entries_.size());
  for (const auto& [name, entry] : entries_) names.push_back(name);
  return names;
}

const std::vector<Tunable>& NodeRegistry::tunables(std::string_view type) const {
  return entry(type, "NodeRegistry::tunables").tunables;
}

const NodeTraits& NodeRegistry::traits(std::string_view type) const {
  return entry(type, "NodeRegistry::traits").traits;
}

const NodeRegistry::Entry& NodeRegistry::entry(std::string_view type, std::string_view place) const {
  const auto found = entries_.find(type);
  if (found == entries_.end()) detail::refuse(place, unknown_type(type, types()));
  return found->second;
}

}  // namespace spark
