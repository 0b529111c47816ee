// An encoder for each encoding, side by side: whatever a test encodes is encoded in both, and must say the same.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "backends/otlp/encoder.h"
#include "spark/telemetry/batch.h"

namespace spark::testing {

using Fill = std::function<void(BatchBuilder&)>;

// A batch of test_resource() unless another is given.
[[nodiscard]] std::shared_ptr<const Batch> make_batch(const Fill& fill);
[[nodiscard]] std::shared_ptr<const Batch> make_batch(const Resource& resource, const Fill& fill);

struct Encoded {
  std::string traces = {};  // as otlp_text.h prints them; empty: no body
  std::string metrics = {};
  std::string logs = {};
  detail::otlp::Requests requests = {};  // protobuf
};

class Encoders {
 public:
  explicit Encoders(detail::otlp::EncoderOptions options = {});

  // Fails the test if the two encodings differ.
  [[nodiscard]] Encoded encode(const Batch& batch);
  [[nodiscard]] Encoded encode(const Fill& fill) { return encode(*make_batch(fill)); }
  void commit();
  // Both.
  [[nodiscard]] Encoded send(const Batch& batch);
  [[nodiscard]] Encoded send(const Fill& fill) { return send(*make_batch(fill)); }

  detail::otlp::Encoder protobuf;
  detail::otlp::Encoder json;
};

}  // namespace spark::testing
