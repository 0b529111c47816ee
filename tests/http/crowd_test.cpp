// More clients than there is room for.
#include <atomic>
#include <chrono>
#include <future>
#include <thread>
#include <vector>

#include "http/server_fixture.h"

namespace spark::testing {
namespace {

using namespace std::chrono_literals;

class HttpCrowd : public HttpServerTest {};

TEST_F(HttpCrowd, honest_clients_are_served_among_a_thousand_slow_ones) {
  if (!may_open_files(4'000)) GTEST_SKIP() << "this process may not open 4,000 files";
  start();
  // More of them than may connect. They begin a request and say nothing further.
  std::vector<RawClient> slow;
  for (int i = 0; i < 1'100; ++i) {
    slow.push_back(connect());
    slow.back().send("POST /echo HTTP/1.1\r\nHost: t\r\nContent-Le");
  }
  for (int i = 0; i < 100; ++i) ASSERT_TRUE(answers()) << "the honest client " << i;
  const http::Stats now = stats();
  EXPECT_GE(now.requests, 100u);
  EXPECT_GT(now.connections_evicted, 0u);
  EXPECT_LE(now.connections_open, 1'100u);
  EXPECT_EQ(now.bad_requests, 0u);
}

TEST_F(HttpCrowd, slow_readers_do_not_keep_others_out) {
  http::ServerLimits limits;
  limits.connections = 8;
  limits.write_timeout = 2s;
  http::ServerOptions options;
  options.limits = limits;
  start(std::move(options));
  std::vector<RawClient> slow;
  for (int i = 0; i < 8; ++i) {
    slow.emplace_back(server().port(), "127.0.0.1", 4096);
    slow.back().send(get("/big?20000000"));
  }
  ASSERT_TRUE(eventually([&] { return stats().requests == 8; }));
  EXPECT_TRUE(answers());
  EXPECT_GE(stats().connections_evicted + stats().write_timeouts, 1u);
}

TEST_F(HttpCrowd, new_clients_wait_while_all_are_being_served) {
  http::ServerOptions options;
  options.limits.connections = 4;
  start(std::move(options));
  std::vector<RawClient> busy;
  for (int i = 0; i < 4; ++i) {
    busy.push_back(connect());
    busy.back().send(get("/wait"));
  }
  ASSERT_TRUE(eventually([&] { return waiting() == 4; }));
  RawClient next = connect();
  next.send(get("/echo"));
  ASSERT_TRUE(eventually([&] { return stats().accepts_delayed == 1; }));
  EXPECT_EQ(next.read_within(100), "");
  // None of those that are being served was closed for it. Once answered they wait idle, and may well be.
  EXPECT_EQ(stats().connections_evicted, 0u);
  open_gate();
  for (RawClient& client : busy) EXPECT_EQ(client.read_reply().status, 200);
  EXPECT_EQ(next.read_reply().status, 200);
}

TEST_F(HttpCrowd, a_burst_of_honest_clients_is_served_whole) {
  http::ServerOptions options;
  options.limits.connections = 16;
  start(std::move(options));
  std::atomic<int> served{0};
  std::vector<std::thread> threads;
  for (int i = 0; i < 8; ++i) {
    threads.emplace_back([&] {
      for (int round = 0; round < 10; ++round) {
        std::vector<RawClient> clients;
        for (int each = 0; each < 10; ++each) {
          clients.push_back(connect());
          clients.back().send(post("/echo", "me too", "Connection: close\r\n"));
        }
        for (RawClient& client : clients) served += client.read_reply().status == 200;
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(served, 800);
}

TEST_F(HttpCrowd, the_longest_idle_connection_goes_first) {
  http::ServerOptions options;
  options.limits.connections = 3;
  options.limits.idle_timeout = 5s;
  start(std::move(options));
  std::vector<RawClient> idle;
  for (int i = 0; i < 3; ++i) {
    idle.push_back(connect());
    ASSERT_EQ(idle.back().ask(get("/echo")).status, 200);
    std::this_thread::sleep_for(20ms);
  }
  EXPECT_TRUE(answers());
  EXPECT_TRUE(idle[0].is_closed());
  EXPECT_EQ(idle[1].ask(get("/echo")).status, 200);
  EXPECT_EQ(idle[2].ask(get("/echo")).status, 200);
}

TEST_F(HttpCrowd, a_request_that_comes_while_its_connection_is_chosen_to_go_is_answered) {
  std::atomic<bool> is_held{false};
  std::promise<void> held, release;
  http::ServerOptions options;
  options.threads = 1;
  options.limits.connections = 2;
  http::Server one_thread(options, [&](const http::Request& request) -> Task<http::Response> {
    if (request.path() == "/hold" && is_held.exchange(false)) {
      held.set_value();
      release.get_future().wait();  // on the server's only thread, so that what comes meanwhile is seen at once
    }
    co_return http::Response(200, "text/plain", request.target);
  });
  for (int round = 0; round < 20; ++round) {
    held = {};
    release = {};
    is_held = true;
    RawClient idle(one_thread.port()), busy(one_thread.port());
    ASSERT_EQ(idle.ask(get("/first")).status, 200);
    busy.send(get("/hold"));
    held.get_future().wait();
    RawClient next(one_thread.port());
    idle.send(get("/second"));
    next.send(get("/third"));
    release.set_value();
    EXPECT_EQ(idle.read_reply().body, "/second") << round;
    EXPECT_EQ(busy.read_reply().status, 200);
    EXPECT_EQ(next.read_reply().body, "/third");
  }
}

TEST_F(HttpCrowd, connections_between_two_requests_make_room_at_once) {
  http::ServerOptions options;
  options.limits.connections = 4;
  options.limits.idle_timeout = std::chrono::hours(1);
  start(std::move(options));
  std::vector<RawClient> idle;
  for (int i = 0; i < 20; ++i) {
    idle.push_back(connect());
    EXPECT_EQ(idle.back().ask(get("/echo")).status, 200);
  }
  EXPECT_EQ(stats().connections_evicted, 16u);
}

}  // namespace
}  // namespace spark::testing
