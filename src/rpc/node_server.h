// NodeServer is the server of one RpcNode: it makes calls of HTTP requests, has the node process them, and records what
// became of them. Owned by the node. It holds the node only while a call is under way.
#pragma once

#include <future>
#include <memory>
#include <optional>
#include <string>

#include "http/server.h"
#include "rpc/instrument.h"
#include "rpc/json_rpc.h"
#include "spark/propagation/remote_context.h"
#include "spark/rpc/rpc_node.h"

namespace spark::rpc {

class NodeServer {
 public:
  // Serves when this returns; throws as RpcNode::start_server.
  NodeServer(const std::shared_ptr<RpcNode>& node, const RpcServerOptions& options);
  NodeServer(const NodeServer&) = delete;
  NodeServer& operator=(const NodeServer&) = delete;

  bool stop(Seconds deadline) { return server_->stop(deadline); }
  [[nodiscard]] std::uint16_t port() const noexcept { return server_->port(); }
  [[nodiscard]] std::string endpoint() const { return server_->url() + options_.path; }

 private:
  [[nodiscard]] TelemetryManager* manager() const noexcept;
  // Waits until the constructor knows the port: the first client may be quicker.
  [[nodiscard]] const ServerPlace& place() const;
  void report(const std::string& what) const noexcept;
  [[nodiscard]] std::optional<http::Response> refusal(const http::Request& request) const;
  [[nodiscard]] bool is_served(const std::string& method) const noexcept;
  [[nodiscard]] Task<http::Response> serve(const http::Request& request);
  // Empty for a notification.
  [[nodiscard]] Task<std::optional<Answer>> answer(std::variant<Call, Refused> part, const RemoteContext& remote,
                                                   const std::string& peer, const std::shared_ptr<RpcNode>& node);
  [[nodiscard]] Task<RpcOutcome> process(const Call& call, const std::string& peer, RpcNode& node,
                                         CallRecording& recording);

  const RpcServerOptions options_;
  const std::weak_ptr<RpcNode> node_;
  const ProtocolLimits limits_;
  ServerPlace place_;
  std::promise<void> listens_;
  const std::shared_future<void> is_listening_{listens_.get_future()};
  std::optional<http::Server> server_;
};

}  // namespace spark::rpc
