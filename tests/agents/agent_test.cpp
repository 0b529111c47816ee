// How an agent gets to its answer.
#include "spark/agents/agent.h"

#include <atomic>
#include <stdexcept>

#include "agents/agent_fixture.h"
#include "spark/async/sleep.h"
#include "spark/async/spawn.h"
#include "spark/async/when_all.h"
#include "spark/base/error.h"

namespace spark::test {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::SizeIs;
using ::testing::StartsWith;

class Agents : public AgentTest {};

TEST_F(Agents, answer_after_the_tools_they_called) {
  const AgentResult result = run({ScriptedStep::call("get_weather", {{"city", "Bern"}}).with_usage(100, 10),
                                  ScriptedStep("No, it is sunny.").with_usage(130, 8)},
                                 {.instructions = "You know the weather.", .tools = {weather_tool()}});
  EXPECT_EQ(result.text, "No, it is sunny.");
  EXPECT_EQ(result.end, AgentEnd::answered);
  EXPECT_EQ(result.steps, 2);
  EXPECT_EQ(result.tool_calls, 1);
  EXPECT_EQ(result.usage.input_tokens, 230);
  EXPECT_EQ(result.usage.output_tokens, 18);
  EXPECT_EQ(result.unpriced_calls, 2);
  EXPECT_EQ(result.finish_reason, "stop");
  EXPECT_EQ(text_of(result.messages),
            "user: Will it rain in Bern?\n"
            "assistant:  get_weather({\"city\":\"Bern\"})\n"
            "tool: sunny in Bern <call_1>\n"
            "assistant: No, it is sunny.\n");
  ASSERT_THAT(requests(), SizeIs(2));
  EXPECT_EQ(text_of(requests()[1].messages),
            "system: You know the weather.\n"
            "user: Will it rain in Bern?\n"
            "assistant:  get_weather({\"city\":\"Bern\"})\n"
            "tool: sunny in Bern <call_1>\n");
  EXPECT_THAT(requests()[0].tools, ElementsAre(weather_tool().definition()));
}

TEST_F(Agents, pass_their_settings_to_each_call) {
  std::string streamed;
  run({ScriptedStep::call("get_weather", {{"city", "Bern"}}), "An answer that comes in pieces."},
      {.tools = {weather_tool()},
       .temperature = 0.5,
       .max_output_tokens = 77,
       .on_text = [&streamed](std::string_view t) { streamed += t; }});
  for (const ModelRequest& request : requests()) {
    EXPECT_EQ(request.temperature, 0.5);
    EXPECT_EQ(request.max_output_tokens, 77);
  }
  EXPECT_EQ(streamed, "An answer that comes in pieces.");
}

TEST_F(Agents, results_that_are_no_strings_are_told_as_json) {
  const Tool tool("t", "", [] { return Object{{"degrees", 21.5}}; });
  const AgentResult result = run({ScriptedStep::call("t"), "ok"}, {.tools = {tool}});
  EXPECT_EQ(result.messages[2].text, R"({"degrees":21.5})");
}

TEST_F(Agents, a_result_that_is_too_long_is_cut) {
  const Tool tool("t", "", [] { return std::string(5'000, 'x'); });
  const AgentResult result = run({ScriptedStep::call("t"), "ok"}, {.tools = {tool}, .max_tool_result_bytes = 200});
  EXPECT_THAT(result.messages[2].text, SizeIs(200));
  EXPECT_THAT(result.messages[2].text, HasSubstr("x … (cut, it has 5000 bytes)"));
}

struct MistakeCase {
  ToolCall call;
  std::string told;
};

TEST_F(Agents, tell_the_model_what_was_wrong_with_its_call_and_go_on) {
  const Tool failing("fail", "", []() -> Value { throw std::runtime_error("the station is closed, ask for another"); });
  const Tool slow("slow", "", []() -> Task<void> { co_await sleep_for(Seconds(60)); }, {.timeout = Seconds(5)});
  // By itself: nobody has cancelled the run.
  const Tool cancelled("cancel", "", []() -> Value { throw Error(ErrorCode::cancelled, "changed my mind"); });
  const std::vector<MistakeCase> cases{
      {{"1", "get_wether", "{}"}, R"(error: there is no tool "get_wether", only get_weather, fail, slow, cancel)"},
      {{"1", "get_weather", "{}"}, "error: /city is missing"},
      {{"1", "get_weather", ""}, "error: /city is missing"},
      {{"1", "get_weather", R"({"city":["Bern"]})"}, "error: /city must be a string"},
      {{"1", "get_weather", R"({"city":"Bern","unit":"c"})"}, "error: /unit must not be there"},
      {{"1", "get_weather", "[1]"}, "error: the arguments must be an object"},
      {{"1", "get_weather", R"({"city":)"}, "error: the arguments are no JSON: "},
      {{"1", "get_weather", std::string(10'000, '[')}, "error: the arguments are no JSON: "},
      {{"1", "fail", "{}"}, "error: the station is closed, ask for another"},
      {{"1", "slow", "{}"}, "error: the tool slow did not end within 5 s"},
      {{"1", "cancel", "{}"}, "error: changed my mind"},
  };
  for (const MistakeCase& each : cases) {
    const AgentResult result =
        run({ScriptedStep::calls({each.call}), "I cannot say."}, {.tools = {weather_tool(), failing, slow, cancelled}});
    EXPECT_EQ(result.text, "I cannot say.");
    EXPECT_EQ(result.tool_calls, 1);
    ASSERT_THAT(result.messages, SizeIs(4));
    EXPECT_THAT(result.messages[2].text, StartsWith(each.told));
    EXPECT_EQ(result.messages[2].tool_call_id, "1");
  }
}

// Ends when as many have arrived as it was made for: only if they are all there at once.
class Gate {
 public:
  explicit Gate(int expected) : missing_(expected) {}
  Task<void> pass() {
    --missing_;
    while (missing_ > 0) co_await hop();
  }

 private:
  std::atomic<int> missing_;
};

ToolCall call_of(const std::string& name, int i) { return {"id" + std::to_string(i), name, "{}"}; }

TEST_F(Agents, run_the_tools_of_one_answer_beside_each_other) {
  Gate gate(8);
  const Tool tool("meet", "", [&gate]() -> Task<void> { return gate.pass(); });
  std::vector<ToolCall> calls;
  for (int i = 0; i < 8; ++i) calls.push_back(call_of("meet", i));
  const Agent agent(script({ScriptedStep::calls(calls), "all were there"}), {.tools = {tool}});
  Executor executor({.threads = 2});
  const AgentResult result = sync_wait(executor, agent.run("?"));
  EXPECT_EQ(result.text, "all were there");
  EXPECT_EQ(result.tool_calls, 8);
  for (std::size_t i = 0; i < 8; ++i) EXPECT_EQ(result.messages[2 + i].tool_call_id, "id" + std::to_string(i));
}

TEST_F(Agents, run_no_more_tools_at_once_than_they_may) {
  int running = 0, most = 0;
  const Tool tool("t", "", [&]() -> Task<void> {
    most = std::max(most, ++running);
    co_await sleep_for(Seconds(1));
    --running;
  });
  std::vector<ToolCall> calls;
  for (int i = 0; i < 10; ++i) calls.push_back(call_of("t", i));
  const AgentResult result = run({ScriptedStep::calls(calls), "ok"}, {.tools = {tool}, .max_parallel_tools = 3});
  EXPECT_EQ(most, 3);
  EXPECT_EQ(result.tool_calls, 10);
  EXPECT_EQ(clock_.steady_now(), std::chrono::seconds(4));
}

TEST_F(Agents, answer_calls_beyond_the_most_of_a_step_with_an_error) {
  const Tool tool("t", "", [] { return 1; });
  std::vector<ToolCall> calls;
  for (int i = 0; i < 130; ++i) calls.push_back(call_of("t", i));
  const AgentResult result = run({ScriptedStep::calls(calls), "ok"}, {.tools = {tool}});
  EXPECT_EQ(result.tool_calls, 128);
  EXPECT_EQ(result.messages[2 + 127].text, "1");
  EXPECT_EQ(result.messages[2 + 128].text, "error: not called, these are more than 128 calls at once");
  EXPECT_EQ(result.messages[2 + 129].tool_call_id, "id129");
}

TEST_F(Agents, ask_again_for_an_answer_that_is_not_of_the_schema) {
  const Object schema =
      parse_json(R"({"type":"object","required":["rain"],"properties":{"rain":{"type":"boolean"}}})").as_object();
  const AgentResult result =
      run({ScriptedStep("It rains.").with_usage(10, 3), ScriptedStep(R"({"rain":"yes"})").with_usage(20, 5),
           ScriptedStep(R"({"rain":true})").with_usage(30, 6)},
          {.output_schema = schema});
  EXPECT_EQ(result.output, parse_json(R"({"rain":true})"));
  EXPECT_EQ(result.steps, 3);
  EXPECT_EQ(result.usage.input_tokens, 60);
  EXPECT_EQ(result.usage.output_tokens, 14);
  ASSERT_THAT(result.messages, SizeIs(6));
  EXPECT_EQ(result.messages[3].text, R"({"rain":"yes"})");
  EXPECT_EQ(
      result.messages[4].text,
      "This answer is not as it must be: /rain must be true or false. Give the whole answer again, as JSON of the "
      "schema and nothing else.");
  EXPECT_EQ(requests()[0].output_schema, schema);
}

TEST_F(Agents, give_up_when_the_answer_is_never_of_the_schema) {
  const AgentOptions options{.output_schema = Object{{"type", "object"}}, .max_output_retries = 1};
  try {
    run({"one", "two", "three"}, options);
    ADD_FAILURE() << "it was accepted";
  } catch (const ModelError& error) {
    EXPECT_EQ(error.kind(), ModelErrorKind::output_mismatch);
  }
  EXPECT_THAT(requests(), SizeIs(2));
}

TEST_F(Agents, an_empty_answer_is_an_error) {
  try {
    run(Steps{""});
    ADD_FAILURE() << "it was accepted";
  } catch (const ModelError& error) {
    EXPECT_EQ(error.kind(), ModelErrorKind::empty_response);
    EXPECT_STREQ(error.what(), "the answer of scripted is empty, which ended by stop");
  }
}

TEST_F(Agents, what_the_model_throws_passes_through) {
  const ModelError limited(ModelErrorKind::rate_limited, "too many", 429);
  EXPECT_THROW(run({ScriptedStep::failure(limited)}), ModelError);
  EXPECT_EQ(thrown_by([&] { run(Steps{}); }).substr(0, 9), "not_found");
}

TEST_F(Agents, go_on_with_a_conversation) {
  const Agent agent(
      script({"It is sunny.", ScriptedStep::failure(std::runtime_error("broken")), "Because of the sun."}),
      {.instructions = "Be brief."});
  AgentConversation conversation(agent);
  EXPECT_EQ(sync_wait(conversation.say("How is the weather?")).text, "It is sunny.");
  EXPECT_EQ(thrown_by([&] { sync_wait(conversation.say("Why?")); }), "broken");
  EXPECT_EQ(sync_wait(conversation.say("Why is that?")).text, "Because of the sun.");
  EXPECT_EQ(text_of(requests()[2].messages),
            "system: Be brief.\nuser: How is the weather?\nassistant: It is sunny.\nuser: Why is that?\n");
  EXPECT_THAT(conversation.messages(), SizeIs(4));
}

TEST_F(Agents, many_runs_of_one_agent_keep_apart) {
  const auto model = std::make_shared<ScriptedModel>([](const ModelRequest& request) -> ScriptedStep {
    if (request.messages.size() == 1) return ScriptedStep::call("echo", {{"text", request.messages[0].text}});
    return request.messages.back().text;
  });
  const Tool echo("echo", "", {{"text", ""}}, [](std::string text) -> Task<std::string> {
    co_await hop();
    co_return text;
  });
  const Agent agent(model, {.tools = {echo}});
  Executor executor({.threads = 4});
  std::vector<Task<AgentResult>> runs;
  for (int i = 0; i < 100; ++i) runs.push_back(agent.run("question " + std::to_string(i)));
  const std::vector<AgentResult> results = sync_wait(executor, when_all(std::move(runs)));
  for (int i = 0; i < 100; ++i) {
    EXPECT_EQ(results[static_cast<std::size_t>(i)].text, "question " + std::to_string(i));
  }
}

TEST_F(Agents, a_cancelled_run_ends_cancelled_and_stops_its_tools) {
  bool has_ended = false;
  const Tool tool("wait", "", [&]() -> Task<void> {
    co_await sleep_for(Seconds(3'600));
    has_ended = true;
  });
  const Agent agent(script({ScriptedStep::calls({call_of("wait", 1), call_of("wait", 2)}), "ok"}), {.tools = {tool}});
  const auto work = [&]() -> Task<std::string> {
    auto running = spawn(agent.run("?"));
    co_await sleep_for(Seconds(10));
    running.cancel();
    co_return co_await thrown_in(std::move(running).join());
  };
  EXPECT_EQ(sync_wait(work(), {.clock = &clock_}), cancelled_sleep);
  EXPECT_EQ(clock_.steady_now(), std::chrono::seconds(10));
  EXPECT_FALSE(has_ended);
  EXPECT_THAT(requests(), SizeIs(1));
}

TEST_F(Agents, options_out_of_their_bounds_are_refused_by_name) {
  const auto refused = [&](const AgentOptions& options) { return thrown_by([&] { Agent(script({}), options); }); };
  EXPECT_THAT(refused({.name = ""}), HasSubstr("AgentOptions::name"));
  EXPECT_THAT(refused({.tools = {weather_tool(), weather_tool()}}), HasSubstr("two of them are called get_weather"));
  EXPECT_THAT(refused({.tools = std::vector<Tool>(129, weather_tool())}), HasSubstr("129 tools"));
  EXPECT_THAT(refused({.max_steps = 0}), HasSubstr("AgentOptions::max_steps is 0, allowed is 1 to 10000"));
  EXPECT_THAT(refused({.max_tokens = 0}), HasSubstr("AgentOptions::max_tokens"));
  EXPECT_THAT(refused({.max_cost = Dollars()}), HasSubstr("AgentOptions::max_cost is 0, allowed is more than 0"));
  EXPECT_THAT(refused({.max_duration = Seconds(0)}), HasSubstr("AgentOptions::max_duration"));
  EXPECT_THAT(refused({.max_parallel_tools = 0}), HasSubstr("AgentOptions::max_parallel_tools"));
  EXPECT_THAT(refused({.max_tool_result_bytes = 10}), HasSubstr("AgentOptions::max_tool_result_bytes"));
  EXPECT_THAT(refused({.output_schema = Object{{"type", "x"}}}), HasSubstr("the JSON schema at /type"));
  EXPECT_THAT(refused({.max_output_retries = -1}), HasSubstr("AgentOptions::max_output_retries"));
  EXPECT_THAT(refused({.temperature = 3}), HasSubstr("AgentOptions::temperature is 3, allowed is 0 to 2"));
  EXPECT_THAT(refused({.max_output_tokens = 0}), HasSubstr("AgentOptions::max_output_tokens"));
  EXPECT_THAT(thrown_by([] { Agent(nullptr); }), HasSubstr("the model is null"));
  EXPECT_THAT(thrown_by([&] { sync_wait(Agent(script({})).run(std::vector<Message>())); }),
              HasSubstr("messages is empty"));
}

}  // namespace
}  // namespace spark::test
