// A Graph runs nodes one after the other and records, without any code of the user's, what they did: a trace
// for each run, a span for the graph and each node, life-cycle events, and metrics.
//
// It takes its topology when it is made; connecting nodes later does not change it. It is itself a Node: run
// inside another graph it is a subgraph, recorded as a span of that run. A run keeps what it needs, so the
// Graph may go before it. Runs are independent of each other; any thread may start one.
//
// Where it records to: its own configuration or manager; without one, the current context's manager (so a
// subgraph records with the graph around it), else the process default if something configured it (SPARK_TELEMETRY
// counts), else nowhere. If there is a current trace of that manager, a run joins it with a span; otherwise it begins a
// trace.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "spark/async/task.h"
#include "spark/graph/execution_context.h"
#include "spark/graph/node.h"
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
};

class Graph final : public Node {
 public:
  // Throws Error(invalid_argument) without a start node, for two nodes with one id, or for both a
  // configuration and a manager; and what TelemetryManager::for_config throws.
  explicit Graph(GraphOptions options);
  ~Graph() override;

  // Runs when awaited. Gives the outputs of the last node. Throws what the first failing node threw, after
  // recording it; the nodes after that one do not run.
  [[nodiscard]] Task<Outputs> run(Inputs inputs = {}) const;

  // Where a run begun now would record to; the process default (configured by this) where it would record
  // nowhere.
  [[nodiscard]] TelemetryManager& telemetry() const;

  [[nodiscard]] const std::string& graph_id() const noexcept;
  [[nodiscard]] const std::string& version() const noexcept;
  // As it is recorded once for each content; traces name it by its hash.
  [[nodiscard]] const GraphDefinition& definition() const noexcept;

  // As a node.
  Task<Outputs> process(ExecutionContext& context) override;
  [[nodiscard]] std::string type() const override { return "Graph"; }
  [[nodiscard]] Object config() const override;

 private:
  std::shared_ptr<const detail::GraphPlan> plan_;
  TelemetryManager* manager_ = nullptr;  // null: the context's
};

}  // namespace spark
