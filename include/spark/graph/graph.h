// A Graph runs nodes and records, without any code of the user's, what they did: a trace for each run, a span for the
// graph and each attempt of a node, life-cycle events, and metrics.
//
// A run begins at the start node and follows the edges that are taken (spark/graph/edges.h); nodes that several edges
// lead to at once run in parallel. What a node throws goes along its error edges; where there is none it fails the run:
// nothing more begins, what runs beside it is cancelled and waited for, and the run throws it. A condition that throws,
// or outputs that cannot be joined, fail the run as well.
//
// It takes its topology when it is made; connecting nodes later does not change it. It is itself a Node: run inside
// another graph it is a subgraph, recorded as a span of that run. A run keeps what it needs, so the Graph may go before
// it. Runs are independent of each other; any thread may start one.
//
// Where it records to: its own configuration or manager; without one, the current context's manager (so a
// subgraph records with the graph around it), else the process default if something configured it (SPARK_TELEMETRY
// counts), else nowhere. If there is a current trace of that manager, a run joins it with a span; otherwise it begins a
// trace.
#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>

#include "spark/async/task.h"
#include "spark/graph/execution_context.h"
#include "spark/graph/graph_spec.h"
#include "spark/graph/node.h"
#include "spark/graph/run_state.h"
#include "spark/telemetry/config.h"
#include "spark/telemetry/manager.h"
#include "spark/telemetry/records.h"

namespace spark {

namespace detail {
struct GraphPlan;
}

struct GraphOptions {
  NodePtr start = {};
  // Where to record: the manager of this configuration (TelemetryManager::for_config).
  std::optional<TelemetryConfig> telemetry_config = {};
  std::string id = {};       // default: the start node's type
  std::string version = {};  // default: made of the content, so that every change of the topology is a version
  // Or this manager, which must outlive the runs: for programs with several managers, and for tests.
  TelemetryManager* telemetry = nullptr;
  // At work at once in a run, subgraphs not counted together; 0: no limit (of a spec: as it says).
  std::size_t max_parallel_nodes = 0;
};

struct RunOptions {
  // After it, what runs is cancelled and waited for, and the run fails with Error(timeout). On the clock of the
  // executor; 0: none.
  Seconds timeout = Seconds(0);
  // A stop that is requested cancels what runs, and the run is cancelled: Error(cancelled).
  std::stop_token stop = {};
  // What nodes find in ExecutionContext::state(); null: a new one.
  std::shared_ptr<RunState> state = {};
};

class Graph final : public Node {
 public:
  // Throws Error(invalid_argument) without a start node, for two nodes with one id, or for both a
  // configuration and a manager; and what TelemetryManager::for_config throws.
  explicit Graph(GraphOptions options);
  // Of a spec: its nodes, and its id and version where the options have none. Throws what build_nodes throws, and
  // Error(invalid_argument) for options with a start.
  Graph(const GraphSpec& spec, const NodeRegistry& registry, GraphOptions options = {});
  ~Graph() override;

  // Runs when awaited. Gives the outputs of the node after which no edge was taken; if there were several, an object of
  // their outputs by node id. Throws what failed the run, after recording it. Options that cannot be used throw
  // Error(invalid_argument) at once.
  [[nodiscard]] Task<Outputs> run(Inputs inputs = {}) const;
  [[nodiscard]] Task<Outputs> run(Inputs inputs, const RunOptions& options) const;
  // Name the options in a variable: g++ 12 destroys such a temporary twice in an expression with co_await.
  Task<Outputs> run(Inputs inputs, RunOptions&& options) const = delete;

  // Where a run begun now would record to; the process default (configured by this) where it would record
  // nowhere.
  [[nodiscard]] TelemetryManager& telemetry() const;

  [[nodiscard]] const std::string& graph_id() const noexcept;
  [[nodiscard]] const std::string& version() const noexcept;
  // As it is recorded once for each content; traces name it by its hash.
  [[nodiscard]] const GraphDefinition& definition() const noexcept;
  // With all ids of nodes; the version is empty where it was made of the content, so that a changed spec is another
  // version. Built again, it is the same graph.
  [[nodiscard]] GraphSpec spec() const;

  // As a node.
  Task<Outputs> process(ExecutionContext& context) override;
  [[nodiscard]] std::string type() const override { return "Graph"; }
  [[nodiscard]] Object config() const override;
  // If one of its nodes does: what goes in and comes out may be that node's.
  [[nodiscard]] bool hides_payloads() const override;

 private:
  std::shared_ptr<const detail::GraphPlan> plan_;
  TelemetryManager* manager_ = nullptr;  // null: the context's
};

}  // namespace spark
