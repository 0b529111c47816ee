// Nodes that the graph tests share.
#pragma once

#include <chrono>
#include <stdexcept>
#include <string>

#include "spark/async/sleep.h"
#include "spark/graph/execution_context.h"
#include "spark/graph/node.h"

namespace spark::tests {

// Takes a second.
class LoadNode : public Node {
 public:
  using Node::Node;
  Task<Outputs> process(ExecutionContext&) override {
    co_await sleep_for(std::chrono::seconds(1));
    co_return Outputs{{"text", "two words"}};
  }
};

// Takes two seconds; adds one to "count".
class TransformNode : public Node {
 public:
  using Node::Node;
  Task<Outputs> process(ExecutionContext& context) override {
    co_await sleep_for(std::chrono::seconds(2));
    const Value* count = context.inputs().find("count");
    co_return Outputs{{"count", (count != nullptr ? count->as_int() : 0) + 1}};
  }
};

class FailNode : public Node {
 public:
  using Node::Node;
  Task<Outputs> process(ExecutionContext&) override {
    co_await sleep_for(std::chrono::seconds(3));
    throw std::runtime_error("the file is empty");
  }
};

// Takes no time.
class ReportNode : public Node {
 public:
  using Node::Node;
  Task<Outputs> process(ExecutionContext&) override { co_return Outputs{{"success", true}}; }
};

}  // namespace spark::tests
