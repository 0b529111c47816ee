#include "spark/telemetry/trace.h"

#include <exception>
#include <utility>

#include "core.h"

namespace spark {

ActiveTrace::ActiveTrace(ActiveTrace&& other) noexcept
    : trace_id(other.trace_id),
      core_(std::exchange(other.core_, nullptr)),
      is_sampled_(other.is_sampled_),
      uncaught_exceptions_(other.uncaught_exceptions_),
      chain_(context_slot().chain) {}

ActiveTrace& ActiveTrace::operator=(ActiveTrace&& other) noexcept {
  if (this == &other) return *this;
  end();
  trace_id = other.trace_id;
  core_ = std::exchange(other.core_, nullptr);
  is_sampled_ = other.is_sampled_;
  uncaught_exceptions_ = other.uncaught_exceptions_;
  chain_ = context_slot().chain;
  return *this;
}

ActiveTrace::~ActiveTrace() {
  if (core_ == nullptr) return;
  // A suspended frame is destroyed outside of all chains.
  const bool is_destroyed_suspended = chain_ != 0 && context_slot().chain == 0;
  const bool is_left_by_exception = std::uncaught_exceptions() > uncaught_exceptions_;
  end(is_destroyed_suspended ? TraceStatus::cancelled
      : is_left_by_exception ? TraceStatus::failed
                             : TraceStatus::completed);
}

void ActiveTrace::end(TraceStatus status) noexcept {
  if (detail::Core* const core = std::exchange(core_, nullptr)) core->end_trace(trace_id, status);
}

TelemetryContext ActiveTrace::context() const noexcept {
  if (core_ == nullptr) return {};
  return TelemetryContext(core_->slot_for(trace_id, root_span_id(trace_id), is_sampled_));
}

RemoteTrace::RemoteTrace(RemoteTrace&& other) noexcept
    : core_(std::exchange(other.core_, nullptr)), context_(other.context_) {}

RemoteTrace& RemoteTrace::operator=(RemoteTrace&& other) noexcept {
  std::swap(core_, other.core_);
  std::swap(context_, other.context_);
  return *this;
}

RemoteTrace::~RemoteTrace() {
  if (core_ != nullptr) core_->forget_trace(context_.trace_id());
}

}  // namespace spark
