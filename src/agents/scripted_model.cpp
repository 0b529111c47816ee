#include "spark/agents/scripted_model.h"

#include <algorithm>

#include "spark/async/sleep.h"
#include "spark/base/error.h"
#include "spark/base/json.h"
#include "spark/base/utf8.h"

namespace spark {

namespace {

constexpr std::size_t longest_character = 4;

}  // namespace

ScriptedStep ScriptedStep::calls(std::vector<ToolCall> calls) {
  ScriptedStep step;
  step.response_.tool_calls = std::move(calls);
  return step;
}

ScriptedStep ScriptedStep::call(std::string tool, const Object& arguments) {
  return calls({ToolCall("", std::move(tool), to_json(arguments))});
}

ScriptedStep ScriptedStep::failure(std::exception_ptr exception) {
  ScriptedStep step;
  step.exception_ = std::move(exception);
  return step;
}

ScriptedStep ScriptedStep::with_usage(const TokenUsage& usage) const {
  ScriptedStep step = *this;
  step.response_.usage = usage;
  return step;
}

ScriptedStep ScriptedStep::with_usage(std::int64_t input_tokens, std::int64_t output_tokens) const {
  return with_usage(TokenUsage{.input_tokens = input_tokens, .output_tokens = output_tokens});
}

ScriptedStep ScriptedStep::after(Seconds delay) const {
  ScriptedStep step = *this;
  step.delay_ = delay;
  return step;
}

ScriptedModel::ScriptedModel(std::vector<ScriptedStep> steps, ScriptedModelOptions options)
    : Model(options.options), scripted_(std::move(options)), steps_(std::move(steps)) {}

ScriptedModel::ScriptedModel(std::function<ScriptedStep(const ModelRequest&)> answer, ScriptedModelOptions options)
    : Model(options.options), scripted_(std::move(options)), function_(std::move(answer)) {}

std::vector<ModelRequest> ScriptedModel::requests() const {
  const std::lock_guard lock(mutex_);
  return requests_;
}

ScriptedStep ScriptedModel::next_step(const ModelRequest& request) {
  std::size_t index = 0;
  {
    const std::lock_guard lock(mutex_);
    index = requests_.size();
    requests_.push_back(request);
  }
  // Not under the lock: it may wait for another call.
  if (function_) return function_(request);
  if (index < steps_.size()) return steps_[index];
  throw Error(ErrorCode::not_found, "the script of the model " + scripted_.model_id + " is over: it has " +
                                        std::to_string(steps_.size()) + " steps, and this is call " +
                                        std::to_string(index + 1));
}

Task<ModelResponse> ScriptedModel::answer(const ModelRequest& request, ModelCall& call) {
  ScriptedStep step = next_step(request);
  if (step.delay_ > Seconds(0)) co_await sleep_for(step.delay_);
  if (step.exception_) std::rethrow_exception(step.exception_);
  ModelResponse& response = step.response_;
  for (ToolCall& each : response.tool_calls) {
    if (!each.id.empty()) continue;
    const std::lock_guard lock(mutex_);
    each.id = "call_" + std::to_string(++calls_);
  }
  if (response.finish_reason.empty()) response.finish_reason = response.tool_calls.empty() ? "stop" : "tool_calls";
  if (request.on_text) {
    for (std::string_view rest = response.text; !rest.empty();) {
      const std::string_view piece = utf8_prefix(rest, std::max(scripted_.piece_bytes, longest_character));
      // Of what is no UTF-8 there may be no such prefix.
      const std::size_t size = piece.empty() ? rest.size() : piece.size();
      call.first_chunk();
      request.on_text(rest.substr(0, size));
      rest.remove_prefix(size);
    }
  }
  co_return std::move(response);
}

}  // namespace spark
