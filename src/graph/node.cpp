#include "spark/graph/node.h"

#include <typeinfo>
#include <utility>

#include "graph/type_name.h"
#include "spark/async/blocking.h"
#include "spark/base/error.h"

namespace spark {

// One after the other, not one inside the other: a long chain must not exhaust the stack.
Node::~Node() {
  std::vector<Edge> left = std::move(edges_);
  while (!left.empty()) {
    const NodePtr next = std::move(left.back().owned_);
    left.pop_back();
    if (next == nullptr || next.use_count() > 1) continue;
    std::move(next->edges_.begin(), next->edges_.end(), std::back_inserter(left));
    next->edges_.clear();
  }
}

std::string Node::type() const { return detail::unqualified_name(detail::demangled_name(typeid(*this))); }

void Node::set_policy(const NodePolicy& policy) {
  validate(policy, type());
  policy_ = policy;
}

Task<Outputs> BlockingNode::process(ExecutionContext& context) {
  const auto work = [this, &context] { return process_blocking(context); };
  return run_blocking(work);
}

}  // namespace spark
