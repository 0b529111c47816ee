// ActiveSpan is a span that has begun: what TelemetryManager::start_span returns. It is current from then on (spans
// started in its scope are its children) and ends with end() or its scope, whichever is first:
//
//   by scope                                            completed, or what set_status said
//   by an exception leaving its scope                   failed (who catches may add the message: record_exception)
//   because its suspended coroutine frame is destroyed  cancelled
//
// Its end writes one record and restores the span before it, if this one is still current; spans may end in any order.
// Movable; one thread at a time, not always the same one. Before a span is handed to another thread or coroutine, call
// detach(): it is then no longer current where it began. Calls are noexcept, never block, and do nothing after the end.
// A default-constructed, disabled or unsampled span accepts every call and records nothing.
#pragma once

#include <exception>

#include "spark/base/context_slot.h"
#include "spark/base/ids.h"
#include "spark/base/text.h"
#include "spark/telemetry/attributes.h"
#include "spark/telemetry/context.h"
#include "spark/telemetry/detail/core_flags.h"
#include "spark/telemetry/detail/record_image.h"
#include "spark/telemetry/records.h"

namespace spark {

// For one call: attributes are borrowed (attributes.h).
struct SpanOptions {
  SpanId parent_span_id = {};  // default: the current span if it is of this trace, else the trace's root span id
  SpanKind kind = SpanKind::INTERNAL;
  Attributes attributes = {};
  bool is_root = false;  // the trace's top-level span: takes root_span_id(trace) as its id and has no parent
};

// So that a call without options builds none.
inline constexpr SpanOptions default_span_options{};

class [[nodiscard]] ActiveSpan {
 public:
  ActiveSpan() noexcept : state_(State::off) {}
  ActiveSpan(ActiveSpan&& other) noexcept;
  ActiveSpan& operator=(ActiveSpan&& other) noexcept;  // ends this one first
  ~ActiveSpan() {
    if (state_ >= State::counted) end_by_scope();
  }

  // False: disabled, unsampled, or ended.
  [[nodiscard]] bool is_recording() const noexcept { return state_ == State::recording; }
  // Zero for a span of a disabled manager. An unsampled span without recorded parents has its parent's ids.
  [[nodiscard]] TraceId trace_id() const noexcept;
  [[nodiscard]] SpanId span_id() const noexcept;
  // For children elsewhere: another thread, another coroutine.
  [[nodiscard]] TelemetryContext context() const noexcept;

  // The last value of a key wins.
  void set_attribute(Text key, const AttributeValue& value) noexcept {
    if (is_recording() && !image_.try_put_attribute(key, value)) add_attribute(key, value);
  }
  void set_attributes(const Attributes& attributes) noexcept;
  void set_status(SpanStatus status, Text message = {}) noexcept;
  // Sets failed, with the exception's type and what().
  void record_exception(const std::exception& exception) noexcept;
  void record_exception(const std::exception_ptr& exception) noexcept;
  // Sets failed, with an error type of one's own.
  void record_error(Text error_type, Text message) noexcept;
  void add_event(Text name, const Attributes& attributes = {}) noexcept {
    if (is_recording()) add_event_record(name, attributes);
  }
  // Stops being the current span; goes on recording. For a span that will end somewhere else: its end by scope then
  // tells an exception from a return, but not the destruction of a suspended frame.
  void detach() noexcept;
  void end() noexcept {
    if (state_ >= State::counted) finish();
  }

 private:
  enum class State : std::uint8_t {
    off,        // no ids
    passive,    // ids, nothing left to do at the end
    counted,    // one of the spans that an unsampled context counts
    installed,  // a context to restore
    recording,  // a context to restore and a record to write
  };

  friend class TelemetryManager;
  ActiveSpan(detail::CoreFlags& core, Text name, TraceId trace, const SpanOptions& options) noexcept;

  void begin(Text name, std::uint64_t trace_high, std::uint64_t trace_low, const SpanOptions& options) noexcept;
  void add_attribute(Text key, const AttributeValue& value) noexcept;
  void add_event_record(Text name, const Attributes& attributes) noexcept;
  void end_by_scope() noexcept;
  void finish() noexcept;
  void install(const ContextSlot& slot) noexcept;
  void restore_context() noexcept;
  void uncount() noexcept;

  State state_;
  bool is_detached_ = false;
  std::uint8_t uncaught_exceptions_;  // when it began
  detail::Core* core_;                // meaningful unless off
  ContextSlot installed_;             // what it made current
  ContextSlot previous_;
  detail::RecordImage image_;  // meaningful while recording
};

}  // namespace spark
