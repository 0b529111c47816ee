#include "backends/otlp/fingerprint.h"

#include <functional>
#include <string_view>

namespace spark::detail::otlp {
namespace {

// The state of a sum in which the order counts: a step of splitmix64 (Steele, Lea, Flood 2014) for each number.
class Mixer {
 public:
  void add(std::uint64_t value) noexcept {
    state_ = (state_ ^ value) + 0x9E3779B97F4A7C15ULL;
    state_ = (state_ ^ (state_ >> 30)) * 0xBF58476D1CE4E5B9ULL;
    state_ = (state_ ^ (state_ >> 27)) * 0x94D049BB133111EBULL;
    state_ ^= state_ >> 31;
  }
  void add(const TraceId& id) noexcept {
    add(id.high);
    add(id.low);
  }
  void add(const RecordId& id) noexcept {
    add(id.high);
    add(id.low);
  }
  [[nodiscard]] std::uint64_t state() const noexcept { return state_; }

 private:
  std::uint64_t state_ = 0;
};

}  // namespace

std::uint64_t fingerprint(const Batch& batch) noexcept {
  Mixer mixer;
  for (const std::uint64_t count : batch.counts()) mixer.add(count);
  mixer.add(batch.resource().producer_id);
  for (const TraceView& trace : batch.traces()) {
    mixer.add(trace.trace_id);
    mixer.add(std::uint64_t{trace.is_end});
  }
  for (const SpanView& span : batch.spans()) {
    mixer.add(span.trace_id);
    mixer.add(span.span_id.value);
  }
  for (const EventView& event : batch.events()) mixer.add(event.event_id);
  for (const MetricView& metric : batch.metrics()) mixer.add(metric.metric_id);
  for (const GraphDefinition& graph : batch.graphs()) mixer.add(std::hash<std::string_view>{}(graph.hash));
  return mixer.state();
}

}  // namespace spark::detail::otlp
