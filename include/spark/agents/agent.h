// An Agent asks a model, runs the tools that the model calls, hands their results back, and so on until the model
// answers or a limit is reached. It is used by itself or as a node of a graph:
//
//   const auto agent = spark::make_node<spark::Agent>(model, spark::AgentOptions{
//       .name = "weather", .instructions = "You know the weather.", .tools = {get_weather}});
//   const spark::AgentResult result = co_await agent->run("Will it rain in Bern?");
//
// The model is told what went wrong with its calls, and may try again: an unknown tool, arguments that are not as the
// schema wants them, a tool that throws or takes too long. What ends a run with an exception is what Model::chat throws
// (but for the end of a CostBudget), an answer that is empty or, several times, not of the output schema, and
// cancellation.
//
// As a node it takes "prompt", a string, or "messages", an array of {"role": "user", "content": "…"}, or "text", as an
// agent before it gives. It gives "text" (with an output schema, "output" instead), "steps", "end", "input_tokens",
// "output_tokens" and "cost" in dollars.
//
// Runs are safe from any thread, several at once. An agent must live until they end. Recorded by itself: a span
// `invoke_agent {name}`, below it one of each call of the model and `execute_tool {tool}`, events agent_started,
// agent_step, agent_tool_call and agent_finished, metrics agent_duration and tool_execution_count.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "spark/agents/agent_options.h"
#include "spark/agents/model.h"
#include "spark/async/task.h"
#include "spark/graph/node.h"
#include "spark/graph/tunable.h"

namespace spark {

class Agent : public Node {
 public:
  // Throws Error(invalid_argument) for a null model and an option out of its bounds, naming it.
  explicit Agent(std::shared_ptr<Model> model, AgentOptions options = {});

  // One question, without what was said before.
  [[nodiscard]] Task<AgentResult> run(std::string prompt) const;
  // Goes on with a conversation, such as AgentResult::messages and one message more.
  [[nodiscard]] Task<AgentResult> run(std::vector<Message> messages) const;

  [[nodiscard]] const std::shared_ptr<Model>& model() const noexcept { return model_; }
  [[nodiscard]] const AgentOptions& options() const noexcept { return options_; }

  // ---- as a node ----
  // Throws Error(invalid_argument) for inputs that are neither.
  Task<Outputs> process(ExecutionContext& context) override;
  // "name", "model", "instructions", "temperature" if there is one, "max_steps", "tools" by their names. The
  // instructions are part of what the agent is: they are in the graph's spec. In its recorded definition they are a
  // hash, unless content is captured.
  [[nodiscard]] Object config() const override;
  [[nodiscard]] Object recorded_config() const override;
  [[nodiscard]] bool hides_payloads() const override { return !options_.capture_content; }

  // What of an agent may be varied, for NodeRegistry::add with other members "name" and "tools": "model" (one of these,
  // the first by default), "instructions", "temperature", "max_steps".
  [[nodiscard]] static std::vector<Tunable> tunables(const std::vector<std::string>& models);
  // The options with what such a configuration says of them: a factory's task is the model and the tools. Throws
  // Error(invalid_argument) for a member of another type.
  [[nodiscard]] static AgentOptions options_of(const Object& config, AgentOptions options = {});

 private:
  const std::shared_ptr<Model> model_;
  const AgentOptions options_;
  std::vector<ToolDefinition> definitions_;
};

// A conversation with an agent, which remembers what was said. One question at a time; for one thread at a time.
class AgentConversation {
 public:
  // The agent must outlive it.
  explicit AgentConversation(const Agent& agent, std::vector<Message> messages = {})
      : agent_(agent), messages_(std::move(messages)) {}

  // A run that throws leaves the conversation as it was.
  [[nodiscard]] Task<AgentResult> say(std::string prompt);
  [[nodiscard]] const std::vector<Message>& messages() const noexcept { return messages_; }

 private:
  const Agent& agent_;
  std::vector<Message> messages_;
};

}  // namespace spark
