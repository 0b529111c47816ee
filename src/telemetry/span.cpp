#include "spark/telemetry/span.h"

#include <cxxabi.h>

#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstdlib>
#include <cstring>
#include <typeinfo>
#include <utility>

#include "core.h"
#include "spark/telemetry/detail/ended_spans.h"

namespace spark {

using detail::Core;
using detail::EntryKind;
using detail::RecordWriter;
using detail::SpanHead;

namespace {

SpanHead& head_of(detail::RecordImage& image) noexcept { return *reinterpret_cast<SpanHead*>(image.bytes()); }

// Writes the last sixteen bytes of the slot in one store: the next span copies them by one load, which would have to
// wait for a narrower store (an unsampled span 11.6 -> 8 ns).
void set_flags(ContextSlot& slot, std::uint32_t flags) noexcept {
  const struct { std::uint32_t flags, chain; } both{flags, slot.chain};
  static_assert(sizeof both == 8 && offsetof(ContextSlot, chain) == offsetof(ContextSlot, flags) + 4 &&
                offsetof(ContextSlot, carried) == offsetof(ContextSlot, flags) + 8);
  using Pair [[gnu::vector_size(16)]] = std::uint64_t;
  const Pair pair{std::bit_cast<std::uint64_t>(both), slot.carried};
  std::memcpy(reinterpret_cast<std::byte*>(&slot) + offsetof(ContextSlot, flags), &pair, sizeof pair);
}

struct Demangled {
  explicit Demangled(const std::type_info& type) noexcept
      : text(abi::__cxa_demangle(type.name(), nullptr, nullptr, nullptr)) {
    if (text == nullptr) fallback = type.name();
  }
  ~Demangled() { std::free(text); }
  Demangled(const Demangled&) = delete;
  Demangled& operator=(const Demangled&) = delete;
  [[nodiscard]] std::string_view view() const noexcept { return text != nullptr ? text : fallback; }

