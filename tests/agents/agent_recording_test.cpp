// What a run of an agent records, printed and compared with literals.
#include <atomic>
#include <stdexcept>
#include <string>
#include <thread>

#include "agents/agent_fixture.h"
#include "fakes/trace_printer.h"
#include "spark/async/executor.h"
#include "spark/async/sleep.h"
#include "spark/async/spawn.h"
#include "spark/base/error.h"
#include "spark/graph/graph.h"

namespace spark::test {
namespace {

using fakes::TracePrinter;
using ::testing::HasSubstr;
using ::testing::Not;

class AgentRecordings : public AgentTest {
 protected:
  // In a second.
  static Tool slow_weather() {
    return Tool("get_weather", "The weather of a city", {{"city", ""}}, [](std::string city) -> Task<std::string> {
      co_await sleep_for(Seconds(1));
      co_return "sunny in " + city;
    });
  }
  static ModelOptions priced() {
    ModelOptions options;
    options.prices = std::make_shared<const PriceTable>(
        PriceTable::from_json(R"({"version":"test","models":[{"names":["scripted"],"input":"1","output":"10"}]})"));
    return options;
  }
  AgentOptions recorded(std::vector<Tool> tools) {
    AgentOptions options;
    options.name = "weather";
    options.tools = std::move(tools);
    options.telemetry = &manager_;
    return options;
  }
  // Everything that was recorded, as text.
  static std::string all_of(TelemetryManager& manager) {
    manager.flush();
    TracePrinter printer(manager);
    std::string all = printer.trees() + printer.events() + printer.metrics();
    for (const GraphDefinition& graph : manager.query_graphs()) all += to_json(graph.content);
    return all;
  }

