// Automatic instrumentation: all that a graph records about itself, and the only place in graph/ that
// records. The runner keeps one GraphRecording for a run and one NodeRecording for each node, tells each how
// it ended, and does nothing else.
//
//            graph                                       node (for each attempt, unless said otherwise)
//   trace    named by the graph id, names the            -
//            definition
//   span     named by the graph id; graph_id,            named by the type; node_id, node_type, attempt,
//            graph_version                               input_size, outputs, inputs if configured, iteration in
//                                                        a loop, cache_hit
//   events   graph_started, graph_finished,              node_started, node_finished, node_failed (for good),
//            graph_failed, graph_cancelled, edge_taken   node_retry, node_timeout
//   metrics  graph_execution_count, graph_duration       node_execution_count, node_duration, node_error_count,
//                                                        node_retry_count, node_cache_hit_count
//
// A recording that is destroyed before it was told an end belongs to a coroutine that was destroyed while
// suspended: it is cancelled. Without a manager every call does nothing. Both live in the runner's coroutine
// frame.
#pragma once

#include <chrono>
#include <cstdint>
#include <exception>

#include "graph/plan.h"
#include "spark/base/ids.h"
#include "spark/base/value.h"
#include "spark/telemetry/manager.h"

namespace spark::detail {

enum class RunKind {
  own,      // a trace of its own, or a span if there is a current trace of this manager
  subgraph  // a node of another graph, whose span is current and stands for this graph too
};

// Between a begin and now, on the manager's clock.
class Stopwatch {
 public:
  explicit Stopwatch(const TelemetryManager* manager) noexcept;
  [[nodiscard]] double seconds() const noexcept;

 private:
  const Clock* clock_;  // null: does not run
  std::chrono::nanoseconds begin_{0};
};

class GraphRecording {
 public:
  GraphRecording(const GraphPlan& plan, TelemetryManager* manager, RunKind kind) noexcept;
  ~GraphRecording();
  GraphRecording(const GraphRecording&) = delete;
  GraphRecording& operator=(const GraphRecording&) = delete;

  void edge_taken(EdgeIndex index) noexcept;
  void finished() noexcept;
  void failed(const std::exception_ptr& exception) noexcept;

  [[nodiscard]] const GraphPlan& plan() const noexcept { return plan_; }
  [[nodiscard]] TelemetryManager* manager() const noexcept { return manager_; }
  [[nodiscard]] TraceId trace_id() const noexcept { return trace_id_; }

 private:
  [[nodiscard]] ActiveTrace begin_trace(RunKind kind) const noexcept;
  [[nodiscard]] ActiveSpan begin_span(RunKind kind) const noexcept;
  void record_event(Text type, const std::string& name, const Attributes& attributes) noexcept;
  void record_metrics() noexcept;
  void end(TraceStatus status) noexcept;

  const GraphPlan& plan_;
  TelemetryManager* const manager_;
  bool has_ended_ = false;
  Stopwatch stopwatch_;
  ActiveTrace trace_;  // of nothing if the run joined another trace
  ActiveSpan span_;    // of nothing in a subgraph
  TraceId trace_id_;
  SpanId span_id_;
};

// Which execution of a node it is.
struct Occasion {
  std::int64_t attempt = 1;
  std::int64_t iteration = 0;  // of the innermost loop, from 1; 0: in none
  bool is_cache_hit = false;   // nothing is executed
};

// Cancelled, or the end of a wait that was cancelled by Asio's means.
[[nodiscard]] bool is_cancellation(const std::exception_ptr& exception) noexcept;
[[nodiscard]] bool is_timeout(const std::exception_ptr& exception) noexcept;

// One attempt.
class NodeRecording {
 public:
  // `inputs` is an object.
  NodeRecording(const GraphRecording& graph, const PlannedNode& node, const Occasion& occasion,
                const Value& inputs) noexcept;
  NodeRecording(const NodeRecording&) = delete;
  NodeRecording& operator=(const NodeRecording&) = delete;

  void finished(const Value& outputs) noexcept;
  // Before one of the next two: it was the node's own limit.
  void timed_out() noexcept { is_timed_out_ = true; }
  // For good.
  void failed(const std::exception_ptr& exception) noexcept;
  // Another attempt follows after the delay.
  void failed_to_be_retried(const std::exception_ptr& exception, Seconds delay) noexcept;

  [[nodiscard]] SpanId span_id() const noexcept { return span_.span_id(); }

 private:
  [[nodiscard]] ActiveSpan begin_span(const Value& inputs) const noexcept;
  void end_failed(const std::exception_ptr& exception) noexcept;
  void record_event(Text type, const std::string& name, const Attributes& attributes) noexcept;
  void record_counter(Text name) noexcept;
  void record_metrics() noexcept;

  const GraphRecording& graph_;
  const PlannedNode& node_;
  const Occasion occasion_;
  TelemetryManager* const manager_;
  Stopwatch stopwatch_;
  ActiveSpan span_;
  bool is_timed_out_ = false;
};

}  // namespace spark::detail
