// Requests to begin with: what our exporter writes of random batches, and what other SDKs write.
#pragma once

#include <string>
#include <vector>

#include "backends/otlp/signal.h"

namespace spark::testing {

struct OtlpSeed {
  detail::otlp::Signal signal;
  detail::otlp::Encoding encoding;
  std::string body;
};

[[nodiscard]] std::vector<OtlpSeed> otlp_seeds();

}  // namespace spark::testing
