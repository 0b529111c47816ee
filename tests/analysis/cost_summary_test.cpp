// Dollars and tokens of calls.
#include "spark/analysis/cost_summary.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>
#include <string>

#include "analysis/traces.h"
#include "spark/base/error.h"

namespace spark::analysis {
namespace {

using ::spark::testing::at;
using ::spark::testing::make_span;
using ::spark::testing::Recorded;

class Calls : public ::testing::Test {
 protected:
  void add(const std::string& name, Object attributes, std::int64_t time = 0) {
    Span span = make_span(++number_, 0, time, time + 1, name);
    span.attributes = std::move(attributes);
    recorded_.add(span);
  }
  CostSummary summary(const CostOptions& options = {}) { return cost_summary(recorded_.store(), options); }

  Recorded recorded_;
  std::uint64_t number_ = 0;
};

std::string printed(const Cost& cost) {
  return std::to_string(cost.calls) + " calls, " + std::to_string(cost.unpriced) + " unpriced, " +
         std::to_string(cost.dollars).substr(0, 5) + " dollars, " + std::to_string(cost.input_tokens) + "+" +
         std::to_string(cost.output_tokens) + " tokens";
}
std::string printed(const CostTable& table) {
  std::string result;
  for (const CostRow& row : table.rows) result += row.name + "/" + row.node_id + ": " + printed(row.cost) + "\n";
  return result;
}

TEST_F(Calls, AreAddedUpByModelSpanAndDay) {
  constexpr std::int64_t day_ms = 86'400'000;
  add("ask", {{"llm.cost", 0.25},
              {"gen_ai.request.model", "big"},
              {"gen_ai.usage.input_tokens", 100},
              {"gen_ai.usage.output_tokens", 20},
              {"node_id", "n1"}});
  add("ask",
      {{"llm.cost", 0.5}, {"gen_ai.request.model", "big"}, {"gen_ai.response.model", "big-2025"}, {"node_id", "n2"}},
      day_ms);
  add("sum", {{"llm.cost", 1}, {"gen_ai.response.model", "small"}}, day_ms);
  add("other", {{"node_id", "n3"}});
  const CostSummary result = summary();
  EXPECT_EQ(printed(result.total), "3 calls, 0 unpriced, 1.750 dollars, 100+20 tokens");
  EXPECT_EQ(printed(result.by_model),
            "small/: 1 calls, 0 unpriced, 1.000 dollars, 0+0 tokens\n"
            "big/: 2 calls, 0 unpriced, 0.750 dollars, 100+20 tokens\n");
  EXPECT_EQ(printed(result.by_span),
            "sum/: 1 calls, 0 unpriced, 1.000 dollars, 0+0 tokens\n"
            "ask/n2: 1 calls, 0 unpriced, 0.500 dollars, 0+0 tokens\n"
            "ask/n1: 1 calls, 0 unpriced, 0.250 dollars, 100+20 tokens\n");
  EXPECT_EQ(printed(result.by_day),
            "2025-01-15/: 1 calls, 0 unpriced, 0.250 dollars, 100+20 tokens\n"
            "2025-01-16/: 2 calls, 0 unpriced, 1.500 dollars, 0+0 tokens\n");
}

TEST_F(Calls, AreAddedUpByTheNodeThatTheyWereMadeIn) {
  const auto add_below = [this](std::uint64_t parent, Object attributes) {
    Span span = make_span(++number_, parent, 0, 1, "span");
    span.attributes = std::move(attributes);
    recorded_.add(span);
    return number_;
  };
  const std::uint64_t graph = add_below(0, {});
  const std::uint64_t writer = add_below(graph, {{"node_id", "writer"}});
  const std::uint64_t agent = add_below(writer, {{"gen_ai.operation.name", "invoke_agent"}});
  add_below(agent, {{"llm.cost", 1}});
  add_below(agent, {{"llm.cost", 2}});
  add_below(graph, {{"llm.cost", 4}, {"node_id", "direct"}});
  add_below(graph, {{"llm.cost", 8}});
  add_below(777, {{"llm.cost", 16}});
  EXPECT_TRUE(summary().by_node.rows.empty());
  const CostSummary result = summary({.by_node = true});
  EXPECT_EQ(printed(result.by_node),
            "/: 2 calls, 0 unpriced, 24.00 dollars, 0+0 tokens\n"
            "direct/: 1 calls, 0 unpriced, 4.000 dollars, 0+0 tokens\n"
            "writer/: 2 calls, 0 unpriced, 3.000 dollars, 0+0 tokens\n");
}

TEST_F(Calls, AreNotWhatStandsForCallsBelow) {
  for (const char* operation : {"invoke_agent", "invoke_workflow", "create_agent", "execute_tool"}) {
    add("above", {{"gen_ai.operation.name", operation}, {"llm.cost", 1}, {"gen_ai.usage.input_tokens", 5}});
  }
  add("chat", {{"gen_ai.operation.name", "chat"}, {"llm.cost", 1}});
  Span refused = make_span(++number_, 0, 0, 1, "chat");
  refused.attributes = {{"gen_ai.operation.name", "chat"}, {"gen_ai.request.model", "m"}};
  refused.status = SpanStatus::failed;
  for (const char* type : {"budget_exceeded", "refused", "not_authorized", "rate_limited", "unavailable"}) {
    refused.span_id = {++number_};
    refused.error_type = type;
    recorded_.add(refused);
  }
  EXPECT_EQ(summary().total, (Cost{.calls = 1, .dollars = 1}));
}

TEST_F(Calls, WithoutAPriceAreUnpricedAndNotFree) {
  const double nan = std::numeric_limits<double>::quiet_NaN(), infinity = std::numeric_limits<double>::infinity();
  add("free", {{"llm.cost", 0}});
  add("unknown", {{"gen_ai.request.model", "m"}});
  add("unknown", {{"gen_ai.usage.input_tokens", 5}});
  add("unknown", {{"gen_ai.usage.output_tokens", -5}});
  for (const Value& cost : {Value(nan), Value(infinity), Value(-1), Value("0.5"), Value(true), Value()}) {
    add("wrong", {{"llm.cost", cost}});
  }
  const CostSummary result = summary();
  EXPECT_EQ(printed(result.total), "10 calls, 9 unpriced, 0.000 dollars, 5+0 tokens");
  EXPECT_EQ(printed(result.by_span),
            "wrong/: 6 calls, 6 unpriced, 0.000 dollars, 0+0 tokens\n"
            "unknown/: 3 calls, 3 unpriced, 0.000 dollars, 5+0 tokens\n"
            "free/: 1 calls, 0 unpriced, 0.000 dollars, 0+0 tokens\n");
}

TEST_F(Calls, AreNotPaidTwiceForAMetric) {
  add("ask", {{"llm.cost", 0.5}});
  recorded_.add(Metric{.metric_id = {1, 1},
                       .trace_id = testing::test_trace,
                       .span_id = {1},
                       .name = "api_cost",
                       .value = 0.5,
                       .unit = "dollars",
                       .timestamp = at(0)});
  EXPECT_EQ(summary().total, (Cost{.calls = 1, .dollars = 0.5}));
}

TEST_F(Calls, OfTenCentsAddUpToADollar) {
  for (int i = 0; i < 10; ++i) add("ask", {{"llm.cost", 0.1}});
  EXPECT_EQ(summary().total.dollars, 1.0);
}

TEST_F(Calls, BeyondABoundAreOthers) {
  for (const char* model : {"a", "b", "c"}) add(model, {{"llm.cost", 1}, {"gen_ai.request.model", model}});
  const CostSummary result = summary({.max_rows = 2});
  EXPECT_EQ(result.by_model.rows.size(), 2u);
  EXPECT_EQ(result.by_model.others, (Cost{.calls = 1, .dollars = 1}));
  EXPECT_EQ(result.by_span.others, (Cost{.calls = 1, .dollars = 1}));
  EXPECT_EQ(result.total.dollars, 3);
  EXPECT_THROW((void)summary({.max_rows = 0}), Error);
}

TEST_F(Calls, AreNarrowedByNameTraceAndTime) {
  add("a", {{"llm.cost", 1}});
  add("b", {{"llm.cost", 2}}, 100);
  EXPECT_EQ(summary({.span_name = "a"}).total.dollars, 1);
  EXPECT_EQ(summary({.start_time = {.from = at(50)}}).total.dollars, 2);
  EXPECT_EQ(summary({.trace_id = testing::trace_number(5)}).total, Cost{});
}

}  // namespace
}  // namespace spark::analysis
