// Calls by TLS: both sides know whom they talk to, and what is secret is shown nowhere.
#include "otlp/certificates.h"
#include "rpc/rpc_fixture.h"
#include "spark/base/json.h"

namespace spark::testing {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

class RpcByTls : public RpcTest {
 protected:
  static const Certificates& made_certificates() {
    static const Certificates made;
    return made;
  }
  static RpcServerOptions by_tls(bool wants_clients) {
    RpcServerOptions options;
    options.tls.emplace();
    options.tls->certificate_file = made_certificates().file("server.pem");
    options.tls->key_file = made_certificates().file("server.key");
    if (wants_clients) options.tls->client_ca_file = made_certificates().file("ca.pem");
    return options;
  }
};

TEST_F(RpcByTls, a_call_verifies_its_callee) {
  start(by_tls(false));
  EXPECT_THAT(service_->endpoint(), ::testing::StartsWith("https://127.0.0.1:"));
  RpcProxyOptions options;
  EXPECT_THAT(error_of(*connect(options), "echo"), HasSubstr("not to be trusted"));
  options.tls.ca_file = made_certificates().file("ca.pem");
  const auto proxy = connect(options);
  EXPECT_EQ(call(*proxy, "echo", Array{1}), Value(Array{1}));
  EXPECT_EQ(call(*proxy, "echo", Array{2}), Value(Array{2}));
  EXPECT_EQ(proxy->idle_connections(), 1U);
}

TEST_F(RpcByTls, a_callee_may_want_to_know_its_callers) {
  start(by_tls(true));
  RpcProxyOptions options;
  options.tls.ca_file = made_certificates().file("ca.pem");
  EXPECT_THAT(error_of(*connect(options), "echo"), HasSubstr("unavailable"));
  options.tls.certificate_file = made_certificates().file("client.pem");
  options.tls.key_file = made_certificates().file("client.key");
  EXPECT_EQ(call(*connect(options), "echo", Array{1}), Value(Array{1}));
}

TEST_F(RpcByTls, headers_and_the_endpoints_query_are_shown_nowhere) {
  start();
  RpcProxyOptions options;
  options.endpoint = service_->endpoint() + "?key=the-secret";
  options.headers.emplace_back("Authorization", "Bearer the-secret");
  const auto proxy = connect(options);
  EXPECT_EQ(call(*proxy, "echo", Array{1}), Value(Array{1}));
  EXPECT_THAT(error_of(*proxy, "fail"), Not(HasSubstr("the-secret")));
  service_->stop();
  EXPECT_THAT(error_of(*proxy, "echo"), ::testing::AllOf(HasSubstr("unavailable"), Not(HasSubstr("the-secret"))));
  EXPECT_THAT(to_json(proxy->config()), Not(HasSubstr("the-secret")));
  flush();
  for (TelemetryManager* manager : {&caller_, &callee_}) {
    for (const Span& span : manager->query_spans().rows) {
      EXPECT_THAT(span.status_message + to_json(span.attributes), Not(HasSubstr("the-secret"))) << span.name;
    }
  }
}

}  // namespace
}  // namespace spark::testing
