// All that agents record about themselves beside the calls of their models (chat_recording.h), by OpenTelemetry's
// conventions for generative AI (telemetry/genai.h):
//
//            agent                                       tool (for each call)
//   span     `invoke_agent {name}` INTERNAL:             `execute_tool {name}` INTERNAL: its description, the call's
//   id;
//            the model asked for, agent.steps,           error.type of one that failed; arguments and result only if
//            agent.end. No tokens and no cost:           asked for
//            they are the calls', and would
//            count twice
//   events   agent_started, agent_step,                  agent_tool_call, when it has ended
//            agent_finished
//   metrics  agent_duration                              tool_execution_count by outcome
//
// A tool that nobody knows is called "_OTHER": what models make up must not become names of spans and metrics.
//
// A recording that is destroyed before it was told an end belongs to a coroutine that was destroyed while suspended: it
// is cancelled. Without a manager every call does nothing. Both live in the coroutine frame of what they record.
#pragma once

#include <cstdint>
#include <exception>
#include <string>
#include <string_view>

#include "graph/instrument.h"
#include "spark/agents/agent_options.h"
#include "spark/agents/model.h"
#include "spark/telemetry/manager.h"

namespace spark::detail {

class AgentRecording {
 public:
  AgentRecording(TelemetryManager* manager, const std::string& agent, const Model& model) noexcept;
  ~AgentRecording();
  AgentRecording(const AgentRecording&) = delete;
  AgentRecording& operator=(const AgentRecording&) = delete;

  // The model has answered.
  void step(std::int64_t number, std::size_t tool_calls) noexcept;
  void finished(const AgentResult& result) noexcept;
  void failed(const AgentResult& so_far, const std::exception_ptr& exception) noexcept;

  [[nodiscard]] TelemetryManager* manager() const noexcept { return manager_; }
  [[nodiscard]] const std::string& agent() const noexcept { return agent_; }

 private:
  [[nodiscard]] ActiveSpan begin_span(const Model& model) const noexcept;
  void record_event(Text type, std::string_view what, const Object& attributes) noexcept;
  void end(std::string_view end, std::string_view what, Object attributes) noexcept;

  TelemetryManager* const manager_;
  const std::string agent_;
  Stopwatch stopwatch_;
  ActiveSpan span_;
  bool has_ended_ = false;
};

class ToolRecording {
 public:
  // `tool`: null if nobody knows it. Refers to none of them: a frame that is destroyed must not touch another's.
  ToolRecording(const AgentRecording& agent, const Tool* tool, const ToolCall& call, bool captures_content) noexcept;
  ~ToolRecording();
  ToolRecording(const ToolRecording&) = delete;
  ToolRecording& operator=(const ToolRecording&) = delete;

  void arguments(const Value& arguments) noexcept;
  void finished(const Value& result) noexcept;
  // Before the tool's function was called. `message` is recorded only with the content.
  void refused(std::string_view error_type, std::string_view message) noexcept;
  void failed(const std::exception_ptr& exception) noexcept;

 private:
  [[nodiscard]] ActiveSpan begin_span(const Tool* tool, const ToolCall& call) const noexcept;
  void end(std::string_view outcome, std::string_view error_type) noexcept;

  TelemetryManager* const manager_;
  const std::string agent_;
  const bool captures_content_;
  const std::string name_;
  const std::string call_id_;
  ActiveSpan span_;
  bool has_ended_ = false;
};

}  // namespace spark::detail
