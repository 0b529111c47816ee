// How a server ends.
#include <chrono>
#include <future>
#include <thread>

#include "http/server_fixture.h"
#include "spark/base/error.h"

namespace spark::testing {
namespace {

using namespace std::chrono_literals;

class HttpStop : public HttpServerTest {
 protected:
  void SetUp() override {
    http::ServerOptions options;
    options.limits.linger_timeout = 200ms;
    start(std::move(options));
  }
  // Stops it from another thread.
  std::future<bool> stop_aside(Seconds deadline) {
    return std::async(std::launch::async, [this, deadline] { return server().stop(deadline); });
  }
  // Until nobody can connect any more.
  [[nodiscard]] bool has_closed_its_port() {
    return eventually([&] {
      try {
        RawClient client = connect();
        return false;
      } catch (const std::runtime_error&) {
        return true;
      }
    });
  }
};

TEST_F(HttpStop, lets_running_requests_finish) {
  RawClient client = connect();
  ASSERT_TRUE(client.send(get("/wait")));
  ASSERT_TRUE(eventually([&] { return waiting() == 1; }));
  std::future<bool> stopped = stop_aside(60s);
  EXPECT_TRUE(has_closed_its_port());
  open_gate();
  const RawReply reply = client.read_reply();
  EXPECT_EQ(reply.status, 200);
  EXPECT_EQ(reply.header("Connection"), "close");
  EXPECT_TRUE(client.is_closed());
  EXPECT_TRUE(stopped.get());
  EXPECT_EQ(stats().requests_cut, 0u);
}

TEST_F(HttpStop, lets_requests_that_are_coming_finish) {
  RawClient head = connect(), body = connect();
  ASSERT_TRUE(head.send("POST /echo HTTP/1.1\r\nHo"));
  ASSERT_TRUE(body.send("POST /echo HTTP/1.1\r\nHost: t\r\nContent-Length: 5\r\n\r\nhe"));
  ASSERT_TRUE(eventually([&] { return stats().bytes_received >= 70; }));
  std::future<bool> stopped = stop_aside(60s);
  EXPECT_TRUE(has_closed_its_port());
  EXPECT_EQ(head.ask("st: t\r\n\r\n").status, 200);
  EXPECT_EQ(body.ask("llo").body, "hello");
  EXPECT_TRUE(head.is_closed());
  EXPECT_TRUE(body.is_closed());
  EXPECT_TRUE(stopped.get());
}

TEST_F(HttpStop, closes_idle_connections_at_once) {
  RawClient fresh = connect(), used = connect();
  EXPECT_EQ(used.ask(get("/echo")).status, 200);
  ASSERT_TRUE(eventually([&] { return stats().connections_open == 2; }));
  EXPECT_TRUE(server().stop(60s));
  EXPECT_TRUE(fresh.is_closed());
  EXPECT_TRUE(used.is_closed());
  EXPECT_EQ(stats().connections_open, 0u);
}

TEST_F(HttpStop, cuts_what_is_not_done_at_the_deadline) {
  RawClient waits = connect(), drips = connect();
  ASSERT_TRUE(waits.send(get("/wait")));
  ASSERT_TRUE(drips.send("GET"));
  ASSERT_TRUE(eventually([&] { return waiting() == 1 && stats().bytes_received >= 20; }));
  EXPECT_FALSE(server().stop(100ms));
  EXPECT_TRUE(waits.is_closed());
  EXPECT_TRUE(drips.is_closed());
  EXPECT_EQ(cancelled(), 1);
  EXPECT_EQ(waiting(), 0);
  EXPECT_EQ(stats().requests_cut, 2u);
  EXPECT_EQ(stats().handler_errors, 0u);
}

TEST_F(HttpStop, may_be_called_again_and_by_several) {
  RawClient client = connect();
  ASSERT_TRUE(client.send(get("/wait")));
  ASSERT_TRUE(eventually([&] { return waiting() == 1; }));
  std::vector<std::future<bool>> stops;
  for (int i = 0; i < 4; ++i) stops.push_back(stop_aside(50ms));
  for (std::future<bool>& stop : stops) EXPECT_FALSE(stop.get());
  EXPECT_FALSE(server().stop(1s));
  EXPECT_EQ(stats().requests, 1u);
}

TEST_F(HttpStop, on_a_thread_of_the_server_is_an_error) {
  http::Server* self = nullptr;
  std::string what;
  http::Server other({}, [&](const http::Request&) -> Task<http::Response> {
    try {
      self->stop(0s);
    } catch (const Error& error) {
      what = to_string(error.code());
    }
    co_return http::Response();
  });
  self = &other;
  RawClient client(other.port());
  EXPECT_EQ(client.ask(get("/")).status, 200);
  EXPECT_EQ(what, "would_deadlock");
}

TEST_F(HttpStop, frees_the_port_for_the_next_server) {
  for (int i = 0; i < 5; ++i) {
    const std::uint16_t port = server().port();
    EXPECT_TRUE(answers());
    server().stop(1s);
    http::ServerOptions options;
    options.port = port;
    start(std::move(options));
    EXPECT_EQ(server().port(), port);
  }
}

TEST_F(HttpStop, under_load_ends_every_time) {
  for (int round = 0; round < 50; ++round) {
    http::ServerOptions options;
    options.limits.connections = 16;
    start(std::move(options));
    const std::uint16_t port = server().port();
    std::atomic<bool> goes_on{true};
    std::atomic<int> answered{0};
    std::vector<std::thread> clients;
    for (int i = 0; i < 4; ++i) {
      clients.emplace_back([&, i] {
        while (goes_on) {
          try {
            RawClient client(port);
            for (int each = 0; each < 5; ++each) {
              const RawReply reply =
                  client.ask(i % 2 == 0 ? post("/echo", std::string(20'000, 'x')) : get("/big?50000"));
              answered += reply.status == 200;
              if (reply.header("Connection") == "close") break;
            }
          } catch (const std::runtime_error&) {
            // It has stopped.
          }
        }
      });
    }
    EXPECT_TRUE(eventually([&] { return answered >= 10; }));
    // With a deadline, at once, and by the destructor.
    if (round % 3 != 2) server().stop(round % 3 == 0 ? 5s : 0s);
    if (round % 3 == 2) end_server();
    goes_on = false;
    for (std::thread& client : clients) client.join();
  }
}

}  // namespace
}  // namespace spark::testing
