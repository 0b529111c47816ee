// One run of an agent: the loop of asking the model and calling tools.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <optional>
#include <string>
#include <vector>

#include "agents/agent_instrument.h"
#include "spark/agents/agent_options.h"
#include "spark/agents/model.h"
#include "spark/async/task.h"

namespace spark::detail {

// What an agent is made of; outlives its runs.
struct AgentParts {
  Model& model;
  const AgentOptions& options;
  const std::vector<ToolDefinition>& definitions;
};

// Lives in the frame of the coroutine that runs it.
class AgentRun {
 public:
  AgentRun(const AgentParts& parts, std::vector<Message> messages);

  [[nodiscard]] Task<AgentResult> run();

 private:
  [[nodiscard]] Task<void> loop();
  [[nodiscard]] Task<void> loop_in_time();
  [[nodiscard]] Task<void> loop_to_any_end();
  [[nodiscard]] ModelRequest next_request() const;
  void note(const ModelResponse& response);
  void ask_again(const OutputMismatch& mismatch);
  [[nodiscard]] bool is_stopped();
  [[nodiscard]] Task<void> call_tools();
  [[nodiscard]] Task<void> call_some_tools();
  void answer_calls();

  Model& model_;
  const AgentOptions& options_;
  const std::vector<ToolDefinition>& definitions_;
  AgentRecording recording_;
  AgentResult result_;
  std::int64_t mismatches_ = 0;
  // Of the last answer: the calls that have to be answered, and those that have been.
  std::vector<ToolCall> calls_;
  std::vector<std::optional<std::string>> answers_;
  std::atomic<std::size_t> next_call_{0};
  bool has_ended_ = false;  // by itself
  bool is_answered_ = false;
  std::exception_ptr exception_;
};

// The parts live until the task ends.
[[nodiscard]] Task<AgentResult> run_agent(AgentParts parts, std::vector<Message> messages);

}  // namespace spark::detail
