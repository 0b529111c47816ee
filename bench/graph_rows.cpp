// What a graph costs beside its nodes' work: a chain of nodes that do nothing, and as many side by side between a start
// and a join, run on the calling thread.
#include <stdexcept>
#include <string>
#include <vector>

#include "cpu_time.h"
#include "harness.h"
#include "spark/async/sync_wait.h"
#include "spark/graph/graph.h"
#include "statistics.h"

namespace spark::bench {
namespace {

constexpr int node_count = 100;
constexpr int branch_count = 1'000;

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

NodePtr fan_of_nodes() {
  std::vector<NodePtr> branches;
  for (int i = 0; i < branch_count; ++i) branches.push_back(make_node<EmptyNode>());
  return make_node<EmptyNode>() >> parallel(branches) >> make_node<EmptyNode>();
}

// The thread's time for a run, of which `count` nodes each get their share; the flush that follows is not in it.
double ns_per_node(const NodePtr& start, int count, TelemetryManager& manager, int runs) {
  const Graph graph({.start = start, .telemetry = &manager});
  std::vector<double> ns;
  for (int i = 0; i < runs; ++i) {
    const std::int64_t begin = thread_cpu_ns();
    const Outputs outputs = sync_wait(graph.run());
    const auto run_ns = static_cast<double>(thread_cpu_ns() - begin);
    if (!outputs.contains("success")) throw std::runtime_error("the graph's outputs are not its last node's");
    if (!manager.flush().complete()) throw std::runtime_error("the flush after a run did not complete");
    ns.push_back((run_ns - cpu_clock_cost_ns()) / count);
  }
  if (manager.stats().dropped() != 0) throw std::runtime_error("records were dropped");
  return median(std::move(ns));
}

std::vector<Result> per_node(const Options& options) {
  TelemetryManager off(TelemetryConfig::create_noop());
  Result result{.name = "graph_per_node", .unit = "ns"};
  result.value = ns_per_node(chain_of_nodes(), node_count, off, options.quick ? 500 : 5'000);
  result.target = 1'000;
  result.note = "telemetry off; a run of " + std::to_string(node_count) + " nodes divided by their number";
  return {result};
}

std::vector<Result> per_node_of_a_fan(const Options& options) {
  const int count = branch_count + 2;
  const std::string run = "; a start, " + std::to_string(branch_count) + " branches and a join, divided by the nodes";
  TelemetryManager off(TelemetryConfig::create_noop()), memory(TelemetryConfig::create_memory());
  Result without{.name = "graph_fan_1000", .unit = "ns"};
  without.value = ns_per_node(fan_of_nodes(), count, off, options.quick ? 50 : 500);
  without.note = "telemetry off" + run;
  Result with{.name = "graph_fan_1000_memory", .unit = "ns"};
  with.value = ns_per_node(fan_of_nodes(), count, memory, options.quick ? 20 : 200);
  with.note = "the running thread's part, memory backend" + run;
  return {without, with};
}

}  // namespace

void add_graph_rows(std::vector<Row>& rows) {
  rows.push_back({{"graph_per_node"}, per_node});
  rows.push_back({{"graph_fan_1000", "graph_fan_1000_memory"}, per_node_of_a_fan});
}

}  // namespace spark::bench
