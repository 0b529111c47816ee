// The client against our own server and against ones that do wrong.
#include "http/client.h"

#include <chrono>
#include <string>
#include <thread>
#include <vector>

#include "http/server_fixture.h"
#include "otlp/certificates.h"
#include "spark/async.h"
#include "spark/base/error.h"

namespace spark::testing {
namespace {

using namespace std::chrono_literals;
using ::testing::HasSubstr;

class HttpClient : public HttpServerTest {
 protected:
  static const Certificates& client_certificates() {
    static const Certificates made;
    return made;
  }
  static http::ServerOptions by_tls() {
    http::ServerOptions options;
    options.tls.emplace();
    options.tls->certificate_file = client_certificates().file("server.pem");
    options.tls->key_file = client_certificates().file("server.key");
    return options;
  }
  static http::ClientOptions trusting() {
    http::ClientOptions options;
    options.tls.ca_file = client_certificates().file("ca.pem");
    return options;
  }
  static http::Response ask(http::Client& client, std::string body, http::Progress& progress) {
    return sync_wait(client.send("POST", http::Headers(), std::move(body), progress));
  }
  static std::string body_of(http::Client& client, std::string body) {
    http::Progress progress;
    return ask(client, std::move(body), progress).body;
  }
  // The message of the Error that a request throws.
  static std::string failure_of(http::Client& client) {
    try {
      return "answered: " + body_of(client, "x");
    } catch (const Error& error) {
      return std::string(to_string(error.code())) + ": " + error.what();
    }
  }
};

TEST_F(HttpClient, a_connection_is_used_again) {
  start();
  http::Client client(http::Url::parse(server().url() + "/echo"), {});
  http::Progress first, second;
  EXPECT_EQ(ask(client, "one", first).body, "one");
  EXPECT_EQ(ask(client, "two", second).body, "two");
  EXPECT_TRUE(first.is_new_connection);
  EXPECT_FALSE(second.is_new_connection);
  EXPECT_EQ(second.peer_port, server().port());
  EXPECT_EQ(client.idle_connections(), 1U);
  EXPECT_EQ(stats().connections_accepted, 1U);
}

TEST_F(HttpClient, requests_at_once_have_a_connection_each_and_leave_what_may_wait) {
  start();
  http::ClientOptions options;
  options.idle_connections = 3;
  http::Client client(http::Url::parse(server().url() + "/wait"), options);
  std::vector<http::Progress> progress(8);
  std::vector<Task<http::Response>> requests;
  for (http::Progress& each : progress) requests.push_back(client.send("POST", http::Headers(), "", each));
  std::thread opener([&] {
    while (waiting() < 8) std::this_thread::yield();
    open_gate();
  });
  EXPECT_EQ(sync_wait(when_all(std::move(requests))).size(), 8U);
  opener.join();
  EXPECT_EQ(stats().connections_accepted, 8U);
  EXPECT_EQ(client.idle_connections(), 3U);
}

TEST_F(HttpClient, idle_connections_end_with_their_executor) {
  start();
  http::Client client(http::Url::parse(server().url() + "/echo"), {});
  {
    Executor executor(ExecutorOptions{.threads = 2});
    http::Progress progress;
    EXPECT_EQ(sync_wait(executor, client.send("POST", http::Headers(), "x", progress)).body, "x");
    EXPECT_EQ(client.idle_connections(), 1U);
  }
  EXPECT_EQ(client.idle_connections(), 0U);
  ASSERT_TRUE(eventually([&] { return stats().connections_open == 0; }));
  EXPECT_EQ(body_of(client, "y"), "y");
}

TEST_F(HttpClient, idle_connections_end_with_the_client) {
  start();
  {
    http::Client client(http::Url::parse(server().url() + "/echo"), {});
    EXPECT_EQ(body_of(client, "x"), "x");
  }
  EXPECT_TRUE(eventually([&] { return stats().connections_open == 0; }));
}

TEST_F(HttpClient, a_connection_that_the_server_has_closed_is_not_used) {
  http::ServerOptions options;
  options.limits.idle_timeout = 20ms;
  start(std::move(options));
  http::Client client(http::Url::parse(server().url() + "/echo"), {});
  EXPECT_EQ(body_of(client, "x"), "x");
  ASSERT_TRUE(eventually([&] { return stats().connections_open == 0; }));
  http::Progress progress;
  EXPECT_EQ(ask(client, "y", progress).body, "y");
  EXPECT_TRUE(progress.is_new_connection);
}

TEST_F(HttpClient, large_bodies_go_both_ways) {
  start();
  http::Client client(http::Url::parse(server().url() + "/echo"), {});
  const std::string body(5'000'000, 'x');
  EXPECT_EQ(body_of(client, body), body);
}

TEST_F(HttpClient, nobody_there_is_unavailable_and_nothing_was_sent) {
  start();
  const std::string url = server().url();
  end_server();
  http::Client client(http::Url::parse(url), {});
  http::Progress progress;
  EXPECT_THROW(ask(client, "x", progress), Error);
  EXPECT_FALSE(progress.may_have_arrived);
  EXPECT_THAT(failure_of(client), HasSubstr("unavailable: cannot connect to 127.0.0.1:"));
}

TEST_F(HttpClient, a_name_that_nobody_has_is_unavailable) {
  http::Client client(http::Url::parse("http://no-such-host.invalid/"), {});
  EXPECT_THAT(failure_of(client), HasSubstr("unavailable: cannot resolve no-such-host.invalid"));
}

TEST_F(HttpClient, a_request_that_takes_too_long_is_cancelled_and_its_connection_closed) {
  start();
  http::Client client(http::Url::parse(server().url() + "/wait"), {});
  http::Progress progress;
  EXPECT_THROW(sync_wait(with_timeout(client.send("POST", http::Headers(), "", progress), 20ms)), Error);
  EXPECT_EQ(client.idle_connections(), 0U);
  open_gate();
}

TEST_F(HttpClient, headers_cannot_break_out_of_their_line) {
  start();
  http::Client client(http::Url::parse(server().url() + "/echo"), {});
  http::Headers headers;
  headers.add("X-Name", "a\r\nX-Other: b");
  http::Progress progress;
  EXPECT_THROW(sync_wait(client.send("POST", headers, "", progress)), Error);
  EXPECT_FALSE(progress.may_have_arrived);
}

TEST_F(HttpClient, by_tls_it_talks_to_whom_it_trusts) {
  start(by_tls());
  const std::string port = std::to_string(server().port());
  for (const char* host : {"127.0.0.1", "localhost"}) {
    http::Client client(http::Url::parse("https://" + std::string(host) + ":" + port + "/echo"), trusting());
    http::Progress progress;
    EXPECT_EQ(ask(client, "x", progress).body, "x");
    EXPECT_EQ(body_of(client, "y"), "y");
  }
}

TEST_F(HttpClient, by_tls_it_refuses_a_stranger_and_a_certificate_of_another_name) {
  http::ServerOptions options = by_tls();
  options.host = "0.0.0.0";
  start(std::move(options));
  const std::string port = std::to_string(server().port());
  http::Client of_the_system(http::Url::parse("https://127.0.0.1:" + port + "/echo"), {});
  EXPECT_THAT(failure_of(of_the_system), HasSubstr("not to be trusted"));
  http::Client of_another_name(http::Url::parse("https://127.0.0.2:" + port + "/echo"), trusting());
  EXPECT_THAT(failure_of(of_another_name), HasSubstr("not to be trusted"));
  http::ClientOptions careless;
  careless.tls.verify = false;
  http::Client of_anybody(http::Url::parse("https://127.0.0.1:" + port + "/echo"), careless);
  EXPECT_EQ(body_of(of_anybody, "x"), "x");
  http::Client plain(http::Url::parse("http://127.0.0.1:" + port + "/echo"), {});
  EXPECT_THAT(failure_of(plain), HasSubstr("unavailable"));
}

TEST_F(HttpClient, by_tls_a_server_may_ask_who_it_is) {
  http::ServerOptions options = by_tls();
  options.tls->client_ca_file = client_certificates().file("ca.pem");
  start(std::move(options));
  http::Client nameless(http::Url::parse(server().url() + "/echo"), trusting());
  EXPECT_THAT(failure_of(nameless), HasSubstr("unavailable"));
  http::ClientOptions known = trusting();
  known.tls.certificate_file = client_certificates().file("client.pem");
  known.tls.key_file = client_certificates().file("client.key");
  http::Client client(http::Url::parse(server().url() + "/echo"), known);
  EXPECT_EQ(body_of(client, "x"), "x");
}

TEST_F(HttpClient, a_file_of_tls_that_is_missing_is_named) {
  http::ClientOptions options;
  options.tls.ca_file = "/nowhere/ca.pem";
  try {
    http::Client client(http::Url::parse("https://127.0.0.1/"), options);
    ADD_FAILURE();
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::not_found);
    EXPECT_THAT(error.what(), HasSubstr("/nowhere/ca.pem"));
  }
}

}  // namespace
}  // namespace spark::testing
