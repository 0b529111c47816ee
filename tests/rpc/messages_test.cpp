// What errors of calls and of options say: which call, whom it went to, and what to set.
#include <array>
#include <boost/asio/buffer.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <string>
#include <thread>
#include <vector>

#include "http/server.h"
#include "otlp/certificates.h"
#include "rpc/rpc_fixture.h"

namespace spark::testing {
namespace {

using namespace std::chrono_literals;
using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

class RpcMessages : public RpcTest {
 protected:
  static std::string refusal(RpcProxyOptions options) {
    try {
      const RemoteRpcProxyNode proxy(std::move(options));
    } catch (const Error& error) {
      return std::string(to_string(error.code())) + " " + error.what();
    }
    return "none";
  }
  static RpcProxyOptions to(std::string endpoint) {
    RpcProxyOptions options;
    options.endpoint = std::move(endpoint);
    options.backoff.initial = 1ms;
    options.backoff.longest = 1ms;
    return options;
  }
  std::string refusal(RpcServerOptions options) {
    try {
      start(std::move(options));
    } catch (const Error& error) {
      return std::string(to_string(error.code())) + " " + error.what();
    }
    return "none";
  }
};

// Takes one request and closes the connection without an answer.
class SilentServer {
 public:
  ~SilentServer() { thread_.join(); }
  [[nodiscard]] std::string url() const {
    return "http://127.0.0.1:" + std::to_string(acceptor_.local_endpoint().port()) + "/";
  }

 private:
  using tcp = boost::asio::ip::tcp;

  void serve() {
    tcp::socket socket(context_);
    acceptor_.accept(socket);
    std::string request;
    std::array<char, 1024> buffer{};
    // What is left unread would be answered with a reset.
    while (!request.ends_with('}')) request.append(buffer.data(), socket.read_some(boost::asio::buffer(buffer)));
  }

