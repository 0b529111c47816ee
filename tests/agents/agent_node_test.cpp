// An agent as a node of a graph, and made of data.
#include <string>

#include "agents/agent_fixture.h"
#include "spark/base/error.h"
#include "spark/graph/execution_context.h"
#include "spark/graph/graph.h"
#include "spark/graph/graph_spec.h"
#include "spark/graph/node_registry.h"

namespace spark::test {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

class AgentNodes : public AgentTest {
 protected:
  Outputs run_node(const NodePtr& node, Inputs inputs) {
    const Graph graph({.start = node, .id = "g"});
    return sync_wait(graph.run(std::move(inputs)), {.clock = &clock_});
  }
};

TEST_F(AgentNodes, take_a_prompt_and_give_the_answer) {
  AgentOptions options;
  options.tools = {weather_tool()};
  const auto agent = make_node<Agent>(script({ScriptedStep::call("get_weather", {{"city", "Bern"}}).with_usage(100, 10),
                                              ScriptedStep("No.").with_usage(5, 1)}),
                                      options);
  EXPECT_EQ(run_node(agent, {{"prompt", "Rain?"}}), (Outputs{{"text", "No."},
                                                             {"steps", 2},
                                                             {"end", "answered"},
                                                             {"input_tokens", 105},
                                                             {"output_tokens", 11},
                                                             {"cost", 0.0}}));
}

TEST_F(AgentNodes, give_a_value_where_there_is_a_schema) {
  AgentOptions options;
  options.output_schema = Object{{"type", "object"}};
  const Outputs outputs = run_node(make_node<Agent>(script({R"({"rain":false})"}), options), {{"prompt", "Rain?"}});
  EXPECT_EQ(outputs.at("output"), Value(Object{{"rain", false}}));
  EXPECT_FALSE(outputs.contains("text"));
}

TEST_F(AgentNodes, take_a_conversation) {
  const Value messages = parse_json(R"([{"role":"user","content":"Hi"},{"role":"assistant","content":"Hello"},
                                        {"role":"user","content":"Rain?"}])");
  run_node(make_node<Agent>(script({"No."})), {{"messages", messages}});
  EXPECT_EQ(text_of(requests()[0].messages), "user: Hi\nassistant: Hello\nuser: Rain?\n");
}

TEST_F(AgentNodes, follow_each_other) {
  const auto first = make_node<Agent>(script({"Rain in Bern."})), second = make_node<Agent>(script({"Take a coat."}));
  first >> second;
  EXPECT_EQ(run_node(first, {{"prompt", "Rain?"}}).at("text"), Value("Take a coat."));
  EXPECT_EQ(text_of(requests()[0].messages), "user: Rain in Bern.\n");
}

TEST_F(AgentNodes, refuse_other_inputs_by_place) {
  const auto refused = [&](const std::string& inputs) {
    return thrown_by([&] { run_node(make_node<Agent>(script({})), parse_json(inputs).as_object()); });
  };
  EXPECT_THAT(refused(R"({"question":"Rain?"})"), HasSubstr(R"(there is neither "prompt" nor "messages" nor "text")"));
  EXPECT_THAT(refused(R"({"text":1})"), HasSubstr("inputs.text: it is of type int, not a string"));
  EXPECT_THAT(refused(R"({"prompt":1})"), HasSubstr("inputs.prompt: it is of type int, not a string"));
  EXPECT_THAT(refused(R"({"messages":"secret"})"), HasSubstr("inputs.messages: it is of type string, not an array"));
  EXPECT_THAT(refused(R"({"messages":["secret"]})"), HasSubstr("inputs.messages[0]: it is of type string"));
  EXPECT_THAT(refused(R"({"messages":[{"role":"user"}]})"),
              HasSubstr("inputs.messages[0]: a message has role and content, and nothing else"));
  EXPECT_THAT(refused(R"({"messages":[{"role":"secret","content":""}]})"),
              HasSubstr("inputs.messages[0].role: it is not system, user or assistant"));
  EXPECT_THAT(refused(R"({"messages":[{"role":"user","content":["secret"]}]})"),
              HasSubstr("inputs.messages[0].content: it is of type array, not a string"));
}

TEST_F(AgentNodes, edges_see_how_an_agent_ended) {
  AgentOptions options;
  options.tools = {weather_tool()};
  options.max_steps = 1;
  const auto agent = make_node<Agent>(script({ScriptedStep::call("get_weather", {{"city", "Bern"}})}), options);
  agent->on(output("end") == "answered") >> function_node("Say", [](ExecutionContext&) {
    return Outputs{{"said", true}};
  });
  agent->otherwise() >> function_node("GiveUp", [](ExecutionContext&) { return Outputs{{"said", false}}; });
  EXPECT_EQ(run_node(agent, {{"prompt", "Rain?"}}), (Outputs{{"said", false}}));
}

TEST_F(AgentNodes, the_definition_says_what_an_agent_is) {
  AgentOptions options;
  options.name = "weather";
  options.instructions = "Be brief.";
  options.tools = {weather_tool()};
  options.temperature = 0.25;
  const Agent agent(script({}, {.model_id = "small"}), options);
  EXPECT_EQ(agent.config(), (Object{{"name", "weather"},
                                    {"model", "small"},
                                    {"instructions", "Be brief."},
                                    {"temperature", 0.25},
                                    {"max_steps", 16},
                                    {"tools", Array{"get_weather"}}}));
}

TEST_F(AgentNodes, are_made_of_configurations_within_their_tunables) {
  NodeRegistry registry;
  registry.add("Agent",
               [](const Object& config) -> NodePtr {
                 AgentOptions options;
                 options.tools = {weather_tool()};
                 ScriptedModelOptions model;
                 model.model_id = config.at("model").as_string();
                 return make_node<Agent>(std::make_shared<ScriptedModel>(std::vector<ScriptedStep>{"hi"}, model),
                                         Agent::options_of(config, options));
               },
               Agent::tunables({"small", "large"}), {"name", "tools"});
  std::vector<std::string> names;
  for (const Tunable& tunable : registry.tunables("Agent")) names.push_back(tunable.name);
  EXPECT_THAT(names, ElementsAre("model", "instructions", "temperature", "max_steps"));
  const NodePtr made =
      registry.make("Agent", {{"model", "large"}, {"instructions", "Be brief."}, {"max_steps", 3}}, "here");
  EXPECT_EQ(made->config(), (Object{{"name", "agent"},
                                    {"model", "large"},
                                    {"instructions", "Be brief."},
                                    {"temperature", 1.0},
                                    {"max_steps", 3},
                                    {"tools", Array{"get_weather"}}}));
  // What it says can be read back.
  EXPECT_EQ(registry.make("Agent", made->config(), "here")->config(), made->config());
  const auto refused = [&](const Object& config) {
    return thrown_by([&] { static_cast<void>(registry.make("Agent", config, "here")); });
  };
  EXPECT_THAT(refused({{"model", "huge"}}), HasSubstr("model"));
  EXPECT_THAT(refused({{"temperature", 2.5}}), HasSubstr("temperature"));
  EXPECT_THAT(refused({{"max_steps", 0}}), HasSubstr("max_steps"));
}

}  // namespace
}  // namespace spark::test
