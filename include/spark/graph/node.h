// A Node is one step of a graph: it takes the outputs of the step before it and gives its own. Nodes are made
// by make_node or function_node, connected by >>, and shared: by the nodes before them and by the graphs they
// are in.
//
//   auto load = spark::make_node<LoadNode>("a.txt");
//   load >> spark::make_node<CountNode>() >> spark::make_node<ReportNode>();
//   spark::Graph graph({.start = load});
//
// Connecting is for one thread. A graph that is run twice at the same time calls process twice at the same
// time.
#pragma once

#include <concepts>
#include <memory>
#include <string>
#include <type_traits>
#include <utility>

#include "spark/async/task.h"
#include "spark/base/value.h"

namespace spark {

class ExecutionContext;
class Node;

// What flows along an edge. Objects, because they have constructors: g++ 12 destroys aggregates in co_await
// expressions twice.
using Inputs = Object;
using Outputs = Object;
using NodePtr = std::shared_ptr<Node>;

class Node {
 public:
  Node() = default;
  // Throws nothing; that an id is used twice is found when a Graph is made.
  explicit Node(std::string id) : id_(std::move(id)) {}
  virtual ~Node();
  Node(const Node&) = delete;
  Node& operator=(const Node&) = delete;

  // Does the work. The context is valid until the task ends. What it throws fails the run. Only awaited
  // inside a run.
  virtual Task<Outputs> process(ExecutionContext& context) = 0;

  // Names the node's spans and, in snake_case without "Node", its id. By default the class's name without
  // namespaces. Must not change.
  [[nodiscard]] virtual std::string type() const;
  // What the recorded definition of the graph says about this node beside its type. A change makes another
  // version.
  [[nodiscard]] virtual Object config() const { return {}; }

  // Empty: the graph gives one, for example transform_1 to the first TransformNode.
  [[nodiscard]] const std::string& id() const noexcept { return id_; }
  // Before the node is in a graph.
  void set_id(std::string id) { id_ = std::move(id); }
  // Where its outputs go; null: it is the last one.
  [[nodiscard]] const NodePtr& next() const noexcept { return next_; }

 private:
  friend class NodeChain;

  std::string id_;
  NodePtr next_;
};

// What >> makes: nodes one after the other. Stands for the first one where a node is wanted.
class NodeChain {
 public:
  operator NodePtr() const { return first_; }  // NOLINT: implicit, so that `.start = a >> b` begins with a
  [[nodiscard]] const NodePtr& first() const noexcept { return first_; }
  [[nodiscard]] const NodePtr& last() const noexcept { return last_; }

  // From the end of one to the begin of the other. Throws Error(invalid_argument) naming the node if there is
  // none, if it already has an outgoing edge, or if the edge would close a cycle.
  friend NodeChain operator>>(const NodePtr& from, const NodePtr& to) { return {from, from, to, to}; }
  friend NodeChain operator>>(const NodeChain& from, const NodePtr& to) { return {from.first_, from.last_, to, to}; }
  friend NodeChain operator>>(const NodePtr& from, const NodeChain& to) { return {from, from, to.first_, to.last_}; }
  friend NodeChain operator>>(const NodeChain& from, const NodeChain& to) {
    return {from.first_, from.last_, to.first_, to.last_};
  }

 private:
  // Connects `from` to `to`.
  NodeChain(NodePtr first, const NodePtr& from, const NodePtr& to, NodePtr last);

  NodePtr first_;
  NodePtr last_;
};

// Here too, because an operator that is only a friend is not found for shared_ptr arguments.
NodeChain operator>>(const NodePtr& from, const NodePtr& to);

template <std::derived_from<Node> T, class... Arguments>
[[nodiscard]] std::shared_ptr<T> make_node(Arguments&&... arguments) {
  return std::make_shared<T>(std::forward<Arguments>(arguments)...);
}

// Gives Outputs, or a Task of them.
template <class Function>
concept NodeFunction = std::invocable<Function&, ExecutionContext&> &&
    (std::same_as<std::invoke_result_t<Function&, ExecutionContext&>, Outputs> ||
     std::same_as<std::invoke_result_t<Function&, ExecutionContext&>, Task<Outputs>>);

namespace detail {

template <NodeFunction Function>
class FunctionNode final : public Node {
 public:
  FunctionNode(std::string name, Function function) : name_(std::move(name)), function_(std::move(function)) {}

  Task<Outputs> process(ExecutionContext& context) override {
    if constexpr (std::same_as<std::invoke_result_t<Function&, ExecutionContext&>, Outputs>) {
      return call(function_, context);
    } else {
      return function_(context);
    }
  }
  [[nodiscard]] std::string type() const override { return name_; }

 private:
  static Task<Outputs> call(Function& function, ExecutionContext& context) { co_return function(context); }

  std::string name_;
  Function function_;
};

}  // namespace detail

// A node of a function; `name` is its type. The function lives as long as the node, so it may be a lambda
// that captures and is a coroutine.
template <NodeFunction Function>
[[nodiscard]] NodePtr function_node(std::string name, Function function) {
  return std::make_shared<detail::FunctionNode<Function>>(std::move(name), std::move(function));
}

}  // namespace spark
