// Topology, ids, definitions, and what flows; what is recorded is in graph_recording_test.cpp.
#include "spark/graph/graph.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <stdexcept>
#include <string>
#include <vector>

#include "graph/nodes.h"
#include "spark/async/sync_wait.h"
#include "spark/base/error.h"
#include "spark/base/json.h"

namespace spark {
namespace {

using tests::FailNode;
using tests::LoadNode;
using tests::ReportNode;
using tests::TransformNode;

std::string error_of(const auto& function) {
  try {
    function();
  } catch (const Error& error) {
    return std::string(to_string(error.code())) + ": " + error.what();
  }
  return "nothing was thrown";
}

std::vector<std::string> node_ids(const Graph& graph) {
  std::vector<std::string> ids;
  for (const Value& node : graph.definition().content.at("nodes").as_array()) {
    ids.push_back(node.as_object().at("id").as_string());
  }
  return ids;
}

NodePtr add_node(std::int64_t amount) {
  return function_node("add", [amount](ExecutionContext& context) {
    return Outputs{{"sum", context.inputs().at("sum").as_int() + amount}};
  });
}

Outputs run(const Graph& graph, Inputs inputs = {}) {
  VirtualClock clock;
  return sync_wait(graph.run(std::move(inputs)), {.clock = &clock});
}

TEST(Graph, gives_each_nodes_outputs_to_the_next_and_returns_the_last) {
  const Graph graph({.start = add_node(1) >> add_node(10) >> add_node(100)});
  EXPECT_EQ(run(graph, {{"sum", 1000}}), (Outputs{{"sum", 1111}}));
}

TEST(Graph, runs_again_from_the_start) {
  const Graph graph({.start = make_node<TransformNode>() >> make_node<TransformNode>()});
  EXPECT_EQ(run(graph), (Outputs{{"count", 2}}));
  EXPECT_EQ(run(graph, {{"count", 5}}), (Outputs{{"count", 7}}));
}

TEST(Graph, can_be_connected_from_any_end) {
  const NodePtr a = add_node(1);
  const NodePtr b = add_node(2);
  const NodePtr c = add_node(3);
  const NodePtr d = add_node(4);
  const NodeChain tail = c >> d;
  a >> (b >> tail);
  EXPECT_EQ(run(Graph({.start = a}), {{"sum", 0}}), (Outputs{{"sum", 10}}));
}

TEST(Graph, runs_a_function_that_is_a_coroutine) {
  const Graph graph({.start = function_node("wait", [](ExecutionContext& context) -> Task<Outputs> {
                       co_await sleep_for(std::chrono::seconds(5));
                       co_return Outputs{{"seconds", context.clock().steady_now() / std::chrono::seconds(1)}};
                     })});
  EXPECT_EQ(run(graph), (Outputs{{"seconds", 5}}));
}

TEST(Graph, throws_what_the_failing_node_threw_and_does_not_run_the_rest) {
  bool has_run = false;
  const NodePtr rest = function_node("rest", [&has_run](ExecutionContext&) {
    has_run = true;
    return Outputs();
  });
  const Graph graph({.start = make_node<FailNode>() >> rest});
  try {
    run(graph);
    FAIL() << "nothing was thrown";
  } catch (const std::runtime_error& error) {
    EXPECT_STREQ(error.what(), "the file is empty");
  }
  EXPECT_FALSE(has_run);
}

TEST(Graph, may_go_before_its_run) {
  VirtualClock clock;
  Task<Outputs> task;
  {
    const Graph graph({.start = make_node<TransformNode>()});
    task = graph.run();
  }
  EXPECT_EQ(sync_wait(std::move(task), {.clock = &clock}), (Outputs{{"count", 1}}));
}

TEST(Graph, runs_a_graph_as_a_node) {
  const auto inner = make_node<Graph>(GraphOptions{.start = add_node(10) >> add_node(20)});
  const Graph outer({.start = add_node(1) >> inner >> add_node(2)});
  EXPECT_EQ(run(outer, {{"sum", 0}}), (Outputs{{"sum", 33}}));
}

TEST(Graph, refuses_an_edge_that_is_there_already_naming_the_nodes) {
  const auto load = make_node<LoadNode>(), report = make_node<LoadNode>("report");
  load >> report;
  EXPECT_EQ(error_of([&] { load >> report; }),
            "invalid_argument: a >> b: LoadNode already has such an edge to LoadNode \"report\"; join their conditions "
            "by ||");
}

TEST(Graph, refuses_a_cycle_naming_the_node) {
  const auto load = make_node<LoadNode>("load");
  const auto report = make_node<ReportNode>();
  load >> make_node<TransformNode>() >> report;
  EXPECT_EQ(
      error_of([&] { report >> load; }),
      "invalid_argument: a >> b: an edge from ReportNode to LoadNode \"load\" would close a cycle; a loop is made by "
      "on(...).back_to(...)");
  const auto alone = make_node<ReportNode>();
  EXPECT_EQ(error_of([&] { alone >> alone; }),
            "invalid_argument: a >> b: an edge from ReportNode to ReportNode would close a cycle; a loop is made by "
            "on(...).back_to(...)");
}

TEST(Graph, refuses_what_is_not_there) {
  EXPECT_EQ(error_of([] { const Graph graph({}); }),
            "invalid_argument: GraphOptions::start is null: a graph needs a node");
  EXPECT_EQ(error_of([] { make_node<LoadNode>() >> NodePtr(); }),
            "invalid_argument: a >> b: a node is null; the other one is LoadNode");
}

TEST(Graph, numbers_nodes_without_an_id_by_their_type) {
  const Graph graph({.start = make_node<LoadNode>() >> make_node<TransformNode>() >> make_node<TransformNode>("mine") >>
                              make_node<TransformNode>()});
  EXPECT_EQ(node_ids(graph), (std::vector<std::string>{"load_1", "transform_1", "mine", "transform_2"}));
}

TEST(Graph, does_not_give_an_id_that_a_node_has_already) {
  const Graph graph({.start = make_node<TransformNode>() >> make_node<ReportNode>("transform_1")});
  EXPECT_EQ(node_ids(graph), (std::vector<std::string>{"transform_2", "transform_1"}));
}

TEST(Graph, refuses_two_nodes_with_one_id) {
  const NodeChain nodes = make_node<LoadNode>("step") >> make_node<ReportNode>("step");
  EXPECT_EQ(error_of([&] { const Graph graph({.start = nodes}); }),
            "invalid_argument: Graph: two nodes have the id \"step\"");
}

TEST(Graph, keeps_the_topology_that_it_was_made_with) {
  const auto transform = make_node<TransformNode>();
  const Graph graph({.start = transform});
  transform >> make_node<ReportNode>();
  EXPECT_EQ(run(graph), (Outputs{{"count", 1}}));
}

TEST(Graph, can_be_long) {
  const NodePtr start = add_node(1);
  NodeChain chain = start >> add_node(1);
  for (int i = 2; i < 20'000; ++i) chain = chain >> add_node(1);
  EXPECT_EQ(run(Graph({.start = start}), {{"sum", 0}}), (Outputs{{"sum", 20'000}}));
}

TEST(GraphDefinition, lists_nodes_and_edges) {
  const Graph graph({.start = make_node<LoadNode>() >> make_node<ReportNode>(), .id = "pipeline", .version = "1.0.0"});
  EXPECT_EQ(graph.definition().graph_id, "pipeline");
  EXPECT_EQ(graph.definition().version, "1.0.0");
  EXPECT_EQ(
      to_json(graph.definition().content),
      R"({"edges":[{"condition":null,"from":"load_1","to":"report_1"}],)"
      R"("nodes":[{"config":{},"id":"load_1","type":"LoadNode"},{"config":{},"id":"report_1","type":"ReportNode"}]})");
}

TEST(GraphDefinition, has_the_start_nodes_type_as_default_id_and_a_version_made_of_the_content) {
  const Graph graph({.start = make_node<LoadNode>() >> make_node<ReportNode>()});
  const Graph same({.start = make_node<LoadNode>() >> make_node<ReportNode>()});
  const Graph other({.start = make_node<LoadNode>() >> make_node<TransformNode>()});
  EXPECT_EQ(graph.graph_id(), "LoadNode");
  EXPECT_EQ(graph.version(), "8fa6730fd302e485");
  EXPECT_EQ(same.version(), graph.version());
  EXPECT_EQ(same.definition().hash, graph.definition().hash);
  EXPECT_NE(other.version(), graph.version());
  EXPECT_NE(other.definition().hash, graph.definition().hash);
}

TEST(GraphDefinition, differs_by_id_version_and_by_what_is_inside_a_subgraph) {
  const auto hash = [](std::string id, std::string version) {
    return Graph({.start = make_node<LoadNode>(), .id = std::move(id), .version = std::move(version)})
        .definition()
        .hash;
  };
  EXPECT_NE(hash("a", "1"), hash("b", "1"));
  EXPECT_NE(hash("a", "1"), hash("a", "2"));
  const auto around = [](NodePtr inner) {
    return Graph({.start = make_node<Graph>(GraphOptions{.start = std::move(inner), .id = "inner"})}).definition().hash;
  };
  EXPECT_NE(around(make_node<LoadNode>()), around(make_node<ReportNode>()));
}

TEST(ExecutionContext, works_where_nothing_is_recorded) {
  std::string seen;
  const Graph graph({.start = function_node("look",
                                            [&seen](ExecutionContext& context) {
                                              const ActiveSpan span = context.start_span("nothing");
                                              context.record_event("type", "name", {{"key", 1}});
                                              context.record_metric({.name = "metric", .value = 1});
                                              seen = to_json(context.metadata()) +
                                                     (context.manager() == nullptr ? " no manager" : " manager") +
                                                     (span.is_recording() ? " recording" : " not recording") +
                                                     (context.trace_id().is_valid() ? " trace" : " no trace");
                                              return Outputs();
                                            }),
                     .id = "quiet",
                     .version = "1"});
  run(graph);
  EXPECT_EQ(seen, R"({"attempt":1,"graph_id":"quiet","graph_version":"1","node_id":"look_1","node_type":"look"})"
                  " no manager not recording no trace");
}

}  // namespace
}  // namespace spark
