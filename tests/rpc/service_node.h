// The service that tests call, in this process or in another one:
//
//   sum {a, b}   their sum                       relay {…}   what the service after it answers to `sum`
//   echo         its params                      baggage     what came as baggage, with "tracestate"
//   refuse       invalid_params, with data       fail        an exception with a secret in it
//   wait         null, once the gate is open; until then it waits
//   waiting      how many calls have come to wait
#pragma once

#include <atomic>
#include <chrono>
#include <map>
#include <memory>
#include <stdexcept>
#include <string>
#include <utility>

#include "spark/async.h"
#include "spark/propagation.h"
#include "spark/rpc.h"

namespace spark::testing {

class ServiceNode : public RpcNode {
 public:
  explicit ServiceNode(RpcServerOptions options, std::shared_ptr<RemoteRpcProxyNode> next = nullptr)
      : RpcNode(std::move(options)), next_(std::move(next)) {}

  Task<Value> rpc_process(const Value& params, RpcContext& context) override {
    ++calls_;
    const std::string& method = context.method();
    if (method == "sum") {
      if (!params.is_object() || !params.as_object().contains("a")) {
        throw RpcError(rpc_code::invalid_params, "a is missing");
      }
      co_return params.as_object().at("a").as_int() + params.as_object().at("b").as_int();
    }
    if (method == "echo") co_return params;
    if (method == "refuse") throw RpcError(rpc_code::invalid_params, "no such thing", Object{{"known", Array{"a"}}});
    if (method == "fail") throw std::runtime_error("the secret inside");
    if (method == "relay") {
      Value copy = params;
      if (next_ == nullptr) co_return co_await sum(std::move(copy));
      co_return co_await next_->call("relay", std::move(copy));
    }
    if (method == "baggage") co_return what_came();
    if (method == "waiting") co_return waiting();
    if (method == "wait") {
      ++waiting_;
      while (!is_gate_open_) co_await sleep_for(std::chrono::milliseconds(1));
      co_return Value();
    }
    throw RpcError(rpc_code::method_not_found, "Method not found");
  }
  [[nodiscard]] std::string type() const override { return "ServiceNode"; }

  void open_gate() { is_gate_open_ = true; }
  [[nodiscard]] int waiting() const { return waiting_; }
  [[nodiscard]] int calls() const { return calls_; }

 private:
  static Task<Value> sum(Value params) {
    co_return params.as_object().at("a").as_int() + params.as_object().at("b").as_int();
  }
  static Value what_came() {
    std::map<std::string, std::string> headers;
    inject(headers);
    return Object{{"baggage", current_baggage().to_string()}, {"tracestate", headers["tracestate"]}};
  }

  const std::shared_ptr<RemoteRpcProxyNode> next_;
  std::atomic<bool> is_gate_open_{false};
  std::atomic<int> waiting_{0};
  std::atomic<int> calls_{0};
};

}  // namespace spark::testing
