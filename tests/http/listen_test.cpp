// Where a server can listen, and what it says where it cannot.
#include "http/server_fixture.h"
#include "spark/base/error.h"

namespace spark::testing {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;

std::string refusal(http::ServerOptions options) {
  try {
    const http::Server server(std::move(options),
                              [](const http::Request&) -> Task<http::Response> { co_return http::Response(); });
  } catch (const Error& error) {
    return std::string(to_string(error.code())) + ": " + error.what();
  }
  return "nothing was thrown";
}

class HttpListen : public HttpServerTest {};

TEST_F(HttpListen, an_address_in_use_is_named) {
  start();
  http::ServerOptions options;
  options.port = server().port();
  EXPECT_EQ(refusal(options),
            "unavailable: cannot listen on 127.0.0.1:" + std::to_string(server().port()) + ": the address is in use");
  EXPECT_TRUE(answers());
}

TEST_F(HttpListen, a_name_is_resolved) {
  http::ServerOptions options;
  options.host = "localhost";
  start(std::move(options));
  EXPECT_GT(server().port(), 0);
  EXPECT_THAT(server().url(), HasSubstr(":" + std::to_string(server().port())));
}

TEST_F(HttpListen, what_is_not_this_machine_is_refused) {
  http::ServerOptions nobody, elsewhere;
  nobody.host = "nobody.invalid";
  nobody.port = 4318;
  EXPECT_THAT(refusal(nobody), StartsWith("unavailable: cannot listen on nobody.invalid, port 4318: "));
  elsewhere.host = "192.0.2.1";
  EXPECT_THAT(refusal(elsewhere), StartsWith("unavailable: cannot listen on 192.0.2.1:0: "));
}

TEST_F(HttpListen, options_that_can_never_be_right_are_named) {
  http::ServerOptions threads, headers, time, connections;
  threads.threads = 0;
  EXPECT_EQ(refusal(threads), "invalid_argument: ServerOptions::threads is 0, must be from 1 to 256");
  headers.limits.header_bytes = 1 << 30;
  EXPECT_EQ(refusal(headers),
            "invalid_argument: ServerOptions::limits.header_bytes is 1073741824, must be from 256 to 1048576");
  time.limits.idle_timeout = Seconds(-1);
  EXPECT_EQ(refusal(time), "invalid_argument: ServerOptions::limits.idle_timeout is -1 s, must be more than 0 s");
  connections.limits.connections = 0;
  EXPECT_THAT(refusal(connections), StartsWith("invalid_argument: ServerOptions::limits.connections is 0"));
  EXPECT_THROW(http::Server({}, nullptr), Error);
}

}  // namespace
}  // namespace spark::testing
