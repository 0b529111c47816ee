// Edges say what runs after what, and when.
//
//   load >> tokenize;                                                      always
//   tokenize >> parallel(count, rank) >> report;                           both at once; report waits for both
//   classify->on(output("kind") == "text") >> read_text;                   if the outputs of classify say so
//   classify->otherwise() >> give_up;                                      if no other condition of classify holds
//   fetch->on_error() >> use_last_copy;                                    if fetch throws; it gets what went wrong
//   review->on(output("score") < 0.8).back_to(draft, 5);                   a loop, taken five times at most
//
// All edges whose condition holds are taken, and what they lead to runs at once. A node with several incoming edges is
// a join: see JoinPolicy. What no taken edge leads to does not run.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string_view>
#include <utility>
#include <vector>

#include "spark/graph/condition.h"

namespace spark {

class Node;
using NodePtr = std::shared_ptr<Node>;

enum class EdgeKind : std::uint8_t {
  forward,  // after the node gave outputs
  error,    // after it failed for good; the target's inputs: "node_id", "error_type", "error_code", "error_message",
            // "inputs"
  loop      // back to an earlier node, which runs again with these outputs, and so does what lies between
};

// "forward" and so on. Static storage.
[[nodiscard]] std::string_view to_string(EdgeKind kind) noexcept;

inline constexpr std::int64_t max_loop_iterations = 1'000'000;
// Levels of the inputs that an error edge passes on; deeper ones are null there.
inline constexpr std::size_t max_error_inputs_depth = 64;

// When a node with several incoming edges runs.
enum class Join : std::uint8_t {
  all,  // when each incoming edge is either taken or can no longer be; not at all if none is taken
  any   // with the first that is taken; those taken later do nothing
};
// What it then gets.
enum class JoinInputs : std::uint8_t {
  merged,    // the members of all outputs; two that give one name different values fail the run
  by_source  // an object for each edge that was taken, under the node id it comes from
};

struct JoinPolicy {
  Join when = Join::all;
  JoinInputs inputs = JoinInputs::merged;

  bool operator==(const JoinPolicy&) const = default;
};

class Edge {
 public:
  Edge(EdgeKind kind, const NodePtr& to, Condition condition, std::int64_t max_iterations = 0)
      : kind_(kind), condition_(std::move(condition)), max_iterations_(max_iterations), to_(to) {
    if (kind != EdgeKind::loop) owned_ = to;
  }

  [[nodiscard]] EdgeKind kind() const noexcept { return kind_; }
  [[nodiscard]] const Condition& condition() const noexcept { return condition_; }
  // Of a loop: how often it is taken at most, from each time that its first node is come to from outside.
  [[nodiscard]] std::int64_t max_iterations() const noexcept { return max_iterations_; }
  // Null: a loop's target that is no longer there.
  [[nodiscard]] NodePtr to() const noexcept { return to_.lock(); }
  [[nodiscard]] bool leads_to(const NodePtr& node) const noexcept {
    return !to_.owner_before(node) && !node.owner_before(to_);
  }

 private:
  friend class Node;

  EdgeKind kind_;
  Condition condition_;
  std::int64_t max_iterations_;
  std::weak_ptr<Node> to_;
  NodePtr owned_;  // null for loops, which would own themselves
};

// What >> makes. Stands for its first node where a node is wanted.
class NodeChain {
 public:
  NodeChain(const NodePtr& node);  // NOLINT: implicit, so that nodes and chains connect alike
  template <class T>
  NodeChain(const std::shared_ptr<T>& node) : NodeChain(NodePtr(node)) {}  // NOLINT
  NodeChain(std::vector<NodePtr> first, std::vector<NodePtr> last) : first_(std::move(first)), last_(std::move(last)) {}

  // Throws Error(invalid_argument) if it begins with several nodes.
  operator NodePtr() const;  // NOLINT: implicit, so that `.start = a >> b` begins with a
  [[nodiscard]] const std::vector<NodePtr>& first() const noexcept { return first_; }
  [[nodiscard]] const std::vector<NodePtr>& last() const noexcept { return last_; }

  // From each end of the one to each beginning of the other. Throws Error(invalid_argument) naming the nodes if one is
  // null, if there is such an edge already, or if the edge would close a cycle (see back_to).
  friend NodeChain operator>>(const NodeChain& from, const NodeChain& to);

 private:
  std::vector<NodePtr> first_;
  std::vector<NodePtr> last_;
};

// Here too, because an operator that is only a friend is not found for shared_ptr arguments.
NodeChain operator>>(const NodeChain& from, const NodeChain& to);

// Side by side: `a >> parallel(b, c >> d) >> e`.
template <class... Chains>
[[nodiscard]] NodeChain parallel(const Chains&... chains) {
  std::vector<NodePtr> first, last;
  const auto add = [&](const NodeChain& chain) {
    first.insert(first.end(), chain.first().begin(), chain.first().end());
    last.insert(last.end(), chain.last().begin(), chain.last().end());
  };
  (add(chains), ...);
  return {std::move(first), std::move(last)};
}
// For as many as there are.
[[nodiscard]] NodeChain parallel(const std::vector<NodePtr>& nodes);

// An edge that waits for its target; see Node::on.
class EdgeStart {
 public:
  EdgeStart(NodePtr from, EdgeKind kind, Condition condition)
      : from_(std::move(from)), kind_(kind), condition_(std::move(condition)) {}

  // As operator>> of chains.
  friend NodeChain operator>>(const EdgeStart& from, const NodeChain& to);
  // To a node that leads to this one. `max_iterations` is 1 to max_loop_iterations. That the nodes between the two are
  // entered and left at these two alone is checked when a Graph is made. Throws Error(invalid_argument).
  void back_to(const NodePtr& earlier, std::int64_t max_iterations) const;

 private:
  NodePtr from_;
  EdgeKind kind_;
  Condition condition_;
};

NodeChain operator>>(const EdgeStart& from, const NodeChain& to);

}  // namespace spark
