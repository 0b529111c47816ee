// tests/js/sink.mjs as a collector: what we send is decoded by message classes that OpenTelemetry's JavaScript
// generated from the protocol's own files. Tests compare what it decoded with JSON that they spell out, the same for
// each protocol.
#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <string_view>

#include "otlp/encoders.h"
#include "spark/backends/otlp.h"
#include "spark/base/value.h"

namespace spark::testing {

// What tests write they write by one protocol, the parameter. All tests of a suite have one sink.mjs.
class IndependentDecoder : public ::testing::TestWithParam<OtlpProtocol> {
 protected:
  IndependentDecoder();  // clears OpenTelemetry's variables
  ~IndependentDecoder() override;
  // Skips the test where the packages are not installed; fails it where everything has to be there.
  void SetUp() override;
  // Fails the test if there were requests that it did not ask for.
  void TearDown() override;
  static void TearDownTestSuite();

  [[nodiscard]] TelemetryConfig config(OtlpOptions options = {}) const;
  [[nodiscard]] std::unique_ptr<OtlpSink> make_sink(OtlpOptions options = {}) const;
  // Writes a batch of test_resource().
  static void write(OtlpSink& sink, const Fill& fill);

  // What was decoded of the next request, an Export…ServiceRequest. The test fails if it is of another signal
  // ("traces", "metrics", "logs") or protocol, or if the decoder found anything wrong; JSON also if its ids are not hex
  // digits, its enums not integers, or its 64-bit integers not strings.
  [[nodiscard]] Object next_message(std::string_view signal);
  // The same, and what is in its one resource's one scope: an array of spans, metrics or log records.
  [[nodiscard]] Array next_items(std::string_view signal);

  // Content-Encoding, or grpc-encoding, of the last request.
  [[nodiscard]] const std::string& last_encoding() const { return last_encoding_; }

 private:
  std::int64_t port_ = 0;
  std::string last_encoding_;
};

// Compares with what the JSON text says, line by line, so that a failure shows where they differ.
void expect_json(const Value& actual, std::string_view expected);

// For INSTANTIATE_TEST_SUITE_P.
[[nodiscard]] inline auto each_protocol() {
  return ::testing::Values(OtlpProtocol::grpc, OtlpProtocol::http_protobuf, OtlpProtocol::http_json);
}
[[nodiscard]] std::string protocol_name(const ::testing::TestParamInfo<OtlpProtocol>& info);

}  // namespace spark::testing
