// One call of a tool that a model asked for: whatever becomes of it, the model gets a text.
#pragma once

#include <string>
#include <vector>

#include "agents/agent_instrument.h"
#include "spark/agents/message.h"
#include "spark/agents/tool.h"
#include "spark/async/task.h"

namespace spark::detail {

// The text for the model: the result, as JSON if it is no string, or "error: …". Throws only where the awaiting task is
// cancelled. The options and the recording live until the task ends.
[[nodiscard]] Task<std::string> execute_tool(const AgentOptions& options, const AgentRecording& agent, ToolCall call);

}  // namespace spark::detail
