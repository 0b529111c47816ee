// Unary gRPC calls against a server of another make.
#include "otlp/otlp_text.h"
#include "otlp/sender_fixture.h"
#include "otlp/sender_grpc_server.h"
#include "otlp/sender_http_server.h"
#include "spark/backends/otlp.h"
#include "spark/base/json.h"

namespace spark::testing {
namespace {

using namespace std::chrono_literals;
using ::testing::HasSubstr;

// A google.rpc.Status with code 8 and a RetryInfo of 2.5 s among its details.
constexpr const char* details_with_retry_info =
    "08081a360a28747970652e676f6f676c65617069732e636f6d2f676f6f676c652e7270632e5265747279496e666f120a0a0808021080cab5ee"
    "01";

class SenderByGrpc : public SenderTest {
 protected:
  void SetUp() override {
    if (!GrpcServer::is_available()) GTEST_SKIP() << "no Python with the package grpcio (Debian: python3-grpcio)";
    server = std::make_unique<GrpcServer>();
  }
  // A sender that makes the server do what the body says.
  Sender sender_of(const std::string& body, OtlpOptions options = {}) {
    encoder = ScriptedEncoder({body, "", ""}, 3);
    options.protocol = OtlpProtocol::grpc;
    return make_sender(server->url(), std::move(options));
  }

