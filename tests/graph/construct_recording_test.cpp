// What each construct records without any code of the user's, printed and compared with literals. Time is virtual and
// ids are a fixed sequence, so that the texts are the same in each run.
#include <gtest/gtest.h>

#include <functional>
#include <stop_token>
#include <string>

#include "fakes/trace_printer.h"
#include "graph/nodes.h"
#include "spark/async/sync_wait.h"
#include "spark/async/with_timeout.h"
#include "spark/base/error.h"
#include "spark/graph/graph.h"

namespace spark {
namespace {

using namespace std::chrono_literals;
using fakes::TracePrinter;

// Sleeps, then gives what it is told to.
NodePtr timed(std::string id, Seconds duration, Outputs outputs) {
  const auto node = function_node("Step", [duration, outputs](ExecutionContext&) -> Task<Outputs> {
    co_await sleep_for(duration);
    co_return outputs;
  });
  node->set_id(std::move(id));
  return node;
}

// Sleeps, then throws, but for the attempt that succeeds.
NodePtr failing(std::string id, Seconds duration, std::int64_t succeeds_at = 0) {
  const auto node = function_node("Flaky", [duration, succeeds_at](ExecutionContext& context) -> Task<Outputs> {
    co_await sleep_for(duration);
    if (context.attempt() != succeeds_at) {
      throw std::runtime_error("attempt " + std::to_string(context.attempt()) + " failed");
    }
    co_return Outputs{{"attempt", context.attempt()}};
  });
  node->set_id(std::move(id));
  return node;
}

class ConstructRecording : public testing::Test {
 protected:
  Graph graph(const NodePtr& start) {
    return Graph({.start = start, .id = "g", .version = "1", .telemetry = &manager_});
  }

  Outputs run(const Graph& graph, const RunOptions& options = {}) {
    return sync_wait(graph.run(Inputs{}, options), {.clock = &clock_});
  }
  std::string error_of(const Graph& graph, const RunOptions& options = {}) {
    try {
      run(graph, options);
    } catch (const std::exception& error) {
      return error.what();
    }
    return "";
  }

  // Spans and events, without what every run of this graph has.
  std::string recorded() {
    manager_.flush();
    TracePrinter printer(manager_);
    return "\n" + printer.trees() + printer.events();
  }
  std::string metrics() {
    manager_.flush();
    return "\n" + TracePrinter(manager_).metrics();
  }

