// Lanes of a timeline: where each span of a trace is drawn, so that two slices on a lane are either apart or one inside
// the other. A span lies on its parent's lane inside the parent, if nothing else is there; else on the first lane that
// is free. So a lane never shows a span inside another that is not its parent. Plain values for one thread.
#pragma once

#include <cstdint>
#include <optional>
#include <unordered_map>
#include <vector>

#include "spark/telemetry/records.h"

namespace spark::sparktel {

struct LaneSpan {
  std::int64_t start_ns = 0;
  std::int64_t end_ns = 0;  // not before the start
  SpanId span_id = {};
  SpanId parent_span_id = {};
};

class Lanes {
 public:
  Lanes() = default;
  // O(n log n), about 100 bytes a span meanwhile.
  explicit Lanes(std::vector<LaneSpan> spans);

  // Counts from 0; empty for a span that was not given.
  [[nodiscard]] std::optional<std::uint32_t> lane_of(SpanId span) const;
  [[nodiscard]] std::uint32_t size() const noexcept { return size_; }

 private:
  std::unordered_map<SpanId, std::uint32_t> lanes_;
  std::uint32_t size_ = 0;
};

}  // namespace spark::sparktel
