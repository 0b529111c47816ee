// Proxy is what is behind a RemoteRpcProxyNode: it makes requests of calls, tries them as often as it may, and records
// each attempt. Owned by the node; safe from any thread.
#pragma once

#include <atomic>
#include <cstdint>
#include <exception>
#include <string>
#include <vector>

#include "http/client.h"
#include "rpc/instrument.h"
#include "rpc/json_rpc.h"
#include "spark/rpc/remote_rpc_proxy_node.h"

namespace spark::rpc {

class Proxy {
 public:
  explicit Proxy(RpcProxyOptions options);

  [[nodiscard]] Task<Value> call(std::string method, Value params);
  [[nodiscard]] Task<void> notify(std::string method, Value params);
  [[nodiscard]] Task<std::vector<RpcOutcome>> call_batch(std::vector<RpcCall> calls);

  [[nodiscard]] const RpcProxyOptions& options() const noexcept { return options_; }
  // The endpoint without its query.
  [[nodiscard]] const std::string& name() const noexcept { return name_; }
  [[nodiscard]] std::size_t idle_connections() const { return client_.idle_connections(); }

 private:
  // One request, with what is recorded of it.
  struct Exchange {
    std::string body;
    std::vector<Value> ids;  // of the answers that are to come, in their order
    CallFacts facts;
  };
  // What became of an attempt that failed.
  struct Failure {
    std::exception_ptr exception;
    bool is_final = false;  // it would be the same again
    bool may_be_repeated = false;
    Seconds wait{0};  // that the callee asked for
  };

  [[nodiscard]] Task<std::vector<RpcOutcome>> run(Exchange& exchange);
  [[nodiscard]] Task<std::vector<RpcOutcome>> attempt(const Exchange& exchange, Failure& failure);
  // "the call of "sum" to http://127.0.0.1:8080/"
  [[nodiscard]] std::string description_of(const CallFacts& facts) const;
  // With whom and which try it was, if it is one of the connection's or of the answer's: what comes from there knows
  // nothing of calls.
  [[nodiscard]] std::exception_ptr named(const std::exception_ptr& exception, const CallFacts& facts,
                                         const http::Progress& progress) const;
  [[nodiscard]] Task<http::Response> send(const std::string& body, http::Progress& progress);
  [[nodiscard]] std::vector<RpcOutcome> read(const http::Response& response, const std::vector<Value>& ids) const;
  [[nodiscard]] TelemetryManager* manager() const noexcept;
  [[nodiscard]] Value next_id() noexcept { return ++last_id_; }

  const RpcProxyOptions options_;
  const ProtocolLimits limits_;
  http::Client client_;
  const std::string name_;  // of the endpoint
  const ServerPlace place_;
  std::atomic<std::int64_t> last_id_{0};
};

}  // namespace spark::rpc