  TelemetryManager manager_{TelemetryConfig::create_memory(), {.clock = &clock_, .random_seed = 1}};
};

TEST_F(AgentRecordings, a_run_with_two_tools) {
  const Agent agent(script({ScriptedStep::calls({{"a", "get_weather", R"({"city":"Bern"})"}, {"b", "get_time", ""}})
                                .with_usage(100, 20)
                                .after(Seconds(1)),
                            ScriptedStep("It is sunny.").with_usage(150, 5).after(Seconds(2))},
                           {.options = priced()}),
                    recorded({slow_weather(), Tool("get_time", "The time", [] { return "noon"; })}));
  run(agent);
  manager_.flush();
  TracePrinter printer(manager_);
  EXPECT_EQ("\n" + printer.trees(), R"(
trace invoke_agent weather completed 4s {}
  #1 invoke_agent weather completed 0s +4s {"agent.end":"answered","agent.steps":2,"gen_ai.agent.name":"weather","gen_ai.operation.name":"invoke_agent","gen_ai.request.model":"scripted"}
    #2 chat scripted completed 0s +1s CLIENT {"gen_ai.operation.name":"chat","gen_ai.provider.name":"scripted","gen_ai.request.model":"scripted","gen_ai.request.stream":false,"gen_ai.response.finish_reasons":["tool_calls"],"gen_ai.usage.input_tokens":100,"gen_ai.usage.output_tokens":20,"llm.cost":3e-04,"llm.cost.formula":"100 input at $1 + 20 output at $10 a million = $0.0003","llm.price_version":"test"}
    #3 execute_tool get_time completed 1s +0s {"gen_ai.operation.name":"execute_tool","gen_ai.tool.call.id":"b","gen_ai.tool.description":"The time","gen_ai.tool.name":"get_time","gen_ai.tool.type":"function"}
    #4 execute_tool get_weather completed 1s +1s {"gen_ai.operation.name":"execute_tool","gen_ai.tool.call.id":"a","gen_ai.tool.description":"The weather of a city","gen_ai.tool.name":"get_weather","gen_ai.tool.type":"function"}
    #5 chat scripted completed 2s +2s CLIENT {"gen_ai.operation.name":"chat","gen_ai.provider.name":"scripted","gen_ai.request.model":"scripted","gen_ai.request.stream":false,"gen_ai.response.finish_reasons":["stop"],"gen_ai.usage.input_tokens":150,"gen_ai.usage.output_tokens":5,"llm.cost":2e-04,"llm.cost.formula":"150 input at $1 + 5 output at $10 a million = $0.0002","llm.price_version":"test"}
)");
  EXPECT_EQ("\n" + printer.events(), R"(
0s #1 agent_started "weather Started" {"agent":"weather","model":"scripted"}
1s #2 llm_api_call "chat scripted" {"cost":3e-04,"duration":1.0,"input_tokens":100,"model":"scripted","output_tokens":20,"provider":"scripted"}
1s #1 agent_step "weather Step" {"agent":"weather","step":1,"tool_calls":2}
1s #3 agent_tool_call "get_time" {"agent":"weather","call_id":"b","outcome":"completed","tool":"get_time"}
2s #4 agent_tool_call "get_weather" {"agent":"weather","call_id":"a","outcome":"completed","tool":"get_weather"}
4s #5 llm_api_call "chat scripted" {"cost":2e-04,"duration":2.0,"input_tokens":150,"model":"scripted","output_tokens":5,"provider":"scripted"}
4s #1 agent_step "weather Step" {"agent":"weather","step":2,"tool_calls":0}
4s #1 agent_finished "weather Completed" {"agent":"weather","end":"answered","steps":2,"tool_calls":2}
)");
  EXPECT_EQ("\n" + printer.metrics(), R"(
1s llm_input_tokens 100 tokens counter {"model":"scripted","provider":"scripted"}
1s llm_output_tokens 20 tokens counter {"model":"scripted","provider":"scripted"}
1s api_cost 0.0003 dollars counter {"model":"scripted","provider":"scripted"}
1s gen_ai.client.operation.duration 1 s histogram {"gen_ai.operation.name":"chat","gen_ai.provider.name":"scripted","gen_ai.request.model":"scripted"}
1s tool_execution_count 1 count counter {"outcome":"completed","tool":"get_time"}
2s tool_execution_count 1 count counter {"outcome":"completed","tool":"get_weather"}
4s llm_input_tokens 150 tokens counter {"model":"scripted","provider":"scripted"}
4s llm_output_tokens 5 tokens counter {"model":"scripted","provider":"scripted"}
4s api_cost 0.0002 dollars counter {"model":"scripted","provider":"scripted"}
4s gen_ai.client.operation.duration 2 s histogram {"gen_ai.operation.name":"chat","gen_ai.provider.name":"scripted","gen_ai.request.model":"scripted"}
4s agent_duration 4 seconds histogram {"agent":"weather","end":"answered"}
)");
}

TEST_F(AgentRecordings, tools_that_fail_say_why) {
  const Tool failing("fail", "", []() -> Value { throw std::runtime_error("the station is closed"); });
  const Tool slow("slow", "", []() -> Task<void> { co_await sleep_for(Seconds(60)); }, {.timeout = Seconds(5)});
  const Agent agent(script({ScriptedStep::calls({{"a", "invented", "{}"},
                                                 {"b", "get_weather", R"({"town":"Bern"})"},
                                                 {"c", "fail", "{}"},
                                                 {"d", "slow", "{}"}}),
                            "ok"}),
                    recorded({slow_weather(), failing, slow}));
  run(agent);
  manager_.flush();
  std::string failures;
  for (const Span& span : manager_.query_spans().rows) {
    if (!span.name.starts_with("execute_tool")) continue;
    failures += span.name + " " + std::string(to_string(span.status)) + " " + span.error_type + " \"" +
                span.status_message + "\"\n";
  }
  EXPECT_THAT(failures, HasSubstr("execute_tool _OTHER failed unknown_tool \"\"\n"));
  EXPECT_THAT(failures, HasSubstr("execute_tool get_weather failed invalid_arguments \"\"\n"));
  EXPECT_THAT(failures, HasSubstr("execute_tool fail failed std::runtime_error \"the station is closed\"\n"));
  EXPECT_THAT(failures, HasSubstr("execute_tool slow failed timeout \"the tool slow did not end within 5 s\"\n"));
  std::string counts;
  for (const Metric& metric : manager_.query_metrics({.name = "tool_execution_count"}).rows) {
    counts += to_json(metric.attributes) + "\n";
  }
  EXPECT_THAT(counts, HasSubstr(R"({"outcome":"failed","tool":"_OTHER"})"));
  EXPECT_THAT(counts, HasSubstr(R"({"outcome":"failed","tool":"fail"})"));
  EXPECT_THAT(all_of(manager_), Not(HasSubstr("invented")));
}

TEST_F(AgentRecordings, a_run_that_fails) {
  const ModelError refused(ModelErrorKind::refused, "no such model", 404);
  const Agent agent(script({ScriptedStep::failure(refused)}), recorded({}));
  EXPECT_THROW(run(agent), ModelError);
  manager_.flush();
  TracePrinter printer(manager_);
  EXPECT_EQ("\n" + printer.trees(), R"(
trace invoke_agent weather failed 0s {}
  #1 invoke_agent weather failed 0s +0s refused "no such model" {"agent.end":"failed","agent.steps":0,"gen_ai.agent.name":"weather","gen_ai.operation.name":"invoke_agent","gen_ai.request.model":"scripted"}
    #2 chat scripted failed 0s +0s CLIENT refused "no such model" {"gen_ai.operation.name":"chat","gen_ai.provider.name":"scripted","gen_ai.request.model":"scripted","gen_ai.request.stream":false}
)");
  EXPECT_EQ("\n" + printer.events(), R"(
0s #1 agent_started "weather Started" {"agent":"weather","model":"scripted"}
0s #2 llm_api_call "chat scripted" {"cost":null,"duration":0.0,"error_type":"refused","model":"scripted","provider":"scripted"}
0s #1 agent_finished "weather Failed" {"agent":"weather","end":"failed","error_message":"no such model","error_type":"refused","steps":0,"tool_calls":0}
)");
}

TEST_F(AgentRecordings, a_run_that_is_stopped_says_by_what) {
  AgentOptions options = recorded({slow_weather()});
  options.max_steps = 1;
  const Agent agent(script({ScriptedStep::call("get_weather", {{"city", "Bern"}})}), options);
  run(agent);
  manager_.flush();
  const Span span = manager_.query_spans({.name = "invoke_agent weather"})[0];
  EXPECT_EQ(span.status, SpanStatus::completed);
  EXPECT_EQ(span.attributes.at("agent.end"), Value("max_steps"));
  EXPECT_EQ(span.attributes.at("agent.steps"), Value(1));
}

TEST_F(AgentRecordings, a_run_that_is_cancelled) {
  const Agent agent(script({ScriptedStep::call("get_weather", {{"city", "Bern"}}).after(Seconds(9)).with_usage(1, 1)}),
                    recorded({slow_weather()}));
  const auto work = [&]() -> Task<void> {
    auto running = spawn(agent.run("?"));
    co_await sleep_for(Seconds(9.5));
    running.cancel();
    static_cast<void>(co_await thrown_in(std::move(running).join()));
  };
  sync_wait(work(), {.clock = &clock_});
  manager_.flush();
  TracePrinter printer(manager_);
  EXPECT_EQ("\n" + printer.trees(), R"(
trace invoke_agent weather cancelled 9.5s {}
  #1 invoke_agent weather cancelled 0s +9.5s "a sleep was cancelled before its end" {"agent.end":"cancelled","agent.steps":1,"gen_ai.agent.name":"weather","gen_ai.operation.name":"invoke_agent","gen_ai.request.model":"scripted"}
    #2 chat scripted completed 0s +9s CLIENT {"gen_ai.operation.name":"chat","gen_ai.provider.name":"scripted","gen_ai.request.model":"scripted","gen_ai.request.stream":false,"gen_ai.response.finish_reasons":["tool_calls"],"gen_ai.usage.input_tokens":1,"gen_ai.usage.output_tokens":1}
    #3 execute_tool get_weather cancelled 9s +0.5s "a sleep was cancelled before its end" {"gen_ai.operation.name":"execute_tool","gen_ai.tool.call.id":"call_1","gen_ai.tool.description":"The weather of a city","gen_ai.tool.name":"get_weather","gen_ai.tool.type":"function"}
)");
  EXPECT_THAT(printer.events(), HasSubstr(R"(agent_finished "weather Cancelled")"));
}

TEST_F(AgentRecordings, a_run_whose_coroutine_is_destroyed_is_cancelled) {
  const Tool forgotten("forget", "", []() -> Task<void> { co_await wait_for_a_dropped_operation(); });
  const Agent agent(script({ScriptedStep::call("forget")}), recorded({forgotten}));
  EXPECT_THROW(run(agent), Error);
  manager_.flush();
  TracePrinter printer(manager_);
  EXPECT_EQ("\n" + printer.trees(), R"(
trace invoke_agent weather cancelled 0s {}
  #1 invoke_agent weather cancelled 0s +0s "its coroutine was destroyed while suspended" {"agent.end":"cancelled","gen_ai.agent.name":"weather","gen_ai.operation.name":"invoke_agent","gen_ai.request.model":"scripted"}
    #2 chat scripted completed 0s +0s CLIENT {"gen_ai.operation.name":"chat","gen_ai.provider.name":"scripted","gen_ai.request.model":"scripted","gen_ai.request.stream":false,"gen_ai.response.finish_reasons":["tool_calls"]}
    #3 execute_tool forget cancelled 0s +0s "its coroutine was destroyed while suspended" {"gen_ai.operation.name":"execute_tool","gen_ai.tool.call.id":"call_1","gen_ai.tool.name":"forget","gen_ai.tool.type":"function"}
)");
  EXPECT_THAT(printer.events(), HasSubstr(R"(agent_finished "weather Cancelled")"));
}

TEST_F(AgentRecordings, runs_that_an_executor_leaves_behind_are_cancelled) {
  std::atomic<int> waiting{0};
  const Tool wait("wait", "", [&waiting]() -> Task<void> {
    ++waiting;
    co_await sleep_for(Seconds(3'600));
  });
  const Agent agent(script({ScriptedStep::calls({{"a", "wait", ""}, {"b", "wait", ""}, {"c", "wait", ""}})}),
                    recorded({wait}));
  {
    Executor executor({.threads = 2});
    spawn(executor, agent.run("?")).detach();
    while (waiting < 3) std::this_thread::yield();
  }
  const std::string all = all_of(manager_);
  EXPECT_THAT(all, HasSubstr("invoke_agent weather cancelled"));
  EXPECT_THAT(all, HasSubstr("execute_tool wait cancelled"));
  EXPECT_THAT(all, HasSubstr(R"(agent_finished "weather Cancelled")"));
}

TEST_F(AgentRecordings, nothing_is_recorded_without_telemetry) {
  TelemetryManager off(TelemetryConfig::create_noop());
  AgentOptions options;
  options.tools = {slow_weather()};
  options.telemetry = &off;
  const Agent agent(script({ScriptedStep::call("get_weather", {{"city", "Bern"}}), "ok"}), options);
  EXPECT_EQ(run(agent).text, "ok");
}

// ---- content ----

const std::string canary = "canary-4711";

// Everywhere where content can be: the prompt, arguments, results, answers, names that a model makes up.
class AgentContent : public AgentRecordings {
 protected:
  Outputs run_graph(TelemetryManager& manager, bool captures, std::string message = canary) {
    const Tool look("look", "Looks", {{"what", ""}}, [](std::string what) { return Object{{"seen", what}}; });
    ScriptedModelOptions options;
    options.options.capture_content = captures;
    AgentOptions agent_options;
    agent_options.instructions = "Look for " + message;
    agent_options.tools = {look};
    agent_options.capture_content = captures;
    const Object arguments{{"what", message}};
    const auto agent = make_node<Agent>(script({ScriptedStep::calls({{"1", "look", to_json(arguments)},
                                                                     {"2", message, "{}"},
                                                                     {"3", "look", to_json(Object{{message, 1}})},
                                                                     {"4", "look", message}}),
                                                ScriptedStep("I saw " + message)},
                                               options),
                                        agent_options);
    const Graph graph({.start = agent, .id = "looking", .telemetry = &manager});
    return sync_wait(graph.run({{"prompt", "Look at " + message}}), {.clock = &clock_});
  }
};

TEST_F(AgentContent, is_not_recorded_unless_asked_for) {
  TelemetryManager manager(TelemetryConfig::create_memory({.capture_outputs = true, .capture_inputs = true}));
  EXPECT_EQ(run_graph(manager, false).at("text"), Value("I saw " + canary));
  const std::string all = all_of(manager);
  EXPECT_THAT(all, Not(HasSubstr(canary)));
  EXPECT_THAT(all, HasSubstr("execute_tool look"));
}

TEST_F(AgentContent, is_recorded_if_asked_for) {
  TelemetryManager manager(TelemetryConfig::create_memory({.capture_outputs = true, .capture_inputs = true}));
  run_graph(manager, true);
  manager.flush();
  const Span node = manager.query_spans({.name = "Agent"})[0];
  EXPECT_EQ(node.attributes.at("inputs"), Value(Object{{"prompt", "Look at " + canary}}));
  EXPECT_EQ(node.attributes.at("outputs").as_object().at("text"), Value("I saw " + canary));
  std::string tools;
  for (const Span& span : manager.query_spans({.name = "execute_tool look"}).rows) tools += to_json(span.attributes);
  EXPECT_THAT(tools, HasSubstr(R"("gen_ai.tool.call.arguments":{"what":"canary-4711"})"));
  EXPECT_THAT(tools, HasSubstr(R"("gen_ai.tool.call.result":{"seen":"canary-4711"})"));
  EXPECT_THAT(tools, HasSubstr(R"("gen_ai.tool.call.arguments":"canary-4711")"));
}

void hide(Value& value) {
  if (value.is_string()) {
    std::string& text = value.as_string();
    for (std::size_t at = text.find(canary); at != std::string::npos; at = text.find(canary)) {
      text.replace(at, canary.size(), "***");
    }
  } else if (value.is_array()) {
    for (Value& element : value.as_array()) hide(element);
  } else if (value.is_object()) {
    Object& object = value.as_object();
    std::vector<std::string> keys;
    for (const auto& member : object) keys.push_back(member.key);
    for (const std::string& key : keys) hide(*object.find(key));
  }
}

TEST_F(AgentContent, goes_through_the_redactor) {
  TelemetryConfig config = TelemetryConfig::create_memory({.capture_outputs = true, .capture_inputs = true});
  config.redactor = std::make_shared<const Redactor>([](RedactedField field) { hide(field.value); });
  TelemetryManager manager(config);
  const Tool look("look", "", {{"what", ""}}, [](std::string what) { return what; });
  AgentOptions agent_options;
  agent_options.tools = {look};
  agent_options.capture_content = true;
  ScriptedModelOptions model_options;
  model_options.options.capture_content = true;
  const auto agent = make_node<Agent>(
      script({ScriptedStep::call("look", {{"what", canary}}), ScriptedStep("I saw " + canary)}, model_options),
      agent_options);
  const Graph graph({.start = agent, .telemetry = &manager});
  sync_wait(graph.run({{"prompt", canary}}));
  const std::string all = all_of(manager);
  EXPECT_THAT(all, Not(HasSubstr(canary)));
  EXPECT_THAT(all, HasSubstr("I saw ***"));
  EXPECT_THAT(all, HasSubstr(R"("gen_ai.tool.call.arguments":{"what":"***"})"));
}

}  // namespace
}  // namespace spark::test
