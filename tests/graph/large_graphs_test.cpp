// Graphs larger than people draw: no recursion along nodes, edges or levels, and memory by what runs at once.
#include <gtest/gtest.h>

#include <atomic>
#include <string>
#include <vector>

#include "spark/async/executor.h"
#include "spark/async/sleep.h"
#include "spark/async/sync_wait.h"
#include "spark/graph/graph.h"

namespace spark {
namespace {

using namespace std::chrono_literals;

constexpr int many = 10'000;

NodePtr counting(std::string id) {
  NodePtr node = function_node("Count", [](ExecutionContext& context) {
    const Value* n = context.inputs().find("n");
    return Outputs{{"n", (n != nullptr ? n->as_int() : 0) + 1}};
  });
  node->set_id(std::move(id));
  return node;
}

class LargeGraphs : public testing::TestWithParam<std::uint32_t> {
 protected:
  Outputs run(const Graph& graph) { return sync_wait(executor_, graph.run()); }
  std::size_t count_spans(const std::string& name) {
    manager_.flush(60s);
    return manager_.query_spans({.limit = 3 * many, .name = name}).size();
  }

  TelemetryManager manager_{TelemetryConfig::create_memory()};
  Executor executor_{{.threads = GetParam()}};
};

TEST_P(LargeGraphs, a_chain) {
  const NodePtr start = counting("n0");
  NodePtr last = start;
  for (int i = 1; i < many; ++i) {
    const NodePtr next = counting("n" + std::to_string(i));
    last >> next;
    last = next;
  }
  const Graph graph({.start = start, .telemetry = &manager_});
  EXPECT_EQ(run(graph), (Outputs{{"n", many}}));
  EXPECT_EQ(count_spans("Count"), static_cast<std::size_t>(many) + 1) << "and the graph's, named as its start is";
}

TEST_P(LargeGraphs, a_chain_that_is_skipped) {
  const NodePtr start = counting("n0");
  NodePtr last = start;
  for (int i = 1; i < many; ++i) {
    const NodePtr next = counting("n" + std::to_string(i));
    i == 1 ? void(last->on(output("n") == 0) >> next) : void(last >> next);
    last = next;
  }
  EXPECT_EQ(run(Graph({.start = start, .telemetry = &manager_})), (Outputs{{"n", 1}}));
}

TEST_P(LargeGraphs, a_fan) {
  const NodePtr start = counting("start");
  std::vector<NodePtr> branches;
  for (int i = 0; i < many; ++i) branches.push_back(counting("n" + std::to_string(i)));
  start >> parallel(branches) >> counting("join");
  const Graph graph({.start = start, .telemetry = &manager_});
  EXPECT_EQ(run(graph), (Outputs{{"n", 3}}));
  EXPECT_EQ(count_spans("Count"), static_cast<std::size_t>(many) + 3);
}

TEST_P(LargeGraphs, a_fan_of_which_only_some_run_at_once) {
  std::atomic<int> running{0}, most{0};
  const auto branch = [&](ExecutionContext&) -> Task<Outputs> {
    const int now = ++running;
    for (int seen = most; now > seen && !most.compare_exchange_weak(seen, now);) {
    }
    co_await sleep_for(1us);
    --running;
    co_return Outputs{{"n", 1}};
  };
  const NodePtr start = counting("start");
  std::vector<NodePtr> branches;
  for (int i = 0; i < 1'000; ++i) branches.push_back(function_node("Branch", branch));
  start >> parallel(branches) >> counting("join");
  run(Graph({.start = start, .telemetry = &manager_, .max_parallel_nodes = 7}));
  EXPECT_EQ(count_spans("Branch"), 1'000U);
  EXPECT_LE(most, 7);
  EXPECT_GE(most, 2);
}

TEST_P(LargeGraphs, a_hundred_levels_of_subgraphs) {
  NodePtr inner = counting("innermost");
  for (int level = 0; level < 100; ++level) {
    inner =
        make_node<Graph>(GraphOptions{.start = counting("before") >> inner, .id = "level_" + std::to_string(level)});
  }
  EXPECT_EQ(run(Graph({.start = inner, .telemetry = &manager_})), (Outputs{{"n", 101}}));
  EXPECT_EQ(count_spans("level_*"), 101U) << "the outermost graph's span and its node's";
}

TEST_P(LargeGraphs, a_loop_of_many_iterations) {
  const NodePtr first = counting("first"), last = counting("last");
  first >> last;
  last->on(output("n") < 2 * many).back_to(first, many);
  EXPECT_EQ(run(Graph({.start = first, .telemetry = &manager_})), (Outputs{{"n", 2 * many}}));
}

INSTANTIATE_TEST_SUITE_P(Threads, LargeGraphs, testing::Values(0U, 1U, 4U),
                         [](const auto& info) { return "with_" + std::to_string(info.param); });

}  // namespace
}  // namespace spark
