// Requests and answers between a well-behaved client and the server.
#include <thread>

#include "http/server_fixture.h"
#include "spark/telemetry.h"
#include "spark/telemetry/context.h"

namespace spark::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::MatchesRegex;
using ::testing::Not;
using ::testing::StartsWith;

class HttpExchange : public HttpServerTest {
 protected:
  void SetUp() override { start(); }
};

TEST_F(HttpExchange, a_connection_serves_one_request_after_the_other) {
  RawClient client = connect();
  for (int i = 0; i < 20; ++i) {
    const RawReply reply = client.ask(post("/echo", "number " + std::to_string(i)));
    EXPECT_EQ(reply.status, 200);
    EXPECT_EQ(reply.body, "number " + std::to_string(i));
    EXPECT_EQ(reply.header("Connection"), std::nullopt);
  }
  EXPECT_EQ(stats().connections_accepted, 1u);
  EXPECT_EQ(stats().requests, 20u);
}

TEST_F(HttpExchange, requests_sent_at_once_are_answered_in_their_order) {
  RawClient client = connect();
  std::string requests;
  for (int i = 0; i < 50; ++i) requests += post("/echo", std::to_string(i));
  ASSERT_TRUE(client.send(requests));
  for (int i = 0; i < 50; ++i) EXPECT_EQ(client.read_reply().body, std::to_string(i));
}

TEST_F(HttpExchange, the_handler_sees_the_request_as_it_came) {
  RawClient client = connect();
  const RawReply reply = client.ask(post("/show/a%20b?x=1&y=%3F?", "the body", "X-One: 1\r\nx-two:  2 \r\n"));
  EXPECT_EQ(reply.status, 200);
  const RawReply shown = client.ask(post("/show?x=1&y=%3F?", "the body", "X-One: 1\r\nx-two:  2 \r\nX-One: 3\r\n"));
  EXPECT_EQ(shown.body, "POST /show ?x=1&y=%3F? 1.1\nHost=test\nX-One=1\nX-One=3\nx-two=2\nContent-Length=8\nthe body");
  EXPECT_THAT(client.ask("BREW http://pot/show HTTP/1.1\r\nhost: pot\r\n\r\n").body, StartsWith("BREW /show ? 1.1\n"));
  EXPECT_EQ(client.ask("OPTIONS * HTTP/1.1\r\nHost: pot\r\n\r\n").status, 200);
}

TEST_F(HttpExchange, an_answer_says_when_and_how_long_it_is) {
  RawClient client = connect();
  const RawReply reply = client.ask(get("/missing"));
  EXPECT_THAT(reply.head, MatchesRegex("HTTP/1.1 404 Not Found\r\n"
                                       "Date: [A-Z][a-z][a-z], [0-9][0-9] [A-Z][a-z][a-z] 20[0-9][0-9] "
                                       "[0-9][0-9]:[0-9][0-9]:[0-9][0-9] GMT\r\n"
                                       "Content-Type: text/plain; charset=utf-8\r\n"
                                       "Content-Length: 14\r\n"));
  EXPECT_EQ(reply.body, "404 Not Found\n");
  const RawReply none = client.ask(get("/none"));
  EXPECT_EQ(none.status, 204);
  EXPECT_EQ(none.header("Content-Length"), std::nullopt);
}

TEST_F(HttpExchange, a_body_in_chunks_arrives_without_them) {
  RawClient client = connect();
  const std::string head = "POST /echo HTTP/1.1\r\nHost: test\r\nTransfer-Encoding: chunked\r\n\r\n";
  EXPECT_EQ(client.ask(head + "5\r\nhello\r\n7;a=b\r\n, world\r\n0\r\n\r\n").body, "hello, world");
  // And with what may be the next request's beginning behind it.
  EXPECT_EQ(client.ask(head + "A\r\n0123456789\r\n0\r\nX-Sum: 1\r\n\r\n" + get("/echo")).body, "0123456789");
  EXPECT_EQ(client.read_reply().status, 200);
}

