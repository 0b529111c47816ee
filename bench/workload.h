// A workload as a production system might have had it, for queries and the command line: traces of one graph in two
// versions, of very different sizes and durations, three in a hundred spans failed, every kind of record. From a seed,
// the same every time.
#pragma once

#include <cstddef>
#include <cstdint>

#include "spark/telemetry/sink.h"

namespace spark::bench {

struct WorkloadOptions {
  std::size_t traces = 50'000;
  std::size_t spans = 1'000'000;  // in all, exactly
  std::uint64_t seed = 1;
};

inline constexpr std::size_t workload_names = 20;                      // of spans
inline constexpr std::uint64_t workload_start_ms = 1'736'935'200'000;  // of its first trace: 2025-01-15T10:00:00Z
inline constexpr std::uint64_t workload_interval_ms = 1'000;           // between the starts of traces

// Writes it to the store, in batches. Throws what the store throws.
void write_workload(Store& store, const WorkloadOptions& options);

}  // namespace spark::bench
