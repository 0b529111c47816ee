// ExecutionContext is what a node is given for one execution: its inputs, who it is, and recording bound to
// the run's trace and the node's span. The runner makes it; it is valid until the node's task ends. All of it
// works, and does nothing, where nothing is recorded. For one thread at a time.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "spark/base/clock.h"
#include "spark/base/ids.h"
#include "spark/base/text.h"
#include "spark/base/value.h"
#include "spark/graph/node.h"
#include "spark/graph/run_state.h"
#include "spark/telemetry/manager.h"

namespace spark {

namespace detail {

// Where a node runs. References and pointers outlive the execution.
struct NodeRun {
  const std::string& graph_id;
  const std::string& graph_version;
  const std::string& node_id;
  const std::string& node_type;
  const Inputs& inputs;
  const std::shared_ptr<RunState>& state;
  std::int64_t attempt = 1;
  TelemetryManager* manager = nullptr;
  TraceId trace_id = {};
  SpanId span_id = {};
};

}  // namespace detail

class ExecutionContext {
 public:
  // Private to spark.
  explicit ExecutionContext(const detail::NodeRun& run) noexcept : run_(run) {}
  ExecutionContext(const ExecutionContext&) = delete;
  ExecutionContext& operator=(const ExecutionContext&) = delete;

  // The outputs of the node before, or of several joined (JoinPolicy); for the first node, the inputs of the run.
  [[nodiscard]] const Inputs& inputs() const noexcept { return run_.inputs; }
  // "graph_id", "graph_version", "node_id", "node_type", "attempt", and "trace_id" as a UUID if there is a
  // trace. Built by the first call.
  [[nodiscard]] const Object& metadata() const;

  [[nodiscard]] const std::string& graph_id() const noexcept { return run_.graph_id; }
  [[nodiscard]] const std::string& node_id() const noexcept { return run_.node_id; }
  // From 1; see NodePolicy.
  [[nodiscard]] std::int64_t attempt() const noexcept { return run_.attempt; }
  // Shared by all nodes of the run, those of subgraphs included.
  [[nodiscard]] RunState& state() const noexcept { return *run_.state; }
  [[nodiscard]] const std::shared_ptr<RunState>& shared_state() const noexcept { return run_.state; }
  // Zero where nothing is recorded.
  [[nodiscard]] TraceId trace_id() const noexcept { return run_.trace_id; }
  // The node's span.
  [[nodiscard]] SpanId span_id() const noexcept { return run_.span_id; }
  // Null where nothing is recorded.
  [[nodiscard]] TelemetryManager* manager() const noexcept { return run_.manager; }
  // The clock that sleeps of this run are on.
  [[nodiscard]] Clock& clock() const noexcept;

  // A child of the current span if that is of this trace, otherwise (on another thread, for example) of the
  // node's.
  ActiveSpan start_span(Text name, const SpanOptions& options = {}) const noexcept;
  void record_event(Text event_type, Text name, const Attributes& attributes = {}) const noexcept;
  // A metric without a trace id gets this run's.
  void record_metric(const MetricOptions& metric) const noexcept;

  // Private to spark.
  [[nodiscard]] const detail::NodeRun& run() const noexcept { return run_; }

 private:
  [[nodiscard]] bool is_current() const noexcept;

  detail::NodeRun run_;
  mutable std::optional<Object> metadata_;
};

}  // namespace spark
