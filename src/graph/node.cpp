#include "spark/graph/node.h"

#include <typeinfo>

#include "graph/type_name.h"
#include "spark/base/error.h"

namespace spark {

namespace {

std::string name_of(const Node& node) {
  return node.id().empty() ? node.type() : node.type() + " \"" + node.id() + "\"";
}

}  // namespace

Node::~Node() {
  // One after the other, not one inside the other: a long chain must not exhaust the stack.
  NodePtr next = std::move(next_);
  while (next != nullptr && next.use_count() == 1) {
    NodePtr after = std::move(next->next_);
    next = std::move(after);
  }
}

std::string Node::type() const { return detail::unqualified_name(detail::demangled_name(typeid(*this))); }

NodeChain::NodeChain(NodePtr first, const NodePtr& from, const NodePtr& to, NodePtr last)
    : first_(std::move(first)), last_(std::move(last)) {
  if (from == nullptr || to == nullptr) {
    const Node* other = from != nullptr ? from.get() : to.get();
    throw Error(ErrorCode::invalid_argument,
                "a >> b: a node is null" + (other != nullptr ? "; the other one is " + name_of(*other) : ""));
  }
  if (from->next_ != nullptr) {
    throw Error(ErrorCode::invalid_argument, "a >> b: " + name_of(*from) + " already has an edge to " +
                                                 name_of(*from->next_) + ", and a node has at most one outgoing edge");
  }
  for (const Node* node = to.get(); node != nullptr; node = node->next_.get()) {
    if (node == from.get()) {
      throw Error(ErrorCode::invalid_argument,
                  "a >> b: an edge from " + name_of(*from) + " to " + name_of(*to) + " would close a cycle");
    }
  }
  from->next_ = to;
}

}  // namespace spark
