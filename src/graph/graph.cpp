#include "spark/graph/graph.h"

#include <algorithm>
#include <exception>
#include <utility>

#include "graph/instrument.h"
#include "graph/plan.h"
#include "graph/run.h"
#include "spark/async/with_stop_token.h"
#include "spark/async/with_timeout.h"
#include "spark/base/error.h"

namespace spark {

namespace {

using detail::GraphPlan;
using detail::RunKind;

// What a run is given beside its inputs; with a constructor, so that a coroutine may own it.
class RunSettings {
 public:
  RunSettings(RunKind its_kind, const RunOptions& options)
      : kind(its_kind),
        timeout(options.timeout),
        stop(options.stop),
        state(options.state != nullptr ? options.state : std::make_shared<RunState>()) {}

  RunKind kind;
  Seconds timeout;
  std::stop_token stop;
  std::shared_ptr<RunState> state;
};

// A null manager means "ask the context".
Task<Outputs> run_plan(std::shared_ptr<const GraphPlan> plan, TelemetryManager* manager, RunSettings settings,
                       Inputs inputs) {
  if (manager == nullptr && settings.kind == RunKind::own) manager = TelemetryManager::current_or_configured();
  detail::GraphRecording recording(*plan, manager, settings.kind);
  detail::Run run(*plan, recording, settings.state);
  std::exception_ptr exception;
  try {
    Task<void> nodes = run.from_start(std::make_shared<const Value>(std::move(inputs)));
    if (settings.timeout > Seconds(0)) nodes = with_timeout(std::move(nodes), settings.timeout, "the run");
    if (settings.stop.stop_possible()) nodes = with_stop_token(std::move(nodes), settings.stop);
    co_await std::move(nodes);
  } catch (...) {
    exception = std::current_exception();
  }
  if (exception) {
    // What happened to wait at that moment says less.
    if (detail::is_cancellation(exception) && settings.stop.stop_requested()) {
      exception = std::make_exception_ptr(Error(ErrorCode::cancelled, "the run was cancelled: its stop was requested"));
    }
    recording.failed(exception);
    std::rethrow_exception(exception);
  }
  recording.finished();
  co_return run.outputs();
}

GraphOptions with_nodes_of(const GraphSpec& spec, const NodeRegistry& registry, GraphOptions options) {
  if (options.start != nullptr) {
    throw Error(ErrorCode::invalid_argument, "GraphOptions::start: the spec names the start, give none here");
  }
  options.start = build_nodes(spec, registry);
  if (options.id.empty()) options.id = spec.id;
  if (options.version.empty()) options.version = spec.version;
  if (options.max_parallel_nodes == 0) options.max_parallel_nodes = spec.max_parallel_nodes;
  return options;
}

}  // namespace

Graph::Graph(GraphOptions options) {
  if (options.telemetry_config && options.telemetry != nullptr) {
    throw Error(ErrorCode::invalid_argument, "GraphOptions: give telemetry_config or telemetry, not both");
  }
  plan_ = std::make_shared<const GraphPlan>(detail::make_plan(options));
  manager_ = options.telemetry_config ? &TelemetryManager::for_config(*options.telemetry_config) : options.telemetry;
}

Graph::Graph(const GraphSpec& spec, const NodeRegistry& registry, GraphOptions options)
    : Graph(with_nodes_of(spec, registry, std::move(options))) {}

Graph::~Graph() = default;

Task<Outputs> Graph::run(Inputs inputs) const {
  const RunOptions defaults;
  return run(std::move(inputs), defaults);
}

Task<Outputs> Graph::run(Inputs inputs, const RunOptions& options) const {
  if (!(options.timeout >= Seconds(0))) {
    throw Error(ErrorCode::invalid_argument,
                "RunOptions::timeout is " + std::to_string(options.timeout.count()) + " s; it is 0 (none) or more");
  }
  return run_plan(plan_, manager_, RunSettings(RunKind::own, options), std::move(inputs));
}

TelemetryManager& Graph::telemetry() const {
  if (manager_ != nullptr) return *manager_;
  TelemetryManager* const current = TelemetryManager::current_or_configured();
  return current != nullptr ? *current : TelemetryManager::get_instance();
}

const std::string& Graph::graph_id() const noexcept { return plan_->id(); }
const std::string& Graph::version() const noexcept { return plan_->version(); }
const GraphDefinition& Graph::definition() const noexcept { return plan_->definition; }

GraphSpec Graph::spec() const { return detail::spec_of(*plan_); }

Object Graph::config() const {
  return Object{{"graph_id", graph_id()}, {"graph_version", version()}, {"graph_hash", definition().hash}};
}

bool Graph::hides_payloads() const {
  return std::any_of(plan_->nodes.begin(), plan_->nodes.end(),
                     [](const detail::PlannedNode& node) { return node.hides_payloads; });
}

Task<Outputs> Graph::process(ExecutionContext& context) {
  // With a manager of its own it keeps its own traces; otherwise the run around it has begun its span
  // already.
  const bool is_part =
      manager_ == nullptr || (context.manager() != nullptr && &manager_->config() == &context.manager()->config());
  const RunOptions within{.state = context.shared_state()};
  return is_part ? run_plan(plan_, context.manager(), RunSettings(RunKind::subgraph, within), context.inputs())
                 : run_plan(plan_, manager_, RunSettings(RunKind::own, within), context.inputs());
}

}  // namespace spark
