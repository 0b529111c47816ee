// TelemetryContext says where recording belongs: a manager, a trace, a span, and whether the trace is sampled. It is a
// value: it may outlive the span and the manager it names (recording then does nothing, counted). The current context
// is in the thread's ContextSlot; async/ carries it with each coroutine.
#pragma once

#include "spark/base/context_slot.h"
#include "spark/base/ids.h"

namespace spark {

class TelemetryManager;

class TelemetryContext {
 public:
  // Of nothing.
  constexpr TelemetryContext() noexcept = default;

  // What is current on this thread, in this coroutine.
  [[nodiscard]] static TelemetryContext current() noexcept { return TelemetryContext(context_slot()); }

  [[nodiscard]] TraceId trace_id() const noexcept { return {slot_.words[1], slot_.words[2]}; }
  [[nodiscard]] SpanId span_id() const noexcept { return {slot_.words[3]}; }
  [[nodiscard]] bool is_sampled() const noexcept { return (slot_.flags & sampled_flag) != 0; }
  // Null outside of any trace. Lives as long as the process.
  [[nodiscard]] TelemetryManager* manager() const noexcept;

  bool operator==(const TelemetryContext& other) const noexcept {
    return slot_.words == other.slot_.words && slot_.flags == other.slot_.flags && slot_.carried == other.slot_.carried;
  }

  // Private to spark.
  static constexpr std::uint32_t sampled_flag = 1;
  static constexpr std::uint32_t remote_flag = 2;  // the span is another process'
  // Above them, in a thread's slot and not in a context: how many spans have begun in it without being recorded.
  static constexpr std::uint32_t unsampled_span_unit = 4;
  explicit TelemetryContext(const ContextSlot& slot) noexcept : slot_(slot) {
    slot_.flags &= sampled_flag | remote_flag;
  }
  // What propagation/ keeps for it: baggage, the caller's tracestate.
  [[nodiscard]] std::uint64_t carried() const noexcept { return slot_.carried; }
  [[nodiscard]] TelemetryContext with_carried(std::uint64_t carried) const noexcept {
    TelemetryContext result = *this;
    result.slot_.carried = carried;
    return result;
  }
  // The slot with these contents that belongs to the chain `chain`.
  [[nodiscard]] ContextSlot slot(std::uint32_t chain) const noexcept {
    ContextSlot result = slot_;
    result.chain = chain;
    return result;
  }

 private:
  ContextSlot slot_{};
};

// Makes a context current for a scope, on this thread or in this coroutine, and restores the previous one if it is
// still the current one then. Not movable.
class [[nodiscard]] ContextScope {
 public:
  explicit ContextScope(const TelemetryContext& context) noexcept;
  ~ContextScope();
  ContextScope(const ContextScope&) = delete;
  ContextScope& operator=(const ContextScope&) = delete;

 private:
  ContextSlot previous_;
  ContextSlot installed_;
};

}  // namespace spark
