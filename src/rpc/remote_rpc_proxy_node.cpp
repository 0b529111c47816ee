#include "spark/rpc/remote_rpc_proxy_node.h"

#include <utility>

#include "rpc/proxy.h"
#include "spark/base/error.h"
#include "spark/graph/execution_context.h"

namespace spark {

RemoteRpcProxyNode::RemoteRpcProxyNode(RpcProxyOptions options)
    : proxy_(std::make_unique<rpc::Proxy>(std::move(options))) {}
RemoteRpcProxyNode::~RemoteRpcProxyNode() = default;

Task<Value> RemoteRpcProxyNode::call(std::string method, Value params) {
  return proxy_->call(std::move(method), std::move(params));
}

Task<void> RemoteRpcProxyNode::notify(std::string method, Value params) {
  return proxy_->notify(std::move(method), std::move(params));
}

Task<std::vector<RpcOutcome>> RemoteRpcProxyNode::call_batch(std::vector<RpcCall> calls) {
  return proxy_->call_batch(std::move(calls));
}

Task<Outputs> RemoteRpcProxyNode::process(ExecutionContext& context) {
  const std::string& method = proxy_->options().method;
  if (method.empty()) {
    throw Error(ErrorCode::invalid_argument, "a RemoteRpcProxyNode in a graph needs RpcProxyOptions::method");
  }
  Value params = context.inputs();
  Value result = co_await call(method, std::move(params));
  if (result.is_object()) co_return std::move(result.as_object());
  co_return Outputs{{"result", std::move(result)}};
}

Object RemoteRpcProxyNode::config() const {
  const RpcProxyOptions& options = proxy_->options();
  return Object{{"endpoint", proxy_->name()},
                {"method", options.method},
                {"timeout", options.timeout.count()},
                {"retries", options.retries}};
}

std::size_t RemoteRpcProxyNode::idle_connections() const { return proxy_->idle_connections(); }

}  // namespace spark
