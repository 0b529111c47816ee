#include "agents/tool_execution.h"

#include <algorithm>
#include <exception>
#include <utility>

#include "graph/malformed.h"
#include "graph/type_name.h"
#include "spark/async/cancellation.h"
#include "spark/async/with_timeout.h"
#include "spark/base/error.h"
#include "spark/base/json.h"
#include "spark/base/utf8.h"

namespace spark::detail {

namespace {

const Tool* find_tool(const std::vector<Tool>& tools, const std::string& name) noexcept {
  const auto found =
      std::find_if(tools.begin(), tools.end(), [&name](const Tool& tool) { return tool.name() == name; });
  return found != tools.end() ? &*found : nullptr;
}

std::string unknown_tool_text(const std::vector<Tool>& tools, const std::string& name) {
  std::string text = "there is no tool " + quoted(name);
  for (const Tool& tool : tools) text.append(&tool == &tools.front() ? ", only " : ", ").append(tool.name());
  return text;
}

// Models write nothing at all for no arguments. Throws Error(invalid_argument) for what is no JSON.
Value parsed_arguments(const ToolCall& call) {
  return call.arguments.empty() ? Value(Object()) : parse_json(call.arguments);
}

// Empty if nothing is wrong.
std::string wrong_with(const Tool& tool, const Value& arguments) {
  if (!arguments.is_object()) return "the arguments must be an object";
  std::string wrong;
  for (const std::string& fault : tool.faults(arguments.as_object())) wrong += (wrong.empty() ? "" : "; ") + fault;
  return wrong;
}

std::string text_for_model(const Value& result, std::size_t most_bytes) {
  std::string text = result.is_string() ? result.as_string() : to_json(result);
  if (text.size() <= most_bytes) return text;
  const std::string cut = " … (cut, it has " + std::to_string(text.size()) + " bytes)";
  text.resize(utf8_prefix(text, most_bytes - std::min(most_bytes, cut.size())).size());
  return text + cut;
}

Task<Value> call_in_time(const Tool& tool, Object arguments) {
  Task<Value> task = tool.call(std::move(arguments));
  const Seconds timeout = tool.options().timeout;
  return timeout > Seconds(0) ? with_timeout(std::move(task), timeout, "the tool " + tool.name()) : std::move(task);
}

}  // namespace

Task<std::string> execute_tool(const AgentOptions& options, const AgentRecording& agent, ToolCall call) {
  const Tool* const tool = find_tool(options.tools, call.name);
  ToolRecording recording(agent, tool, call, options.capture_content);
  const auto refused = [&recording](std::string_view type, const std::string& what) {
    recording.refused(type, what);
    return "error: " + what;
  };
  if (tool == nullptr) co_return refused("unknown_tool", unknown_tool_text(options.tools, call.name));
  Value arguments;
  std::string wrong;
  try {
    arguments = parsed_arguments(call);
    recording.arguments(arguments);
    wrong = wrong_with(*tool, arguments);
  } catch (const Error& error) {
    recording.arguments(call.arguments);
    wrong = std::string("the arguments are no JSON: ") + error.what();
  }
  if (!wrong.empty()) co_return refused("invalid_arguments", wrong);
  std::exception_ptr exception;
  Value result;
  try {
    Task<Value> task = call_in_time(*tool, std::move(arguments.as_object()));
    result = co_await std::move(task);
  } catch (...) {
    exception = std::current_exception();
  }
  if (!exception) {
    recording.finished(result);
    co_return text_for_model(result, options.max_tool_result_bytes);
  }
  recording.failed(exception);
  // A tool may also have been cancelled by itself, which is a failure as any other.
  if (is_cancellation(exception) && is_cancelled()) std::rethrow_exception(exception);
  co_return text_for_model("error: " + describe(exception).message, options.max_tool_result_bytes);
}

}  // namespace spark::detail
