// What stops an agent that would go on: it ends, does not throw, and leaves a conversation that can be gone on with.
#include "agents/agent_fixture.h"
#include "spark/agents/cost_budget.h"
#include "spark/async/sleep.h"
#include "spark/async/with_timeout.h"
#include "spark/base/error.h"

namespace spark::test {
namespace {

using ::testing::SizeIs;

class AgentLimits : public AgentTest {
 protected:
  // Calls the tool again and again, for 100 input and 20 output tokens each.
  std::shared_ptr<ScriptedModel> endless(ScriptedModelOptions options = {}) {
    model_ = std::make_shared<ScriptedModel>(
        [](const ModelRequest&) {
          ScriptedStep step = ScriptedStep::call("get_weather", {{"city", "Bern"}});
          return step.with_usage(100, 20).after(Seconds(1));
        },
        std::move(options));
    return model_;
  }
  // A million input tokens for a dollar, of output for ten: 300 millionths of a dollar a call.
  static ModelOptions priced() {
    ModelOptions options;
    options.prices = std::make_shared<const PriceTable>(
        PriceTable::from_json(R"({"version":"test","models":[{"names":["scripted"],"input":"1","output":"10"}]})"));
    return options;
  }
};

const std::string uncalled = "tool: error: the run was stopped before the tool was called <call_3>\n";

TEST_F(AgentLimits, a_loop_that_would_never_end_ends_after_the_most_steps) {
  const Agent agent(endless(), {.tools = {weather_tool()}, .max_steps = 3});
  const AgentResult result = run(agent);
  EXPECT_EQ(result.end, AgentEnd::max_steps);
  EXPECT_EQ(result.steps, 3);
  EXPECT_EQ(result.tool_calls, 2);
  EXPECT_EQ(result.text, "");
  EXPECT_EQ(text_of({result.messages.back()}), uncalled);
}

TEST_F(AgentLimits, tokens) {
  const Agent agent(endless(), {.tools = {weather_tool()}, .max_tokens = 241});
  const AgentResult result = run(agent);
  EXPECT_EQ(result.end, AgentEnd::max_tokens);
  EXPECT_EQ(result.steps, 3);
  EXPECT_EQ(result.usage.input_tokens + result.usage.output_tokens, 360);
  EXPECT_EQ(text_of({result.messages.back()}), uncalled);
}

TEST_F(AgentLimits, cost) {
  const Agent agent(endless({.options = priced()}), {.tools = {weather_tool()}, .max_cost = Dollars::parse("0.0009")});
  const AgentResult result = run(agent);
  EXPECT_EQ(result.end, AgentEnd::max_cost);
  EXPECT_EQ(result.steps, 3);
  EXPECT_EQ(result.cost, Dollars::parse("0.0009"));
  EXPECT_EQ(result.unpriced_calls, 0);
}

TEST_F(AgentLimits, an_answer_that_reaches_a_limit_is_an_answer) {
  const Agent agent(script({ScriptedStep("done").with_usage(1'000, 1'000)}), {.max_steps = 1, .max_tokens = 10});
  const AgentResult result = run(agent);
  EXPECT_EQ(result.end, AgentEnd::answered);
  EXPECT_EQ(result.text, "done");
}

TEST_F(AgentLimits, retries_of_answers_count) {
  const AgentResult result =
      run({"no JSON", "nor this", R"({})"},
          {.max_steps = 2, .output_schema = Object{{"type", "object"}}, .max_output_retries = 5});
  EXPECT_EQ(result.end, AgentEnd::max_steps);
  EXPECT_EQ(result.text, "nor this");
  EXPECT_TRUE(result.output.is_null());
}

TEST_F(AgentLimits, time_while_the_model_answers) {
  const Agent agent(script({ScriptedStep::call("get_weather", {{"city", "Bern"}}).after(Seconds(2)),
                            ScriptedStep("late").after(Seconds(60))}),
                    {.tools = {weather_tool()}, .max_duration = Seconds(10)});
  const AgentResult result = run(agent);
  EXPECT_EQ(result.end, AgentEnd::max_duration);
  EXPECT_EQ(clock_.steady_now(), std::chrono::seconds(10));
  EXPECT_EQ(result.steps, 1);
  EXPECT_EQ(text_of({result.messages.back()}), "tool: sunny in Bern <call_1>\n");
}

TEST_F(AgentLimits, time_while_tools_run) {
  const Tool wait("wait", "", {{"seconds", ""}}, [](double seconds) -> Task<std::string> {
    co_await sleep_for(Seconds(seconds));
    co_return "waited";
  });
  const Agent agent(
      script({ScriptedStep::calls(
          {{"a", "wait", R"({"seconds":1})"}, {"b", "wait", R"({"seconds":60})"}, {"c", "wait", R"({"seconds":1})"}})}),
      {.tools = {wait}, .max_duration = Seconds(10), .max_parallel_tools = 2});
  const AgentResult result = run(agent);
  EXPECT_EQ(result.end, AgentEnd::max_duration);
  EXPECT_EQ(result.tool_calls, 3);
  EXPECT_EQ(text_of({result.messages.begin() + 2, result.messages.end()}),
            "tool: waited <a>\ntool: error: the run was stopped before the tool had ended <b>\ntool: waited <c>\n");
}

TEST_F(AgentLimits, time_where_nothing_ever_waits) {
  const Tool work("work", "", [this] { clock_.advance(std::chrono::seconds(1)); });
  const auto model = std::make_shared<ScriptedModel>([](const ModelRequest&) { return ScriptedStep::call("work"); });
  const Agent agent(model, {.tools = {work}, .max_steps = 1'000, .max_duration = Seconds(5)});
  const AgentResult result = run(agent);
  EXPECT_EQ(result.end, AgentEnd::max_duration);
  EXPECT_LE(result.steps, 6);
}

TEST_F(AgentLimits, a_run_in_time_is_not_changed_by_its_limit) {
  EXPECT_EQ(run({"quick"}, {.max_duration = Seconds(10)}).text, "quick");
  EXPECT_EQ(thrown_by([&] {
              run({ScriptedStep::failure(Error(ErrorCode::timeout, "of the model"))}, {.max_duration = Seconds(10)});
            }),
            "timeout: of the model");
}

TEST_F(AgentLimits, a_cancelled_run_with_a_limit_of_time_ends_cancelled) {
  const Agent agent(script({ScriptedStep("late").after(Seconds(60))}), {.max_duration = Seconds(30)});
  EXPECT_EQ(thrown_by([&] { sync_wait(with_timeout(agent.run("?"), Seconds(5), "the caller"), {.clock = &clock_}); }),
            "timeout: the caller did not end within 5 s");
  EXPECT_EQ(clock_.steady_now(), std::chrono::seconds(5));
}

TEST_F(AgentLimits, a_budget_that_several_agents_share) {
  ModelOptions options = priced();
  options.budget = std::make_shared<CostBudget>(CostBudgetOptions{.limit = Dollars::parse("0.0008")});
  const Agent agent(endless({.options = options}), {.tools = {weather_tool()}});
  const AgentResult first = run(agent);
  EXPECT_EQ(first.end, AgentEnd::budget_exceeded);
  EXPECT_EQ(first.steps, 3);
  EXPECT_EQ(first.tool_calls, 3);
  EXPECT_EQ(first.cost, Dollars::parse("0.0009"));
  const AgentResult second = run(agent);
  EXPECT_EQ(second.end, AgentEnd::budget_exceeded);
  EXPECT_EQ(second.steps, 0);
  EXPECT_THAT(second.messages, SizeIs(1));
}

TEST_F(AgentLimits, a_run_that_was_stopped_can_be_gone_on_with) {
  const Agent agent(script({ScriptedStep::call("get_weather", {{"city", "Bern"}}), "Then I do not know."}),
                    {.tools = {weather_tool()}, .max_steps = 1});
  std::vector<Message> messages = run(agent).messages;
  messages.push_back(Message::user("Then say what you know."));
  EXPECT_EQ(sync_wait(agent.run(messages)).text, "Then I do not know.");
  const std::vector<Message> sent = requests()[1].messages;
  EXPECT_EQ(text_of({sent.begin() + 2, sent.end()}),
            "tool: error: the run was stopped before the tool was called <call_1>\nuser: Then say what you know.\n");
}

}  // namespace
}  // namespace spark::test