  VirtualClock clock_;
  TelemetryManager manager_{TelemetryConfig::create_memory(), {.clock = &clock_, .random_seed = 1}};
};

TEST_F(ConstructRecording, branches_side_by_side_and_their_join) {
  const NodePtr join = timed("join", 1s, {{"done", true}});
  const Graph g = graph(timed("split", 1s, {{"n", 1}}) >>
                        parallel(timed("slow", 3s, {{"slow", 3}}), timed("quick", 2s, {{"quick", 2}})) >> join);
  EXPECT_EQ(run(g), (Outputs{{"done", true}}));
  EXPECT_EQ(recorded(), R"(
trace g completed 5s graph #6 {"graph_id":"g","graph_version":"1"}
  #1 g completed 0s +5s {"graph_id":"g","graph_version":"1"}
    #2 Step completed 0s +1s {"attempt":1,"input_size":0,"node_id":"split","node_type":"Step","outputs":{"n":1}}
    #4 Step completed 1s +2s {"attempt":1,"input_size":72,"node_id":"quick","node_type":"Step","outputs":{"quick":2}}
    #3 Step completed 1s +3s {"attempt":1,"input_size":72,"node_id":"slow","node_type":"Step","outputs":{"slow":3}}
    #5 Step completed 4s +1s {"attempt":1,"input_size":144,"node_id":"join","node_type":"Step","outputs":{"done":true}}
0s #1 graph_started "g Started" {"graph_id":"g","graph_version":"1"}
0s #2 node_started "Step Started" {"node_id":"split","node_type":"Step"}
1s #2 node_finished "Step Completed" {"node_id":"split","outputs":{"n":1}}
1s #1 edge_taken "split -> slow" {"from":"split","to":"slow"}
1s #1 edge_taken "split -> quick" {"from":"split","to":"quick"}
1s #3 node_started "Step Started" {"node_id":"slow","node_type":"Step"}
1s #4 node_started "Step Started" {"node_id":"quick","node_type":"Step"}
3s #4 node_finished "Step Completed" {"node_id":"quick","outputs":{"quick":2}}
3s #1 edge_taken "quick -> join" {"from":"quick","to":"join"}
4s #3 node_finished "Step Completed" {"node_id":"slow","outputs":{"slow":3}}
4s #1 edge_taken "slow -> join" {"from":"slow","to":"join"}
4s #5 node_started "Step Started" {"node_id":"join","node_type":"Step"}
5s #5 node_finished "Step Completed" {"node_id":"join","outputs":{"done":true}}
5s #1 graph_finished "g Completed" {"graph_id":"g"}
)");
}

TEST_F(ConstructRecording, a_timeout_that_is_not_the_nodes) {
  const NodePtr calls = function_node("Calls", [](ExecutionContext&) -> Task<Outputs> {
    co_await with_timeout(sleep_for(60s), 1s, "the call");
    co_return Outputs{};
  });
  calls->set_policy({.timeout = 30s});
  EXPECT_EQ(error_of(graph(calls)), "the call did not end within 1 s");
  EXPECT_EQ(recorded(), R"(
trace g failed 1s graph #3 {"graph_id":"g","graph_version":"1"}
  #1 g failed 0s +1s spark::Error "the call did not end within 1 s" {"graph_id":"g","graph_version":"1"}
    #2 Calls failed 0s +1s spark::Error "the call did not end within 1 s" {"attempt":1,"input_size":0,"node_id":"calls_1","node_type":"Calls"}
0s #1 graph_started "g Started" {"graph_id":"g","graph_version":"1"}
0s #2 node_started "Calls Started" {"node_id":"calls_1","node_type":"Calls"}
1s #2 node_failed "Calls Failed" {"error_message":"the call did not end within 1 s","error_type":"spark::Error","node_id":"calls_1"}
1s #1 graph_failed "g Failed" {"error_message":"the call did not end within 1 s","error_type":"spark::Error","graph_id":"g"}
)");
}

TEST_F(ConstructRecording, a_join_of_the_first) {
  const NodePtr join = timed("join", 1s, {{"done", true}});
  join->set_join({.when = Join::any});
  const Graph g = graph(timed("split", 1s, {}) >>
                        parallel(timed("slow", 5s, {{"slow", 3}}), timed("quick", 2s, {{"quick", 2}})) >> join);
  run(g);
  EXPECT_EQ(recorded(), R"(
trace g completed 6s graph #6 {"graph_id":"g","graph_version":"1"}
  #1 g completed 0s +6s {"graph_id":"g","graph_version":"1"}
    #2 Step completed 0s +1s {"attempt":1,"input_size":0,"node_id":"split","node_type":"Step","outputs":{}}
    #4 Step completed 1s +2s {"attempt":1,"input_size":0,"node_id":"quick","node_type":"Step","outputs":{"quick":2}}
    #3 Step completed 1s +5s {"attempt":1,"input_size":0,"node_id":"slow","node_type":"Step","outputs":{"slow":3}}
    #5 Step completed 3s +1s {"attempt":1,"input_size":72,"node_id":"join","node_type":"Step","outputs":{"done":true}}
0s #1 graph_started "g Started" {"graph_id":"g","graph_version":"1"}
0s #2 node_started "Step Started" {"node_id":"split","node_type":"Step"}
1s #2 node_finished "Step Completed" {"node_id":"split","outputs":{}}
1s #1 edge_taken "split -> slow" {"from":"split","to":"slow"}
1s #1 edge_taken "split -> quick" {"from":"split","to":"quick"}
1s #3 node_started "Step Started" {"node_id":"slow","node_type":"Step"}
1s #4 node_started "Step Started" {"node_id":"quick","node_type":"Step"}
3s #4 node_finished "Step Completed" {"node_id":"quick","outputs":{"quick":2}}
3s #1 edge_taken "quick -> join" {"from":"quick","to":"join"}
3s #5 node_started "Step Started" {"node_id":"join","node_type":"Step"}
4s #5 node_finished "Step Completed" {"node_id":"join","outputs":{"done":true}}
6s #3 node_finished "Step Completed" {"node_id":"slow","outputs":{"slow":3}}
6s #1 edge_taken "slow -> join" {"from":"slow","to":"join"}
6s #1 graph_finished "g Completed" {"graph_id":"g"}
)");
}

TEST_F(ConstructRecording, conditions_and_otherwise) {
  const NodePtr route = timed("route", 1s, {{"kind", "text"}, {"size", 7}});
  const NodePtr report = timed("report", 0s, {{"done", true}});
  route->on(output("kind") == "text" && output("size") < 10) >> timed("text", 1s, {}) >> report;
  route->on(output("kind") == "image") >> timed("image", 1s, {}) >> report;
  route->otherwise() >> timed("other", 1s, {}) >> report;
  run(graph(route));
  EXPECT_EQ(recorded(), R"(
trace g completed 2s graph #5 {"graph_id":"g","graph_version":"1"}
  #1 g completed 0s +2s {"graph_id":"g","graph_version":"1"}
    #2 Step completed 0s +1s {"attempt":1,"input_size":0,"node_id":"route","node_type":"Step","outputs":{"kind":"text","size":7}}
    #3 Step completed 1s +1s {"attempt":1,"input_size":144,"node_id":"text","node_type":"Step","outputs":{}}
    #4 Step completed 2s +0s {"attempt":1,"input_size":0,"node_id":"report","node_type":"Step","outputs":{"done":true}}
0s #1 graph_started "g Started" {"graph_id":"g","graph_version":"1"}
0s #2 node_started "Step Started" {"node_id":"route","node_type":"Step"}
1s #2 node_finished "Step Completed" {"node_id":"route","outputs":{"kind":"text","size":7}}
1s #1 edge_taken "route -> text" {"from":"route","to":"text"}
1s #3 node_started "Step Started" {"node_id":"text","node_type":"Step"}
2s #3 node_finished "Step Completed" {"node_id":"text","outputs":{}}
2s #1 edge_taken "text -> report" {"from":"text","to":"report"}
2s #4 node_started "Step Started" {"node_id":"report","node_type":"Step"}
2s #4 node_finished "Step Completed" {"node_id":"report","outputs":{"done":true}}
2s #1 graph_finished "g Completed" {"graph_id":"g"}
)");
}

TEST_F(ConstructRecording, a_failure_that_an_edge_takes) {
  const NodePtr fetch = failing("fetch", 1s);
  fetch >> timed("use", 1s, {});
  fetch->on_error(output("error_type") == "std::runtime_error") >>
      function_node("Fallback", [](ExecutionContext& context) {
        return Outputs{{"because", context.inputs().at("error_message")}};
      });
  EXPECT_EQ(run(graph(fetch)), (Outputs{{"because", "attempt 1 failed"}}));
  EXPECT_EQ(recorded(), R"(
trace g completed 1s graph #4 {"graph_id":"g","graph_version":"1"}
  #1 g completed 0s +1s {"graph_id":"g","graph_version":"1"}
    #2 Flaky failed 0s +1s std::runtime_error "attempt 1 failed" {"attempt":1,"input_size":0,"node_id":"fetch","node_type":"Flaky"}
    #3 Fallback completed 1s +0s {"attempt":1,"input_size":396,"node_id":"fallback_1","node_type":"Fallback","outputs":{"because":"attempt 1 failed"}}
0s #1 graph_started "g Started" {"graph_id":"g","graph_version":"1"}
0s #2 node_started "Flaky Started" {"node_id":"fetch","node_type":"Flaky"}
1s #2 node_failed "Flaky Failed" {"error_message":"attempt 1 failed","error_type":"std::runtime_error","node_id":"fetch"}
1s #1 edge_taken "fetch -> fallback_1" {"from":"fetch","kind":"error","to":"fallback_1"}
1s #3 node_started "Fallback Started" {"node_id":"fallback_1","node_type":"Fallback"}
1s #3 node_finished "Fallback Completed" {"node_id":"fallback_1","outputs":{"because":"attempt 1 failed"}}
1s #1 graph_finished "g Completed" {"graph_id":"g"}
)");
}

TEST_F(ConstructRecording, a_loop) {
  const NodePtr draft = function_node("Draft", [](ExecutionContext& context) {
    const Value* score = context.inputs().find("score");
    return Outputs{{"score", score != nullptr ? score->as_int() + 4 : 0}};
  });
  const NodePtr review = function_node("Review", [](ExecutionContext& context) { return context.inputs(); });
  draft >> review;
  review->on(output("score") < 7).back_to(draft, 5);
  review >> timed("publish", 1s, {});
  run(graph(draft));
  EXPECT_EQ(recorded(), R"(
trace g completed 1s graph #9 {"graph_id":"g","graph_version":"1"}
  #1 g completed 0s +1s {"graph_id":"g","graph_version":"1"}
    #2 Draft completed 0s +0s {"attempt":1,"input_size":0,"iteration":1,"node_id":"draft_1","node_type":"Draft","outputs":{"score":0}}
    #4 Draft completed 0s +0s {"attempt":1,"input_size":72,"iteration":2,"node_id":"draft_1","node_type":"Draft","outputs":{"score":4}}
    #6 Draft completed 0s +0s {"attempt":1,"input_size":72,"iteration":3,"node_id":"draft_1","node_type":"Draft","outputs":{"score":8}}
    #3 Review completed 0s +0s {"attempt":1,"input_size":72,"iteration":1,"node_id":"review_1","node_type":"Review","outputs":{"score":0}}
    #5 Review completed 0s +0s {"attempt":1,"input_size":72,"iteration":2,"node_id":"review_1","node_type":"Review","outputs":{"score":4}}
    #7 Review completed 0s +0s {"attempt":1,"input_size":72,"iteration":3,"node_id":"review_1","node_type":"Review","outputs":{"score":8}}
    #8 Step completed 0s +1s {"attempt":1,"input_size":72,"node_id":"publish","node_type":"Step","outputs":{}}
0s #1 graph_started "g Started" {"graph_id":"g","graph_version":"1"}
0s #2 node_started "Draft Started" {"node_id":"draft_1","node_type":"Draft"}
0s #2 node_finished "Draft Completed" {"node_id":"draft_1","outputs":{"score":0}}
0s #1 edge_taken "draft_1 -> review_1" {"from":"draft_1","to":"review_1"}
0s #3 node_started "Review Started" {"node_id":"review_1","node_type":"Review"}
0s #3 node_finished "Review Completed" {"node_id":"review_1","outputs":{"score":0}}
0s #1 edge_taken "review_1 -> draft_1" {"from":"review_1","kind":"loop","to":"draft_1"}
0s #4 node_started "Draft Started" {"node_id":"draft_1","node_type":"Draft"}
0s #4 node_finished "Draft Completed" {"node_id":"draft_1","outputs":{"score":4}}
0s #1 edge_taken "draft_1 -> review_1" {"from":"draft_1","to":"review_1"}
0s #5 node_started "Review Started" {"node_id":"review_1","node_type":"Review"}
0s #5 node_finished "Review Completed" {"node_id":"review_1","outputs":{"score":4}}
0s #1 edge_taken "review_1 -> draft_1" {"from":"review_1","kind":"loop","to":"draft_1"}
0s #6 node_started "Draft Started" {"node_id":"draft_1","node_type":"Draft"}
0s #6 node_finished "Draft Completed" {"node_id":"draft_1","outputs":{"score":8}}
0s #1 edge_taken "draft_1 -> review_1" {"from":"draft_1","to":"review_1"}
0s #7 node_started "Review Started" {"node_id":"review_1","node_type":"Review"}
0s #7 node_finished "Review Completed" {"node_id":"review_1","outputs":{"score":8}}
0s #1 edge_taken "review_1 -> publish" {"from":"review_1","to":"publish"}
0s #8 node_started "Step Started" {"node_id":"publish","node_type":"Step"}
1s #8 node_finished "Step Completed" {"node_id":"publish","outputs":{}}
1s #1 graph_finished "g Completed" {"graph_id":"g"}
)");
}

TEST_F(ConstructRecording, three_attempts) {
  const NodePtr flaky = failing("flaky", 1s, 3);
  flaky->set_policy({.max_attempts = 3, .backoff = {.initial = 2s, .factor = 3, .jitter = 0}});
  EXPECT_EQ(run(graph(flaky)), (Outputs{{"attempt", 3}}));
  EXPECT_EQ(recorded(), R"(
trace g completed 11s graph #5 {"graph_id":"g","graph_version":"1"}
  #1 g completed 0s +11s {"graph_id":"g","graph_version":"1"}
    #2 Flaky failed 0s +1s std::runtime_error "attempt 1 failed" {"attempt":1,"input_size":0,"node_id":"flaky","node_type":"Flaky"}
    #3 Flaky failed 3s +1s std::runtime_error "attempt 2 failed" {"attempt":2,"input_size":0,"node_id":"flaky","node_type":"Flaky"}
    #4 Flaky completed 10s +1s {"attempt":3,"input_size":0,"node_id":"flaky","node_type":"Flaky","outputs":{"attempt":3}}
0s #1 graph_started "g Started" {"graph_id":"g","graph_version":"1"}
0s #2 node_started "Flaky Started" {"node_id":"flaky","node_type":"Flaky"}
1s #2 node_retry "Flaky Retry" {"attempt":1,"delay_seconds":2.0,"error_message":"attempt 1 failed","error_type":"std::runtime_error","node_id":"flaky"}
3s #3 node_started "Flaky Started" {"node_id":"flaky","node_type":"Flaky"}
4s #3 node_retry "Flaky Retry" {"attempt":2,"delay_seconds":6.0,"error_message":"attempt 2 failed","error_type":"std::runtime_error","node_id":"flaky"}
10s #4 node_started "Flaky Started" {"node_id":"flaky","node_type":"Flaky"}
11s #4 node_finished "Flaky Completed" {"node_id":"flaky","outputs":{"attempt":3}}
11s #1 graph_finished "g Completed" {"graph_id":"g"}
)");
  EXPECT_EQ(metrics(), R"(
1s node_execution_count 1 count counter {"graph_id":"g","node_id":"flaky"}
1s node_duration 1 seconds histogram {"graph_id":"g","node_id":"flaky"}
1s node_error_count 1 count counter {"graph_id":"g","node_id":"flaky"}
1s node_retry_count 1 count counter {"graph_id":"g","node_id":"flaky"}
4s node_execution_count 1 count counter {"graph_id":"g","node_id":"flaky"}
4s node_duration 1 seconds histogram {"graph_id":"g","node_id":"flaky"}
4s node_error_count 1 count counter {"graph_id":"g","node_id":"flaky"}
4s node_retry_count 1 count counter {"graph_id":"g","node_id":"flaky"}
11s node_execution_count 1 count counter {"graph_id":"g","node_id":"flaky"}
11s node_duration 1 seconds histogram {"graph_id":"g","node_id":"flaky"}
11s graph_execution_count 1 count counter {"graph_id":"g"}
11s graph_duration 11 seconds histogram {"graph_id":"g"}
)");
}

TEST_F(ConstructRecording, a_failure_in_the_last_of_three_attempts) {
  const NodePtr flaky = failing("flaky", 1s);
  flaky->set_policy({.max_attempts = 3, .backoff = {.initial = 2s, .jitter = 0}});
  EXPECT_EQ(error_of(graph(flaky)), "attempt 3 failed");
  EXPECT_EQ(recorded(), R"(
trace g failed 9s graph #5 {"graph_id":"g","graph_version":"1"}
  #1 g failed 0s +9s std::runtime_error "attempt 3 failed" {"graph_id":"g","graph_version":"1"}
    #2 Flaky failed 0s +1s std::runtime_error "attempt 1 failed" {"attempt":1,"input_size":0,"node_id":"flaky","node_type":"Flaky"}
    #3 Flaky failed 3s +1s std::runtime_error "attempt 2 failed" {"attempt":2,"input_size":0,"node_id":"flaky","node_type":"Flaky"}
    #4 Flaky failed 8s +1s std::runtime_error "attempt 3 failed" {"attempt":3,"input_size":0,"node_id":"flaky","node_type":"Flaky"}
0s #1 graph_started "g Started" {"graph_id":"g","graph_version":"1"}
0s #2 node_started "Flaky Started" {"node_id":"flaky","node_type":"Flaky"}
1s #2 node_retry "Flaky Retry" {"attempt":1,"delay_seconds":2.0,"error_message":"attempt 1 failed","error_type":"std::runtime_error","node_id":"flaky"}
3s #3 node_started "Flaky Started" {"node_id":"flaky","node_type":"Flaky"}
4s #3 node_retry "Flaky Retry" {"attempt":2,"delay_seconds":4.0,"error_message":"attempt 2 failed","error_type":"std::runtime_error","node_id":"flaky"}
8s #4 node_started "Flaky Started" {"node_id":"flaky","node_type":"Flaky"}
9s #4 node_failed "Flaky Failed" {"error_message":"attempt 3 failed","error_type":"std::runtime_error","node_id":"flaky"}
9s #1 graph_failed "g Failed" {"error_message":"attempt 3 failed","error_type":"std::runtime_error","graph_id":"g"}
)");
}

TEST_F(ConstructRecording, a_node_that_takes_too_long) {
  const NodePtr slow = timed("slow", 60s, {});
  slow->set_policy({.timeout = 5s});
  EXPECT_NE(error_of(graph(slow)), "");
  EXPECT_EQ(recorded(), R"(
trace g failed 5s graph #3 {"graph_id":"g","graph_version":"1"}
  #1 g failed 0s +5s spark::Error "the node slow did not end within 5 s" {"graph_id":"g","graph_version":"1"}
    #2 Step failed 0s +5s spark::Error "the node slow did not end within 5 s" {"attempt":1,"input_size":0,"node_id":"slow","node_type":"Step"}
0s #1 graph_started "g Started" {"graph_id":"g","graph_version":"1"}
0s #2 node_started "Step Started" {"node_id":"slow","node_type":"Step"}
5s #2 node_failed "Step Failed" {"error_message":"the node slow did not end within 5 s","error_type":"spark::Error","node_id":"slow"}
5s #2 node_timeout "Step Timeout" {"node_id":"slow","timeout_seconds":5.0}
5s #1 graph_failed "g Failed" {"error_message":"the node slow did not end within 5 s","error_type":"spark::Error","graph_id":"g"}
)");
}

TEST_F(ConstructRecording, outputs_from_the_cache) {
  const NodePtr costly = timed("costly", 5s, {{"answer", 42}});
  costly->set_policy({.cache = CachePolicy{}});
  const Graph g = graph(costly);
  run(g);
  EXPECT_EQ(run(g), (Outputs{{"answer", 42}}));
  EXPECT_EQ(recorded(), R"(
trace g completed 5s graph #5 {"graph_id":"g","graph_version":"1"}
  #1 g completed 0s +5s {"graph_id":"g","graph_version":"1"}
    #2 Step completed 0s +5s {"attempt":1,"input_size":0,"node_id":"costly","node_type":"Step","outputs":{"answer":42}}
trace g completed 0s graph #5 {"graph_id":"g","graph_version":"1"}
  #3 g completed 0s +0s {"graph_id":"g","graph_version":"1"}
    #4 Step completed 0s +0s {"attempt":1,"cache_hit":true,"input_size":0,"node_id":"costly","node_type":"Step","outputs":{"answer":42}}
0s #1 graph_started "g Started" {"graph_id":"g","graph_version":"1"}
0s #2 node_started "Step Started" {"node_id":"costly","node_type":"Step"}
5s #2 node_finished "Step Completed" {"node_id":"costly","outputs":{"answer":42}}
5s #1 graph_finished "g Completed" {"graph_id":"g"}
0s #3 graph_started "g Started" {"graph_id":"g","graph_version":"1"}
0s #4 node_started "Step Started" {"node_id":"costly","node_type":"Step"}
0s #4 node_finished "Step Completed" {"node_id":"costly","outputs":{"answer":42}}
0s #3 graph_finished "g Completed" {"graph_id":"g"}
)");
  EXPECT_EQ(metrics(), R"(
5s node_execution_count 1 count counter {"graph_id":"g","node_id":"costly"}
5s node_duration 5 seconds histogram {"graph_id":"g","node_id":"costly"}
5s graph_execution_count 1 count counter {"graph_id":"g"}
5s graph_duration 5 seconds histogram {"graph_id":"g"}
0s node_cache_hit_count 1 count counter {"graph_id":"g","node_id":"costly"}
0s graph_execution_count 1 count counter {"graph_id":"g"}
0s graph_duration 0 seconds histogram {"graph_id":"g"}
)");
}

TEST_F(ConstructRecording, a_failure_beside_a_branch_that_is_cancelled) {
  const Graph g =
      graph(timed("split", 1s, {}) >> parallel(failing("fails", 2s), timed("slow", 9s, {})) >> timed("join", 1s, {}));
  EXPECT_EQ(error_of(g), "attempt 1 failed");
  EXPECT_EQ(recorded(), R"(
trace g failed 3s graph #5 {"graph_id":"g","graph_version":"1"}
  #1 g failed 0s +3s std::runtime_error "attempt 1 failed" {"graph_id":"g","graph_version":"1"}
    #2 Step completed 0s +1s {"attempt":1,"input_size":0,"node_id":"split","node_type":"Step","outputs":{}}
    #3 Flaky failed 1s +2s std::runtime_error "attempt 1 failed" {"attempt":1,"input_size":0,"node_id":"fails","node_type":"Flaky"}
    #4 Step cancelled 1s +2s "a sleep was cancelled before its end" {"attempt":1,"input_size":0,"node_id":"slow","node_type":"Step"}
0s #1 graph_started "g Started" {"graph_id":"g","graph_version":"1"}
0s #2 node_started "Step Started" {"node_id":"split","node_type":"Step"}
1s #2 node_finished "Step Completed" {"node_id":"split","outputs":{}}
1s #1 edge_taken "split -> fails" {"from":"split","to":"fails"}
1s #1 edge_taken "split -> slow" {"from":"split","to":"slow"}
1s #3 node_started "Flaky Started" {"node_id":"fails","node_type":"Flaky"}
1s #4 node_started "Step Started" {"node_id":"slow","node_type":"Step"}
3s #3 node_failed "Flaky Failed" {"error_message":"attempt 1 failed","error_type":"std::runtime_error","node_id":"fails"}
3s #1 graph_failed "g Failed" {"error_message":"attempt 1 failed","error_type":"std::runtime_error","graph_id":"g"}
)");
}

TEST_F(ConstructRecording, a_failure_in_a_join) {
  const Graph g = graph(timed("split", 1s, {}) >> parallel(timed("a", 1s, {{"n", 1}}), timed("b", 2s, {{"n", 2}})) >>
                        timed("join", 1s, {}));
  EXPECT_NE(error_of(g).find("\"n\""), std::string::npos);
  EXPECT_EQ(recorded(), R"(
trace g failed 3s graph #5 {"graph_id":"g","graph_version":"1"}
  #1 g failed 0s +3s spark::Error "node join joins outputs that give "n" different values, the last of them b; JoinInputs::by_source keeps them apart" {"graph_id":"g","graph_version":"1"}
    #2 Step completed 0s +1s {"attempt":1,"input_size":0,"node_id":"split","node_type":"Step","outputs":{}}
    #3 Step completed 1s +1s {"attempt":1,"input_size":0,"node_id":"a","node_type":"Step","outputs":{"n":1}}
    #4 Step completed 1s +2s {"attempt":1,"input_size":0,"node_id":"b","node_type":"Step","outputs":{"n":2}}
0s #1 graph_started "g Started" {"graph_id":"g","graph_version":"1"}
0s #2 node_started "Step Started" {"node_id":"split","node_type":"Step"}
1s #2 node_finished "Step Completed" {"node_id":"split","outputs":{}}
1s #1 edge_taken "split -> a" {"from":"split","to":"a"}
1s #1 edge_taken "split -> b" {"from":"split","to":"b"}
1s #3 node_started "Step Started" {"node_id":"a","node_type":"Step"}
1s #4 node_started "Step Started" {"node_id":"b","node_type":"Step"}
2s #3 node_finished "Step Completed" {"node_id":"a","outputs":{"n":1}}
2s #1 edge_taken "a -> join" {"from":"a","to":"join"}
3s #4 node_finished "Step Completed" {"node_id":"b","outputs":{"n":2}}
3s #1 graph_failed "g Failed" {"error_message":"node join joins outputs that give \"n\" different values, the last of them b; JoinInputs::by_source keeps them apart","error_type":"spark::Error","graph_id":"g"}
)");
}

TEST_F(ConstructRecording, a_failure_in_a_subgraph) {
  const auto inner = make_node<Graph>(
      GraphOptions{.start = timed("first", 1s, {}) >> failing("second", 1s), .id = "inner", .version = "2"});
  const Graph g = graph(timed("before", 1s, {}) >> inner >> timed("after", 1s, {}));
  EXPECT_EQ(error_of(g), "attempt 1 failed");
  EXPECT_EQ(recorded(), R"(
trace g failed 3s graph #6 {"graph_id":"g","graph_version":"1"}
  #1 g failed 0s +3s std::runtime_error "attempt 1 failed" {"graph_id":"g","graph_version":"1"}
    #2 Step completed 0s +1s {"attempt":1,"input_size":0,"node_id":"before","node_type":"Step","outputs":{}}
    #3 inner failed 1s +2s std::runtime_error "attempt 1 failed" {"attempt":1,"graph_hash":"#7","graph_id":"inner","graph_version":"2","input_size":0,"node_id":"graph_1","node_type":"Graph"}
      #4 Step completed 1s +1s {"attempt":1,"input_size":0,"node_id":"first","node_type":"Step","outputs":{}}
      #5 Flaky failed 2s +1s std::runtime_error "attempt 1 failed" {"attempt":1,"input_size":0,"node_id":"second","node_type":"Flaky"}
0s #1 graph_started "g Started" {"graph_id":"g","graph_version":"1"}
0s #2 node_started "Step Started" {"node_id":"before","node_type":"Step"}
1s #2 node_finished "Step Completed" {"node_id":"before","outputs":{}}
1s #1 edge_taken "before -> graph_1" {"from":"before","to":"graph_1"}
1s #3 node_started "inner Started" {"node_id":"graph_1","node_type":"Graph"}
1s #3 graph_started "inner Started" {"graph_id":"inner","graph_version":"2"}
1s #4 node_started "Step Started" {"node_id":"first","node_type":"Step"}
2s #4 node_finished "Step Completed" {"node_id":"first","outputs":{}}
2s #3 edge_taken "first -> second" {"from":"first","to":"second"}
2s #5 node_started "Flaky Started" {"node_id":"second","node_type":"Flaky"}
3s #5 node_failed "Flaky Failed" {"error_message":"attempt 1 failed","error_type":"std::runtime_error","node_id":"second"}
3s #3 graph_failed "inner Failed" {"error_message":"attempt 1 failed","error_type":"std::runtime_error","graph_id":"inner"}
3s #3 node_failed "inner Failed" {"error_message":"attempt 1 failed","error_type":"std::runtime_error","node_id":"graph_1"}
3s #1 graph_failed "g Failed" {"error_message":"attempt 1 failed","error_type":"std::runtime_error","graph_id":"g"}
)");
}

TEST_F(ConstructRecording, a_run_that_takes_too_long) {
  const RunOptions options{.timeout = 3s};
  EXPECT_NE(error_of(graph(timed("a", 2s, {}) >> timed("b", 2s, {}) >> timed("c", 2s, {})), options), "");
  EXPECT_EQ(recorded(), R"(
trace g failed 3s graph #4 {"graph_id":"g","graph_version":"1"}
  #1 g failed 0s +3s spark::Error "the run did not end within 3 s" {"graph_id":"g","graph_version":"1"}
    #2 Step completed 0s +2s {"attempt":1,"input_size":0,"node_id":"a","node_type":"Step","outputs":{}}
    #3 Step cancelled 2s +1s "a sleep was cancelled before its end" {"attempt":1,"input_size":0,"node_id":"b","node_type":"Step"}
0s #1 graph_started "g Started" {"graph_id":"g","graph_version":"1"}
0s #2 node_started "Step Started" {"node_id":"a","node_type":"Step"}
2s #2 node_finished "Step Completed" {"node_id":"a","outputs":{}}
2s #1 edge_taken "a -> b" {"from":"a","to":"b"}
2s #3 node_started "Step Started" {"node_id":"b","node_type":"Step"}
3s #1 graph_failed "g Failed" {"error_message":"the run did not end within 3 s","error_type":"spark::Error","graph_id":"g"}
)");
}

TEST_F(ConstructRecording, a_run_that_is_stopped_while_it_cleans_up_badly) {
  std::stop_source source;
  const NodePtr stubborn = function_node("Stubborn", [&](ExecutionContext&) -> Task<Outputs> {
    bool is_cancelled_here = false;
    try {
      source.request_stop();
      co_await sleep_for(5s);
    } catch (const Error&) {
      is_cancelled_here = true;
    }
    if (is_cancelled_here) throw std::runtime_error("and the clean-up failed");
    co_return Outputs{};
  });
  const RunOptions options{.stop = source.get_token()};
  EXPECT_EQ(error_of(graph(stubborn >> timed("after", 1s, {})), options), "and the clean-up failed");
  EXPECT_EQ(recorded(), R"(
trace g failed 0s graph #3 {"graph_id":"g","graph_version":"1"}
  #1 g failed 0s +0s std::runtime_error "and the clean-up failed" {"graph_id":"g","graph_version":"1"}
    #2 Stubborn failed 0s +0s std::runtime_error "and the clean-up failed" {"attempt":1,"input_size":0,"node_id":"stubborn_1","node_type":"Stubborn"}
0s #1 graph_started "g Started" {"graph_id":"g","graph_version":"1"}
0s #2 node_started "Stubborn Started" {"node_id":"stubborn_1","node_type":"Stubborn"}
0s #2 node_failed "Stubborn Failed" {"error_message":"and the clean-up failed","error_type":"std::runtime_error","node_id":"stubborn_1"}
0s #1 graph_failed "g Failed" {"error_message":"and the clean-up failed","error_type":"std::runtime_error","graph_id":"g"}
)");
}

TEST_F(ConstructRecording, a_run_that_is_stopped) {
  std::stop_source source;
  const NodePtr stops = function_node("Stops", [&](ExecutionContext&) {
    source.request_stop();
    return Outputs{};
  });
  const RunOptions options{.stop = source.get_token()};
  EXPECT_NE(error_of(graph(stops >> parallel(timed("a", 1s, {}), timed("b", 1s, {}))), options), "");
  EXPECT_EQ(recorded(), R"(
trace g cancelled 0s graph #4 {"graph_id":"g","graph_version":"1"}
  #1 g cancelled 0s +0s "the run was cancelled: its stop was requested" {"graph_id":"g","graph_version":"1"}
    #3 Step cancelled 0s +0s "a sleep was cancelled before its end" {"attempt":1,"input_size":0,"node_id":"a","node_type":"Step"}
    #2 Stops completed 0s +0s {"attempt":1,"input_size":0,"node_id":"stops_1","node_type":"Stops","outputs":{}}
0s #1 graph_started "g Started" {"graph_id":"g","graph_version":"1"}
0s #2 node_started "Stops Started" {"node_id":"stops_1","node_type":"Stops"}
0s #2 node_finished "Stops Completed" {"node_id":"stops_1","outputs":{}}
0s #1 edge_taken "stops_1 -> a" {"from":"stops_1","to":"a"}
0s #1 edge_taken "stops_1 -> b" {"from":"stops_1","to":"b"}
0s #3 node_started "Step Started" {"node_id":"a","node_type":"Step"}
0s #1 graph_cancelled "g Cancelled" {"graph_id":"g","reason":"the run was cancelled: its stop was requested"}
)");
}

}  // namespace
}  // namespace spark
