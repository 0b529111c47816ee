// A server on a free loopback port, whose handler does what the path says:
//
//   /echo   answers with the body                  /big?N  with N bytes
//   /show   with what the request was              /none   with 204
//   /wait   after open_gate(), or when cancelled   /throw  throws, and so do /throw-int and /bad-header
#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "http/raw_client.h"
#include "http/server.h"

namespace spark::testing {

class HttpServerTest : public ::testing::Test {
 protected:
  // Ends the one before.
  http::Server& start(http::ServerOptions options = {});
  // By its destructor.
  void end_server() { server_.reset(); }
  void TearDown() override { end_server(); }

  [[nodiscard]] http::Server& server() { return *server_; }
  [[nodiscard]] RawClient connect() { return RawClient(server_->port()); }
  [[nodiscard]] http::Stats stats() { return server_->stats(); }
  // What the server reported.
  [[nodiscard]] std::vector<std::string> reports();
  void open_gate() { is_gate_open_ = true; }
  // Handlers that wait at the gate.
  [[nodiscard]] int waiting() const { return waiting_; }
  [[nodiscard]] int cancelled() const { return cancelled_; }
  // Whether the server answers a new client as it should.
  [[nodiscard]] bool answers();

 private:
  Task<http::Response> handle(const http::Request& request);
  Task<void> wait_at_gate();

  std::atomic<bool> is_gate_open_{false};
  std::atomic<int> waiting_{0};
  std::atomic<int> cancelled_{0};
  std::mutex mutex_;
  std::vector<std::string> reports_;
  std::unique_ptr<http::Server> server_;
};

// Waits until it holds; false after 30 seconds.
[[nodiscard]] bool eventually(const std::function<bool()>& holds);

}  // namespace spark::testing
