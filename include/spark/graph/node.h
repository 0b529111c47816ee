// A Node is one step of a graph: it takes the outputs of the steps before it and gives its own. Nodes are made by
// make_node, function_node or blocking_node, connected by >> and the other ways of spark/graph/edges.h, and shared: by
// the nodes before them and by the graphs they are in.
//
//   auto load = spark::make_node<LoadNode>("a.txt");
//   load >> spark::make_node<CountNode>() >> spark::make_node<ReportNode>();
//   spark::Graph graph({.start = load});
//
// Connecting is for one thread. A graph that is run twice at the same time calls process twice at the same time.
#pragma once

#include <concepts>
#include <cstdint>
#include <memory>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include "spark/async/task.h"
#include "spark/base/value.h"
#include "spark/graph/edges.h"
#include "spark/graph/node_policy.h"

namespace spark {

class ExecutionContext;

// What flows along an edge. Objects, because they have constructors: g++ 12 destroys aggregates in co_await
// expressions twice.
using Inputs = Object;
using Outputs = Object;

class Node : public std::enable_shared_from_this<Node> {
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
  // What the recorded definition of the graph says about this node beside its type. A change makes another version.
  // By default what a NodeRegistry made the node of, otherwise nothing.
  [[nodiscard]] virtual Object config() const { return made_of_; }
  // What of config() telemetry gets to see, where something in it is not for it. What differs in config() must differ
  // here, by a hash for example, so that it is another version.
  [[nodiscard]] virtual Object recorded_config() const { return config(); }

  // Whether its inputs and outputs are content that nobody asked to record: they are left out of its span and events,
  // whatever the configuration of telemetry says. Must not change. What flows on is recorded by the nodes that it flows
  // to.
  [[nodiscard]] virtual bool hides_payloads() const { return false; }

  // Empty: the graph gives one, for example transform_1 to the first TransformNode.
  [[nodiscard]] const std::string& id() const noexcept { return id_; }
  // Before the node is in a graph.
  void set_id(std::string id) { id_ = std::move(id); }
  // How it is run: attempts, timeout, cache. A graph takes it when it is made. Throws Error(invalid_argument).
  void set_policy(const NodePolicy& policy);
  [[nodiscard]] const NodePolicy& policy() const noexcept { return policy_; }
  // For a node with several incoming edges. A graph takes it when it is made.
  void set_join(const JoinPolicy& join) noexcept { join_ = join; }
  [[nodiscard]] const JoinPolicy& join() const noexcept { return join_; }

  // ---- edges from here ----
  [[nodiscard]] EdgeStart on(Condition condition);
  [[nodiscard]] EdgeStart otherwise();
  // With a condition: on the inputs that the target would get, such as output("error_type") == "NetworkError".
  [[nodiscard]] EdgeStart on_error(Condition condition = Condition::always());
  // In the order in which they were made.
  [[nodiscard]] const std::vector<Edge>& edges() const noexcept { return edges_; }

 private:
  friend class EdgeStart;
  friend class NodeRegistry;
  friend NodeChain operator>>(const NodeChain& from, const NodeChain& to);
  friend NodeChain operator>>(const EdgeStart& from, const NodeChain& to);

  static void connect(const NodePtr& from, const NodePtr& to, EdgeKind kind, Condition condition,
                      std::int64_t max_iterations = 0);

  std::string id_;
  Object made_of_;
  NodePolicy policy_;
  JoinPolicy join_;
  std::vector<Edge> edges_;
};

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

// A node whose work blocks: a file, a database, a library without coroutines. It runs on the threads of run_blocking,
// in the node's telemetry context, so that no thread that runs tasks waits. A timeout or a cancellation is seen when it
// returns, not before.
class BlockingNode : public Node {
 public:
  using Node::Node;
  // On another thread; the context is this call's alone.
  virtual Outputs process_blocking(ExecutionContext& context) = 0;
  Task<Outputs> process(ExecutionContext& context) final;
};

template <class Function>
concept BlockingNodeFunction = std::invocable<Function&, ExecutionContext&> &&
    std::same_as<std::invoke_result_t<Function&, ExecutionContext&>, Outputs>;

namespace detail {

template <BlockingNodeFunction Function>
class BlockingFunctionNode final : public BlockingNode {
 public:
  BlockingFunctionNode(std::string name, Function function) : name_(std::move(name)), function_(std::move(function)) {}

  Outputs process_blocking(ExecutionContext& context) override { return function_(context); }
  [[nodiscard]] std::string type() const override { return name_; }

 private:
  std::string name_;
  Function function_;
};

}  // namespace detail

// As function_node, for a function that blocks.
template <BlockingNodeFunction Function>
[[nodiscard]] NodePtr blocking_node(std::string name, Function function) {
  return std::make_shared<detail::BlockingFunctionNode<Function>>(std::move(name), std::move(function));
}

}  // namespace spark
