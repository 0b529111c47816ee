// The batch of the OTLP rows: spans of 187 bytes with four attributes, as the figures known of other libraries are.
#pragma once

#include <cstdint>
#include <memory>

#include "spark/telemetry/batch.h"

namespace spark::bench {

inline constexpr std::uint64_t spans_per_otlp_batch = 512;

// Spans numbered from `first` on; ten make a trace.
[[nodiscard]] std::shared_ptr<const Batch> make_otlp_batch(std::uint64_t spans, std::uint64_t first = 0);

}  // namespace spark::bench
