#include "spark/graph/execution_context.h"

#include "spark/async/executor.h"
#include "spark/telemetry/context.h"

namespace spark {

const Object& ExecutionContext::metadata() const {
  if (!metadata_) {
    metadata_ = Object{{"graph_id", run_.graph_id},
                       {"graph_version", run_.graph_version},
                       {"node_id", run_.node_id},
                       {"node_type", run_.node_type},
                       {"attempt", run_.attempt}};
    if (run_.trace_id.is_valid()) metadata_->set("trace_id", run_.trace_id.to_string());
  }
  return *metadata_;
}

Clock& ExecutionContext::clock() const noexcept { return current_clock(); }

bool ExecutionContext::is_current() const noexcept { return TelemetryContext::current().trace_id() == run_.trace_id; }

ActiveSpan ExecutionContext::start_span(Text name, const SpanOptions& options) const noexcept {
  if (run_.manager == nullptr) return {};
  if (options.parent_span_id.is_valid() || is_current()) return run_.manager->start_span(name, run_.trace_id, options);
  SpanOptions bound = options;
  bound.parent_span_id = run_.span_id;
  return run_.manager->start_span(name, run_.trace_id, bound);
}

void ExecutionContext::record_event(Text event_type, Text name, const Attributes& attributes) const noexcept {
  if (run_.manager == nullptr) return;
  run_.manager->record_event({.trace_id = run_.trace_id,
                              .event_type = event_type,
                              .name = name,
                              .attributes = attributes,
                              .span_id = is_current() ? SpanId() : run_.span_id});
}

void ExecutionContext::record_metric(const MetricOptions& metric) const noexcept {
  if (run_.manager == nullptr) return;
  if (metric.trace_id.is_valid()) return run_.manager->record_metric(metric);
  MetricOptions bound = metric;
  bound.trace_id = run_.trace_id;
  run_.manager->record_metric(bound);
}

}  // namespace spark