  boost::asio::io_context context_;
  tcp::acceptor acceptor_{context_, tcp::endpoint(boost::asio::ip::make_address("127.0.0.1"), 0)};
  std::thread thread_{[this] { serve(); }};
};

TEST_F(RpcMessages, a_failed_call_says_which_call_to_whom_and_which_try_it_was) {
  start();
  const std::string endpoint = service_->endpoint();
  service_->stop();
  RpcProxyOptions options = to(endpoint + "?key=the-secret");
  EXPECT_THAT(error_of(*connect(options), "sum"),
              StartsWith("unavailable the call of \"sum\" to " + endpoint + ": cannot connect to 127.0.0.1:"));
  EXPECT_THAT(error_of(*connect(options), "sum"), Not(HasSubstr("attempt")));
  options.retries = 2;
  const std::string error = error_of(*connect(options), "s\num" + std::string(1'000, 'x'));
  EXPECT_THAT(error, StartsWith("unavailable the call of \"s\\num"));
  EXPECT_THAT(error, EndsWith(" (attempt 3 of 3)"));
  EXPECT_LT(error.size(), 400U);
  EXPECT_THAT(error, Not(HasSubstr("the-secret")));
  std::vector<RpcCall> calls;
  calls.emplace_back("sum");
  calls.emplace_back("echo");
  try {
    sync_wait(connect(to(endpoint))->call_batch(calls));
    ADD_FAILURE() << "nothing was thrown";
  } catch (const Error& failure) {
    EXPECT_THAT(failure.what(), StartsWith("the batch of 2 calls to " + endpoint + ": cannot connect"));
  }
}

TEST_F(RpcMessages, a_connection_that_ends_without_an_answer_asks_about_tls) {
  const SilentServer silent;
  EXPECT_EQ(error_of(*connect(to(silent.url())), "sum"),
            "unavailable the call of \"sum\" to " + silent.url() +
                ": the server closed the connection without an answer (does it speak TLS?)");
}

TEST_F(RpcMessages, what_is_beyond_a_limit_names_the_option) {
  start();
  RpcProxyOptions options = to(service_->endpoint());
  options.max_body_bytes = 1'000;
  EXPECT_THAT(error_of(*connect(options), "echo", Array{std::string(2'000, 'x')}),
              EndsWith("it has more than 1000 bytes (RpcProxyOptions::max_body_bytes)"));
  Value deep = Array{};
  for (int i = 0; i < 4; ++i) deep = Array{deep};
  options.max_depth = 2;
  EXPECT_THAT(error_of(*connect(options), "echo", deep),
              EndsWith("the result is nested deeper than 2 (RpcProxyOptions::max_depth)"));
  service_->stop();
  RpcServerOptions server;
  server.max_depth = 4;
  start(server);
  EXPECT_EQ(error_of(*connect(), "echo", deep),
            "-32700 Parse error: the params are nested deeper than 4 (RpcServerOptions::max_depth)");
}

TEST_F(RpcMessages, an_endpoint_that_cannot_be_right_is_refused_by_the_options_name) {
  EXPECT_EQ(refusal(RpcProxyOptions()),
            "invalid_argument RpcProxyOptions::endpoint is empty (has the RpcNode been started?)");
  EXPECT_EQ(refusal(to("ftp://host/")),
            "invalid_argument RpcProxyOptions::endpoint: the URL ftp://host does not begin with http:// or https://");
  EXPECT_THAT(refusal(to("http://host:0/?key=the-secret")), Not(HasSubstr("the-secret")));
  EXPECT_THAT(refusal(to("http://host/a#part")), HasSubstr("RpcProxyOptions::endpoint: "));
  const std::string tls = "invalid_argument RpcProxyOptions::tls is set, but the endpoint is http://";
  RpcProxyOptions options = to("http://127.0.0.1:1/");
  options.tls.ca_file = "ca.pem";
  EXPECT_EQ(refusal(options), tls);
  options.tls = RpcClientTls();
  options.tls.verify = false;
  EXPECT_EQ(refusal(options), tls);
}

TEST_F(RpcMessages, headers_of_the_trace_are_not_the_callers_to_set) {
  RpcProxyOptions options = to("http://127.0.0.1:1/");
  for (const char* name : {"traceparent", "TraceState", "Baggage"}) {
    options.headers = {{name, Secret("x")}};
    EXPECT_EQ(refusal(options), "invalid_argument RpcProxyOptions::headers: \"" + std::string(name) +
                                    "\" is a header that the protocol sets itself");
  }
}

TEST_F(RpcMessages, a_call_without_a_name_is_refused_before_it_is_sent) {
  start();
  const auto proxy = connect();
  EXPECT_THAT(error_of(*proxy, ""), StartsWith("invalid_argument"));
  EXPECT_THROW(sync_wait(proxy->notify("")), Error);
  std::vector<RpcCall> calls;
  calls.emplace_back("");
  EXPECT_THROW(sync_wait(proxy->call_batch(calls)), Error);
  EXPECT_EQ(service_->calls(), 0);
}

TEST_F(RpcMessages, a_servers_options_are_refused_by_their_own_names) {
  RpcServerOptions options;
  options.threads = 0;
  EXPECT_EQ(refusal(options), "invalid_argument RpcServerOptions::threads is 0, must be from 1 to 256");
  options = {};
  options.max_connections = 0;
  EXPECT_THAT(refusal(options), HasSubstr("RpcServerOptions::max_connections is 0"));
  options = {};
  options.idle_timeout = 0s;
  EXPECT_THAT(refusal(options), HasSubstr("RpcServerOptions::idle_timeout must be more than 0 s"));
  options = {};
  options.methods = {"sum", ""};
  EXPECT_EQ(refusal(options), "invalid_argument RpcServerOptions::methods has an empty name in it");
  options.methods = {"rpc.sum"};
  EXPECT_EQ(refusal(options),
            "invalid_argument RpcServerOptions::methods: \"rpc.sum\" begins with rpc., which is reserved");
}

TEST_F(RpcMessages, a_second_start_says_where_it_serves) {
  start();
  try {
    service_->start_server();
    ADD_FAILURE() << "nothing was thrown";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::conflict);
    EXPECT_THAT(error.what(), EndsWith("at " + service_->endpoint()));
  }
}

class SelfStoppingNode : public RpcNode {
 public:
  using RpcNode::RpcNode;
  Task<Value> rpc_process(const Value&, RpcContext&) override {
    try {
      stop();
    } catch (const Error& error) {
      co_return std::string(to_string(error.code())) + " " + error.what();
    }
    co_return "it stopped";
  }
};

TEST_F(RpcMessages, a_stop_by_a_call_is_refused_by_the_name_of_the_member) {
  const auto node = make_node<SelfStoppingNode>(RpcServerOptions{.telemetry = &callee_});
  node->start_server();
  EXPECT_EQ(call(*connect(to(node->endpoint())), "stop"),
            Value("would_deadlock RpcNode::stop was called by a call that it would wait for"));
  EXPECT_TRUE(node->stop());
}

TEST_F(RpcMessages, an_encrypted_key_is_said_to_be_one) {
  const Certificates certificates;
  const std::string key = certificates.file("encrypted.key");
  ASSERT_EQ(std::system(("openssl pkcs8 -topk8 -passout pass:secret -in " + certificates.file("server.key") + " -out " +
                         key + " 2> /dev/null")
                            .c_str()),
            0);
  RpcServerOptions server;
  server.tls.emplace();
  server.tls->certificate_file = certificates.file("server.pem");
  server.tls->key_file = key;
  EXPECT_EQ(refusal(server),
            "invalid_argument cannot use the server's key in " + key + ": it is encrypted, which is not supported");
  RpcProxyOptions options = to("https://127.0.0.1:1/");
  options.tls.certificate_file = certificates.file("client.pem");
  options.tls.key_file = key;
  EXPECT_EQ(refusal(options),
            "invalid_argument cannot use the client's key in " + key + ": it is encrypted, which is not supported");
}

}  // namespace
}  // namespace spark::testing
