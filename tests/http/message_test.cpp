// Requests and responses without a network.
#include "http/message.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <string>
#include <vector>

#include "http/body_budget.h"
#include "http/request_parser.h"
#include "http/response_writer.h"

namespace spark::http {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;
using State = RequestParser::State;

TEST(HttpHeaders, are_found_without_case) {
  Headers headers;
  headers.add("Content-Type", "a");
  headers.add("X", "1");
  headers.add("x", "2");
  EXPECT_EQ(headers.find("content-TYPE"), "a");
  EXPECT_EQ(headers.find("content"), std::nullopt);
  EXPECT_EQ(headers.find("X"), "1");
  EXPECT_EQ(headers.count("x"), 2u);
  headers.set("X", "3");
  EXPECT_EQ(headers.count("x"), 1u);
  EXPECT_EQ(headers.find("x"), "3");
}

TEST(HttpRequest, path_and_query_are_parts_of_the_target) {
  struct Case {
    const char *target, *path, *query;
  };
  for (const Case& each : std::vector<Case>{{"/", "/", ""},
                                            {"/v1/traces", "/v1/traces", ""},
                                            {"/a?b=c", "/a", "b=c"},
                                            {"/a??b", "/a", "?b"},
                                            {"/?", "/", ""},
                                            {"/a?http://b/c", "/a", "http://b/c"},
                                            {"http://host", "/", ""},
                                            {"http://host?x", "/", "x"},
                                            {"HTTP://host:80/a/b?c", "/a/b", "c"},
                                            {"*", "*", ""}}) {
    Request request;
    request.target = each.target;
    EXPECT_EQ(request.path(), each.path) << each.target;
    EXPECT_EQ(request.query(), each.query) << each.target;
  }
}

TEST(HttpResponse, is_written_with_what_the_server_knows) {
  const Timestamp now{std::chrono::sys_days(std::chrono::year(1994) / 11 / 6) + std::chrono::hours(8) +
                      std::chrono::minutes(49) + std::chrono::seconds(37)};
  Response response(200, "text/plain", "hello");
  response.headers.add("content-length", "7");
  response.headers.add("Connection", "upgrade");
  EXPECT_EQ(head_of(response, now, After::keep_alive),
            "HTTP/1.1 200 OK\r\nDate: Sun, 06 Nov 1994 08:49:37 GMT\r\nContent-Type: text/plain\r\nContent-Length: "
            "5\r\n\r\n");
  EXPECT_THAT(head_of(response, now, After::close), HasSubstr("\r\nConnection: close\r\n"));
  EXPECT_THAT(head_of(response, now, After::keep_alive_1_0), HasSubstr("\r\nConnection: keep-alive\r\n"));
  EXPECT_THAT(head_of(Response(304), now, After::keep_alive), Not(HasSubstr("Content-Length")));
}

TEST(HttpResponse, that_would_break_out_of_its_headers_is_a_problem) {
  EXPECT_EQ(problem_of(Response(200)), "");
  for (const int status : {0, 100, 199, 600, -1}) EXPECT_NE(problem_of(Response(status)), "") << status;
  for (const char* value : {"a\rb", "a\nb", "a\x7f", "\x01"}) {
    Response response;
    response.headers.add("X", value);
    EXPECT_NE(problem_of(response), "");
  }
  for (const char* name : {"", "a b", "a:", "a\r\nb", "\xc3\xa4"}) {
    Response response;
    response.headers.add(name, "x");
    EXPECT_NE(problem_of(response), "") << name;
  }
  Response fine;
  fine.headers.add("X-Fine", "tabs\tand bytes above 127: \xc3\xa4");
  EXPECT_EQ(problem_of(fine), "");
}

// Feeds what it is given, as a connection does: what is not taken comes again with more behind it.
State feed(RequestParser& parser, std::string_view bytes, std::size_t piece) {
  std::string waiting;
  while (!bytes.empty() && parser.state() < State::done) {
    waiting += bytes.substr(0, piece);
    bytes.remove_prefix(std::min(piece, bytes.size()));
    std::size_t taken = 1;
    while (taken != 0 && parser.state() < State::done) {
      taken = parser.take(waiting);
      waiting.erase(0, taken);
    }
  }
  return parser.state();
}

TEST(HttpRequestParser, gives_the_same_request_in_whatever_pieces_it_comes) {
  const std::string bytes =
      "\r\nPOST /a?b HTTP/1.1\r\nHost: t\r\nX-One:  1 \r\nTransfer-Encoding: chunked\r\n\r\n"
      "5\r\nhello\r\n7;a=b\r\n, world\r\n0\r\nX-Sum: 1\r\n\r\n";
  ServerLimits limits;
  for (std::size_t piece = 1; piece <= bytes.size(); ++piece) {
    BodyBudget budget(1 << 20);
    RequestParser parser(limits, budget);
    ASSERT_EQ(feed(parser, bytes, piece), State::done) << piece;
    EXPECT_EQ(parser.request().method, "POST");
    EXPECT_EQ(parser.request().target, "/a?b");
    EXPECT_EQ(parser.request().header("x-one"), "1");
    EXPECT_EQ(parser.request().headers.all().size(), 3u);
    EXPECT_EQ(parser.request().body, "hello, world");
    EXPECT_TRUE(parser.is_keep_alive());
  }
}

TEST(HttpRequestParser, reads_a_chunked_body_of_nothing_in_whatever_pieces_it_comes) {
  const std::string bytes = "POST / HTTP/1.1\r\nHost: t\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n";
  ServerLimits limits;
  for (std::size_t piece = 1; piece <= bytes.size(); ++piece) {
    BodyBudget budget(1 << 20);
    RequestParser parser(limits, budget);
    ASSERT_EQ(feed(parser, bytes, piece), State::done) << piece;
    EXPECT_EQ(parser.request().body, "");
  }
}

TEST(HttpRequestParser, has_the_headers_bounded_in_whatever_pieces_they_come) {
  ServerLimits limits;
  limits.header_bytes = 300;
  for (const std::size_t length : {100, 200, 250, 400}) {
    const std::string bytes = "GET / HTTP/1.1\r\nHost: t\r\nX: " + std::string(length, 'x') + "\r\n\r\n";
    for (std::size_t piece = 1; piece <= bytes.size(); ++piece) {
      BodyBudget budget(1 << 20);
      RequestParser parser(limits, budget);
      const State state = feed(parser, bytes, piece);
      EXPECT_EQ(state, bytes.size() <= 300 ? State::done : State::failed) << length << " in pieces of " << piece;
      EXPECT_EQ(parser.status(), state == State::failed ? 431 : 0);
    }
  }
}

TEST(HttpBodyBudget, counts_what_bodies_have_allocated) {
  BodyBudget budget(1 << 20);
  {
    BodyLease first(budget), second(budget);
    std::string body, other;
    first.expect(300'000);
    for (int i = 0; i < 300; ++i) {
      ASSERT_TRUE(first.append(body, std::string(1000, 'x')));
      EXPECT_EQ(budget.used(), body.capacity());
    }
    EXPECT_EQ(body.capacity(), 300'000u);
    EXPECT_LE(budget.peak(), 300'000u * 2);
    second.expect(1 << 30);
    bool fits = true;
    while (fits) fits = second.append(other, std::string(50'000, 'y'));
    EXPECT_EQ(other.size() % 50'000, 0u);
    EXPECT_EQ(budget.used(), body.capacity() + other.capacity());
    EXPECT_LE(budget.peak(), std::size_t{1 << 20});
  }
  EXPECT_EQ(budget.used(), 0u);
  EXPECT_TRUE(budget.has_room_for(1 << 20));
  EXPECT_FALSE(budget.has_room_for((1 << 20) + 1));
}

}  // namespace
}  // namespace spark::http