TEST_F(HttpExchange, trailers_do_not_pass_for_headers) {
  RawClient client = connect();
  const RawReply reply = client.ask(
      "POST /show HTTP/1.1\r\nHost: test\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhi\r\n0\r\nAuthorization: "
      "x\r\n\r\n");
  EXPECT_EQ(reply.body, "POST /show ? 1.1\nHost=test\nTransfer-Encoding=chunked\nhi");
}

TEST_F(HttpExchange, a_request_that_comes_byte_by_byte_is_the_same) {
  RawClient client = connect();
  const std::string request =
      "POST /echo HTTP/1.1\r\nHost: t\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n";
  for (const char byte : request) ASSERT_TRUE(client.send(std::string_view(&byte, 1)));
  EXPECT_EQ(client.read_reply().body, "abc");
}

TEST_F(HttpExchange, long_bodies_go_both_ways) {
  RawClient client = connect();
  std::string body(9'000'000, '\0');
  for (std::size_t i = 0; i < body.size(); ++i) body[i] = static_cast<char>(i * 31 >> 3);
  std::thread writer([&] { client.send(post("/echo", body)); });
  const RawReply reply = client.read_reply();
  writer.join();
  EXPECT_EQ(reply.body.size(), body.size());
  EXPECT_TRUE(reply.body == body);
}

TEST_F(HttpExchange, head_gets_the_headers_alone) {
  RawClient client = connect();
  ASSERT_TRUE(client.send("HEAD /big?1000 HTTP/1.1\r\nHost: test\r\n\r\n"));
  EXPECT_EQ(client.read_reply("HEAD").header("Content-Length"), "1000");
  EXPECT_EQ(client.ask(get("/big?3")).body, "xxx");
}

TEST_F(HttpExchange, who_asks_for_an_end_gets_it_after_the_answer) {
  RawClient client = connect();
  const RawReply reply = client.ask(get("/echo", "Connection: close\r\n"));
  EXPECT_EQ(reply.header("Connection"), "close");
  EXPECT_TRUE(client.is_closed());
  RawClient other = connect();
  EXPECT_EQ(other.ask(get("/echo", "X-Close: 1\r\n")).header("Connection"), "close");
  EXPECT_TRUE(other.is_closed());
}

