// Decoding what collectors answer: small messages that may be anything.
#include "backends/otlp/answers.h"

#include <gtest/gtest.h>
#include <stdlib.h>

#include "backends/otlp/grpc.h"
#include "backends/otlp/redaction.h"
#include "backends/otlp/reply.h"
#include "backends/otlp/wire_reader.h"
#include "spark/base/random.h"

namespace spark::detail::otlp {
namespace {

using namespace std::string_literals;

// A google.rpc.Status: code 8, message "busy", among its details a RetryInfo with a delay of 2.5 s.
const std::string status_with_retry_info =
    "\x08\x08\x12\x04"
    "busy"
    "\x1a\x36\x0a\x28"
    "type.googleapis.com/google.rpc.RetryInfo"
    "\x12\x0a\x0a\x08\x08\x02\x10\x80\xca\xb5\xee\x01"s;

TEST(WireReader, gives_each_field_once) {
  const std::string bytes =
      "\x08\x96\x01\x12\x02hi\x19\x01\x02\x03\x04\x05\x06\x07\x08\x25\x01\x02\x03\x04\xf8\xff\xff\xff\x0f\x07"s;
  WireReader reader(bytes);
  ASSERT_TRUE(reader.next());
  EXPECT_EQ(reader.number(), 1U);
  EXPECT_EQ(reader.integer(), 150U);
  ASSERT_TRUE(reader.next());
  EXPECT_EQ(reader.number(), 2U);
  EXPECT_EQ(reader.bytes(), "hi");
  EXPECT_EQ(reader.integer(), 0U);
  for (const unsigned number : {3U, 4U}) {
    ASSERT_TRUE(reader.next());
    EXPECT_EQ(reader.number(), number);
    EXPECT_EQ(reader.bytes(), "");
  }
  ASSERT_TRUE(reader.next());
  EXPECT_EQ(reader.number(), (1U << 29) - 1);
  EXPECT_FALSE(reader.next());
  EXPECT_FALSE(reader.is_bad());
}

TEST(WireReader, stops_at_what_is_no_protobuf) {
  for (const std::string& bytes :
       {"\x08"s, "\x08\xff"s, "\x12\x05hi"s, "\x19\x01"s, "\x25\x01"s, "\x0b"s, "\x0c"s, "\x0e"s, "\x00\x00"s,
        "\x12\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01"s, "\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01"s}) {
    WireReader reader(bytes);
    EXPECT_FALSE(reader.next());
    EXPECT_TRUE(reader.is_bad());
    EXPECT_FALSE(reader.next());
  }
}

TEST(Answers, no_bytes_make_the_readers_fail) {
  constexpr std::uint64_t seed = 4318;
  SCOPED_TRACE(seed);
  Random random(seed);
  const std::string seeds[] = {
      status_with_retry_info, "\x0a\x05\x08\x02\x12\x01x"s,
      R"({"partialSuccess":{"rejectedSpans":"2"},"details":[{"@type":"a/google.rpc.RetryInfo"}]})"};
  for (int round = 0; round < 20'000; ++round) {
    std::string bytes = seeds[random.next() % 3];
    for (std::uint64_t changes = random.next() % 4; changes > 0 && !bytes.empty(); --changes) {
      bytes[random.next() % bytes.size()] = static_cast<char>(random.next());
      if (random.next() % 4 == 0) bytes.resize(random.next() % (bytes.size() + 1));
    }
    static_cast<void>(read_partial_success(bytes));
    static_cast<void>(read_partial_success_json(bytes, Signal::traces));
    const Seconds delay = read_rpc_status(bytes).retry_delay.value_or(Seconds{0});
    EXPECT_TRUE(delay >= Seconds{0} && delay <= longest_delay) << delay.count();
    static_cast<void>(read_rpc_status_json(bytes));
    static_cast<void>(decode_binary_header(bytes));
    static_cast<void>(decode_grpc_message(bytes));
    static_cast<void>(grpc_message_of(bytes));
    Reply reply;
    reply.take_header(bytes);
  }
}

TEST(Answers, partial_success_has_a_name_of_its_own_for_each_signal) {
  const std::pair<Signal, const char*> cases[] = {
      {Signal::traces, "rejectedSpans"}, {Signal::metrics, "rejectedDataPoints"}, {Signal::logs, "rejectedLogRecords"}};
  for (const auto& [signal, key] : cases) {
    const std::string json = "{\"partialSuccess\":{\"" + std::string(key) + "\":\"5\"}}";
    EXPECT_EQ(read_partial_success_json(json, signal)->rejected, 5U);
  }
  for (const char* json : {"{}", R"({"partialSuccess":null})", R"({"partialSuccess":{}})",
                           R"({"partialSuccess":{"rejectedSpans":-3}})", R"({"partialSuccess":{"rejectedSpans":"x"}})",
                           R"({"partialSuccess":{"rejectedSpans":null,"errorMessage":null}})"}) {
    EXPECT_EQ(read_partial_success_json(json, Signal::traces)->rejected, 0U) << json;
  }
  EXPECT_FALSE(read_partial_success_json("[]", Signal::traces).has_value());
  EXPECT_FALSE(read_partial_success_json("<html>", Signal::traces).has_value());
}

TEST(Answers, a_status_may_say_when_to_come_again) {
  const RpcStatus status = read_rpc_status(status_with_retry_info);
  EXPECT_EQ(status.message, "busy");
  EXPECT_EQ(status.retry_delay, Seconds{2.5});
  EXPECT_FALSE(read_rpc_status("\x08\x08"s).retry_delay.has_value());
  const std::string without_delay =
      "\x1a\x2a\x0a\x28"
      "type.googleapis.com/google.rpc.RetryInfo"s;
  EXPECT_EQ(read_rpc_status(without_delay).retry_delay, Seconds{0});
  const RpcStatus json = read_rpc_status_json(
      R"({"message":"busy","details":[{"@type":"x"},{"@type":"type.googleapis.com/google.rpc.RetryInfo","retryDelay":"1.5s"}]})");
  EXPECT_EQ(json.message, "busy");
  EXPECT_EQ(json.retry_delay, Seconds{1.5});
}

TEST(Grpc, messages_are_percent_decoded_and_broken_escapes_stay) {
  EXPECT_EQ(decode_grpc_message("a%20b%C3%A9"), "a bé");
  EXPECT_EQ(decode_grpc_message("100%"), "100%");
  EXPECT_EQ(decode_grpc_message("%4"), "%4");
  EXPECT_EQ(decode_grpc_message("%zz%41"), "%zzA");
}

TEST(Grpc, binary_headers_are_base64_with_and_without_padding) {
  EXPECT_EQ(decode_binary_header("aGk="), "hi");
  EXPECT_EQ(decode_binary_header("aGk"), "hi");
  EXPECT_EQ(decode_binary_header("aGk,aGk="), "hi");
  EXPECT_EQ(decode_binary_header("-_-_"), decode_binary_header("+/+/"));
  EXPECT_EQ(decode_binary_header(""), "");
}

TEST(Grpc, codes_are_those_of_the_standard) {
  EXPECT_EQ(to_string(read_grpc_code("14")), "UNAVAILABLE");
  EXPECT_EQ(to_string(read_grpc_code("16")), "UNAUTHENTICATED");
  for (const char* text : {"17", "-1", "", "x", "4294967296"}) EXPECT_EQ(read_grpc_code(text), GrpcCode::unknown);
  std::string retryable;
  for (unsigned code = 0; code <= 16; ++code) {
    if (is_retryable(static_cast<GrpcCode>(code))) retryable += std::to_string(code) + " ";
  }
  EXPECT_EQ(retryable, "1 4 10 11 14 15 ");
}

TEST(Grpc, a_message_is_whole_and_uncompressed) {
  EXPECT_EQ(grpc_message_of("\0\0\0\0\2hi"s), "hi");
  EXPECT_EQ(grpc_message_of("\0\0\0\0\0"s), "");
  EXPECT_FALSE(grpc_message_of("\0\0\0\0\3hi"s).has_value());
  EXPECT_FALSE(grpc_message_of("\1\0\0\0\2hi"s).has_value());
  EXPECT_FALSE(grpc_message_of("\0\0\0"s).has_value());
}

TEST(Redaction, hides_what_the_address_of_a_proxy_has_for_it) {
  ::setenv("https_proxy", "htp://user:hunter2@proxy:3128", 1);
  const Redaction redaction{SignalSettings{}};
  ::unsetenv("https_proxy");
  const std::string shown = redaction.shown("Unsupported proxy scheme for 'htp://user:hunter2@proxy:3128', hunter2");
  EXPECT_EQ(shown.find("hunter2"), std::string::npos) << shown;
}

// A hostile server may send megabytes of it.
TEST(Redaction, of_a_long_text_shows_the_beginning_without_half_a_secret) {
  SignalSettings settings;
  settings.headers.emplace("key", Secret("canary-canary-canary"));
  std::string text;
  while (text.size() < (4 << 20)) text += "canary-canary-canary";
  const std::string shown = Redaction(settings).shown(text);
  EXPECT_EQ(shown.find("canary"), std::string::npos) << shown;
  EXPECT_LE(shown.size(), Redaction::longest_bytes + 3);
  EXPECT_TRUE(shown.ends_with("…"));
}

TEST(Reply, an_interim_answer_is_forgotten) {
  Reply reply;
  for (const char* line : {"HTTP/1.1 103 Early Hints\r\n", "Retry-After: 5\r\n", "\r\n", "HTTP/2 200\r\n",
                           "CONTENT-TYPE:  application/grpc \r\n"}) {
    reply.take_header(line);
  }
  EXPECT_EQ(reply.status, 200);
  EXPECT_EQ(reply.retry_after, "");
  EXPECT_EQ(reply.content_type, "application/grpc");
}

}  // namespace
}  // namespace spark::detail::otlp
