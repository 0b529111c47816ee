// RemoteRpcProxyNode calls a method of another process as if it were a node of this one: JSON-RPC 2.0 by HTTP, with
// connections that stay open, time limits, retries and TLS. Each attempt is a CLIENT span, below which the callee's
// SERVER span lies, in one trace.
//
//   auto proxy = spark::make_node<spark::RemoteRpcProxyNode>(
//       spark::RpcProxyOptions{.endpoint = "http://127.0.0.1:8080/", .method = "sum", .timeout = 2s, .retries = 3});
//   load >> proxy >> report;                                         // a graph whose middle is elsewhere
//   const spark::Value sum = co_await proxy->call("sum", params);    // or by hand
//
// Calls are safe from any thread and run on the executor of the task that awaits them. The node must live until they
// end.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "spark/base/secret.h"
#include "spark/graph/node.h"
#include "spark/rpc/rpc_error.h"
#include "spark/telemetry/manager.h"

namespace spark {

struct RpcClientTls {
  std::string ca_file = {};           // PEM, of authorities to trust; empty: those of the system
  std::string certificate_file = {};  // PEM, for servers that ask for one; with key_file
  std::string key_file = {};
  bool verify = true;  // false trusts anybody who answers: for tests only
};

struct RpcProxyOptions {
  std::string endpoint = {};  // http[s]://HOST[:PORT][/PATH], without a #
  std::string method = {};    // what process() calls
  Seconds timeout{30};        // of an attempt, from its beginning to its answer; 1 µs to 365 days
  // How often a call is tried again, 0 to 1,000: if it cannot have been begun there (no connection; the answers 429 and
  // 503, whose Retry-After is obeyed up to backoff.longest).
  std::int64_t retries = 0;
  Backoff backoff = {};
  // Also where the callee may have done it: after a timeout, a connection that broke off under it, or an answer that is
  // none of JSON-RPC's, unless its status (404, 401, 413) says that it would be the same again. For methods that may be
  // done twice.
  bool is_idempotent = false;
  std::vector<std::pair<std::string, Secret>> headers = {};  // of every request: {"Authorization", "Bearer …"}
  RpcClientTls tls = {};                                     // only with https://
  Seconds connect_timeout{10};
  std::size_t max_body_bytes = 4 << 20;  // of a response
  std::size_t max_depth = 64;            // of nested arrays and objects in a result
  std::size_t max_batch = 100;           // calls
  // Params, results and the data of errors as attributes, within the limits and through the redactor.
  bool capture_payloads = true;
  // Records to it; it must outlive the calls. Default: the current context's manager, else the process default.
  TelemetryManager* telemetry = nullptr;
};

// One call of a batch.
class RpcCall {
 public:
  explicit RpcCall(std::string its_method, Value its_params = {}) noexcept
      : method(std::move(its_method)), params(std::move(its_params)) {}
  [[nodiscard]] static RpcCall notification(std::string method, Value params = {}) {
    RpcCall call(std::move(method), std::move(params));
    call.is_notification = true;
    return call;
  }

  std::string method;
  Value params;  // an object, an array, or null for none
  bool is_notification = false;
};

namespace rpc {
class Proxy;
}

class RemoteRpcProxyNode : public Node {
 public:
  // Throws Error(invalid_argument) for an option that can never be right, and for the files of TLS not_found and so on.
  explicit RemoteRpcProxyNode(RpcProxyOptions options);
  ~RemoteRpcProxyNode() override;

  // Throws RpcError for an error that the callee answered with; Error: timeout, unavailable if it cannot be reached or
  // answers with something else, cancelled, invalid_argument for a method without a name or params that are no
  // structure. The error is that of the last attempt.
  [[nodiscard]] Task<Value> call(std::string method, Value params = {});
  // Nobody answers a notification: ends when the callee has taken it. Throws as call does; RpcError only if
  // the callee refused the request as a whole.
  [[nodiscard]] Task<void> notify(std::string method, Value params = {});
  // In one request. The outcomes of the calls that are no notifications, in their order. Throws as call does where
  // there is no outcome of each.
  [[nodiscard]] Task<std::vector<RpcOutcome>> call_batch(std::vector<RpcCall> calls);

  // As a node: calls options.method with the inputs. A result that is no object is {"result": …}.
  Task<Outputs> process(ExecutionContext& context) override;
  // endpoint (without its query), method, timeout, retries: what a graph's definition says of it.
  [[nodiscard]] Object config() const override;

  // Connections that wait for the next call.
  [[nodiscard]] std::size_t idle_connections() const;

 private:
  std::unique_ptr<rpc::Proxy> proxy_;
};

}  // namespace spark
