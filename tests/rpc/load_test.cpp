// Many callers, slow ones, greedy ones: honest calls are served, and memory stays within its bounds.
#include <unistd.h>

#include <atomic>
#include <condition_variable>
#include <cstdlib>
#include <fstream>
#include <mutex>
#include <thread>
#include <vector>

#include "http/raw_client.h"
#include "rpc/rpc_fixture.h"

namespace spark::testing {
namespace {

using namespace std::chrono_literals;

class RpcLoad : public RpcTest {
 protected:
  static bool is_full() { return std::getenv("SPARK_TEST_FULL") != nullptr; }
  static std::size_t resident_bytes() {
    std::size_t all = 0, resident = 0;
    std::ifstream("/proc/self/statm") >> all >> resident;
    return resident * static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));
  }
  // The sum of each call is checked.
  static Task<void> chain(RemoteRpcProxyNode& proxy, int calls) {
    for (int i = 0; i < calls; ++i) {
      Value params = Object{{"a", i}, {"b", 1}};
      const Value sum = co_await proxy.call("sum", std::move(params));
      if (sum != Value(i + 1)) throw std::runtime_error("a call has a wrong result");
    }
  }
  static void at_once(RemoteRpcProxyNode& proxy, int branches, int calls_of_each) {
    std::vector<Task<void>> tasks;
    for (int i = 0; i < branches; ++i) tasks.push_back(chain(proxy, calls_of_each));
    sync_wait(when_all(std::move(tasks)));
  }
};

TEST_F(RpcLoad, five_hundred_connections_are_served_at_once) {
  if (!may_open_files(4'000)) GTEST_SKIP() << "this process may not open 4,000 files";
  start();
  const auto proxy = connect();
  std::vector<Task<Value>> calls;
  for (int i = 0; i < 500; ++i) calls.push_back(proxy->call("wait"));
  std::thread opener([&] {
    while (service_->waiting() < 500) std::this_thread::yield();
    service_->open_gate();
  });
  EXPECT_EQ(sync_wait(when_all(std::move(calls))).size(), 500U);
  opener.join();
  EXPECT_LE(proxy->idle_connections(), 64U);
}

TEST_F(RpcLoad, honest_calls_are_served_among_a_thousand_clients_that_send_a_byte_a_second) {
  if (!may_open_files(4'000)) GTEST_SKIP() << "this process may not open 4,000 files";
  start();
  const std::string request = post("/", std::string(1'000, ' '), "Content-Type: application/json\r\n");
  std::vector<RawClient> slow;
  for (int i = 0; i < 1'000; ++i) slow.emplace_back(service_->port());
  std::mutex mutex;
  std::condition_variable changed;
  bool is_over = false;
  std::thread dripping([&] {
    std::unique_lock lock(mutex);
    for (std::size_t sent = 0; !is_over && sent < request.size(); ++sent) {
      for (RawClient& client : slow) static_cast<void>(client.send(request.substr(sent, 1)));
      changed.wait_for(lock, 1s, [&] { return is_over; });
    }
  });
  const auto proxy = connect();
  at_once(*proxy, 4, is_full() ? 1'000 : 50);
  {
    const std::lock_guard lock(mutex);
    is_over = true;
  }
  changed.notify_all();
  dripping.join();
  EXPECT_EQ(service_->calls(), 4 * (is_full() ? 1'000 : 50));
}

TEST_F(RpcLoad, bodies_that_are_too_large_are_refused_and_take_no_memory) {
  RpcServerOptions options;
  options.max_body_bytes = 100'000;
  start(options);
  const std::size_t before = resident_bytes();
  for (int i = 0; i < 50; ++i) {
    RawClient announced(service_->port());
    EXPECT_EQ(announced
                  .ask("POST / HTTP/1.1\r\nHost: t\r\nContent-Type: application/json\r\n"
                       "Content-Length: 4000000000\r\n\r\n")
                  .status,
              413);
    RawClient chunked(service_->port());
    chunked.send("POST / HTTP/1.1\r\nHost: t\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n");
    const std::string chunk = "10000\r\n" + std::string(0x10000, ' ') + "\r\n";
    chunked.send(chunk);
    chunked.send(chunk);
    EXPECT_EQ(chunked.read_reply().status, 413);
  }
  EXPECT_EQ(service_->calls(), 0);
  EXPECT_LT(resident_bytes(), before + (64 << 20));
  EXPECT_EQ(call(*connect(), "echo", Array{1}), Value(Array{1}));
}

TEST_F(RpcLoad, a_hundred_thousand_calls_leave_nothing_behind) {
  // Here a hundred times fewer; all of them with SPARK_TEST_FULL.
  const int rounds = is_full() ? 100 : 2;
  TelemetryManager off(TelemetryConfig::create_noop());
  RpcServerOptions server;
  server.telemetry = &off;
  service_ = make_node<ServiceNode>(server);
  service_->start_server();
  RpcProxyOptions options;
  options.endpoint = service_->endpoint();
  options.telemetry = &off;
  const auto proxy = make_node<RemoteRpcProxyNode>(options);
  at_once(*proxy, 20, 50);
  const std::size_t before = resident_bytes();
  for (int round = 1; round < rounds; ++round) at_once(*proxy, 20, 50);
  EXPECT_EQ(service_->calls(), rounds * 1'000);
  EXPECT_LE(proxy->idle_connections(), 20U);
#ifndef __SANITIZE_ADDRESS__  // which keeps what was given back
  EXPECT_LT(resident_bytes(), before + (32 << 20));
#else
  static_cast<void>(before);
#endif
  EXPECT_TRUE(service_->stop());  // before the manager that it records to
}

}  // namespace
}  // namespace spark::testing
