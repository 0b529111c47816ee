// What an Agent is made with, and what a run of it gives.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "spark/agents/dollars.h"
#include "spark/agents/message.h"
#include "spark/agents/token_usage.h"
#include "spark/agents/tool.h"
#include "spark/base/clock.h"
#include "spark/base/value.h"

namespace spark {

class TelemetryManager;

inline constexpr std::int64_t max_agent_steps = 10'000;
inline constexpr std::size_t max_agent_tools = 128;  // as many as providers take
inline constexpr std::size_t max_parallel_tool_calls = 1'000;
inline constexpr std::size_t max_tool_calls_of_step = 128;  // those beyond are answered with an error

struct AgentOptions {
  std::string name = "agent";     // of its spans and metrics: one of few
  std::string instructions = {};  // before each conversation, as the system's message; empty: none
  std::vector<Tool> tools = {};   // of different names, at most max_agent_tools

  // ---- what a run may take at most; reached, it ends (AgentEnd) and does not throw ----
  // Answers of the model. 1 to max_agent_steps.
  std::int64_t max_steps = 16;
  // Input and output of all calls together. A call begins only while less than this is used: what is used may be more
  // by the last call. So it is with max_cost; calls without a price cost nothing there (AgentResult::unpriced_calls).
  std::optional<std::int64_t> max_tokens = {};
  std::optional<Dollars> max_cost = {};
  // On the executor's clock. What is under way then is cancelled; a tool that blocks is waited for.
  std::optional<Seconds> max_duration = {};

  std::size_t max_parallel_tools = 8;            // calls of one answer that run at once, 1 to max_parallel_tool_calls
  std::size_t max_tool_result_bytes = 64 << 10;  // longer results are cut for the model; at least 100

  // The answer is a value of this schema. One that is not is asked for again, with what is wrong, this many times; then
  // the run throws OutputMismatch.
  std::optional<Object> output_schema = {};
  std::int64_t max_output_retries = 2;  // 0 to 100

  // Of each call of the model.
  std::optional<double> temperature = {};  // 0 to 2
  std::optional<std::int64_t> max_output_tokens = {};
  // Told the text of each answer as it comes, those before calls of tools too; of concurrent runs, from any thread.
  std::function<void(std::string_view text)> on_text = {};

  // Arguments and results of tools as attributes of their spans, and the inputs and outputs of the node, within the
  // limits and through the redactor. What the model reads and writes is the model's to say (ModelOptions).
  bool capture_content = false;
  // Records to it; it must outlive the runs. Default: the current context's manager, else the process default.
  TelemetryManager* telemetry = nullptr;
};

enum class AgentEnd : std::uint8_t {
  answered,
  max_steps,  // of AgentOptions, as the next three
  max_tokens,
  max_cost,
  max_duration,
  budget_exceeded,  // the model's CostBudget is spent
};
[[nodiscard]] std::string_view to_string(AgentEnd end) noexcept;

// A class with constructors, so that it may be part of an expression with co_await.
class AgentResult {
 public:
  AgentResult() = default;
  explicit AgentResult(std::vector<Message> its_messages) : messages(std::move(its_messages)) {}

  std::string text;  // the answer; of a run that was stopped, what was said last
  Value output;      // of the output schema; null without one, or if the run was stopped
  // The conversation, with what it began with and without the instructions. It can be gone on with: calls of tools that
  // were stopped are answered with an error in it.
  std::vector<Message> messages;
  std::int64_t steps = 0;       // answers of the model
  std::int64_t tool_calls = 0;  // made, those that failed too
  TokenUsage usage;             // of all calls that said it
  Dollars cost;                 // of all calls that have a price
  std::int64_t unpriced_calls = 0;
  std::string finish_reason;  // of the last answer: "length" tells that it was cut
  AgentEnd end = AgentEnd::answered;
};

}  // namespace spark
