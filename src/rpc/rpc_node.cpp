#include "spark/rpc/rpc_node.h"

#include <exception>
#include <thread>
#include <utility>

#include "rpc/node_server.h"
#include "spark/base/error.h"

namespace spark {

RpcNode::~RpcNode() {
  std::shared_ptr<rpc::NodeServer> server = std::move(server_);
  if (server == nullptr) return;
  try {
    server->stop(Seconds(0));
  } catch (const Error&) {
    // The last call had the last share of the node, so this is a thread of the server's, which cannot wait for itself.
    std::thread([last = std::move(server)] {}).detach();
  }
}

void RpcNode::start_server() {
  const std::lock_guard lock(mutex_);
  if (server_ != nullptr) {
    throw Error(ErrorCode::conflict, "RpcNode::start_server: it serves already, at " + server_->endpoint());
  }
  const auto self = std::dynamic_pointer_cast<RpcNode>(weak_from_this().lock());
  if (self == nullptr) {
    throw Error(ErrorCode::invalid_argument, "an RpcNode that serves must be made by make_node: its calls share it");
  }
  server_ = std::make_shared<rpc::NodeServer>(self, options_);
}

bool RpcNode::stop(Seconds deadline) {
  std::shared_ptr<rpc::NodeServer> server;
  {
    const std::lock_guard lock(mutex_);
    server = server_;
  }
  if (server == nullptr) return true;
  bool was_clean = false;
  try {
    was_clean = server->stop(deadline);
  } catch (const Error& error) {
    if (error.code() != ErrorCode::would_deadlock) throw;
    throw Error(ErrorCode::would_deadlock, "RpcNode::stop was called by a call that it would wait for");
  }
  const std::lock_guard lock(mutex_);
  if (server_ == server) server_.reset();
  return was_clean;
}

bool RpcNode::is_serving() const {
  const std::lock_guard lock(mutex_);
  return server_ != nullptr;
}

std::uint16_t RpcNode::port() const {
  const std::lock_guard lock(mutex_);
  return server_ != nullptr ? server_->port() : std::uint16_t{0};
}

std::string RpcNode::endpoint() const {
  const std::lock_guard lock(mutex_);
  return server_ != nullptr ? server_->endpoint() : std::string();
}

Task<Outputs> RpcNode::process(ExecutionContext& context) {
  static const std::string no_peer;
  const std::string method = type();
  const detail::RpcCallFacts facts{method, no_peer, false};
  RpcContext here(context.run(), facts);
  const Value params = context.inputs();
  Value result = co_await rpc_process(params, here);
  if (result.is_object()) co_return std::move(result.as_object());
  co_return Outputs{{"result", std::move(result)}};
}

}  // namespace spark
