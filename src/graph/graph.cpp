#include "spark/graph/graph.h"

#include <exception>
#include <utility>

#include "graph/instrument.h"
#include "graph/plan.h"
#include "spark/base/error.h"

namespace spark {

namespace {

using detail::GraphPlan;
using detail::RunKind;

// Runs the nodes in order. A null manager means "ask the context".
Task<Outputs> run_plan(std::shared_ptr<const GraphPlan> plan, TelemetryManager* manager, RunKind kind, Inputs inputs) {
  if (manager == nullptr && kind == RunKind::own) manager = TelemetryManager::current_or_configured();
  detail::GraphRecording graph_recording(*plan, manager, kind);
  Value payload(std::move(inputs));
  for (std::size_t i = 0; i < plan->nodes.size(); ++i) {
    const detail::PlannedNode& planned = plan->nodes[i];
    detail::NodeRun run{.graph_id = plan->id(),
                        .graph_version = plan->version(),
                        .node_id = planned.id,
                        .node_type = planned.type,
                        .inputs = payload.as_object(),
                        .manager = manager,
                        .trace_id = graph_recording.trace_id()};
    detail::NodeRecording node_recording(graph_recording, planned, run.attempt, payload);
    run.span_id = node_recording.span_id();
    ExecutionContext context(run);
    std::exception_ptr exception;
    Outputs outputs;
    try {
      outputs = co_await planned.node->process(context);
    } catch (...) {
      exception = std::current_exception();
    }
    if (exception) {
      node_recording.failed(exception);
      graph_recording.failed(exception);
      std::rethrow_exception(exception);
    }
    payload = Value(std::move(outputs));
    node_recording.finished(payload);
    if (i + 1 < plan->nodes.size()) graph_recording.edge_taken(i);
  }
  graph_recording.finished();
  co_return std::move(payload.as_object());
}

}  // namespace

Graph::Graph(GraphOptions options) {
  if (options.telemetry_config && options.telemetry != nullptr) {
    throw Error(ErrorCode::invalid_argument, "GraphOptions: give telemetry_config or telemetry, not both");
  }
  plan_ = std::make_shared<const GraphPlan>(
      detail::make_plan(options.start, std::move(options.id), std::move(options.version)));
  manager_ = options.telemetry_config ? &TelemetryManager::for_config(*options.telemetry_config) : options.telemetry;
}

Graph::~Graph() = default;

Task<Outputs> Graph::run(Inputs inputs) const { return run_plan(plan_, manager_, RunKind::own, std::move(inputs)); }

TelemetryManager& Graph::telemetry() const {
  if (manager_ != nullptr) return *manager_;
  TelemetryManager* const current = TelemetryManager::current_or_configured();
  return current != nullptr ? *current : TelemetryManager::get_instance();
}

const std::string& Graph::graph_id() const noexcept { return plan_->id(); }
const std::string& Graph::version() const noexcept { return plan_->version(); }
const GraphDefinition& Graph::definition() const noexcept { return plan_->definition; }

Object Graph::config() const {
  return Object{{"graph_id", graph_id()}, {"graph_version", version()}, {"graph_hash", definition().hash}};
}

Task<Outputs> Graph::process(ExecutionContext& context) {
  // With a manager of its own it keeps its own traces; otherwise the run around it has begun its span
  // already.
  const bool is_part =
      manager_ == nullptr || (context.manager() != nullptr && &manager_->config() == &context.manager()->config());
  return is_part ? run_plan(plan_, context.manager(), RunKind::subgraph, context.inputs())
                 : run_plan(plan_, manager_, RunKind::own, context.inputs());
}

}  // namespace spark
