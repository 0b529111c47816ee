// What several tests of managers compare with: the instant at which their clock starts, and what the ledger says was
// dropped.
#pragma once

#include <chrono>
#include <cstdint>

#include "spark/base/clock.h"
#include "spark/telemetry/stats.h"

namespace spark {

inline constexpr Timestamp start{std::chrono::sys_days(std::chrono::January / 15 / 2025) + std::chrono::hours(10)};

inline std::uint64_t dropped(const FrontRow& row, DropReason reason) {
  return row.dropped[static_cast<std::size_t>(reason)];
}
inline std::uint64_t dropped(const SinkRow& row, DropReason reason) {
  return row.dropped[static_cast<std::size_t>(reason)];
}
inline std::uint64_t dropped(const Stats& stats, RecordKind kind, DropReason reason) {
  return dropped(stats[kind], reason);
}

}  // namespace spark
