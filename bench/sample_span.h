// The span that is measured: four attributes (an int, a double, a literal and a short string made at run
// time; two given at the start and two set later, as a node does with what it knows before and after) and one
// event with an int. What it holds follows from a number, so that its checksum can be worked out afterwards.
#pragma once

#include <array>
#include <cstdint>
#include <string>

#include "checksum_sink.h"
#include "spark/telemetry/manager.h"

namespace spark::bench {

class SampleSpans {
 public:
  SampleSpans() {
    for (std::size_t i = 0; i < texts_.size(); ++i) texts_[i] = "item_" + std::to_string(1000 + i);
  }

  // Records number `i`, as a child of the current span.
  void record(TelemetryManager& manager, std::uint64_t i) const noexcept {
    ActiveSpan span =
        manager.start_span("TransformNode", {.attributes = {{"attempt", i}, {"node_type", "TransformNode"}}});
    span.add_event("checkpoint", {{"offset", i}});
    span.set_attribute("score", score(i));
    span.set_attribute("item", text(i));
  }

  // What the sink must find of number `i` below `parent`.
  [[nodiscard]] std::uint64_t expected(const TelemetryContext& parent, std::uint64_t i) const noexcept;

 private:
  [[nodiscard]] static double score(std::uint64_t i) noexcept { return static_cast<double>(i) * 0.5; }
  [[nodiscard]] const std::string& text(std::uint64_t i) const noexcept { return texts_[i % texts_.size()]; }

  std::array<std::string, 64> texts_;
};

// What the sink must find of a span with only a name, below `parent` (none: a trace of its own).
[[nodiscard]] std::uint64_t expected_bare(std::string_view name, TraceId trace, SpanId parent,
                                          bool is_local_root) noexcept;

// Adds `count` samples from `first` on, and the outer span `outer` itself, which is named "outer" and began
// its trace.
void expect_samples(const SampleSpans& samples, const TelemetryContext& outer, std::uint64_t first, std::uint64_t count,
                    ChecksumTotals& totals);
void expect_outer(const TelemetryContext& outer, ChecksumTotals& totals);

}  // namespace spark::bench