  std::unique_ptr<GrpcServer> server;
};

TEST_F(SenderByGrpc, calls_the_three_services_with_exactly_the_bytes) {
  // More than a frame and a window of HTTP/2 hold.
  const std::string large = "{\"filler\": \"" + std::string(3'000'000, 'x') + "\"}";
  for (const OtlpCompression compression : {OtlpCompression::none, OtlpCompression::gzip}) {
    Sender sender = sender_of("{}", {.headers = {{"X-Tenant", "seven"}}, .compression = compression, .timeout = 20s});
    encoder = ScriptedEncoder({large, "{\"m\": 1}", "{\"l\": 1}"});
    sender.write(*batch);
    const char* const services[] = {"trace.v1.TraceService", "metrics.v1.MetricsService", "logs.v1.LogsService"};
    const std::string bodies[] = {large, "{\"m\": 1}", "{\"l\": 1}"};
    for (int i = 0; i < 3; ++i) {
      const Object call = server->next_call();
      EXPECT_EQ(call.at("path").as_string(), "/opentelemetry.proto.collector." + std::string(services[i]) + "/Export");
      EXPECT_TRUE(call.at("request").as_string() == hex(bodies[i]));
      const Object& metadata = call.at("metadata").as_object();
      EXPECT_EQ(metadata.at("x-tenant").as_string(), "seven");
      EXPECT_THAT(metadata.at("user-agent").as_string(),
                  HasSubstr("spark-telemetry/" SPARK_VERSION " OTel-OTLP-Exporter-Cpp/" SPARK_VERSION));
      EXPECT_GT(call.at("timeout").as_double(), 0.0);
      EXPECT_LE(call.at("timeout").as_double(), 20.0);
    }
    EXPECT_EQ(encoder.committed().size(), 3U);
  }
}

TEST(OtlpByGrpc, a_batch_larger_than_a_server_takes_goes_in_several_calls) {
  if (!GrpcServer::is_available()) GTEST_SKIP() << "no Python with the package grpcio (Debian: python3-grpcio)";
  clear_otlp_variables();
  GrpcServer server({"--default-limit"});
  OtlpSink sink(TelemetryConfig::create_otlp(server.url(), {.otlp = {.protocol = OtlpProtocol::grpc}}));
  BatchBuilder builder(std::make_shared<const Resource>());
  const Object attributes{{"text", std::string(4096, 'x')}};
  for (std::uint64_t i = 1; i <= 2'000; ++i) {
    builder.add(Span{.span_id = {i}, .trace_id = {1, 1}, .name = "large", .attributes = attributes});
  }
  sink.write(*builder.build());
  EXPECT_EQ(sink.take_refusals().message, "");
  std::int64_t bytes = 0;
  for (int call = 0; call < 2; ++call) bytes += server.next_call().at("request_bytes").as_int();
  EXPECT_GT(bytes, 2'000 * 4'096);
}

TEST_F(SenderByGrpc, one_sender_makes_many_calls) {
  Sender sender = sender_of("{}");
  for (int i = 0; i < 20; ++i) EXPECT_EQ(failure_of(sender, *batch).message, "nothing was thrown");
}

TEST_F(SenderByGrpc, codes_that_may_be_tried_again_and_codes_that_may_not) {
  for (int code = 1; code <= 16; ++code) {
    Sender sender = sender_of("{\"code\": " + std::to_string(code) + ", \"message\": \"as told: é\"}");
    const Failure failure = failure_of(sender, *batch);
    const bool is_retryable = code == 1 || code == 4 || code == 10 || code == 11 || code == 14 || code == 15;
    EXPECT_EQ(failure.is_retryable, is_retryable) << code;
    EXPECT_FALSE(failure.retry_after.has_value()) << code;
    EXPECT_THAT(failure.message,
                HasSubstr(server->url() + "/opentelemetry.proto.collector.trace.v1.TraceService/Export: "
                                          "gRPC status "));
    EXPECT_THAT(failure.message, HasSubstr(": as told: é"));
  }
  Sender sender = sender_of(R"({"code": 3, "message": "bad"})");
  const Failure failure = failure_of(sender, *batch);
  EXPECT_EQ(failure.code, ErrorCode::invalid_argument);
  EXPECT_THAT(failure.message, HasSubstr("gRPC status INVALID_ARGUMENT: bad"));
  EXPECT_TRUE(encoder.committed().empty());
}

TEST_F(SenderByGrpc, an_exhausted_server_may_be_tried_again_if_it_says_when) {
  Sender without = sender_of(R"({"code": 8})");
  EXPECT_FALSE(failure_of(without, *batch).is_retryable);
  for (const int code : {8, 14}) {
    Sender with =
        sender_of("{\"code\": " + std::to_string(code) + ", \"details\": \"" + details_with_retry_info + "\"}");
    const Failure failure = failure_of(with, *batch);
    EXPECT_TRUE(failure.is_retryable);
    EXPECT_EQ(failure.retry_after, Seconds{2.5});
  }
  Sender never = sender_of(std::string(R"({"code": 3, "details": ")") + details_with_retry_info + "\"}");
  EXPECT_FALSE(failure_of(never, *batch).is_retryable);
}

TEST_F(SenderByGrpc, partial_success_is_counted) {
  Sender sender = sender_of(R"({"reply": "0a050802120178"})");
  EXPECT_EQ(failure_of(sender, *batch).message, "nothing was thrown");
  const Refusals refusals = sender.take_refusals();
  EXPECT_EQ(refusals.rejected[static_cast<std::size_t>(RecordKind::span)], 2U);
  EXPECT_THAT(refusals.message, HasSubstr(": rejected 2 of the spans: x"));
}

TEST_F(SenderByGrpc, a_reply_is_read_up_to_four_mebibytes) {
  Sender sender = sender_of(R"({"reply_bytes": 6000000})", {.timeout = 60s});
  const Failure failure = failure_of(sender, *batch);
  EXPECT_FALSE(failure.is_retryable);
  EXPECT_THAT(failure.message, HasSubstr("the reply is longer than 4 MiB"));
}

TEST_F(SenderByGrpc, a_call_that_hangs_costs_the_timeout) {
  Sender sender = sender_of(R"({"hang": true})", {.timeout = 300ms});
  const auto begin = std::chrono::steady_clock::now();
  const Failure failure = failure_of(sender, *batch);
  EXPECT_LT(std::chrono::steady_clock::now() - begin, 10s);
  // Whoever notices first: both sides have the same deadline.
  EXPECT_TRUE(failure.is_retryable) << failure.message;
}

TEST_F(SenderByGrpc, a_secret_that_the_server_repeats_is_hidden) {
  Sender sender = sender_of(R"({"code": 16, "message": "no such token: hunter2-hunter2"})",
                            {.headers = {{"authorization", "Bearer hunter2-hunter2"}}});
  const Failure failure = failure_of(sender, *batch);
  EXPECT_EQ(failure.code, ErrorCode::permission_denied);
  EXPECT_THAT(failure.message, HasSubstr("no such token: (secret)"));
}

TEST_F(SenderByGrpc, a_server_of_another_protocol_is_an_error_that_may_pass) {
  HttpServer http(http_answer(200));
  Sender sender = make_sender(http.url(), {.protocol = OtlpProtocol::grpc, .timeout = 20s});
  const Failure failure = failure_of(sender, *batch);
  EXPECT_EQ(failure.code, ErrorCode::unavailable) << failure.message;
}

}  // namespace
}  // namespace spark::testing
