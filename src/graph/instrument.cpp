#include "graph/instrument.h"

#include <boost/asio/error.hpp>
#include <boost/system/system_error.hpp>

#include "graph/type_name.h"
#include "spark/base/error.h"
#include "spark/telemetry/context.h"

namespace spark::detail {

bool is_cancellation(const std::exception_ptr& exception) noexcept {
  try {
    std::rethrow_exception(exception);
  } catch (const Error& error) {
    return error.code() == ErrorCode::cancelled;
  } catch (const boost::system::system_error& error) {
    return error.code() == boost::asio::error::operation_aborted;
  } catch (...) {
    return false;
  }
}

bool is_timeout(const std::exception_ptr& exception) noexcept {
  try {
    std::rethrow_exception(exception);
  } catch (const Error& error) {
    return error.code() == ErrorCode::timeout;
  } catch (...) {
    return false;
  }
}

namespace {

// Two managers may be two faces of one core: that has one configuration.
bool is_same(const TelemetryManager* a, const TelemetryManager* b) noexcept {
  return a == b || (a != nullptr && b != nullptr && &a->config() == &b->config());
}

bool is_current(const TelemetryManager* manager) noexcept {
  const TelemetryContext current = TelemetryContext::current();
  return current.trace_id().is_valid() && is_same(manager, current.manager());
}

// Bytes that the members take in memory, which follows the size of the content without building its text.
std::int64_t input_size(const Value& inputs) noexcept {
  return static_cast<std::int64_t>(estimated_size_bytes(inputs) - sizeof(Value));
}

}  // namespace

Stopwatch::Stopwatch(const TelemetryManager* manager) noexcept
    : clock_(manager != nullptr ? &manager->clock() : nullptr) {
  if (clock_ != nullptr) begin_ = clock_->steady_now();
}

double Stopwatch::seconds() const noexcept { return Seconds(clock_->steady_now() - begin_).count(); }

GraphRecording::GraphRecording(const GraphPlan& plan, TelemetryManager* manager, RunKind kind) noexcept
    : plan_(plan), manager_(manager), stopwatch_(manager), trace_(begin_trace(kind)), span_(begin_span(kind)) {
  if (manager_ == nullptr) return;
  manager_->record_graph(plan_.definition);
  const TelemetryContext current = TelemetryContext::current();
  trace_id_ = kind == RunKind::subgraph ? current.trace_id() : span_.trace_id();
  span_id_ = kind == RunKind::subgraph ? current.span_id() : span_.span_id();
  record_event("graph_started", plan_.event_names.started,
               {{"graph_id", plan_.id()}, {"graph_version", plan_.version()}});
}

ActiveTrace GraphRecording::begin_trace(RunKind kind) const noexcept {
  if (manager_ == nullptr || kind == RunKind::subgraph || is_current(manager_)) return {};
  return manager_->start_trace(plan_.id(),
                               {.attributes = {{"graph_id", plan_.id()}, {"graph_version", plan_.version()}},
                                .graph_hash = plan_.definition.hash});
}

ActiveSpan GraphRecording::begin_span(RunKind kind) const noexcept {
  if (manager_ == nullptr || kind == RunKind::subgraph) return {};
  if (trace_.trace_id.is_valid()) {
    return manager_->start_span(
        plan_.id(), trace_.trace_id,
        {.attributes = {{"graph_id", plan_.id()}, {"graph_version", plan_.version()}}, .is_root = true});
  }
  return manager_->start_span(plan_.id(), {.attributes = {{"graph_id", plan_.id()},
                                                          {"graph_version", plan_.version()},
                                                          {"graph_hash", plan_.definition.hash}}});
}

GraphRecording::~GraphRecording() {
  if (has_ended_ || manager_ == nullptr) return;
  record_event("graph_cancelled", plan_.event_names.cancelled, {{"graph_id", plan_.id()}});
  record_metrics();
  span_.set_status(SpanStatus::cancelled, "its coroutine was destroyed while suspended");
  end(TraceStatus::cancelled);
}

void GraphRecording::edge_taken(EdgeIndex index) noexcept {
  if (manager_ == nullptr) return;
  const PlannedEdge& edge = plan_.edges[index];
  const std::string &from = plan_.nodes[edge.from].id, &to = plan_.nodes[edge.to].id;
  if (edge.kind == EdgeKind::forward) return record_event("edge_taken", edge.name, {{"from", from}, {"to", to}});
  record_event("edge_taken", edge.name, {{"from", from}, {"to", to}, {"kind", to_string(edge.kind)}});
}

void GraphRecording::finished() noexcept {
  if (manager_ == nullptr) return;
  record_event("graph_finished", plan_.event_names.completed, {{"graph_id", plan_.id()}});
  record_metrics();
  end(TraceStatus::completed);
}

void GraphRecording::failed(const std::exception_ptr& exception) noexcept {
  if (manager_ == nullptr) return;
  const ExceptionText text = describe(exception);
  if (is_cancellation(exception)) {
    record_event("graph_cancelled", plan_.event_names.cancelled, {{"graph_id", plan_.id()}, {"reason", text.message}});
    record_metrics();
    span_.set_status(SpanStatus::cancelled, text.message);
    return end(TraceStatus::cancelled);
  }
  record_event("graph_failed", plan_.event_names.failed,
               {{"graph_id", plan_.id()}, {"error_type", text.type}, {"error_message", text.message}});
  record_metrics();
  span_.record_exception(exception);
  end(TraceStatus::failed);
}

void GraphRecording::record_event(Text type, const std::string& name, const Attributes& attributes) noexcept {
  manager_->record_event(
      {.trace_id = trace_id_, .event_type = type, .name = name, .attributes = attributes, .span_id = span_id_});
}

void GraphRecording::record_metrics() noexcept {
  manager_->record_metric({.name = "graph_execution_count",
                           .value = 1,
                           .unit = "count",
                           .aggregation_type = AggregationType::counter,
                           .trace_id = trace_id_,
                           .attributes = {{"graph_id", plan_.id()}}});
  manager_->record_metric({.name = "graph_duration",
                           .value = stopwatch_.seconds(),
                           .unit = "seconds",
                           .aggregation_type = AggregationType::histogram,
                           .trace_id = trace_id_,
                           .attributes = {{"graph_id", plan_.id()}}});
}

void GraphRecording::end(TraceStatus status) noexcept {
  has_ended_ = true;
  span_.end();
  if (trace_.trace_id.is_valid()) trace_.end(status);
}

NodeRecording::NodeRecording(const GraphRecording& graph, const PlannedNode& node, const Occasion& occasion,
                             const Value& inputs) noexcept
    : graph_(graph),
      node_(node),
      occasion_(occasion),
      manager_(graph.manager()),
      stopwatch_(manager_),
      span_(begin_span(inputs)) {
  if (manager_ == nullptr) return;
  if (node_.subgraph != nullptr) {
    span_.set_attribute("graph_id", node_.subgraph->graph_id());
    span_.set_attribute("graph_version", node_.subgraph->version());
    span_.set_attribute("graph_hash", node_.subgraph->definition().hash);
  }
  if (occasion_.iteration > 0) span_.set_attribute("iteration", occasion_.iteration);
  if (occasion_.is_cache_hit) span_.set_attribute("cache_hit", true);
  if (manager_->config().capture_inputs && !node_.hides_payloads) span_.set_attribute("inputs", inputs);
  record_event("node_started", node_.event_names.started, {{"node_id", node_.id}, {"node_type", node_.type}});
}

ActiveSpan NodeRecording::begin_span(const Value& inputs) const noexcept {
  if (manager_ == nullptr) return {};
  return manager_->start_span(node_.span_name, graph_.trace_id(),
                              {.attributes = {{"node_id", node_.id},
                                              {"node_type", node_.type},
                                              {"attempt", occasion_.attempt},
                                              {"input_size", input_size(inputs)}}});
}

void NodeRecording::finished(const Value& outputs) noexcept {
  if (manager_ == nullptr) return;
  if (manager_->config().capture_outputs && !node_.hides_payloads) {
    span_.set_attribute("outputs", outputs);
    record_event("node_finished", node_.event_names.completed, {{"node_id", node_.id}, {"outputs", outputs}});
  } else {
    record_event("node_finished", node_.event_names.completed, {{"node_id", node_.id}});
  }
  if (occasion_.is_cache_hit) {
    record_counter("node_cache_hit_count");
  } else {
    record_metrics();
  }
  span_.end();
}

void NodeRecording::failed(const std::exception_ptr& exception) noexcept {
  if (manager_ == nullptr) return;
  const ExceptionText text = describe(exception);
  if (is_cancellation(exception)) {
    record_metrics();
    span_.set_status(SpanStatus::cancelled, text.message);
    span_.end();
    return;
  }
  record_event("node_failed", node_.event_names.failed,
               {{"node_id", node_.id}, {"error_type", text.type}, {"error_message", text.message}});
  end_failed(exception);
}

void NodeRecording::failed_to_be_retried(const std::exception_ptr& exception, Seconds delay) noexcept {
  if (manager_ == nullptr) return;
  const ExceptionText text = describe(exception);
  record_event("node_retry", node_.event_names.retried,
               {{"node_id", node_.id},
                {"attempt", occasion_.attempt},
                {"delay_seconds", delay.count()},
                {"error_type", text.type},
                {"error_message", text.message}});
  end_failed(exception);
  record_counter("node_retry_count");
}

void NodeRecording::end_failed(const std::exception_ptr& exception) noexcept {
  if (is_timed_out_) {
    record_event("node_timeout", node_.event_names.timed_out,
                 {{"node_id", node_.id}, {"timeout_seconds", node_.policy.timeout.count()}});
  }
  record_metrics();
  record_counter("node_error_count");
  span_.record_exception(exception);
  span_.end();
}

void NodeRecording::record_event(Text type, const std::string& name, const Attributes& attributes) noexcept {
  manager_->record_event({.trace_id = graph_.trace_id(),
                          .event_type = type,
                          .name = name,
                          .attributes = attributes,
                          .span_id = span_.span_id()});
}

void NodeRecording::record_counter(Text name) noexcept {
  manager_->record_metric({.name = name,
                           .value = 1,
                           .unit = "count",
                           .aggregation_type = AggregationType::counter,
                           .trace_id = graph_.trace_id(),
                           .attributes = {{"node_id", node_.id}, {"graph_id", graph_.plan().id()}}});
}

void NodeRecording::record_metrics() noexcept {
  record_counter("node_execution_count");
  manager_->record_metric({.name = "node_duration",
                           .value = stopwatch_.seconds(),
                           .unit = "seconds",
                           .aggregation_type = AggregationType::histogram,
                           .trace_id = graph_.trace_id(),
                           .attributes = {{"node_id", node_.id}, {"graph_id", graph_.plan().id()}}});
}

}  // namespace spark::detail
