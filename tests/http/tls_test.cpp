// Requests by TLS: who is let in, and what becomes of those who are not.
#include <sys/stat.h>

#include <chrono>
#include <fstream>
#include <thread>

#include "http/server_fixture.h"
#include "otlp/certificates.h"
#include "spark/base/error.h"

namespace spark::testing {
namespace {

using namespace std::chrono_literals;
using ::testing::HasSubstr;
using ::testing::StartsWith;

class HttpByTls : public HttpServerTest {
 protected:
  // Making them takes a tenth of a second.
  static const Certificates& certificates() {
    static const Certificates made;
    return made;
  }
  static http::ServerOptions options(bool wants_clients = false) {
    http::ServerOptions options;
    options.tls.emplace();
    options.tls->certificate_file = certificates().file("server.pem");
    options.tls->key_file = certificates().file("server.key");
    if (wants_clients) options.tls->client_ca_file = certificates().file("ca.pem");
    return options;
  }
  [[nodiscard]] RawClient connect_by_tls() {
    return RawClient(server().port(), RawClientTls{.ca_file = certificates().file("ca.pem")});
  }
  // The message of the Error that a server with these options throws.
  static std::string refusal(http::ServerOptions options) {
    try {
      const http::Server server(std::move(options),
                                [](const http::Request&) -> Task<http::Response> { co_return http::Response(); });
    } catch (const Error& error) {
      return std::string(to_string(error.code())) + ": " + error.what();
    }
    return "nothing was thrown";
  }
};

TEST_F(HttpByTls, requests_are_served) {
  start(options());
  EXPECT_THAT(server().url(), StartsWith("https://127.0.0.1:"));
  RawClient client = connect_by_tls();
  EXPECT_THAT(client.ask(get("/show")).body, StartsWith("GET /show ? 1.1 tls\n"));
  const std::string body(2'000'000, 'x');
  std::thread writer([&] { client.send(post("/echo", body)); });
  writer.join();
  EXPECT_EQ(client.read_reply().body.size(), body.size());
  EXPECT_EQ(client.ask(get("/echo", "Connection: close\r\n")).status, 200);
  std::string rest;
  EXPECT_TRUE(client.read_to_end(rest));
  EXPECT_EQ(rest, "");
}

TEST_F(HttpByTls, clients_with_a_certificate_of_the_authority_get_in) {
  start(options(true));
  RawClient client(server().port(), RawClientTls{.ca_file = certificates().file("ca.pem"),
                                                 .certificate_file = certificates().file("client.pem"),
                                                 .key_file = certificates().file("client.key")});
  EXPECT_EQ(client.ask(get("/echo")).status, 200);
}

TEST_F(HttpByTls, clients_without_one_do_not) {
  start(options(true));
  // With TLS 1.3 a client learns of it when it reads.
  const auto ask = [&] {
    RawClient client = connect_by_tls();
    return client.ask(get("/echo")).status;
  };
  EXPECT_THROW(ask(), std::runtime_error);
  EXPECT_TRUE(eventually([&] { return stats().handshakes_failed == 1; }));
  ASSERT_EQ(reports().size(), 1u);
  EXPECT_THAT(reports()[0], HasSubstr("peer did not return a certificate"));
  EXPECT_EQ(stats().requests, 0u);
}

TEST_F(HttpByTls, clients_with_one_of_somebody_else_do_not) {
  start(options(true));
  const Certificates others;
  const auto ask = [&] {
    RawClient client(server().port(), RawClientTls{.ca_file = certificates().file("ca.pem"),
                                                   .certificate_file = others.file("client.pem"),
                                                   .key_file = others.file("client.key")});
    return client.ask(get("/echo")).status;
  };
  EXPECT_THROW(ask(), std::runtime_error);
  EXPECT_TRUE(eventually([&] { return stats().handshakes_failed == 1; }));
  EXPECT_EQ(stats().requests, 0u);
}

TEST_F(HttpByTls, versions_before_1_2_are_refused) {
  start(options());
  EXPECT_THROW(
      RawClient(server().port(), RawClientTls{.ca_file = certificates().file("ca.pem"), .max_version = TLS1_1_VERSION}),
      std::runtime_error);
  EXPECT_TRUE(eventually([&] { return stats().handshakes_failed == 1; }));
  RawClient client(server().port(),
                   RawClientTls{.ca_file = certificates().file("ca.pem"), .max_version = TLS1_2_VERSION});
  EXPECT_EQ(client.ask(get("/echo")).status, 200);
}

TEST_F(HttpByTls, who_does_not_speak_tls_is_cut) {
  start(options());
  RawClient client = connect();
  client.send(get("/echo"));
  std::string bytes;
  static_cast<void>(client.read_to_end(bytes));
  EXPECT_EQ(bytes.find("HTTP/"), std::string::npos);
  EXPECT_EQ(stats().handshakes_failed, 1u);
}

TEST_F(HttpByTls, a_handshake_that_does_not_go_on_is_cut) {
  http::ServerOptions hasty = options();
  hasty.limits.handshake_timeout = 100ms;
  start(std::move(hasty));
  RawClient client = connect();
  EXPECT_TRUE(client.is_closed());
  EXPECT_EQ(stats().handshake_timeouts, 1u);
}

TEST_F(HttpByTls, time_limits_hold) {
  http::ServerOptions hasty = options();
  hasty.limits.header_timeout = 100ms;
  start(std::move(hasty));
  RawClient client = connect_by_tls();
  ASSERT_TRUE(client.send("GET / HT"));
  EXPECT_EQ(client.read_reply().status, 408);
}

TEST_F(HttpByTls, a_stop_waits_for_requests_and_ends_the_others) {
  start(options());
  RawClient idle = connect_by_tls(), busy = connect_by_tls(), shaking = connect();
  ASSERT_TRUE(busy.send(get("/wait")));
  ASSERT_TRUE(eventually([&] { return waiting() == 1 && stats().connections_open == 3; }));
  std::thread stop([&] { EXPECT_TRUE(server().stop(60s)); });
  EXPECT_TRUE(idle.is_closed());
  EXPECT_TRUE(shaking.is_closed());
  open_gate();
  EXPECT_EQ(busy.read_reply().status, 200);
  EXPECT_TRUE(busy.is_closed());
  busy.end_sending();
  stop.join();
}

TEST_F(HttpByTls, files_that_cannot_be_used_are_named) {
  const std::string folder = certificates().folder();
  http::ServerOptions missing = options();
  missing.tls->certificate_file = folder + "nobody.pem";
  EXPECT_EQ(refusal(missing),
            "not_found: cannot read the server's certificate from " + folder + "nobody.pem: No such file or directory");
  http::ServerOptions unnamed = options();
  unnamed.tls->key_file.clear();
  EXPECT_EQ(refusal(unnamed), "invalid_argument: TLS needs the server's key, and no file is named for it");
  http::ServerOptions a_folder = options();
  a_folder.tls->key_file = folder;
  EXPECT_EQ(refusal(a_folder), "not_found: cannot read the server's key from " + folder + ": Is a directory");
  http::ServerOptions swapped = options();
  swapped.tls->certificate_file = folder + "server.key";
  EXPECT_THAT(refusal(swapped),
              StartsWith("invalid_argument: cannot use the server's certificate in " + folder + "server.key: "));
  http::ServerOptions unmatched = options();
  unmatched.tls->key_file = folder + "client.key";
  EXPECT_THAT(refusal(unmatched), HasSubstr(folder + "client.key"));
  http::ServerOptions no_authority = options(true);
  no_authority.tls->client_ca_file = folder + "server.key";
  EXPECT_THAT(refusal(no_authority),
              StartsWith("invalid_argument: cannot use the clients' authorities in " + folder + "server.key: "));
}

TEST_F(HttpByTls, a_key_with_a_password_is_refused_without_asking_for_it) {
  const std::string key = certificates().file("encrypted.key");
  ASSERT_EQ(std::system(("openssl ec -aes256 -passout pass:secret -in " + certificates().file("server.key") + " -out " +
                         key + " 2> /dev/null")
                            .c_str()),
            0);
  http::ServerOptions encrypted = options();
  encrypted.tls->key_file = key;
  EXPECT_EQ(refusal(encrypted),
            "invalid_argument: cannot use the server's key in " + key + ": it is encrypted, which is not supported");
}

}  // namespace
}  // namespace spark::testing
