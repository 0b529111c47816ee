#include "http/response_parser.h"

#include <gtest/gtest.h>

#include <string>

namespace spark::http {
namespace {

using ResponseState = ResponseParser::State;

constexpr std::size_t header_limit = 1'000, body_limit = 1'000;

// Takes the text in pieces of a size; what is left is not the response's.
std::string fed(ResponseParser& parser, std::string text, std::size_t piece) {
  std::string waiting;
  while (parser.state() == ResponseState::unfinished && !text.empty()) {
    waiting += text.substr(0, piece);
    text.erase(0, piece);
    waiting.erase(0, parser.take(waiting));
  }
  return waiting + text;
}

TEST(ResponseParser, a_response_is_read_in_every_split) {
  const std::string text =
      "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 5\r\n\r\nhelloX";
  for (std::size_t piece = 1; piece <= text.size(); ++piece) {
    ResponseParser parser("POST", header_limit, body_limit);
    EXPECT_EQ(fed(parser, text, piece), "X");
    ASSERT_EQ(parser.state(), ResponseState::done) << piece;
    EXPECT_EQ(parser.response().status, 200);
    EXPECT_EQ(parser.response().body, "hello");
    EXPECT_EQ(parser.response().headers.find("content-type"), "text/plain");
    EXPECT_TRUE(parser.is_keep_alive());
  }
}

TEST(ResponseParser, chunks_are_put_together) {
  const std::string text =
      "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2;x=y\r\nde\r\n0\r\nTrailer: x\r\n\r\n";
  for (std::size_t piece = 1; piece <= text.size(); ++piece) {
    ResponseParser parser("POST", header_limit, body_limit);
    EXPECT_EQ(fed(parser, text, piece), "");
    ASSERT_EQ(parser.state(), ResponseState::done) << piece;
    EXPECT_EQ(parser.response().body, "abcde");
  }
}

TEST(ResponseParser, a_chunked_body_of_nothing_is_read_in_every_split) {
  const std::string text = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n";
  for (std::size_t piece = 1; piece <= text.size(); ++piece) {
    ResponseParser parser("POST", header_limit, body_limit);
    EXPECT_EQ(fed(parser, text, piece), "");
    ASSERT_EQ(parser.state(), ResponseState::done) << piece;
    EXPECT_EQ(parser.response().body, "");
  }
}

TEST(ResponseParser, a_body_that_is_taken_as_it_comes_is_whole_in_every_split) {
  const std::string text =
      "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 201 Made\r\nTransfer-Encoding: chunked\r\n\r\n"
      "3\r\nabc\r\n2;x=y\r\nde\r\n0\r\n\r\n";
  for (std::size_t piece = 1; piece <= text.size(); ++piece) {
    ResponseParser parser("POST", header_limit, body_limit);
    std::string waiting, body;
    for (std::size_t i = 0; i < text.size(); i += piece) {
      waiting += text.substr(i, piece);
      waiting.erase(0, parser.take(waiting));
      const std::string taken = parser.take_body();
      EXPECT_EQ(parser.response().status, parser.has_head() ? 201 : 200);
      EXPECT_TRUE(parser.has_head() || taken.empty());
      body += taken;
    }
    ASSERT_EQ(parser.state(), ResponseState::done) << piece;
    EXPECT_EQ(body, "abcde");
    EXPECT_EQ(parser.take_body(), "");
    EXPECT_EQ(parser.response().headers.all().size(), 1U);
  }
}

TEST(ResponseParser, what_is_around_chunks_is_bounded_as_headers_are) {
  const std::string begin = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";
  const std::string much(2 * header_limit, '0');
  for (const std::string& endless : {"1;x=" + much, "0\r\nTrailer: " + much, much}) {
    ResponseParser parser("POST", header_limit, body_limit);
    fed(parser, begin + endless, 100);
    EXPECT_EQ(parser.state(), ResponseState::failed) << endless.substr(0, 10);
  }
}

TEST(ResponseParser, some_responses_have_no_body) {
  ResponseParser no_content("POST", header_limit, body_limit);
  EXPECT_EQ(fed(no_content, "HTTP/1.1 204 No Content\r\n\r\nrest", 100), "rest");
  EXPECT_EQ(no_content.state(), ResponseState::done);
  EXPECT_TRUE(no_content.is_keep_alive());
  ResponseParser head("HEAD", header_limit, body_limit);
  EXPECT_EQ(fed(head, "HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\n", 100), "");
  EXPECT_EQ(head.state(), ResponseState::done);
}

TEST(ResponseParser, the_connections_end_is_the_end_of_a_body_without_a_length) {
  ResponseParser parser("POST", header_limit, body_limit);
  EXPECT_EQ(fed(parser, "HTTP/1.1 200 OK\r\n\r\nall of it", 7), "");
  EXPECT_EQ(parser.state(), ResponseState::unfinished);
  parser.end();
  EXPECT_EQ(parser.state(), ResponseState::done);
  EXPECT_EQ(parser.response().body, "all of it");
  EXPECT_FALSE(parser.is_keep_alive());
}

TEST(ResponseParser, an_end_before_the_end_is_a_failure) {
  for (const char* text :
       {"", "HTTP/1.1 2", "HTTP/1.1 200 OK\r\n", "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhell",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nab", "HTTP/1.1 100 Continue\r\n\r\n"}) {
    ResponseParser parser("POST", header_limit, body_limit);
    (void)fed(parser, text, 10);
    parser.end();
    EXPECT_EQ(parser.state(), ResponseState::failed) << text;
    EXPECT_NE(parser.problem(), "") << text;
  }
}

TEST(ResponseParser, what_is_no_http_or_too_much_is_refused) {
  const std::string ok = "HTTP/1.1 200 OK\r\n";
  for (const std::string& text :
       {std::string("SSH-2.0-OpenSSH_9.2\r\n\r\n"), std::string("HTTP/2 200\r\n\r\n"), ok + "no colon\r\n\r\n",
        ok + "Content-Length: x\r\n\r\n", ok + "Content-Length: 2000\r\n\r\n",
        ok + "Transfer-Encoding: chunked\r\n\r\n5dc\r\n" + std::string(1'500, 'x') + "\r\n0\r\n\r\n",
        ok + "Long: " + std::string(2'000, 'x'), std::string("HTTP/1.1 101 Switching Protocols\r\n\r\n")}) {
    ResponseParser parser("POST", header_limit, body_limit);
    (void)fed(parser, text, 64);
    EXPECT_EQ(parser.state(), ResponseState::failed) << text.substr(0, 60);
  }
}

}  // namespace
}  // namespace spark::http
