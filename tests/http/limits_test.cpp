// What clients may not do, and what becomes of those who do. Deadlines are short, and what they wait for is the end of
// the connection, so that a slow machine makes these tests slower and not wrong.
#include <chrono>
#include <thread>

#include "http/server_fixture.h"

namespace spark::testing {
namespace {

using namespace std::chrono_literals;

class HttpLimits : public HttpServerTest {
 protected:
  http::Server& start_with(const http::ServerLimits& limits) {
    http::ServerOptions options;
    options.limits = limits;
    return start(std::move(options));
  }
  // Sends a byte now and then until the server has had enough.
  RawReply drip(RawClient& client, std::string_view bytes) {
    for (const char byte : bytes) {
      if (client.has_news() || !client.send(std::string_view(&byte, 1))) break;
      std::this_thread::sleep_for(2ms);
    }
    return client.read_reply();
  }
};

TEST_F(HttpLimits, too_long_headers_are_431) {
  start();
  for (const std::string& request :
       {get("/echo", "X: " + std::string(17'000, 'x') + "\r\n"), get("/" + std::string(17'000, 'x')),
        get("/" + std::string(9'000, 'x'), "X: " + std::string(9'000, 'x') + "\r\n"),
        "GET / HTTP/1.1\r\nX: " + std::string(100'000, 'x')}) {
    RawClient client = connect();
    const RawReply reply = client.ask(request);
    EXPECT_EQ(reply.status, 431);
    EXPECT_EQ(reply.header("Connection"), "close");
    EXPECT_TRUE(client.is_closed());
  }
  EXPECT_EQ(stats().headers_too_large, 4u);
  RawClient client = connect();
  EXPECT_EQ(client.ask(get("/echo", "X: " + std::string(16'000, 'x') + "\r\n")).status, 200);
}

TEST_F(HttpLimits, too_long_trailers_and_chunk_extensions_are_refused) {
  start();
  const std::string head = "POST /echo HTTP/1.1\r\nHost: t\r\nTransfer-Encoding: chunked\r\n\r\n";
  for (const std::string& body : {"0\r\nX: " + std::string(40'000, 'x'), "1;" + std::string(40'000, 'x')}) {
    RawClient client = connect();
    EXPECT_EQ(client.ask(head + body).status, 431);
    EXPECT_TRUE(client.is_closed());
  }
}

TEST_F(HttpLimits, a_body_that_is_said_to_be_too_long_is_413_before_it_comes) {
  start_with({.body_bytes = 1000});
  RawClient client = connect();
  const RawReply reply =
      client.ask("POST /echo HTTP/1.1\r\nHost: t\r\nContent-Length: 1001\r\nExpect: 100-continue\r\n\r\n");
  EXPECT_EQ(reply.status, 413);
  EXPECT_TRUE(client.is_closed());
  RawClient other = connect();
  EXPECT_EQ(other.ask(post("/echo", std::string(1000, 'x'))).status, 200);
  EXPECT_EQ(stats().bodies_too_large, 1u);
}

TEST_F(HttpLimits, chunks_that_are_too_long_together_are_413) {
  start_with({.body_bytes = 1000});
  RawClient client = connect();
  ASSERT_TRUE(client.send("POST /echo HTTP/1.1\r\nHost: t\r\nTransfer-Encoding: chunked\r\n\r\n"));
  const std::string chunk = "64\r\n" + std::string(100, 'x') + "\r\n";
  for (int i = 0; i < 10; ++i) ASSERT_TRUE(client.send(chunk));
  EXPECT_EQ(client.ask("1\r\n").status, 413);
  EXPECT_TRUE(client.is_closed());
}

TEST_F(HttpLimits, a_client_that_sends_a_refused_body_all_the_same_gets_its_answer) {
  start_with({.body_bytes = 1000});
  for (int i = 0; i < 20; ++i) {
    RawClient client = connect();
    // Without lingering, the system would take the answer away from a client that is still sending.
    client.send(post("/echo", std::string(300'000, 'x')));
    EXPECT_EQ(client.read_reply().status, 413);
  }
}

TEST_F(HttpLimits, bodies_of_all_connections_together_are_bounded) {
  start_with({.body_bytes = 1 << 20, .total_body_bytes = 2 << 20});
  // Half a body of each stays in memory; what is promised is not reserved.
  std::vector<RawClient> clients;
  const std::string head = "POST /echo HTTP/1.1\r\nHost: t\r\nTransfer-Encoding: chunked\r\n\r\n80000\r\n";
  const std::string half(0x80000, 'x');
  for (int i = 0; i < 12; ++i) {
    clients.push_back(connect());
    clients.back().send(head + half);
  }
  ASSERT_TRUE(eventually([&] { return stats().memory_refused >= 8; }));
  EXPECT_LE(stats().body_bytes_peak, std::size_t{2 << 20});
  int refused = 0, served = 0;
  for (RawClient& client : clients) {
    client.send("\r\n0\r\n\r\n");
    const RawReply reply = client.read_reply();
    refused += reply.status == 503 && reply.header("Retry-After") == "1" && reply.header("Connection") == "close";
    served += reply.status == 200 && reply.body == half;
  }
  EXPECT_EQ(refused + served, 12);
  EXPECT_EQ(static_cast<std::uint64_t>(refused), stats().memory_refused);
  EXPECT_GE(served, 1);
  // And all of it is given back.
  clients.clear();
  EXPECT_TRUE(eventually([&] { return stats().body_bytes == 0; }));
  EXPECT_TRUE(answers());
}

TEST_F(HttpLimits, a_body_that_cannot_fit_is_refused_before_it_comes) {
  start_with({.body_bytes = 4 << 20, .total_body_bytes = 1 << 20});
  RawClient client = connect();
  EXPECT_EQ(
      client.ask("POST /echo HTTP/1.1\r\nHost: t\r\nContent-Length: 2000000\r\nExpect: 100-continue\r\n\r\n").status,
      503);
  EXPECT_EQ(stats().memory_refused, 1u);
  EXPECT_EQ(stats().body_bytes_peak, 0u);
}

TEST_F(HttpLimits, the_memory_of_a_body_is_free_while_a_slow_client_reads_its_answer) {
  http::ServerLimits limits;
  limits.write_timeout = 30s;
  start_with(limits);
  RawClient client(server().port(), "127.0.0.1", 4096);
  std::thread writer([&] { client.send(post("/big?8000000", std::string(1 << 20, 'x'))); });
  EXPECT_TRUE(eventually([&] { return stats().requests == 1 && stats().bytes_sent > 0 && stats().body_bytes == 0; }));
  EXPECT_EQ(stats().responses, 0u);
  writer.join();
}

TEST_F(HttpLimits, slow_headers_are_408) {
  start_with({.header_timeout = 200ms});
  RawClient client = connect();
  const RawReply reply = drip(client, get("/echo", "X: " + std::string(4'000, 'x') + "\r\n"));
  EXPECT_EQ(reply.status, 408);
  EXPECT_TRUE(client.is_closed());
  EXPECT_EQ(stats().header_timeouts, 1u);
}

TEST_F(HttpLimits, a_new_connection_that_says_nothing_is_closed) {
  start_with({.header_timeout = 100ms});
  RawClient client = connect();
  EXPECT_TRUE(client.is_closed());
  EXPECT_EQ(stats().header_timeouts, 1u);
  EXPECT_EQ(stats().idle_timeouts, 0u);
}

TEST_F(HttpLimits, an_idle_connection_is_closed) {
  start_with({.idle_timeout = 100ms});
  RawClient client = connect();
  EXPECT_EQ(client.ask(get("/echo")).status, 200);
  EXPECT_TRUE(client.is_closed());
  EXPECT_EQ(stats().idle_timeouts, 1u);
}

TEST_F(HttpLimits, a_body_below_the_least_rate_is_408) {
  start_with({.body_timeout = 200ms, .min_bytes_per_second = 1 << 20});
  RawClient client = connect();
  ASSERT_TRUE(client.send("POST /echo HTTP/1.1\r\nHost: t\r\nContent-Length: 5000\r\n\r\n"));
  EXPECT_EQ(drip(client, std::string(5'000, 'x')).status, 408);
  EXPECT_TRUE(client.is_closed());
  EXPECT_EQ(stats().body_timeouts, 1u);
}

TEST_F(HttpLimits, a_body_above_the_least_rate_may_take_longer) {
  start_with({.body_timeout = 1s, .min_bytes_per_second = 100});
  RawClient client = connect();
  ASSERT_TRUE(client.send("POST /echo HTTP/1.1\r\nHost: t\r\nContent-Length: 5000\r\n\r\n"));
  // Two seconds and a half, at 2,000 bytes a second.
  for (int i = 0; i < 25; ++i) {
    ASSERT_TRUE(client.send(std::string(200, 'x')));
    std::this_thread::sleep_for(100ms);
  }
  EXPECT_EQ(client.read_reply().status, 200);
}

TEST_F(HttpLimits, a_body_that_began_fast_may_not_stand_still_longer) {
  start_with({.body_timeout = 200ms, .min_bytes_per_second = 100});
  RawClient client = connect();
  ASSERT_TRUE(client.send("POST /echo HTTP/1.1\r\nHost: t\r\nContent-Length: 50000\r\n\r\n"));
  // At this rate 40,000 bytes take more than six minutes.
  ASSERT_TRUE(client.send(std::string(40'000, 'x')));
  EXPECT_EQ(client.read_reply().status, 408);
}

TEST_F(HttpLimits, a_client_that_does_not_read_its_answer_is_cut) {
  start_with({.write_timeout = 200ms, .min_bytes_per_second = 1 << 30});
  RawClient client(server().port(), "127.0.0.1", 4096);
  ASSERT_TRUE(client.send(get("/big?20000000")));
  EXPECT_TRUE(eventually([&] { return stats().write_timeouts == 1; }));
  std::string bytes;
  EXPECT_FALSE(client.read_to_end(bytes) && bytes.size() >= 20'000'000);
  EXPECT_TRUE(eventually([&] { return stats().connections_open == 0; }));
}

TEST_F(HttpLimits, a_handler_may_take_longer_than_any_client) {
  start_with({.header_timeout = 50ms, .idle_timeout = 50ms, .body_timeout = 50ms, .write_timeout = 50ms});
  RawClient client = connect();
  ASSERT_TRUE(client.send(get("/wait")));
  ASSERT_TRUE(eventually([&] { return waiting() == 1; }));
  EXPECT_EQ(client.read_within(300), "");
  open_gate();
  EXPECT_EQ(client.read_reply().status, 200);
}

TEST_F(HttpLimits, a_client_that_never_closes_its_end_is_not_waited_for) {
  start_with({.linger_timeout = 100ms});
  RawClient client = connect();
  EXPECT_EQ(client.ask(get("/echo", "Connection: close\r\n")).status, 200);
  EXPECT_TRUE(eventually([&] { return stats().connections_open == 0; }));
}

}  // namespace
}  // namespace spark::testing
