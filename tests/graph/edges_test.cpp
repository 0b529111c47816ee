// Edges and what they lead to: which nodes run, with what inputs, and what is refused.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

#include "spark/async/sleep.h"
#include "spark/async/sync_wait.h"
#include "spark/base/error.h"
#include "spark/graph/graph.h"

namespace spark {
namespace {

using namespace std::chrono_literals;

NodePtr named(const std::string& id, Outputs outputs = {}) {
  NodePtr node = function_node(id, [outputs](ExecutionContext&) { return outputs; });
  node->set_id(id);
  return node;
}
// Gives what it is given, as a member.
NodePtr echo(const std::string& id) {
  NodePtr node = function_node(id, [](ExecutionContext& context) { return Outputs{{"given", context.inputs()}}; });
  node->set_id(id);
  return node;
}

Outputs run(const NodePtr& start) {
  VirtualClock clock;
  return sync_wait(Graph({.start = start}).run(), {.clock = &clock});
}

template <class Function>
std::string message_of(const Function& function) {
  try {
    function();
  } catch (const Error& error) {
    return error.what();
  }
  return "nothing was thrown";
}

TEST(Edges, of_a_join_merge_the_outputs) {
  EXPECT_EQ(run(named("a") >>
                parallel(named("b", {{"x", 1}, {"same", true}}), named("c", {{"y", 2}, {"same", true}})) >> echo("d")),
            (Outputs{{"given", Object{{"x", 1}, {"same", true}, {"y", 2}}}}));
}

TEST(Edges, of_a_join_by_source_keep_the_outputs_apart) {
  const NodePtr join = echo("d");
  join->set_join({.inputs = JoinInputs::by_source});
  EXPECT_EQ(run(named("a") >> parallel(named("b", {{"x", 1}}), named("c", {{"x", 2}})) >> join),
            (Outputs{{"given", Object{{"b", Object{{"x", 1}}}, {"c", Object{{"x", 2}}}}}}));
}

TEST(Edges, of_a_join_that_are_not_taken_are_not_waited_for) {
  const NodePtr a = named("a", {{"n", 1}}), d = echo("d");
  a->on(output("n") == 1) >> named("b", {{"b", true}}) >> d;
  a->on(output("n") == 2) >> named("c", {{"c", true}}) >> d;
  EXPECT_EQ(run(a), (Outputs{{"given", Object{{"b", true}}}}));
}

TEST(Edges, that_no_condition_lets_take_end_the_run_with_the_node_s_outputs) {
  const NodePtr a = named("a", {{"n", 1}});
  a->on(output("n") == 2) >> named("b");
  EXPECT_EQ(run(a), (Outputs{{"n", 1}}));
}

TEST(Edges, to_several_last_nodes_give_their_outputs_by_node_id) {
  EXPECT_EQ(run(named("a") >> parallel(named("b", {{"x", 1}}), named("c", {{"x", 2}}))),
            (Outputs{{"b", Object{{"x", 1}}}, {"c", Object{{"x", 2}}}}));
}

TEST(Edges, otherwise_is_taken_beside_those_without_a_condition_but_not_beside_a_condition_that_holds) {
  for (const int n : {1, 2}) {
    const NodePtr a = named("a", {{"n", n}});
    a >> named("always", {{"x", 1}});
    a->on(output("n") == 1) >> named("one", {{"x", 2}});
    a->otherwise() >> named("otherwise", {{"x", 3}});
    const Outputs outputs = run(a);
    EXPECT_EQ(outputs.size(), 2U);
    EXPECT_NE(outputs.find("always"), nullptr);
    EXPECT_NE(outputs.find(n == 1 ? "one" : "otherwise"), nullptr);
  }
}

TEST(Edges, otherwise_may_be_several) {
  const NodePtr a = named("a", {{"n", 3}});
  a->otherwise() >> named("b", {{"x", 1}});
  a->on(output("n") == 1) >> named("c", {{"x", 2}});
  a->otherwise() >> named("d", {{"x", 3}});
  EXPECT_EQ(run(a), (Outputs{{"b", Object{{"x", 1}}}, {"d", Object{{"x", 3}}}}));
}

TEST(Edges, of_an_error_tell_their_target_what_went_wrong) {
  const NodePtr a = named("a", {{"n", 1}});
  const NodePtr b = function_node("b", [](ExecutionContext&) -> Outputs { throw std::runtime_error("no"); });
  b->set_id("b");
  b->on_error() >> echo("told");
  b >> named("never");
  EXPECT_EQ(run(a >> b), (Outputs{{"given", Object{{"node_id", "b"},
                                                   {"error_type", "std::runtime_error"},
                                                   {"error_code", ""},
                                                   {"error_message", "no"},
                                                   {"inputs", Object{{"n", 1}}}}}}));
}

TEST(Edges, of_an_error_tell_the_code_of_ours) {
  const NodePtr slow = function_node("slow", [](ExecutionContext&) -> Task<Outputs> {
    co_await sleep_for(Seconds(60));
    co_return Outputs{};
  });
  slow->set_policy({.timeout = Seconds(1)});
  slow->on_error(output("error_code") == "timeout") >> named("late", {{"late", true}});
  VirtualClock clock;
  EXPECT_EQ(sync_wait(Graph({.start = slow}).run(), {.clock = &clock}), (Outputs{{"late", true}}));
}

// Otherwise each round would pass on the inputs of all rounds before.
TEST(Edges, of_an_error_leave_out_inputs_that_are_too_deep) {
  std::size_t deepest = 0;
  const NodePtr fails = function_node("fails", [](ExecutionContext&) -> Outputs { throw std::runtime_error("no"); });
  const NodePtr again = function_node("again", [&](ExecutionContext& context) {
    std::size_t depth = 0;
    for (const Value* value = context.inputs().find("inputs"); value != nullptr && value->is_object(); ++depth) {
      value = value->as_object().find("inputs");
    }
    deepest = std::max(deepest, depth);
    return context.inputs();
  });
  fails->on_error() >> again;
  again->on(Condition::always()).back_to(fails, 200);
  run(fails);
  EXPECT_EQ(deepest, max_error_inputs_depth);
}

TEST(Edges, of_an_error_whose_condition_does_not_hold_let_it_pass) {
  const NodePtr a = function_node("a", [](ExecutionContext&) -> Outputs { throw std::runtime_error("no"); });
  a->on_error(output("error_message") == "yes") >> named("b");
  EXPECT_THROW(run(a), std::runtime_error);
}

TEST(Edges, with_a_condition_that_throws_fail_the_run) {
  const NodePtr a = named("a");
  a->on(Condition::callable("broken", [](const Outputs&) -> bool { throw std::logic_error("broken"); })) >> named("b");
  EXPECT_THROW(run(a), std::logic_error);
}

TEST(Loops, go_round_until_their_condition_no_longer_holds) {
  const NodePtr count = function_node("Count", [](ExecutionContext& context) {
    const Value* n = context.inputs().find("n");
    return Outputs{{"n", n != nullptr ? n->as_int() + 1 : 1}};
  });
  count->on(output("n") < 4).back_to(count, 100);
  count >> echo("after");
  EXPECT_EQ(run(count), (Outputs{{"given", Object{{"n", 4}}}}));
}

TEST(Loops, go_on_forward_at_their_bound) {
  const NodePtr count = function_node("Count", [](ExecutionContext& context) {
    context.state().update("n", [](const Value& n) { return Value(n.is_null() ? 1 : n.as_int() + 1); });
    return Outputs{{"n", *context.state().get("n")}};
  });
  count->on(Condition::always()).back_to(count, 3);
  EXPECT_EQ(run(count), (Outputs{{"n", 4}}));
}

TEST(Loops, inside_of_loops_begin_anew_each_time) {
  const auto add = [](std::string name) {
    return function_node(name, [name](ExecutionContext& context) {
      context.state().update(name, [](const Value& n) { return Value(n.is_null() ? 1 : n.as_int() + 1); });
      return Outputs{};
    });
  };
  const NodePtr outer = add("outer"), inner = add("inner"), last = add("last");
  outer >> inner >> last;
  inner->on(Condition::always()).back_to(inner, 2);
  last->on(Condition::always()).back_to(outer, 3);
  const auto state = std::make_shared<RunState>();
  const RunOptions options{.state = state};
  sync_wait(Graph({.start = outer}).run(Inputs{}, options));
  EXPECT_EQ(state->get("outer"), Value(4));
  EXPECT_EQ(state->get("inner"), Value(12));
  EXPECT_EQ(state->get("last"), Value(4));
}

TEST(Loops, wait_for_what_a_join_of_the_first_left_behind) {
  const auto timed = [](std::string id, Seconds duration) {
    NodePtr node = function_node(id, [id, duration](ExecutionContext& context) -> Task<Outputs> {
      co_await sleep_for(duration);
      context.state().update(id, [](const Value& n) { return Value(n.is_null() ? 1 : n.as_int() + 1); });
      co_return Outputs{};
    });
    node->set_id(id);
    return node;
  };
  const NodePtr first = timed("first", 1s), slow = timed("slow", 9s), quick = timed("quick", 1s),
                last = timed("last", 1s);
  last->set_join({.when = Join::any});
  first >> parallel(slow, quick) >> last;
  last->on(Condition::always()).back_to(first, 2);
  const auto state = std::make_shared<RunState>();
  const RunOptions options{.state = state};
  VirtualClock clock;
  sync_wait(Graph({.start = first}).run(Inputs{}, options), {.clock = &clock});
  for (const char* id : {"first", "slow", "quick", "last"}) EXPECT_EQ(state->get(id), Value(3)) << id;
  EXPECT_EQ(clock.steady_now(), 30s) << "each time round ends with the slow one";
}

TEST(Loops, that_are_entered_or_left_in_the_middle_are_refused) {
  const NodePtr a = named("a"), b = named("b"), c = named("c"), d = named("d");
  a >> b >> c >> d;
  a >> c;
  c->on(Condition::always()).back_to(b, 2);
  EXPECT_EQ(
      message_of([&] { Graph({.start = a}); }),
      "Graph: the edge a -> c enters the loop c -> b in the middle; a loop is entered at b and left at c alone (a "
      "subgraph can hold what lies between)");
  const NodePtr e = named("e"), f = named("f"), g = named("g");
  e >> f;
  e >> g;
  f->on(Condition::always()).back_to(e, 2);
  EXPECT_EQ(
      message_of([&] { Graph({.start = e}); }),
      "Graph: the edge e -> g leaves the loop f -> e in the middle; a loop is entered at e and left at f alone (a "
      "subgraph can hold what lies between)");
}

TEST(Loops, refuse_a_target_that_does_not_lead_to_them_and_a_bound_out_of_range) {
  const NodePtr a = named("a"), b = named("b");
  a >> b;
  EXPECT_EQ(message_of([&] { a->on(Condition::always()).back_to(b, 2); }), "back_to: b \"b\" does not lead to a \"a\"");
  EXPECT_EQ(message_of([&] { b->on(Condition::always()).back_to(nullptr, 2); }),
            "back_to: a null node does not lead to b \"b\"");
  for (const std::int64_t bound : {std::int64_t{0}, std::int64_t{-1}, max_loop_iterations + 1}) {
    EXPECT_EQ(
        message_of([&] { b->on(Condition::always()).back_to(a, bound); }),
        "back_to: max_iterations is " + std::to_string(bound) + ", and a loop is taken 1 to 1000000 times at most");
  }
  EXPECT_EQ(message_of([&] { b->otherwise().back_to(a, 2); }),
            "back_to: otherwise() is for edges forward, since loops are asked first");
  EXPECT_EQ(message_of([&] { b->on_error().back_to(a, 2); }), "back_to: an error edge cannot go back");
}

TEST(Loops, to_a_node_outside_of_the_graph_are_refused) {
  const NodePtr before = named("before"), start = named("start"), last = named("last");
  before >> start >> last;
  last->on(Condition::always()).back_to(before, 2);
  EXPECT_EQ(message_of([&] { Graph({.start = start}); }),
            "Graph: the loop from last goes back to a node that is not in the graph");
}

TEST(Parallel, of_no_nodes_is_refused_where_it_would_hide_what_follows) {
  const std::vector<NodePtr> none;
  EXPECT_EQ(message_of([&] { named("a") >> parallel(none) >> named("b"); }),
            "a >> b: parallel() of no nodes leads nowhere");
  EXPECT_EQ(message_of([&] { parallel(none) >> named("b"); }), "a >> b: parallel() of no nodes leads nowhere");
  EXPECT_EQ(message_of([&] { named("a")->on_error() >> parallel(none); }),
            "a >> b: parallel() of no nodes leads nowhere");
}

TEST(Parallel, cannot_begin_a_graph) {
  EXPECT_EQ(message_of([] { Graph({.start = parallel(named("a"), named("b"))}); }),
            "a graph starts at one node, and this begins with 2; put a node before parallel(...)");
}

TEST(RunOptions, with_a_timeout_that_is_none_are_refused) {
  for (const double seconds : {-1.0, std::nan("")}) {
    const RunOptions options{.timeout = Seconds(seconds)};
    EXPECT_NE(
        message_of([&] { (void)Graph({.start = named("a")}).run(Inputs{}, options); }).find("RunOptions::timeout"),
        std::string::npos);
  }
}

TEST(State, is_shared_with_subgraphs) {
  const auto inner = make_node<Graph>(GraphOptions{.start = function_node("Set", [](ExecutionContext& context) {
                                                     context.state().set("from", "inside");
                                                     return Outputs{};
                                                   })});
  EXPECT_EQ(run(inner >> function_node("Get",
                                       [](ExecutionContext& context) {
                                         return Outputs{{"from", *context.state().get("from")}};
                                       })),
            (Outputs{{"from", "inside"}}));
}

}  // namespace
}  // namespace spark
