// Responses that the client reads as they come.
#include <chrono>
#include <future>
#include <string>
#include <utility>

#include "http/client.h"
#include "http/server_fixture.h"
#include "otlp/sender_http_server.h"
#include "spark/async.h"
#include "spark/base/error.h"

namespace spark::testing {
namespace {

using namespace std::chrono_literals;
using ::testing::HasSubstr;

constexpr std::string_view chunked_head =
    "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n";

http::Client client_of(const HttpServer& server, std::size_t body_bytes = 1'000) {
  http::ClientOptions options;
  options.body_bytes = body_bytes;
  return http::Client(http::Url::parse(server.url()), options);
}

Task<http::ResponseStream> open_stream(http::Client& client, http::Progress& progress) {
  return client.open("POST", http::Headers(), "question", progress);
}

// The rest of a body.
Task<std::string> rest_of(http::ResponseStream& stream) {
  std::string body;
  for (;;) {
    const std::string piece = co_await stream.next();
    if (piece.empty()) co_return body;
    body += piece;
  }
}

Task<std::string> whole_body(http::Client& client, http::Progress& progress) {
  http::ResponseStream stream = co_await open_stream(client, progress);
  co_return co_await rest_of(stream);
}

std::string failure_of_whole(http::Client& client) {
  http::Progress progress;
  try {
    return "answered: " + sync_wait(whole_body(client, progress));
  } catch (const Error& error) {
    return std::string(to_string(error.code())) + ": " + error.what();
  }
}

TEST(HttpClientStream, a_piece_is_there_before_the_next_one_is_sent) {
  std::promise<void> seen;
  const HttpServer server([&seen](const HttpConnection& connection, const HttpRequest& request) {
    if (request.body != "question") return false;
    connection.send(std::string(chunked_head) + "5\r\nfirst\r\n");
    seen.get_future().wait();
    return connection.send("6\r\nsecond\r\n0\r\n\r\n");
  });
  http::Client client = client_of(server);
  http::Progress progress;
  const auto read = [&]() -> Task<void> {
    http::ResponseStream stream = co_await open_stream(client, progress);
    EXPECT_EQ(stream.status(), 200);
    EXPECT_EQ(stream.headers().find("content-type"), "text/event-stream");
    EXPECT_EQ(co_await stream.next(), "first");
    seen.set_value();
    EXPECT_EQ(co_await rest_of(stream), "second");
    EXPECT_EQ(co_await stream.next(), "");
  };
  sync_wait(read());
}

TEST(HttpClientStream, after_its_end_the_connection_is_used_again) {
  const HttpServer server(std::string(chunked_head) + "5\r\nhello\r\n0\r\n\r\n");
  http::Client client = client_of(server);
  http::Progress first, second;
  EXPECT_EQ(sync_wait(whole_body(client, first)), "hello");
  EXPECT_EQ(sync_wait(whole_body(client, second)), "hello");
  EXPECT_TRUE(first.is_new_connection);
  EXPECT_FALSE(second.is_new_connection);
  EXPECT_EQ(server.requests().size(), 2U);
}

TEST(HttpClientStream, one_that_is_left_early_takes_its_connection_along) {
  const HttpServer server([](const HttpConnection& connection, const HttpRequest&) {
    connection.send(std::string(chunked_head) + "5\r\nhello\r\n");
    connection.wait_for_end();
    return false;
  });
  http::Client client = client_of(server);
  http::Progress progress;
  for (int i = 0; i < 2; ++i) {
    const auto leave = [&]() -> Task<std::string> {
      http::ResponseStream stream = co_await open_stream(client, progress);
      co_return co_await stream.next();
    };
    EXPECT_EQ(sync_wait(leave()), "hello");
    EXPECT_TRUE(progress.is_new_connection);
    EXPECT_EQ(client.idle_connections(), 0U);
  }
}

TEST(HttpClientStream, a_body_of_a_known_length_comes_in_pieces_too) {
  const std::string body(300'000, 'x');
  const HttpServer server(http_answer(503, "Retry-After: 7\r\n", body));
  http::Client client = client_of(server, body.size());
  http::Progress progress;
  const auto read = [&]() -> Task<void> {
    http::ResponseStream stream = co_await open_stream(client, progress);
    EXPECT_EQ(stream.status(), 503);
    EXPECT_EQ(stream.headers().find("Retry-After"), "7");
    EXPECT_EQ(co_await rest_of(stream), body);
  };
  sync_wait(read());
  EXPECT_EQ(client.idle_connections(), 1U);
}

TEST(HttpClientStream, the_limit_of_a_body_holds_for_all_pieces_together) {
  const std::string chunk = "190\r\n" + std::string(400, 'x') + "\r\n";
  const HttpServer server([&chunk](const HttpConnection& connection, const HttpRequest&) {
    connection.send(chunked_head);
    while (connection.send(chunk)) {
    }
    return false;
  });
  http::Client client = client_of(server);
  EXPECT_THAT(failure_of_whole(client), HasSubstr("unavailable: the response cannot be read: it has more than 1000 bytes"));
}

TEST(HttpClientStream, a_body_that_breaks_off_is_unavailable) {
  const HttpServer server([](const HttpConnection& connection, const HttpRequest&) {
    connection.send(std::string(chunked_head) + "5\r\nhello\r\n5\r\nwor");
    return false;
  });
  http::Client client = client_of(server);
  EXPECT_THAT(failure_of_whole(client), HasSubstr("unavailable: the response cannot be read: partial message"));
  EXPECT_EQ(client.idle_connections(), 0U);
}

TEST(HttpClientStream, a_piece_that_takes_too_long_is_cancelled) {
  const HttpServer server([](const HttpConnection& connection, const HttpRequest&) {
    connection.send(std::string(chunked_head) + "5\r\nhello\r\n");
    connection.wait_for_end();
    return false;
  });
  http::Client client = client_of(server);
  http::Progress progress;
  const auto read = [&]() -> Task<void> {
    http::ResponseStream stream = co_await open_stream(client, progress);
    EXPECT_EQ(co_await stream.next(), "hello");
    auto next = with_timeout(stream.next(), 20ms);
    co_await std::move(next);
  };
  EXPECT_THROW(sync_wait(read()), Error);
  EXPECT_EQ(client.idle_connections(), 0U);
}

}  // namespace
}  // namespace spark::testing
