// What a graph costs where nothing is recorded: a chain of nodes that do nothing, run on the calling thread.
#include <stdexcept>
#include <string>

#include "cpu_time.h"
#include "harness.h"
#include "spark/async/sync_wait.h"
#include "spark/graph/graph.h"
#include "statistics.h"

namespace spark::bench {
namespace {

constexpr int node_count = 100;

class EmptyNode final : public Node {
 public:
  Task<Outputs> process(ExecutionContext&) override { co_return Outputs{{"success", true}}; }
};

NodePtr chain_of_nodes() {
  const NodePtr first = make_node<EmptyNode>();
  NodePtr last = first;
  for (int i = 1; i < node_count; ++i) {
    const NodePtr next = make_node<EmptyNode>();
    last >> next;
    last = next;
  }
  return first;
}

std::vector<Result> per_node(const Options& options) {
  TelemetryManager off(TelemetryConfig::create_noop());
  const Graph graph({.start = chain_of_nodes(), .telemetry = &off});
  const int runs = options.quick ? 500 : 5'000;
  std::vector<double> ns;
  for (int i = 0; i < runs; ++i) {
    const std::int64_t begin = thread_cpu_ns();
    const Outputs outputs = sync_wait(graph.run());
    const auto run_ns = static_cast<double>(thread_cpu_ns() - begin);
    if (!outputs.contains("success")) throw std::runtime_error("the graph's outputs are not its last node's");
    ns.push_back((run_ns - cpu_clock_cost_ns()) / node_count);
  }
  Result result{.name = "graph_per_node", .value = median(std::move(ns)), .unit = "ns"};
  result.target = 1'000;
  result.note = "telemetry off; a run of " + std::to_string(node_count) + " nodes divided by their number";
  return {result};
}

}  // namespace

void add_graph_rows(std::vector<Row>& rows) { rows.push_back({{"graph_per_node"}, per_node}); }

}  // namespace spark::bench
