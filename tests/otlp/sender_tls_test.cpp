// Calls over TLS: who may be trusted, and who the client says it is.
#include "otlp/certificates.h"
#include "otlp/sender_fixture.h"
#include "otlp/sender_grpc_server.h"

namespace spark::testing {
namespace {

using namespace std::chrono_literals;
using ::testing::HasSubstr;

class SenderByTls : public SenderTest {
 protected:
  void SetUp() override {
    if (!GrpcServer::is_available()) GTEST_SKIP() << "no Python with the package grpcio (Debian: python3-grpcio)";
    encoder = ScriptedEncoder({"{}", "", ""});
  }
  // Making them takes a tenth of a second.
  static const Certificates& certificates() {
    static const Certificates made;
    return made;
  }
  // What a call to the server fails with, by gRPC.
  std::string message_of(const GrpcServer& server, OtlpOptions options) {
    options.protocol = OtlpProtocol::grpc;
    options.timeout = 20s;
    Sender sender = make_sender(server.url(), std::move(options));
    const Failure failure = failure_of(sender, *batch);
    EXPECT_EQ(failure.is_retryable, failure.code.has_value());
    return failure.message;
  }
};

TEST_F(SenderByTls, a_server_with_a_certificate_of_the_authority_is_trusted) {
  const GrpcServer server({"--tls", certificates().folder()});
  const OtlpOptions options{
      .protocol = OtlpProtocol::grpc, .timeout = 20s, .certificate_file = certificates().file("ca.pem")};
  Sender sender = make_sender(server.url(), options);
  // Several, on one connection.
  for (int i = 0; i < 5; ++i) EXPECT_EQ(failure_of(sender, *batch).message, "nothing was thrown");
}

TEST_F(SenderByTls, a_server_of_another_authority_is_not) {
  const GrpcServer server({"--tls", certificates().folder()});
  EXPECT_THAT(message_of(server, {}), HasSubstr("certificate"));
}

TEST_F(SenderByTls, a_server_that_wants_to_know_its_clients_gets_the_certificate) {
  const GrpcServer server({"--tls", certificates().folder(), "--client-certificates"});
  EXPECT_THAT(message_of(server, {.certificate_file = certificates().file("ca.pem")}),
              HasSubstr("cannot send to https://"));
  EXPECT_EQ(message_of(server, {.certificate_file = certificates().file("ca.pem"),
                                .client_key_file = certificates().file("client.key"),
                                .client_certificate_file = certificates().file("client.pem")}),
            "nothing was thrown");
}

}  // namespace
}  // namespace spark::testing
