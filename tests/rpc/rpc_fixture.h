// A service and a proxy for it in one process, with a manager each, so that two databases are joined as those of two
// processes would be.
#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <utility>

#include "rpc/joined_tree.h"
#include "rpc/service_node.h"
#include "spark/telemetry.h"

namespace spark::testing {

class RpcTest : public ::testing::Test {
 protected:
  ~RpcTest() override {
    if (service_ == nullptr) return;
    service_->open_gate();
    service_->stop();
  }

  std::shared_ptr<ServiceNode> start(RpcServerOptions options = {}) {
    options.telemetry = &callee_;
    service_ = make_node<ServiceNode>(std::move(options));
    service_->start_server();
    return service_;
  }
  std::shared_ptr<RemoteRpcProxyNode> connect(RpcProxyOptions options = {}) {
    if (options.endpoint.empty()) options.endpoint = service_->endpoint();
    options.telemetry = &caller_;
    return make_node<RemoteRpcProxyNode>(std::move(options));
  }
  static Value call(RemoteRpcProxyNode& proxy, std::string method, Value params = {}) {
    return sync_wait(proxy.call(std::move(method), std::move(params)));
  }
  // The error of a call, as its code and message.
  static std::string error_of(RemoteRpcProxyNode& proxy, std::string method, Value params = {}) {
    try {
      call(proxy, std::move(method), std::move(params));
    } catch (const RpcError& error) {
      return std::to_string(error.rpc_code()) + " " + error.what();
    } catch (const Error& error) {
      return std::string(to_string(error.code())) + " " + error.what();
    }
    return "none";
  }

  void flush() {
    caller_.flush();
    callee_.flush();
  }
  // Of all traces, after a flush.
  [[nodiscard]] JoinedTree tree() {
    flush();
    JoinedTree joined;
    joined.add("caller", caller_.query_spans({.limit = 10'000}).rows);
    joined.add("callee", callee_.query_spans({.limit = 10'000}).rows);
    return joined;
  }
  [[nodiscard]] Span only_span(TelemetryManager& manager) {
    flush();
    const auto spans = manager.query_spans().rows;
    EXPECT_EQ(spans.size(), 1U);
    return spans.empty() ? Span() : spans.front();
  }

  TelemetryManager caller_{TelemetryConfig::create_memory()};
  TelemetryManager callee_{TelemetryConfig::create_memory()};
  std::shared_ptr<ServiceNode> service_;
};

}  // namespace spark::testing
