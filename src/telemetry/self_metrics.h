// SelfMetrics turns the ledger into metrics, named as OpenTelemetry's semantic conventions name an SDK's own
// (docs/specs/semconv/otel/sdk-metrics.md), with the process' cpu time and memory. The drainer's.
#pragma once

#include <cstdint>

#include "decoder.h"
#include "spark/telemetry/stats.h"

namespace spark::detail {

class Core;

class SelfMetrics {
 public:
  // Adds the growth since the last call; returns how many metrics that were. Throws std::bad_alloc.
  std::uint64_t add_to(Decoder& decoder, const Core& core);

 private:
  Stats last_;
  double last_cpu_seconds_ = 0;
};

}  // namespace spark::detail
