// What is no request, or might be taken for two of them.
#include <random>

#include "http/server_fixture.h"
#include "spark/base/random.h"

namespace spark::testing {
namespace {

class HttpBadRequests : public HttpServerTest {
 protected:
  void SetUp() override { start(); }
};

struct Bad {
  const char* what;
  std::string bytes;
  int status;
};

std::vector<Bad> bad_requests() {
  const std::string host = "Host: t\r\n", end = "\r\n";
  const std::string post_line = "POST /echo HTTP/1.1\r\n" + host;
  const std::string chunked = post_line + "Transfer-Encoding: chunked\r\n\r\n";
  return {
      {"no HTTP", "hello\r\n\r\n", 400},
      {"bytes", std::string("\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", 11) + "\r\n\r\n", 400},
      {"no version", "GET /\r\n\r\n", 400},
      {"a blank target", "GET  HTTP/1.1\r\n" + host + end, 400},
      {"a target that is no path", "GET echo HTTP/1.1\r\n" + host + end, 400},
      {"an asterisk for GET", "GET * HTTP/1.1\r\n" + host + end, 400},
      {"a proxy's request", "CONNECT host:443 HTTP/1.1\r\n" + host + end, 400},
      {"a space in the target", "GET /a b HTTP/1.1\r\n" + host + end, 400},
      {"a control character in the target", "GET /a\x01 HTTP/1.1\r\n" + host + end, 400},
      {"a method with a colon", "GE:T / HTTP/1.1\r\n" + host + end, 400},
      {"a space before the method", " GET / HTTP/1.1\r\n" + host + end, 400},
      {"HTTP/2's preface", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 505},
      {"HTTP/3.0", "GET / HTTP/3.0\r\n" + host + end, 505},
      {"HTTP/0.9", "GET / HTTP/0.9\r\n" + host + end, 505},
      {"another protocol", "GET / SPDY/1.1\r\n" + host + end, 400},
      {"no Host", "GET / HTTP/1.1\r\n\r\n", 400},
      {"two Hosts", "GET / HTTP/1.1\r\n" + host + host + end, 400},
      {"a header without a colon", "GET / HTTP/1.1\r\nHost\r\n\r\n", 400},
      {"a space before the colon", "GET / HTTP/1.1\r\nHost : t\r\n\r\n", 400},
      {"a header without a name", "GET / HTTP/1.1\r\n: t\r\n\r\n", 400},
      {"a control character in a header", "GET / HTTP/1.1\r\nHost: t\r\nX: a\x01z\r\n\r\n", 400},
      {"a null in a header", "GET / HTTP/1.1\r\nHost: t\r\nX: a" + std::string(1, '\0') + "z\r\n\r\n", 400},
      {"lines that end with a bare line feed", "GET / HTTP/1.1\nHost: t\n\nX: \r\n\r\n", 400},
      {"a bare carriage return", "GET / HTTP/1.1\r\nHost: t\rX: y\r\n\r\n", 400},
      {"a negative length", post_line + "Content-Length: -1\r\n\r\n", 400},
      {"a length with a sign", post_line + "Content-Length: +1\r\n\r\nx", 400},
      {"a length in hexadecimal", post_line + "Content-Length: 0x1\r\n\r\nx", 400},
      {"no length", post_line + "Content-Length: \r\n\r\n", 400},
      {"a length beyond 64 bits", post_line + "Content-Length: 99999999999999999999\r\n\r\n", 400},
      {"a length that is too much", post_line + "Content-Length: 9999999999\r\n\r\n", 413},
      {"two lengths", post_line + "Content-Length: 1\r\nContent-Length: 2\r\n\r\nxx", 400},
      {"two lengths in one", post_line + "Content-Length: 1, 2\r\n\r\nxx", 400},
      {"a length and chunks", post_line + "Content-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400},
      {"chunks and a length", post_line + "Transfer-Encoding: chunked\r\nContent-Length: 1\r\n\r\n0\r\n\r\n", 400},
      {"a length and gzip", post_line + "Content-Length: 1\r\nTransfer-Encoding: gzip\r\n\r\nx", 400},
      {"chunked twice", post_line + "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400},
      {"gzip below chunks", post_line + "Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n", 501},
      {"gzip alone", post_line + "Transfer-Encoding: gzip\r\n\r\n", 501},
      {"an encoding of nobody", post_line + "Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n", 501},
      {"something above chunks", post_line + "Transfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n", 400},
      {"gzip, then chunked in another line",
       post_line + "Transfer-Encoding: gzip\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400},
      {"chunks by HTTP/1.0", "POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400},
      {"a chunk without a size", chunked + "\r\nx\r\n0\r\n\r\n", 400},
      {"a chunk with a size of no number", chunked + "x\r\n0\r\n\r\n", 400},
      {"a chunk with a negative size", chunked + "-1\r\n0\r\n\r\n", 400},
      {"a chunk beyond 64 bits", chunked + "fffffffffffffffff\r\n", 400},
      {"a chunk that is too much", chunked + "ffffffffff\r\n", 413},
      {"a chunk longer than its size", chunked + "1\r\nxyz\r\n0\r\n\r\n", 400},
      {"a chunk's line that ends with a bare line feed", chunked + "1\nx\r\n0\r\n\r\n", 400},
      {"a length in the trailers", chunked + "0\r\nContent-Length: 5\r\n\r\n", 400},
      {"an unknown expectation", post_line + "Expect: 200-ok\r\nContent-Length: 1\r\n\r\nx", 417},
  };
}

TEST_F(HttpBadRequests, get_their_status_and_the_end_of_the_connection) {
  for (const Bad& bad : bad_requests()) {
    RawClient client = connect();
    // What follows must not be taken for a request.
    client.send(bad.bytes + get("/echo"));
    std::string all;
    EXPECT_TRUE(client.read_to_end(all) || true);
    EXPECT_EQ(all.rfind("HTTP/1.1 " + std::to_string(bad.status) + " ", 0), 0u) << bad.what << ": " << all;
    EXPECT_EQ(all.find("HTTP/1.1", 1), std::string::npos) << bad.what << ": " << all;
    EXPECT_NE(all.find("\r\nConnection: close\r\n"), std::string::npos) << bad.what << ": " << all;
  }
  EXPECT_EQ(stats().requests, 0u);
  EXPECT_TRUE(answers());
}

// Changes a request here and there, or puts a piece of another one into it.
std::string mutated(std::string bytes, const std::vector<std::string>& pieces, std::mt19937_64& random) {
  const auto below = [&random](std::size_t end) { return static_cast<std::size_t>(random() % end); };
  for (std::size_t changes = 1 + below(4); changes > 0; --changes) {
    if (bytes.empty()) bytes = "x";
    const std::size_t at = below(bytes.size());
    const std::size_t length = std::min(1 + below(16), bytes.size() - at);
    switch (below(6)) {
      case 0:
        bytes[at] = static_cast<char>(random());
        break;
      case 1:
        bytes.erase(at, length);
        break;
      case 2:
        bytes.insert(at, bytes.substr(at, length));
        break;
      case 3:
        bytes.insert(at, 1 + below(5), "\r\n\0 :;,0fF"[below(10)]);
        break;
      case 4:
        bytes.insert(at, pieces[below(pieces.size())]);
        break;
      default:
        bytes.resize(at);
        break;
    }
  }
  return bytes;
}

TEST_F(HttpBadRequests, random_bytes_harm_nobody) {
  const bool is_full = std::getenv("SPARK_TEST_FULL") != nullptr;
  const char* const given = std::getenv("SPARK_TEST_SEED");
  const std::uint64_t seed = given != nullptr ? std::strtoull(given, nullptr, 10) : operating_system_random();
  SCOPED_TRACE("SPARK_TEST_SEED=" + std::to_string(seed));
  std::mt19937_64 random(seed);
  std::vector<std::string> pieces = {post("/echo", "a body"), get("/show?x=1", "X: y\r\nConnection: keep-alive\r\n"),
                                     "POST /echo HTTP/1.1\r\nHost: t\r\nTransfer-Encoding: chunked\r\n\r\n"
                                     "5\r\nhello\r\n7;a=\"b\"\r\n, world\r\n0\r\nX-Sum: 1\r\n\r\n",
                                     "HEAD / HTTP/1.0\r\n\r\n"};
  for (const Bad& bad : bad_requests()) pieces.push_back(bad.bytes);
  const int rounds = is_full ? 100'000 : 3'000;
  for (int i = 0; i < rounds && !HasFailure(); ++i) {
    const std::string bytes = mutated(pieces[random() % pieces.size()], pieces, random);
    RawClient client = connect();
    // In two pieces now and then, and at the end nothing more will come: the server knows, and need not wait.
    const std::size_t middle = random() % (bytes.size() + 1);
    client.send(std::string_view(bytes).substr(0, middle));
    client.send(std::string_view(bytes).substr(middle));
    client.end_sending();
    std::string all;
    static_cast<void>(client.read_to_end(all));
    EXPECT_TRUE(all.empty() || all.rfind("HTTP/1.1 ", 0) == 0) << ::testing::PrintToString(bytes) << "\n" << all;
    EXPECT_TRUE(i % 500 != 0 || answers());
  }
  EXPECT_TRUE(answers());
  EXPECT_TRUE(eventually([&] { return stats().connections_open == 0 && stats().body_bytes == 0; }));
  EXPECT_EQ(stats().server_errors, 0u);
}

}  // namespace
}  // namespace spark::testing
