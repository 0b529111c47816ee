// NodeRegistry makes nodes of data: by the name of their type and a configuration. It is what a graph that was read
// from JSON, or changed by a program, is made with. The program fills it once:
//
//   spark::NodeRegistry registry;
//   registry.add<TransformNode>("TransformNode", {{.name = "size", .domain = spark::IntegerBounds{1, 64},
//                                                  .default_value = 8}});
//   registry.add_condition("has_room", [](const spark::Outputs& outputs) { return outputs.size() < 3; });
//
// Filling it is for one thread, before anybody reads; then the const functions are safe from any number of threads, if
// the factories are. Not copied; it outlives what refers to it.
#pragma once

#include <concepts>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "spark/base/value.h"
#include "spark/graph/condition.h"
#include "spark/graph/node.h"
#include "spark/graph/node_traits.h"
#include "spark/graph/tunable.h"

namespace spark {

// Makes a node of its configuration. What is wrong with that it throws, as any exception.
using NodeFactory = std::function<NodePtr(const Object& config)>;

class NodeRegistry {
 public:
  NodeRegistry() = default;
  NodeRegistry(const NodeRegistry&) = delete;
  NodeRegistry& operator=(const NodeRegistry&) = delete;

  // `type` is what the node's type() says, so that a graph's definition can be read back. A type with tunables or
  // `other_members` has configurations of these alone; of a type without, what is in them is the factory's to check.
  // Throws Error(invalid_argument) for an empty or known name, "Graph" (a subgraph), an empty factory, a tunable that
  // is not valid (tunable.h) and two members of one name.
  void add(std::string type, NodeFactory factory, std::vector<Tunable> tunables = {},
           std::vector<std::string> other_members = {});
  template <std::derived_from<Node> T>
  requires std::constructible_from<T, const Object&>
  void add(std::string type, std::vector<Tunable> tunables = {}, std::vector<std::string> other_members = {}) {
    add(
        std::move(type), [](const Object& config) -> NodePtr { return std::make_shared<T>(config); },
        std::move(tunables), std::move(other_members));
  }
  // A node that needs no configuration.
  template <std::derived_from<Node> T>
  requires(std::default_initializable<T> && !std::constructible_from<T, const Object&>) void add(std::string type) {
    add(std::move(type), [](const Object&) -> NodePtr { return std::make_shared<T>(); });
  }
  // Says more of a type that was added. Throws Error(invalid_argument) for an unknown type, for two ports of one name,
  // and for an alternative that is the type itself. Alternatives may be added later.
  void describe(std::string_view type, NodeTraits traits);
  // A callable for conditions that are data. Throws Error(invalid_argument) for an empty or known name or an empty
  // function.
  void add_condition(std::string name, ConditionFunction function);

  // The factory gets the configuration with the defaults of the tunables it leaves out, and the node keeps that
  // (Node::config). Throws Error(invalid_argument), beginning with the place (`nodes[3] "load_1"`), for an unknown type
  // or member (naming similar ones), a value outside its tunable's domain, a factory that throws, gives nothing or a
  // node of another type(); std::bad_alloc passes through.
  [[nodiscard]] NodePtr make(std::string_view type, const Object& config, std::string_view place) const;

  [[nodiscard]] bool contains(std::string_view type) const noexcept;
  // In alphabetical order.
  [[nodiscard]] std::vector<std::string> types() const;
  // In the order they were given in. Throws Error(invalid_argument) for an unknown type, as make does. The reference
  // lives until the registry goes.
  [[nodiscard]] const std::vector<Tunable>& tunables(std::string_view type) const;
  // Those of a type that was not described are the defaults. Throws and lives as tunables().
  [[nodiscard]] const NodeTraits& traits(std::string_view type) const;
  // For Condition::from_value. The reference lives until the registry goes.
  [[nodiscard]] const ConditionCallables& condition_callables() const noexcept { return conditions_; }

 private:
  struct Entry {
    NodeFactory factory;
    std::vector<Tunable> tunables;
    std::vector<std::string> members;  // all that a configuration may have; empty: the factory decides
    NodeTraits traits = {};
  };

  [[nodiscard]] const Entry& entry(std::string_view type, std::string_view place) const;

  std::map<std::string, Entry, std::less<>> entries_;
  ConditionCallables conditions_;
};

}  // namespace spark
