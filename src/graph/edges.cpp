#include "spark/graph/edges.h"

#include <algorithm>
#include <string>
#include <unordered_set>

#include "spark/base/error.h"
#include "spark/graph/node.h"

namespace spark {

namespace {

std::string name_of(const Node& node) {
  return node.id().empty() ? node.type() : node.type() + " \"" + node.id() + "\"";
}

[[noreturn]] void refuse(const std::string& why) { throw Error(ErrorCode::invalid_argument, "a >> b: " + why); }

bool leads_to(const NodePtr& from, const NodePtr& to) {
  std::vector<NodePtr> left{from};
  std::unordered_set<const Node*> seen{from.get()};
  while (!left.empty()) {
    const NodePtr node = std::move(left.back());
    left.pop_back();
    if (node == to) return true;
    for (const Edge& edge : node->edges()) {
      if (edge.kind() == EdgeKind::loop) continue;
      NodePtr next = edge.to();
      if (seen.insert(next.get()).second) left.push_back(std::move(next));
    }
  }
  return false;
}

void check_edge(const NodePtr& from, EdgeKind kind, const NodePtr& to) {
  if (from == nullptr || to == nullptr) {
    const Node* other = from != nullptr ? from.get() : to.get();
    refuse(std::string("a node is null") + (other != nullptr ? "; the other one is " + name_of(*other) : ""));
  }
  for (const Edge& edge : from->edges()) {
    if (edge.kind() == kind && edge.leads_to(to)) {
      refuse(name_of(*from) + " already has such an edge to " + name_of(*to) + "; join their conditions by ||");
    }
  }
}

// Without this, what follows an empty parallel() would never run, and nobody would be told.
void require_nodes(const std::vector<NodePtr>& nodes) {
  if (nodes.empty()) refuse("parallel() of no nodes leads nowhere");
}

}  // namespace

std::string_view to_string(EdgeKind kind) noexcept {
  switch (kind) {
    case EdgeKind::forward:
      return "forward";
    case EdgeKind::error:
      return "error";
    case EdgeKind::loop:
      return "loop";
  }
  return "unknown";
}

void Node::connect(const NodePtr& from, const NodePtr& to, EdgeKind kind, Condition condition,
                   std::int64_t max_iterations) {
  check_edge(from, kind, to);
  // An edge to a node without edges, which is how graphs grow, closes nothing.
  if (kind != EdgeKind::loop && (to == from || (!to->edges().empty() && leads_to(to, from)))) {
    refuse("an edge from " + name_of(*from) + " to " + name_of(*to) +
           " would close a cycle; a loop is made by on(...).back_to(...)");
  }
  from->edges_.emplace_back(kind, to, std::move(condition), max_iterations);
}

EdgeStart Node::on(Condition condition) { return {shared_from_this(), EdgeKind::forward, std::move(condition)}; }
EdgeStart Node::otherwise() { return on(Condition::otherwise()); }
EdgeStart Node::on_error(Condition condition) { return {shared_from_this(), EdgeKind::error, std::move(condition)}; }

NodeChain::NodeChain(const NodePtr& node) : first_{node}, last_{node} {}

NodeChain::operator NodePtr() const {
  if (first_.size() == 1) return first_.front();
  throw Error(ErrorCode::invalid_argument, "a graph starts at one node, and this begins with " +
                                               std::to_string(first_.size()) + "; put a node before parallel(...)");
}

NodeChain operator>>(const NodeChain& from, const NodeChain& to) {
  require_nodes(from.last_);
  require_nodes(to.first_);
  for (const NodePtr& end : from.last_) {
    for (const NodePtr& begin : to.first_) {
      Node::connect(end, begin, EdgeKind::forward, Condition::always());
    }
  }
  return {from.first_, to.last_};
}

NodeChain operator>>(const EdgeStart& from, const NodeChain& to) {
  require_nodes(to.first());
  for (const NodePtr& begin : to.first()) {
    Node::connect(from.from_, begin, from.kind_, from.condition_);
  }
  return {{from.from_}, to.last()};
}

void EdgeStart::back_to(const NodePtr& earlier, std::int64_t max_iterations) const {
  if (max_iterations < 1 || max_iterations > max_loop_iterations) {
    throw Error(ErrorCode::invalid_argument, "back_to: max_iterations is " + std::to_string(max_iterations) +
                                                 ", and a loop is taken 1 to " + std::to_string(max_loop_iterations) +
                                                 " times at most");
  }
  if (kind_ != EdgeKind::forward) throw Error(ErrorCode::invalid_argument, "back_to: an error edge cannot go back");
  if (condition_.is_otherwise()) {
    throw Error(ErrorCode::invalid_argument, "back_to: otherwise() is for edges forward, since loops are asked first");
  }
  if (earlier == nullptr || !leads_to(earlier, from_)) {
    throw Error(ErrorCode::invalid_argument, "back_to: " + (earlier == nullptr ? "a null node" : name_of(*earlier)) +
                                                 " does not lead to " + name_of(*from_));
  }
  Node::connect(from_, earlier, EdgeKind::loop, condition_, max_iterations);
}

NodeChain parallel(const std::vector<NodePtr>& nodes) { return {nodes, nodes}; }

}  // namespace spark