  char* text;
  const char* fallback = "";
};

}  // namespace

ActiveSpan::ActiveSpan(detail::CoreFlags& flags, Text name, TraceId trace, const SpanOptions& options) noexcept
    : state_(State::passive), core_(&detail::core_of(flags).latest()) {
  // Short, and apart from the rest, so that an unsampled span does not pay for the registers a sampled one needs.
  if (core_->is_unsampled_here(trace)) {
    core_->count_sampled_out(RecordKind::span);
    // The context stays until the last of its spans has ended, in whatever order they do.
    ContextSlot& current = context_slot();
    installed_ = current;
    installed_.flags += TelemetryContext::unsampled_span_unit;
    set_flags(current, installed_.flags);
    state_ = State::counted;
    return;
  }
  begin(name, trace.high, trace.low, options);
}

void ActiveSpan::begin(Text name, std::uint64_t trace_high, std::uint64_t trace_low,
                       const SpanOptions& options) noexcept {
  Core& core = *core_;
  const detail::Placement place = core.place(trace_high, trace_low, true);
  previous_ = context_slot();
  const bool is_root = options.is_root || place.begins_trace;
  if (!place.is_sampled) {
    core.count_sampled_out(RecordKind::span);
    install(core.slot_for(place.trace_id, place.span_id, false));
    return;
  }
  const SpanId id = is_root ? root_span_id(place.trace_id) : core.next_span_id();
  install(core.slot_for(place.trace_id, id, true));
  if (core.state.load(std::memory_order_relaxed) == detail::core_shut_down) [[unlikely]] {
    core.count_dropped(RecordKind::span, DropReason::shut_down);
    return;
  }
  if (!core.config().enable_traces) return;

  state_ = State::recording;
  uncaught_exceptions_ = static_cast<std::uint8_t>(detail::uncaught_exceptions());
  RecordWriter writer(image_, core.config().limits, core.cuts());
  auto& head = writer.begin<SpanHead>(RecordKind::span);
  head.trace_id = place.trace_id;
  head.span_id = id;
  head.parent_span_id = options.parent_span_id.is_valid() ? options.parent_span_id : is_root ? SpanId{} : place.span_id;
  head.kind = options.kind;
  head.status = SpanStatus::completed;
  head.is_local_root = place.is_local_root;
  head.event_count = 0;
  writer.text(EntryKind::name, name);
  writer.attributes(options.attributes);
  // Last, so that the span does not pay for its own making.
  head_of(image_).start_ticks = core.ticks().now();
}

ActiveSpan::ActiveSpan(ActiveSpan&& other) noexcept : state_(other.state_) {
  if (state_ == State::off) return;
  core_ = other.core_;
  is_detached_ = other.is_detached_;
  installed_ = other.installed_;
  previous_ = other.previous_;
  other.state_ = State::off;
  if (state_ != State::recording) return;
  // A detached span belongs to the scope it was moved to, on whichever thread that is.
  uncaught_exceptions_ =
      is_detached_ ? static_cast<std::uint8_t>(detail::uncaught_exceptions()) : other.uncaught_exceptions_;
  image_.used = other.image_.used;
  image_.capacity = other.image_.capacity;
  image_.attribute_count = other.image_.attribute_count;
  image_.attribute_limit = other.image_.attribute_limit;
  image_.key_limit = other.image_.key_limit;
  image_.string_limit = other.image_.string_limit;
  image_.replaceable_texts = other.image_.replaceable_texts;
  image_.spill = std::exchange(other.image_.spill, nullptr);
  if (image_.spill == nullptr) std::memcpy(image_.inline_bytes, other.image_.inline_bytes, image_.used);
}

ActiveSpan& ActiveSpan::operator=(ActiveSpan&& other) noexcept {
  if (this == &other) return *this;
  const bool is_successor = state_ >= State::installed && !is_detached_ && other.state_ >= State::installed &&
                            !other.is_detached_ && other.previous_ == installed_;
  ContextSlot& current = context_slot();
  if (is_successor && current == other.installed_) {
    // `span = start_span(…)` begins the new one while the old one is current. The old one ends as if it still were:
    // what comes after both is what was before both.
    current = installed_;
    this->~ActiveSpan();
    other.previous_ = std::exchange(current, other.installed_);
  } else {
    if (is_successor) other.previous_ = previous_;
    this->~ActiveSpan();
  }
  return *new (this) ActiveSpan(std::move(other));
}

void ActiveSpan::install(const ContextSlot& slot) noexcept {
  installed_ = slot;
  context_slot() = slot;
  state_ = State::installed;
}

TraceId ActiveSpan::trace_id() const noexcept {
  return state_ == State::off ? TraceId{} : TraceId{installed_.words[1], installed_.words[2]};
}

SpanId ActiveSpan::span_id() const noexcept { return state_ == State::off ? SpanId{} : SpanId{installed_.words[3]}; }

TelemetryContext ActiveSpan::context() const noexcept {
  return state_ == State::off ? TelemetryContext() : TelemetryContext(installed_);
}

void ActiveSpan::add_attribute(Text key, const AttributeValue& value) noexcept {
  RecordWriter(image_, core_->config().limits, core_->cuts()).attribute(key, value);
}

void ActiveSpan::set_attributes(const Attributes& attributes) noexcept {
  if (is_recording()) RecordWriter(image_, core_->config().limits, core_->cuts()).attributes(attributes);
}

void ActiveSpan::add_event_record(Text name, const Attributes& attributes) noexcept {
  if (core_->state.load(std::memory_order_relaxed) == detail::core_shut_down) return;
  RecordWriter(image_, core_->config().limits, core_->cuts()).span_event(name, core_->ticks().now(), attributes);
}

void ActiveSpan::set_status(SpanStatus status, Text message) noexcept {
  if (!is_recording()) return;
  head_of(image_).status = status;
  RecordWriter writer(image_, core_->config().limits, core_->cuts());
  writer.replace_text(EntryKind::status_message, message);
  if (status != SpanStatus::failed) writer.replace_text(EntryKind::error_type, Text());  // no longer an error's
}

void ActiveSpan::record_error(Text error_type, Text message) noexcept {
  if (!is_recording()) return;
  set_status(SpanStatus::failed, message);
  RecordWriter(image_, core_->config().limits, core_->cuts()).replace_text(EntryKind::error_type, error_type);
}

void ActiveSpan::record_exception(const std::exception& exception) noexcept {
  if (!is_recording()) return;
  record_error(Demangled(typeid(exception)).view(), exception.what());
}

void ActiveSpan::record_exception(const std::exception_ptr& exception) noexcept {
  if (!is_recording() || exception == nullptr) return;
  try {
    std::rethrow_exception(exception);
  } catch (const std::exception& known) {
    record_exception(known);
  } catch (...) {
    const std::type_info* const type = abi::__cxa_current_exception_type();
    if (type == nullptr) return record_error("unknown", "an exception of an unknown type");
    record_error(Demangled(*type).view(), "an exception that is not a std::exception");
  }
}

void ActiveSpan::end_by_scope() noexcept {
  if (state_ == State::counted) return is_detached_ ? void() : uncount();
  if (state_ == State::recording) {
    SpanHead& head = head_of(image_);
    if (!is_detached_ && previous_.chain != 0 && context_slot().chain != previous_.chain) {
      // It began in a coroutine, and that coroutine is not what runs now: its frame is being destroyed while suspended.
      if (head.status == SpanStatus::completed) {
        set_status(SpanStatus::cancelled, "its coroutine was destroyed while suspended");
      }
    } else if (detail::uncaught_exceptions() > uncaught_exceptions_ && head.status == SpanStatus::completed) {
      head.status = SpanStatus::failed;
    }
  }
  finish();
}

void ActiveSpan::finish() noexcept {
  if (state_ == State::recording) {
    SpanHead& head = head_of(image_);
    // Counters of two processors may differ by a few ticks.
    const bool is_live = core_->state.load(std::memory_order_relaxed) != detail::core_shut_down;
    const std::uint64_t end_ticks = is_live ? std::max(core_->ticks().now(), head.start_ticks) : head.start_ticks;
    core_->submit(image_, head.status == SpanStatus::failed, end_ticks);
  }
  restore_context();
  state_ = State::passive;
}

void ActiveSpan::detach() noexcept {
  if (state_ < State::counted || is_detached_) return;
  restore_context();
  is_detached_ = true;
}

void ActiveSpan::restore_context() noexcept {
  if (is_detached_) return;
  if (state_ == State::counted) return uncount();
  ContextSlot& current = context_slot();
  if (current != installed_) return detail::note_ended(installed_, previous_);
  current = previous_;
  detail::settle(current);  // what was current before may have ended in the meantime
}

void ActiveSpan::uncount() noexcept {
  constexpr std::uint32_t unit = TelemetryContext::unsampled_span_unit;
  ContextSlot& current = context_slot();
  if (current.words == installed_.words && current.carried == installed_.carried && current.chain == installed_.chain &&
      current.flags >= unit) {
    set_flags(current, current.flags - unit);
    return detail::settle(current);
  }
  ContextSlot without_this = installed_;
  without_this.flags -= unit;
  detail::note_ended(installed_, without_this);
}

}  // namespace spark
