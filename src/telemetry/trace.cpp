#include "spark/telemetry/trace.h"

#include <exception>
#include <utility>

#include "core.h"

namespace spark {

ActiveTrace::ActiveTrace(ActiveTrace&& other) noexcept
    : trace_id(other.trace_id),
      core_(std::exchange(other.core_, nullptr)),
      is_sampled_(other.is_sampled_),
      uncaught_exceptions_(other.uncaught_exceptions_) {}

ActiveTrace& ActiveTrace::operator=(ActiveTrace&& other) noexcept {
  if (this == &other) return *this;
  end();
  trace_id = other.trace_id;
  core_ = std::exchange(other.core_, nullptr);
  is_sampled_ = other.is_sampled_;
  uncaught_exceptions_ = other.uncaught_exceptions_;
  return *this;
}

ActiveTrace::~ActiveTrace() {
  if (core_ == nullptr) return;
  end(std::uncaught_exceptions() > uncaught_exceptions_ ? TraceStatus::failed : TraceStatus::completed);
}

void ActiveTrace::end(TraceStatus status) noexcept {
  if (detail::Core* const core = std::exchange(core_, nullptr)) core->end_trace(trace_id, status);
}

TelemetryContext ActiveTrace::context() const noexcept {
  if (core_ == nullptr) return {};
  return TelemetryContext(core_->slot_for(trace_id, root_span_id(trace_id), is_sampled_));
}

}  // namespace spark
