// The answers of a receiver, as opentelemetry-proto and google.rpc say them.
#include "ingest/otlp_response.h"

#include <gtest/gtest.h>

#include "ingest/decoded.h"

namespace spark::detail::ingest {
namespace {

using testing::bytes_field;
using testing::varint_field;

TEST(OtlpResponse, success_says_nothing) {
  EXPECT_EQ(export_response(otlp::Signal::traces, otlp::Encoding::protobuf, 0, ""), "");
  EXPECT_EQ(export_response(otlp::Signal::traces, otlp::Encoding::json, 0, ""), "{}");
}

TEST(OtlpResponse, partial_success_says_how_many_and_why) {
  EXPECT_EQ(export_response(otlp::Signal::logs, otlp::Encoding::protobuf, 300, "no"),
            bytes_field(1, varint_field(1, 300) + bytes_field(2, "no")));
  EXPECT_EQ(export_response(otlp::Signal::metrics, otlp::Encoding::json, 3, "a \"b\""),
            R"({"partialSuccess":{"errorMessage":"a \"b\"","rejectedDataPoints":"3"}})");
  EXPECT_EQ(export_response(otlp::Signal::traces, otlp::Encoding::json, 1, "x"),
            R"({"partialSuccess":{"errorMessage":"x","rejectedSpans":"1"}})");
  EXPECT_EQ(export_response(otlp::Signal::logs, otlp::Encoding::json, 1, "x"),
            R"({"partialSuccess":{"errorMessage":"x","rejectedLogRecords":"1"}})");
}

TEST(OtlpResponse, a_failure_is_a_status) {
  EXPECT_EQ(status_body(otlp::Encoding::protobuf, 3, "bad"), varint_field(1, 3) + bytes_field(2, "bad"));
  EXPECT_EQ(status_body(otlp::Encoding::json, 14, "later"), R"({"code":14,"message":"later"})");
}

TEST(OtlpResponse, a_message_that_is_no_utf_8_is_made_so) {
  EXPECT_EQ(status_body(otlp::Encoding::protobuf, 3, "\xFF"), varint_field(1, 3) + bytes_field(2, "\uFFFD"));
  EXPECT_EQ(status_body(otlp::Encoding::json, 3, "\xFF"), "{\"code\":3,\"message\":\"\uFFFD\"}");
}

}  // namespace
}  // namespace spark::detail::ingest