TEST_F(HttpExchange, http_1_0_ends_after_an_answer_unless_the_client_asks) {
  RawClient client = connect();
  const RawReply kept = client.ask("GET /show HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
  EXPECT_EQ(kept.header("Connection"), "keep-alive");
  EXPECT_THAT(kept.body, StartsWith("GET /show ? 1.0\n"));
  EXPECT_EQ(client.ask("GET /echo HTTP/1.0\r\n\r\n").header("Connection"), "close");
  EXPECT_TRUE(client.is_closed());
}

TEST_F(HttpExchange, a_client_that_waits_for_a_word_is_told_to_go_on) {
  RawClient client = connect();
  ASSERT_TRUE(client.send("POST /echo HTTP/1.1\r\nHost: t\r\nContent-Length: 4\r\nExpect: 100-continue\r\n\r\n"));
  const RawReply interim = client.read_reply();
  EXPECT_EQ(interim.status, 100);
  EXPECT_EQ(interim.head, "HTTP/1.1 100 Continue\r\n");
  EXPECT_EQ(client.ask("body").body, "body");
  // One that did not wait is not told.
  EXPECT_EQ(client.ask(post("/echo", "body", "Expect: 100-continue\r\n")).status, 200);
  EXPECT_EQ(client.ask(get("/echo", "Expect: more\r\n")).status, 417);
}

TEST_F(HttpExchange, a_client_that_has_closed_its_side_gets_its_answer) {
  RawClient client = connect();
  ASSERT_TRUE(client.send(get("/echo") + get("/big?20")));
  client.end_sending();
  EXPECT_EQ(client.read_reply().status, 200);
  EXPECT_EQ(client.read_reply().body.size(), 20u);
  EXPECT_TRUE(client.is_closed());
}

TEST_F(HttpExchange, blank_lines_before_a_request_are_passed_over) {
  RawClient client = connect();
  EXPECT_EQ(client.ask("\r\n" + get("/echo")).status, 200);
  ASSERT_TRUE(client.send("\r"));
  EXPECT_EQ(client.ask("\n" + get("/echo")).status, 200);
}

TEST_F(HttpExchange, a_handler_without_memory_asks_the_client_to_come_again) {
  const RawReply reply = connect().ask(get("/no-memory"));
  EXPECT_EQ(reply.status, 503);
  EXPECT_TRUE(reply.header("Retry-After").has_value());
  EXPECT_EQ(stats().handler_errors, 1u);
}

TEST_F(HttpExchange, a_handler_that_throws_gives_500_and_no_secrets) {
  RawClient client = connect();
  for (const char* path : {"/throw?key=private", "/throw-int", "/bad-header"}) {
    const RawReply reply = client.ask(get(path));
    EXPECT_EQ(reply.status, 500) << path;
    EXPECT_THAT(reply.head + reply.body, Not(HasSubstr("opensesame")));
    EXPECT_THAT(reply.head, Not(HasSubstr("Set-Cookie")));
  }
  EXPECT_EQ(client.ask(get("/echo")).status, 200);
  EXPECT_EQ(stats().handler_errors, 3u);
  EXPECT_THAT(reports(), ElementsAre("the handler of GET /throw failed: the secret is opensesame",
                                     "the handler of GET /throw-int failed: something that is no std::exception was "
                                     "thrown",
                                     "the handler of GET /bad-header failed: a response's header X-Split has a control "
                                     "character in it"));
}

TEST_F(HttpExchange, an_error_callback_that_throws_harms_nobody) {
  http::ServerOptions options;
  options.on_error = [](std::string_view) { throw std::runtime_error("no"); };
  http::Server other(std::move(options), [](const http::Request&) -> Task<http::Response> {
    throw std::runtime_error("not even a task");
    co_return http::Response();
  });
  RawClient client(other.port());
  EXPECT_EQ(client.ask(get("/")).status, 500);
  EXPECT_EQ(client.ask(get("/")).status, 500);
}

TEST_F(HttpExchange, a_client_that_goes_away_harms_nobody) {
  for (int i = 0; i < 20; ++i) {
    RawClient client = connect();
    client.send(get("/big?20000000"));
    client.reset();
  }
  EXPECT_TRUE(answers());
  EXPECT_TRUE(eventually([&] { return stats().connections_open == 0; }));
}

TEST_F(HttpExchange, the_handler_runs_outside_of_any_trace) {
  TelemetryManager manager{TelemetryConfig::create_memory()};
  auto trace = manager.start_trace("around the server");
  const auto span = manager.start_span("around the server", trace.trace_id);
  std::atomic<bool> is_outside{false};
  http::Server other({}, [&](const http::Request&) -> Task<http::Response> {
    is_outside = TelemetryContext::current() == TelemetryContext();
    co_return http::Response();
  });
  RawClient client(other.port());
  EXPECT_EQ(client.ask(get("/")).status, 200);
  EXPECT_TRUE(is_outside);
}

TEST(HttpServer, listens_on_ipv6_too) {
  std::string peer;
  std::unique_ptr<http::Server> server;
  try {
    server = std::make_unique<http::Server>(http::ServerOptions{.host = "::1"},
                                            [&](const http::Request& request) -> Task<http::Response> {
                                              peer = request.peer;
                                              co_return http::Response();
                                            });
  } catch (const Error& error) {
    GTEST_SKIP() << error.what();
  }
  EXPECT_EQ(server->url(), "http://[::1]:" + std::to_string(server->port()));
  RawClient client(server->port(), "::1");
  EXPECT_EQ(client.ask(get("/")).status, 200);
  EXPECT_THAT(peer, StartsWith("[::1]:"));
}

}  // namespace
}  // namespace spark::testing
