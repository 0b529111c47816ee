// What a run records without any code of the user's, printed and compared with literals.
#include <gtest/gtest.h>

#include <boost/asio/async_result.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <string>

#include "fakes/trace_printer.h"
#include "graph/nodes.h"
#include "spark/async/sync_wait.h"
#include "spark/graph/graph.h"

namespace spark {
namespace {

using namespace std::chrono_literals;
using fakes::TracePrinter;
using tests::FailNode;
using tests::LoadNode;
using tests::ReportNode;
using tests::TransformNode;

class GraphRecording : public testing::Test {
 protected:
  Outputs run(const Graph& graph, Inputs inputs = {}) {
    return sync_wait(graph.run(std::move(inputs)), {.clock = &clock_});
  }

  VirtualClock clock_;
  TelemetryManager manager_{TelemetryConfig::create_memory(), {.clock = &clock_, .random_seed = 1}};
};

TEST_F(GraphRecording, a_run_that_succeeds) {
  const Graph graph(
      {.start = make_node<LoadNode>() >> make_node<TransformNode>() >> make_node<ReportNode>("the_report"),
       .id = "production_workflow",
       .version = "1.0.0",
       .telemetry = &manager_});
  run(graph, {{"path", "a.txt"}});
  manager_.flush();
  TracePrinter printer(manager_);
  EXPECT_EQ("\n" + printer.trees(), R"(
trace production_workflow completed 3s graph #1 {"graph_id":"production_workflow","graph_version":"1.0.0"}
  #2 production_workflow completed 0s +3s {"graph_id":"production_workflow","graph_version":"1.0.0"}
    #3 LoadNode completed 0s +1s {"attempt":1,"input_size":72,"node_id":"load_1","node_type":"LoadNode","outputs":{"text":"two words"}}
    #4 TransformNode completed 1s +2s {"attempt":1,"input_size":72,"node_id":"transform_1","node_type":"TransformNode","outputs":{"count":1}}
    #5 ReportNode completed 3s +0s {"attempt":1,"input_size":72,"node_id":"the_report","node_type":"ReportNode","outputs":{"success":true}}
)");
  EXPECT_EQ("\n" + printer.events(), R"(
0s #2 graph_started "production_workflow Started" {"graph_id":"production_workflow","graph_version":"1.0.0"}
0s #3 node_started "LoadNode Started" {"node_id":"load_1","node_type":"LoadNode"}
1s #3 node_finished "LoadNode Completed" {"node_id":"load_1","outputs":{"text":"two words"}}
1s #2 edge_taken "load_1 -> transform_1" {"from":"load_1","to":"transform_1"}
1s #4 node_started "TransformNode Started" {"node_id":"transform_1","node_type":"TransformNode"}
3s #4 node_finished "TransformNode Completed" {"node_id":"transform_1","outputs":{"count":1}}
3s #2 edge_taken "transform_1 -> the_report" {"from":"transform_1","to":"the_report"}
3s #5 node_started "ReportNode Started" {"node_id":"the_report","node_type":"ReportNode"}
3s #5 node_finished "ReportNode Completed" {"node_id":"the_report","outputs":{"success":true}}
3s #2 graph_finished "production_workflow Completed" {"graph_id":"production_workflow"}
)");
  EXPECT_EQ("\n" + printer.metrics(), R"(
1s node_execution_count 1 count counter {"graph_id":"production_workflow","node_id":"load_1"}
1s node_duration 1 seconds histogram {"graph_id":"production_workflow","node_id":"load_1"}
3s node_execution_count 1 count counter {"graph_id":"production_workflow","node_id":"transform_1"}
3s node_duration 2 seconds histogram {"graph_id":"production_workflow","node_id":"transform_1"}
3s node_execution_count 1 count counter {"graph_id":"production_workflow","node_id":"the_report"}
3s node_duration 0 seconds histogram {"graph_id":"production_workflow","node_id":"the_report"}
3s graph_execution_count 1 count counter {"graph_id":"production_workflow"}
3s graph_duration 3 seconds histogram {"graph_id":"production_workflow"}
)");
}

TEST_F(GraphRecording, a_run_that_fails_in_the_second_node) {
  const Graph graph({.start = make_node<LoadNode>() >> make_node<FailNode>() >> make_node<ReportNode>(),
                     .id = "pipeline",
                     .version = "2",
                     .telemetry = &manager_});
  EXPECT_THROW(run(graph), std::runtime_error);
  manager_.flush();
  TracePrinter printer(manager_);
  EXPECT_EQ("\n" + printer.trees(), R"(
trace pipeline failed 4s graph #1 {"graph_id":"pipeline","graph_version":"2"}
  #2 pipeline failed 0s +4s std::runtime_error "the file is empty" {"graph_id":"pipeline","graph_version":"2"}
    #3 LoadNode completed 0s +1s {"attempt":1,"input_size":0,"node_id":"load_1","node_type":"LoadNode","outputs":{"text":"two words"}}
    #4 FailNode failed 1s +3s std::runtime_error "the file is empty" {"attempt":1,"input_size":72,"node_id":"fail_1","node_type":"FailNode"}
)");
  EXPECT_EQ("\n" + printer.events(), R"(
0s #2 graph_started "pipeline Started" {"graph_id":"pipeline","graph_version":"2"}
0s #3 node_started "LoadNode Started" {"node_id":"load_1","node_type":"LoadNode"}
1s #3 node_finished "LoadNode Completed" {"node_id":"load_1","outputs":{"text":"two words"}}
1s #2 edge_taken "load_1 -> fail_1" {"from":"load_1","to":"fail_1"}
1s #4 node_started "FailNode Started" {"node_id":"fail_1","node_type":"FailNode"}
4s #4 node_failed "FailNode Failed" {"error_message":"the file is empty","error_type":"std::runtime_error","node_id":"fail_1"}
4s #2 graph_failed "pipeline Failed" {"error_message":"the file is empty","error_type":"std::runtime_error","graph_id":"pipeline"}
)");
  EXPECT_EQ("\n" + printer.metrics(), R"(
1s node_execution_count 1 count counter {"graph_id":"pipeline","node_id":"load_1"}
1s node_duration 1 seconds histogram {"graph_id":"pipeline","node_id":"load_1"}
4s node_execution_count 1 count counter {"graph_id":"pipeline","node_id":"fail_1"}
4s node_duration 3 seconds histogram {"graph_id":"pipeline","node_id":"fail_1"}
4s node_error_count 1 count counter {"graph_id":"pipeline","node_id":"fail_1"}
4s graph_execution_count 1 count counter {"graph_id":"pipeline"}
4s graph_duration 4 seconds histogram {"graph_id":"pipeline"}
)");
}

// As in the specification: a node that looks for the manager and the trace itself.
class QueryNode : public Node {
 public:
  Task<Outputs> process(ExecutionContext& context) override {
    auto& manager = TelemetryManager::get_instance();
    const TraceId trace_id = TraceId::parse(context.metadata().at("trace_id").as_string());
    {
      auto span = manager.start_span("database_query", trace_id, {.attributes = {{"query_type", "select"}}});
      co_await sleep_for(1s);
      span.set_attribute("rows_returned", 3);
      manager.record_event({.trace_id = trace_id,
                            .event_type = "checkpoint",
                            .name = "Data Validation Complete",
                            .attributes = {{"errors_found", 5}}});
    }
    auto outer = context.start_span("outer", {.kind = SpanKind::CLIENT});
    co_await sleep_for(1s);
    auto inner = context.start_span("inner");
    context.record_event("milestone", "reached");
    context.record_metric({.name = "api_cost", .value = 0.25, .unit = "dollars"});
    co_await sleep_for(1s);
    co_return Outputs{{"data", Array{1, 2, 3}}};
  }
};

TEST_F(GraphRecording, manual_spans_inside_a_node) {
  const Graph graph({.start = make_node<QueryNode>(), .id = "manual", .version = "1", .telemetry = &manager_});
  run(graph);
  manager_.flush();
  TracePrinter printer(manager_);
  EXPECT_EQ("\n" + printer.trees(), R"(
trace manual completed 3s graph #1 {"graph_id":"manual","graph_version":"1"}
  #2 manual completed 0s +3s {"graph_id":"manual","graph_version":"1"}
    #3 QueryNode completed 0s +3s {"attempt":1,"input_size":0,"node_id":"query_1","node_type":"QueryNode","outputs":{"data":[1,2,3]}}
      #4 database_query completed 0s +1s {"query_type":"select","rows_returned":3}
      #5 outer completed 1s +2s CLIENT {}
        #6 inner completed 2s +1s {}
)");
  EXPECT_EQ("\n" + printer.events(), R"(
0s #2 graph_started "manual Started" {"graph_id":"manual","graph_version":"1"}
0s #3 node_started "QueryNode Started" {"node_id":"query_1","node_type":"QueryNode"}
1s #4 checkpoint "Data Validation Complete" {"errors_found":5}
2s #6 milestone "reached" {}
3s #3 node_finished "QueryNode Completed" {"node_id":"query_1","outputs":{"data":[1,2,3]}}
3s #2 graph_finished "manual Completed" {"graph_id":"manual"}
)");
  EXPECT_EQ("\n" + printer.metrics(), R"(
2s api_cost 0.25 dollars gauge {}
3s node_execution_count 1 count counter {"graph_id":"manual","node_id":"query_1"}
3s node_duration 3 seconds histogram {"graph_id":"manual","node_id":"query_1"}
3s graph_execution_count 1 count counter {"graph_id":"manual"}
3s graph_duration 3 seconds histogram {"graph_id":"manual"}
)");
}

TEST_F(GraphRecording, a_subgraph) {
  const auto inner = make_node<Graph>(
      GraphOptions{.start = make_node<TransformNode>() >> make_node<TransformNode>(), .id = "inner", .version = "7"});
  const Graph outer({.start = make_node<LoadNode>() >> inner, .id = "outer", .version = "1", .telemetry = &manager_});
  run(outer);
  manager_.flush();
  TracePrinter printer(manager_);
  EXPECT_EQ("\n" + printer.trees(), R"(
trace outer completed 5s graph #1 {"graph_id":"outer","graph_version":"1"}
  #2 outer completed 0s +5s {"graph_id":"outer","graph_version":"1"}
    #3 LoadNode completed 0s +1s {"attempt":1,"input_size":0,"node_id":"load_1","node_type":"LoadNode","outputs":{"text":"two words"}}
    #4 inner completed 1s +4s {"attempt":1,"graph_hash":"#5","graph_id":"inner","graph_version":"7","input_size":72,"node_id":"graph_1","node_type":"Graph","outputs":{"count":2}}
      #6 TransformNode completed 1s +2s {"attempt":1,"input_size":72,"node_id":"transform_1","node_type":"TransformNode","outputs":{"count":1}}
      #7 TransformNode completed 3s +2s {"attempt":1,"input_size":72,"node_id":"transform_2","node_type":"TransformNode","outputs":{"count":2}}
)");
  EXPECT_EQ("\n" + printer.events(), R"(
0s #2 graph_started "outer Started" {"graph_id":"outer","graph_version":"1"}
0s #3 node_started "LoadNode Started" {"node_id":"load_1","node_type":"LoadNode"}
1s #3 node_finished "LoadNode Completed" {"node_id":"load_1","outputs":{"text":"two words"}}
1s #2 edge_taken "load_1 -> graph_1" {"from":"load_1","to":"graph_1"}
1s #4 node_started "inner Started" {"node_id":"graph_1","node_type":"Graph"}
1s #4 graph_started "inner Started" {"graph_id":"inner","graph_version":"7"}
1s #6 node_started "TransformNode Started" {"node_id":"transform_1","node_type":"TransformNode"}
3s #6 node_finished "TransformNode Completed" {"node_id":"transform_1","outputs":{"count":1}}
3s #4 edge_taken "transform_1 -> transform_2" {"from":"transform_1","to":"transform_2"}
3s #7 node_started "TransformNode Started" {"node_id":"transform_2","node_type":"TransformNode"}
5s #7 node_finished "TransformNode Completed" {"node_id":"transform_2","outputs":{"count":2}}
5s #4 graph_finished "inner Completed" {"graph_id":"inner"}
5s #4 node_finished "inner Completed" {"node_id":"graph_1","outputs":{"count":2}}
5s #2 graph_finished "outer Completed" {"graph_id":"outer"}
)");
  EXPECT_EQ(manager_.query_graphs().size(), 2U);
}

TEST_F(GraphRecording, a_run_inside_a_span_joins_its_trace) {
  const Graph graph({.start = make_node<TransformNode>(), .id = "joined", .version = "1", .telemetry = &manager_});
  {
    const ActiveTrace trace = manager_.start_trace("request");
    const ActiveSpan span = manager_.start_span("handler", trace.trace_id);
    run(graph);
  }
  manager_.flush();
  EXPECT_EQ("\n" + TracePrinter(manager_).trees(), R"(
trace request completed 2s {}
  #1 handler completed 0s +2s {}
    #2 joined completed 0s +2s {"graph_hash":"#3","graph_id":"joined","graph_version":"1"}
      #4 TransformNode completed 0s +2s {"attempt":1,"input_size":0,"node_id":"transform_1","node_type":"TransformNode","outputs":{"count":1}}
)");
}

TEST_F(GraphRecording, a_cancelled_node_cancels_the_run) {
  const NodePtr stopped = function_node(
      "stop", [](ExecutionContext&) -> Outputs { throw Error(ErrorCode::cancelled, "a stop was requested"); });
  const Graph graph({.start = stopped, .id = "stopped", .version = "1", .telemetry = &manager_});
  EXPECT_THROW(run(graph), Error);
  manager_.flush();
  TracePrinter printer(manager_);
  EXPECT_EQ("\n" + printer.trees(), R"(
trace stopped cancelled 0s graph #1 {"graph_id":"stopped","graph_version":"1"}
  #2 stopped cancelled 0s +0s "a stop was requested" {"graph_id":"stopped","graph_version":"1"}
    #3 stop cancelled 0s +0s "a stop was requested" {"attempt":1,"input_size":0,"node_id":"stop_1","node_type":"stop"}
)");
  EXPECT_EQ("\n" + printer.events(), R"(
0s #2 graph_started "stopped Started" {"graph_id":"stopped","graph_version":"1"}
0s #3 node_started "stop Started" {"node_id":"stop_1","node_type":"stop"}
0s #2 graph_cancelled "stopped Cancelled" {"graph_id":"stopped","reason":"a stop was requested"}
)");
}

TEST_F(GraphRecording, a_run_that_is_destroyed_while_it_waits_is_cancelled) {
  const NodePtr forgotten = function_node("wait", [](ExecutionContext&) -> Task<Outputs> {
    co_await boost::asio::async_initiate<const boost::asio::use_awaitable_t<>, void()>([](auto) {},
                                                                                       boost::asio::use_awaitable);
    co_return Outputs();
  });
  const Graph graph({.start = forgotten, .id = "forgotten", .version = "1", .telemetry = &manager_});
  EXPECT_THROW(run(graph), Error);
  manager_.flush();
  TracePrinter printer(manager_);
  EXPECT_EQ("\n" + printer.trees(), R"(
trace forgotten cancelled 0s graph #1 {"graph_id":"forgotten","graph_version":"1"}
  #2 forgotten cancelled 0s +0s "its coroutine was destroyed while suspended" {"graph_id":"forgotten","graph_version":"1"}
    #3 wait cancelled 0s +0s "its coroutine was destroyed while suspended" {"attempt":1,"input_size":0,"node_id":"wait_1","node_type":"wait"}
)");
  EXPECT_EQ("\n" + printer.events(), R"(
0s #2 graph_started "forgotten Started" {"graph_id":"forgotten","graph_version":"1"}
0s #3 node_started "wait Started" {"node_id":"wait_1","node_type":"wait"}
0s #2 graph_cancelled "forgotten Cancelled" {"graph_id":"forgotten"}
)");
}

TEST_F(GraphRecording, captures_payloads_as_configured) {
  TelemetryManager manager(TelemetryConfig::create_memory({.capture_outputs = false, .capture_inputs = true}),
                           {.clock = &clock_, .random_seed = 1});
  const Graph graph({.start = make_node<TransformNode>(), .id = "captured", .version = "1", .telemetry = &manager});
  run(graph, {{"count", 41}});
  manager.flush();
  const SpanQuery query{.name = "TransformNode"};
  const Page<Span> spans = manager.query_spans(query);
  ASSERT_EQ(spans.size(), 1U);
  EXPECT_EQ(spans[0].attributes.at("inputs"), Value(Object{{"count", 41}}));
  EXPECT_FALSE(spans[0].attributes.contains("outputs"));
  const EventQuery events{.event_type = "node_finished"};
  EXPECT_EQ(manager.query_events(events)[0].attributes, (Object{{"node_id", "transform_1"}}));
}

class DiscreetNode : public TransformNode {
 public:
  [[nodiscard]] bool hides_payloads() const override { return true; }
};

TEST_F(GraphRecording, leaves_out_payloads_that_a_node_hides) {
  TelemetryManager manager(TelemetryConfig::create_memory({.capture_outputs = true, .capture_inputs = true}),
                           {.clock = &clock_, .random_seed = 1});
  const auto hiding = make_node<DiscreetNode>();
  hiding->set_policy({.cache = CachePolicy{}});
  const Graph graph({.start = hiding, .id = "hidden", .telemetry = &manager});
  // The second time from the cache.
  EXPECT_EQ(run(graph, {{"count", 41}}), (Outputs{{"count", 42}}));
  EXPECT_EQ(run(graph, {{"count", 41}}), (Outputs{{"count", 42}}));
  manager.flush();
  const Page<Span> spans = manager.query_spans({.name = "DiscreetNode"});
  ASSERT_EQ(spans.size(), 2U);
  for (const Span& span : spans.rows) {
    EXPECT_FALSE(span.attributes.contains("inputs"));
    EXPECT_FALSE(span.attributes.contains("outputs"));
    EXPECT_TRUE(span.attributes.contains("input_size"));
  }
  for (const Event& event : manager.query_events({.event_type = "node_finished"}).rows) {
    EXPECT_EQ(event.attributes, (Object{{"node_id", "discreet_1"}}));
  }
}

TEST_F(GraphRecording, leaves_out_payloads_of_a_subgraph_around_a_node_that_hides_them) {
  TelemetryManager manager(TelemetryConfig::create_memory({.capture_outputs = true, .capture_inputs = true}),
                           {.clock = &clock_, .random_seed = 1});
  const auto inner = make_node<Graph>(GraphOptions{.start = make_node<DiscreetNode>(), .id = "inner"});
  const Graph graph({.start = inner >> make_node<TransformNode>(), .telemetry = &manager});
  run(graph, {{"count", 41}});
  manager.flush();
  EXPECT_FALSE(manager.query_spans({.name = "inner"})[0].attributes.contains("inputs"));
  EXPECT_FALSE(manager.query_spans({.name = "inner"})[0].attributes.contains("outputs"));
  EXPECT_TRUE(manager.query_spans({.name = "TransformNode"})[0].attributes.contains("outputs"));
}

TEST_F(GraphRecording, records_a_definition_once_and_names_it_in_every_trace) {
  const Graph graph({.start = make_node<ReportNode>(), .telemetry = &manager_});
  run(graph);
  run(graph);
  manager_.flush();
  const Page<GraphDefinition> graphs = manager_.query_graphs();
  ASSERT_EQ(graphs.size(), 1U);
  EXPECT_EQ(graphs[0], graph.definition());
  const Page<Trace> traces = manager_.query_traces();
  ASSERT_EQ(traces.size(), 2U);
  EXPECT_EQ(traces[0].graph_hash, graph.definition().hash);
  EXPECT_EQ(traces[1].graph_hash, graph.definition().hash);
}

TEST_F(GraphRecording, makes_36_records_for_a_run_of_5_nodes) {
  const Graph graph({.start = make_node<ReportNode>() >> make_node<ReportNode>() >> make_node<ReportNode>() >>
                              make_node<ReportNode>() >> make_node<ReportNode>(),
                     .telemetry = &manager_});
  run(graph);
  manager_.flush();
  const Stats stats = manager_.stats();
  EXPECT_EQ(stats[RecordKind::trace_start].recorded, 1U);
  EXPECT_EQ(stats[RecordKind::trace_end].recorded, 1U);
  EXPECT_EQ(stats[RecordKind::span].recorded, 6U);
  EXPECT_EQ(stats[RecordKind::event].recorded, 16U);
  EXPECT_EQ(stats[RecordKind::metric].recorded, 12U);
  EXPECT_EQ(stats.records_spilled, 0U);
}

}  // namespace
}  // namespace spark
