// What the tests of the sender share: batches with a given number of records, an encoder that makes of every batch what
// the test says, and an environment without OpenTelemetry's variables.
#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "backends/otlp/sender.h"
#include "spark/base/clock.h"

namespace spark::testing {

using detail::otlp::Requests;
using detail::otlp::Sender;
using detail::otlp::Settings;
using detail::otlp::Signal;

struct Records {
  int spans = 0;
  int trace_ends = 0;
  int events = 0;
  int metrics = 0;
};
// Records with ids of their own: no two batches have one in common.
[[nodiscard]] std::shared_ptr<const Batch> make_batch(const Records& records);

// The encoder of a test. What it makes does not depend on the batch.
class ScriptedEncoder {
 public:
  // Bodies by Signal; an empty one is nothing to send. Each counts `items` items.
  explicit ScriptedEncoder(std::array<std::string, 3> bodies, std::uint64_t items = 1);

  [[nodiscard]] detail::otlp::BatchEncoder functions();
  Requests& requests() { return requests_; }
  [[nodiscard]] int encoded() const { return encoded_; }
  // Of what there was something to send of.
  [[nodiscard]] const std::vector<Signal>& committed() const { return committed_; }

 private:
  Requests requests_;
  int encoded_ = 0;
  std::vector<Signal> committed_;
};

// What a write threw.
struct Failure {
  std::string message = "nothing was thrown";
  std::optional<ErrorCode> code = {};
  bool is_retryable = false;
  std::optional<Seconds> retry_after = {};
};
[[nodiscard]] Failure failure_of(Sender& sender, const Batch& batch);

class SenderTest : public ::testing::Test {
 protected:
  SenderTest();  // clears the variables, so that whoever runs the tests may have set them
  ~SenderTest() override;

  // A sender to this address. Options default to HTTP with protobuf.
  [[nodiscard]] Sender make_sender(const std::string& url, OtlpOptions options = {});

  ScriptedEncoder encoder{{"traces of the batch", "", ""}};
  VirtualClock clock;
  std::shared_ptr<const Batch> batch = make_batch({.spans = 3});
};

// Unsets all variables that OTLP's configuration is read from.
void clear_otlp_variables();

}  // namespace spark::testing
