// RpcContext is what rpc_process is given beside the params: an ExecutionContext, whose recording is bound to the
// call's SERVER span (or, in a graph, to the node's), and who called what. Valid until the task of rpc_process ends.
#pragma once

#include <string>

#include "spark/graph/execution_context.h"

namespace spark {

namespace detail {

// References outlive the call.
struct RpcCallFacts {
  const std::string& method;
  const std::string& peer;
  bool is_notification = false;
};

}  // namespace detail

class RpcContext : public ExecutionContext {
 public:
  // Private to spark.
  RpcContext(const detail::NodeRun& run, const detail::RpcCallFacts& facts) noexcept
      : ExecutionContext(run), facts_(facts) {}

  // In a graph: the node's type.
  [[nodiscard]] const std::string& method() const noexcept { return facts_.method; }
  // The caller's address and port, "127.0.0.1:51234"; empty in a graph.
  [[nodiscard]] const std::string& peer() const noexcept { return facts_.peer; }
  // Nobody will see the result.
  [[nodiscard]] bool is_notification() const noexcept { return facts_.is_notification; }

 private:
  detail::RpcCallFacts facts_;
};

}  // namespace spark
