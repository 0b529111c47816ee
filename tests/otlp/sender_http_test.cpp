// What goes over the wire by HTTP, and what each status means.
#include <zlib.h>

#include "otlp/sender_fixture.h"
#include "otlp/sender_http_server.h"

namespace spark::testing {
namespace {

using ::testing::HasSubstr;

constexpr std::string_view json_type = "Content-Type: application/json; charset=utf-8\r\n";

std::string unzipped(const std::string& bytes) {
  z_stream stream{};
  constexpr int gzip_only = 15 + 16;
  if (inflateInit2(&stream, gzip_only) != Z_OK) return "no memory";
  std::string out(1 << 20, '\0');
  std::string in = bytes;
  stream.next_in = reinterpret_cast<Bytef*>(in.data());
  stream.avail_in = static_cast<uInt>(in.size());
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = static_cast<uInt>(out.size());
  const int result = inflate(&stream, Z_FINISH);
  out.resize(stream.total_out);
  inflateEnd(&stream);
  return result == Z_STREAM_END ? out : "not gzip: " + std::to_string(result);
}

class SenderByHttp : public SenderTest {};

TEST_F(SenderByHttp, posts_each_signal_to_its_path_on_one_connection) {
  HttpServer server(http_answer(200, protobuf_type));
  encoder = ScriptedEncoder({"the traces", "the metrics", "the logs"});
  Sender sender = make_sender(server.url() + "/base");
  sender.write(*batch);
  sender.write(*make_batch({.spans = 1}));
  const auto requests = server.requests();
  ASSERT_EQ(requests.size(), 6U);
  const char* const targets[] = {"/base/v1/traces", "/base/v1/metrics", "/base/v1/logs"};
  const char* const bodies[] = {"the traces", "the metrics", "the logs"};
  for (std::size_t i = 0; i < requests.size(); ++i) {
    EXPECT_EQ(requests[i].method, "POST");
    EXPECT_EQ(requests[i].target, targets[i % 3]);
    EXPECT_EQ(requests[i].body, bodies[i % 3]);
    EXPECT_EQ(requests[i].connection, 1);
  }
  EXPECT_EQ(encoder.committed().size(), 6U);
}

TEST_F(SenderByHttp, sends_the_headers_of_the_protocol_and_those_asked_for) {
  HttpServer server(http_answer(200));
  Sender sender = make_sender(server.url(), {.headers = {{"X-Tenant", "seven"}, {"x-empty", ""}}});
  sender.write(*batch);
  auto headers = server.requests().at(0).headers;
  EXPECT_EQ(headers["content-type"], "application/x-protobuf");
  EXPECT_EQ(headers["user-agent"], "spark-telemetry/" SPARK_VERSION " OTel-OTLP-Exporter-Cpp/" SPARK_VERSION);
  EXPECT_EQ(headers["x-tenant"], "seven");
  EXPECT_TRUE(headers.contains("x-empty"));
  EXPECT_FALSE(headers.contains("expect"));
  EXPECT_FALSE(headers.contains("content-encoding"));
  EXPECT_EQ(sender.name(), "otlp " + server.url());
}

TEST_F(SenderByHttp, json_is_sent_as_json) {
  HttpServer server(http_answer(200, json_type, "{}"));
  Sender sender = make_sender(server.url(), {.protocol = OtlpProtocol::http_json});
  sender.write(*batch);
  EXPECT_EQ(server.requests().at(0).headers["content-type"], "application/json");
  EXPECT_EQ(sender.take_refusals().message, "");
}

TEST_F(SenderByHttp, gzip_comes_out_as_it_went_in) {
  HttpServer server(http_answer(200));
  std::string body;
  for (unsigned i = 0; i < 100'000; ++i) body.push_back(static_cast<char>(i * i % 251));
  encoder = ScriptedEncoder({body, "", ""});
  Sender sender = make_sender(server.url(), {.compression = OtlpCompression::gzip});
  sender.write(*batch);
  auto request = server.requests().at(0);
  EXPECT_EQ(request.headers["content-encoding"], "gzip");
  EXPECT_LT(request.body.size(), body.size());
  EXPECT_EQ(unzipped(request.body), body);
}

TEST_F(SenderByHttp, nothing_to_send_is_not_sent) {
  encoder = ScriptedEncoder({"", "", ""});
  Sender sender = make_sender("http://127.0.0.1:" + std::to_string(free_port()));
  EXPECT_NO_THROW(sender.write(*batch));
}

TEST_F(SenderByHttp, every_status_of_success_is_one) {
  for (const int status : {200, 202, 204, 299}) {
    HttpServer server(http_answer(status));
    Sender sender = make_sender(server.url());
    EXPECT_EQ(failure_of(sender, *batch).message, "nothing was thrown") << status;
  }
}

TEST_F(SenderByHttp, four_statuses_may_be_tried_again) {
  for (const int status : {429, 502, 503, 504}) {
    HttpServer server(http_answer(status));
    Sender sender = make_sender(server.url());
    const Failure failure = failure_of(sender, *batch);
    EXPECT_TRUE(failure.is_retryable) << status;
    EXPECT_EQ(failure.message, server.url() + "/v1/traces: HTTP status " + std::to_string(status));
    EXPECT_EQ(failure.code, ErrorCode::unavailable);
    EXPECT_FALSE(failure.retry_after.has_value());
  }
  EXPECT_TRUE(encoder.committed().empty());
}

TEST_F(SenderByHttp, every_other_status_is_final) {
  const std::pair<int, ErrorCode> cases[] = {
      {301, ErrorCode::unavailable},       {302, ErrorCode::unavailable},       {400, ErrorCode::invalid_argument},
      {401, ErrorCode::permission_denied}, {403, ErrorCode::permission_denied}, {404, ErrorCode::unsupported},
      {405, ErrorCode::unsupported},       {408, ErrorCode::unavailable},       {413, ErrorCode::invalid_argument},
      {415, ErrorCode::unsupported},       {500, ErrorCode::unavailable},       {501, ErrorCode::unavailable},
      {505, ErrorCode::unavailable},       {999, ErrorCode::unavailable}};
  for (const auto& [status, code] : cases) {
    HttpServer server(http_answer(status, "Location: http://127.0.0.1:1/\r\nRetry-After: 3\r\n"));
    Sender sender = make_sender(server.url());
    const Failure failure = failure_of(sender, *batch);
    EXPECT_FALSE(failure.is_retryable) << status;
    EXPECT_EQ(failure.code, code) << status;
    EXPECT_EQ(server.requests().size(), 1U) << status;
  }
}

TEST_F(SenderByHttp, a_failure_says_what_the_server_says) {
  const std::pair<std::string, std::string> cases[] = {
      {http_answer(400, protobuf_type,
                   {"\x12\x03"
                    "bad",
                    5}),
       ": HTTP status 400: bad"},
      {http_answer(400, json_type, R"({"code":3,"message":"worse"})"), ": HTTP status 400: worse"},
      {http_answer(400, "Content-Type: text/plain\r\n", "  worst\r\n"), ": HTTP status 400:   worst"},
      {http_answer(400, "Content-Type: text/html\r\n", "<html>"), ": HTTP status 400"},
      {http_answer(400, protobuf_type, "\xff\xff"), ": HTTP status 400"},
      {http_answer(400, json_type, "{{{{"), ": HTTP status 400"},
  };
  for (const auto& [answer, message] : cases) {
    HttpServer server(answer);
    Sender sender = make_sender(server.url());
    EXPECT_EQ(failure_of(sender, *batch).message, server.url() + "/v1/traces" + message);
  }
}

TEST_F(SenderByHttp, retry_after_is_seconds_or_a_date_and_bounded) {
  // The clock stands at 2025-01-15T10:00:00Z.
  const std::pair<const char*, std::optional<double>> cases[] = {
      {"7", 7},
      {" 120 ", 120},
      {"0", 0},
      {"-5", 0},
      {"100000", 300},
      {"99999999999999999999999", 300},
      {"-99999999999999999999999", 0},
      {"Wed, 15 Jan 2025 10:00:30 GMT", 30},
      {"Wednesday, 15-Jan-25 10:01:00 GMT", 60},
      {"Wed Jan 15 10:00:05 2025", 5},
      {"Wed, 15 Jan 2025 09:00:00 GMT", 0},
      {"Thu, 15 Jan 2026 10:00:30 GMT", 300},
      {"Fri, 31 Dec 9999 23:59:59 GMT", 300},
      {"Mon, 01 Jan 1601 00:00:00 GMT", 0},
      {"soon", std::nullopt},
      {"1.5", std::nullopt},
      {"", std::nullopt},
      {"-", std::nullopt},
  };
  for (const auto& [value, seconds] : cases) {
    HttpServer server(http_answer(503, "Retry-After: " + std::string(value) + "\r\n"));
    Sender sender = make_sender(server.url());
    const Failure failure = failure_of(sender, *batch);
    EXPECT_TRUE(failure.is_retryable) << value;
    EXPECT_EQ(failure.retry_after.has_value(), seconds.has_value()) << value;
    EXPECT_EQ(failure.retry_after.value_or(Seconds{0}).count(), seconds.value_or(0)) << value;
  }
}

TEST_F(SenderByHttp, partial_success_is_read_in_both_encodings_and_never_sent_again) {
  const std::string protobuf("\x0a\x05\x08\x02\x12\x01x", 7);
  const std::tuple<OtlpProtocol, std::string_view, std::string> cases[] = {
      {OtlpProtocol::http_protobuf, protobuf_type, protobuf},
      {OtlpProtocol::http_json, json_type, R"({"partialSuccess":{"rejectedSpans":"2","errorMessage":"x"}})"},
      {OtlpProtocol::http_json, json_type, R"({"partialSuccess":{"rejectedSpans":2,"errorMessage":"x","new":[]}})"}};
  for (const auto& [protocol, type, body] : cases) {
    HttpServer server(http_answer(200, type, body));
    encoder = ScriptedEncoder({"traces", "", ""}, 3);
    Sender sender = make_sender(server.url(), {.protocol = protocol});
    EXPECT_EQ(failure_of(sender, *batch).message, "nothing was thrown");
    const Refusals refusals = sender.take_refusals();
    EXPECT_EQ(refusals.rejected[static_cast<std::size_t>(RecordKind::span)], 2U);
    EXPECT_EQ(refusals.message, server.url() + "/v1/traces: rejected 2 of the spans: x");
    EXPECT_EQ(sender.take_refusals().message, "") << "asked for once";
    EXPECT_EQ(server.requests().size(), 1U);
    EXPECT_EQ(encoder.committed().size(), 1U);
  }
}

TEST_F(SenderByHttp, a_warning_and_a_reply_that_cannot_be_read_are_told_and_nothing_is_lost) {
  const std::pair<std::string, std::string> cases[] = {
      {http_answer(200, protobuf_type, {"\x0a\x03\x12\x01x", 5}), "taken with a warning: x"},
      {http_answer(200, protobuf_type, {"\x0a\x0b\x08\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01", 13}), ""},
      {http_answer(200, protobuf_type, "\x0a\x05\x08"), "taken, but the reply cannot be read"},
      {http_answer(200, "Content-Type: text/html\r\n", "<html>"),
       "taken, but the reply cannot be read, it is of type \"text/html\""},
      {http_answer(200, json_type, "{}"), "taken, but the reply cannot be read, it is of type \"application/json\""}};
  for (const auto& [answer, message] : cases) {
    HttpServer server(answer);
    Sender sender = make_sender(server.url());
    EXPECT_EQ(failure_of(sender, *batch).message, "nothing was thrown");
    const Refusals refusals = sender.take_refusals();
    EXPECT_EQ(refusals.message, message.empty() ? "" : server.url() + "/v1/traces: " + message);
    EXPECT_EQ(refusals.rejected, Refusals{}.rejected);
  }
}

}  // namespace
}  // namespace spark::testing
