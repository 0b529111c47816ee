// What the tests of agents share: a script for the model, a clock that jumps, and runs on it.
#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "fakes/tasks.h"
#include "spark/agents/agent.h"
#include "spark/agents/scripted_model.h"
#include "spark/async/sync_wait.h"
#include "spark/base/json.h"
#include "spark/telemetry/manager.h"

namespace spark::test {

class AgentTest : public ::testing::Test {
 protected:
  using Steps = std::vector<ScriptedStep>;

  std::shared_ptr<ScriptedModel> script(Steps steps, ScriptedModelOptions options = {}) {
    model_ = std::make_shared<ScriptedModel>(std::move(steps), std::move(options));
    return model_;
  }
  AgentResult run(const Agent& agent, std::string prompt = "Will it rain in Bern?") {
    return sync_wait(agent.run(std::move(prompt)), {.clock = &clock_});
  }
  // Of a run with these steps and options.
  AgentResult run(Steps steps, const AgentOptions& options = {}) {
    const Agent agent(script(std::move(steps)), options);
    return run(agent);
  }
  [[nodiscard]] std::vector<ModelRequest> requests() const { return model_->requests(); }

  VirtualClock clock_;
  std::shared_ptr<ScriptedModel> model_;
};

// Each message as "<role>: <text>", an assistant's calls as "<tool>(<arguments>)".
inline std::string text_of(const std::vector<Message>& messages) {
  std::string all;
  for (const Message& message : messages) {
    all += std::string(to_string(message.role)) + ": " + message.text;
    for (const ToolCall& call : message.tool_calls) all += " " + call.name + "(" + call.arguments + ")";
    if (!message.tool_call_id.empty()) all += " <" + message.tool_call_id + ">";
    all += "\n";
  }
  return all;
}

inline Tool weather_tool() {
  return Tool("get_weather", "The weather of a city", {{"city", "The city's name"}},
              [](const std::string& city) -> Value { return "sunny in " + city; });
}

}  // namespace spark::test
