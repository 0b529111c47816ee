// RpcNode is a node whose work other processes can call: JSON-RPC 2.0 by HTTP. Each call is a SERVER span, the child of
// the caller's span, in the caller's trace. In a graph it does its work right there.
//
//   class SumNode : public spark::RpcNode {
//    public:
//     using RpcNode::RpcNode;
//     spark::Task<spark::Value> rpc_process(const spark::Value& params, spark::RpcContext&) override {
//       co_return params.as_object().at("a").as_int() + params.as_object().at("b").as_int();
//     }
//   };
//   auto node = spark::make_node<SumNode>(spark::RpcServerOptions{.port = 8080});
//   node->start_server();
//
// Made by make_node. The server has threads of its own, on which rpc_process runs, several calls at once; what blocks
// there must be moved away with run_blocking. A call that is under way keeps the node, so one whose calls overlap
// serves on when nobody else has a share of it: stop() is the end to rely on. The members are safe from any thread,
// except that the server is not to be stopped by a call that it serves.
//
// By HTTP: POST to the path with Content-Type application/json. Calls and errors are answered with 200, notifications
// with 204 when they have been processed. The calls of a batch run at the same time.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "spark/graph/node.h"
#include "spark/rpc/rpc_context.h"
#include "spark/rpc/rpc_error.h"
#include "spark/telemetry/manager.h"

namespace spark {

// TLS 1.2 or later. The files are read when the server starts.
struct RpcServerTls {
  std::string certificate_file = {};  // PEM, with the chain behind it
  std::string key_file = {};          // PEM, not encrypted
  std::string client_ca_file = {};    // PEM; with it, only clients with a certificate of these authorities get in
};

// What is beyond a limit is refused and never read to its end.
struct RpcServerOptions {
  std::string host = "127.0.0.1";  // an address or a name; "0.0.0.0" serves other machines too
  std::uint16_t port = 0;          // 0: any that is free, see RpcNode::port
  std::string path = "/";
  std::uint32_t threads = 2;
  // Those that are served; others are answered with method_not_found and recorded as "_OTHER". Empty: rpc_process is
  // given every method and throws RpcError(method_not_found) for what it does not know, whose spans have the name. No
  // name begins with "rpc.": those are JSON-RPC's.
  std::vector<std::string> methods = {};
  std::optional<RpcServerTls> tls = {};
  std::size_t max_body_bytes = 4 << 20;  // of a request, batches included
  // Of all requests that are read or handled, as they came. The params of a call, which live as long as it does, can
  // take some twenty times as much and are not counted: where callers are not trusted, set less.
  std::size_t max_total_body_bytes = 64 << 20;
  std::size_t max_batch = 100;          // calls
  std::size_t max_depth = 64;           // of nested arrays and objects in params
  std::size_t max_connections = 1'024;  // beyond which clients wait until one ends
  Seconds idle_timeout{60};             // for the next request on a connection
  Seconds body_timeout{10};             // for a request or an answer that stands still
  // Params, results and the data of errors as attributes, within the limits and through the redactor.
  bool capture_payloads = true;
  // Records to it; it must outlive the server, which without stop() may be longer than the node's shares. Default: the
  // process default, if something configured it when a call comes.
  TelemetryManager* telemetry = nullptr;
  // Told of what callers must not see. From several threads; must not block.
  std::function<void(std::string_view what)> on_error = {};
};

namespace rpc {
class NodeServer;
}

class RpcNode : public Node {
 public:
  explicit RpcNode(RpcServerOptions options = {}) : options_(std::move(options)) {}
  // Stops without waiting for calls.
  ~RpcNode() override;

  // Gives the result of a call. `params` is an object, an array, or null for none. What it throws is answered with:
  // spark/rpc/rpc_error.h.
  virtual Task<Value> rpc_process(const Value& params, RpcContext& context) = 0;

  // Listens and serves when this returns. Throws Error: invalid_argument for an option that can never be right,
  // unavailable if the address cannot be had, not_found and so on for the files of TLS; conflict if it serves already.
  void start_server();
  // Takes no more calls, waits up to `deadline` for those under way, then cancels them. Returns whether each got its
  // answer; true if it does not serve. It may be started again.
  bool stop(Seconds deadline = std::chrono::seconds(5));
  [[nodiscard]] bool is_serving() const;
  // 0 if it does not serve.
  [[nodiscard]] std::uint16_t port() const;
  // "http://127.0.0.1:8080/"; empty if it does not serve.
  [[nodiscard]] std::string endpoint() const;

  // As a node: rpc_process of the inputs, with the type as method. A result that is no object is {"result": …}.
  Task<Outputs> process(ExecutionContext& context) override;

 private:
  const RpcServerOptions options_;
  mutable std::mutex mutex_;
  std::shared_ptr<rpc::NodeServer> server_;
};

}  // namespace spark
