#include "agents/agent_run.h"

#include <algorithm>
#include <limits>
#include <utility>

#include "agents/tool_execution.h"
#include "spark/async/cancellation.h"
#include "spark/async/task_group.h"
#include "spark/async/with_timeout.h"
#include "spark/base/error.h"

namespace spark::detail {

namespace {

TelemetryManager* manager_of(const AgentOptions& options) {
  return options.telemetry != nullptr ? options.telemetry : TelemetryManager::current_or_configured();
}

std::int64_t tokens_of(const TokenUsage& usage) noexcept {
  std::int64_t sum = 0;
  if (__builtin_add_overflow(usage.input_tokens, usage.output_tokens, &sum)) {
    return std::numeric_limits<std::int64_t>::max();
  }
  return sum;
}

}  // namespace

AgentRun::AgentRun(const AgentParts& parts, std::vector<Message> messages)
    : model_(parts.model),
      options_(parts.options),
      definitions_(parts.definitions),
      recording_(manager_of(parts.options), parts.options.name, parts.model),
      result_(std::move(messages)) {}

Task<AgentResult> AgentRun::run() {
  std::exception_ptr exception;
  try {
    if (options_.max_duration) {
      co_await loop_in_time();
    } else {
      co_await loop();
    }
  } catch (...) {
    exception = std::current_exception();
  }
  answer_calls();
  if (exception) {
    recording_.failed(result_, exception);
    std::rethrow_exception(exception);
  }
  recording_.finished(result_);
  co_return std::move(result_);
}

Task<void> AgentRun::loop_in_time() {
  bool is_up = false;
  try {
    Task<void> task = with_timeout(loop_to_any_end(), *options_.max_duration, "the agent " + options_.name);
    co_await std::move(task);
  } catch (const Error& error) {
    if (error.code() != ErrorCode::timeout) throw;
    is_up = true;
  }
  if (!is_up && exception_) std::rethrow_exception(exception_);
  if (has_ended_ && (!is_up || is_answered_)) co_return;
  result_.end = AgentEnd::max_duration;
}

// What the loop throws is kept, so that a timeout of what it awaits is not taken for its own.
Task<void> AgentRun::loop_to_any_end() {
  try {
    co_await loop();
    has_ended_ = true;
  } catch (...) {
    exception_ = std::current_exception();
  }
}

Task<void> AgentRun::loop() {
  while (!is_stopped()) {
    // A model and tools that never wait are not interrupted.
    throw_if_cancelled();
    ModelResponse response;
    std::exception_ptr mismatch;
    try {
      Task<ModelResponse> asking = model_.chat(next_request());
      response = co_await std::move(asking);
    } catch (const OutputMismatch& error) {
      note(error.response());
      ask_again(error);
      continue;
    } catch (const Error& error) {
      if (error.code() != ErrorCode::budget_exceeded) throw;
      result_.end = AgentEnd::budget_exceeded;
      co_return;
    }
    note(response);
    if (response.tool_calls.empty()) {
      if (response.text.empty()) {
        const std::string why = response.finish_reason.empty() ? "" : ", which ended by " + response.finish_reason;
        throw ModelError(ModelErrorKind::empty_response, "the answer of " + model_.model_id() + " is empty" + why);
      }
      result_.output = std::move(response.output);
      is_answered_ = true;
      co_return;
    }
    if (is_stopped()) co_return;
    co_await call_tools();
    answer_calls();
  }
}

ModelRequest AgentRun::next_request() const {
  ModelRequest request;
  request.messages.reserve(result_.messages.size() + 1);
  if (!options_.instructions.empty()) request.messages.push_back(Message::system(options_.instructions));
  request.messages.insert(request.messages.end(), result_.messages.begin(), result_.messages.end());
  request.tools = definitions_;
  request.output_schema = options_.output_schema;
  request.temperature = options_.temperature;
  request.max_output_tokens = options_.max_output_tokens;
  request.on_text = options_.on_text;
  return request;
}

void AgentRun::note(const ModelResponse& response) {
  ++result_.steps;
  if (response.usage) result_.usage += *response.usage;
  if (response.cost) {
    result_.cost += response.cost->total;
  } else {
    ++result_.unpriced_calls;
  }
  result_.text = response.text;
  result_.finish_reason = response.finish_reason;
  result_.messages.push_back(Message::assistant(response.text, response.tool_calls));
  calls_ = response.tool_calls;
  answers_.assign(calls_.size(), std::nullopt);
  next_call_ = 0;
  recording_.step(result_.steps, calls_.size());
}

// To be called while the mismatch is being handled.
void AgentRun::ask_again(const OutputMismatch& mismatch) {
  if (++mismatches_ > options_.max_output_retries) throw;
  std::string wrong;
  for (const std::string& fault : mismatch.faults()) wrong += (wrong.empty() ? "" : "; ") + fault;
  result_.messages.push_back(Message::user("This answer is not as it must be: " + wrong +
                                           ". Give the whole answer again, as JSON of the schema and nothing else."));
}

bool AgentRun::is_stopped() {
  if (result_.steps >= options_.max_steps) {
    result_.end = AgentEnd::max_steps;
  } else if (options_.max_tokens && tokens_of(result_.usage) >= *options_.max_tokens) {
    result_.end = AgentEnd::max_tokens;
  } else if (options_.max_cost && result_.cost >= *options_.max_cost) {
    result_.end = AgentEnd::max_cost;
  }
  return result_.end != AgentEnd::answered;
}

Task<void> AgentRun::call_tools() {
  const std::size_t workers = std::min(calls_.size(), options_.max_parallel_tools);
  if (workers == 1) {
    co_await call_some_tools();
    co_return;
  }
  const auto body = [this, workers](TaskGroup& group) -> Task<void> {
    for (std::size_t i = 0; i < workers; ++i) group.spawn(call_some_tools());
    co_return;
  };
  co_await with_task_group(body);
}

// One call after the other, of those that nobody else has begun.
Task<void> AgentRun::call_some_tools() {
  const std::size_t end = std::min(calls_.size(), max_tool_calls_of_step);
  for (std::size_t i = next_call_++; i < end; i = next_call_++) {
    throw_if_cancelled();
    Task<std::string> task = execute_tool(options_, recording_, calls_[i]);
    answers_[i] = co_await std::move(task);
  }
}

// Each has to be: a provider refuses a conversation in which one is not.
void AgentRun::answer_calls() {
  const std::size_t begun = std::min({next_call_.load(), calls_.size(), max_tool_calls_of_step});
  result_.tool_calls += static_cast<std::int64_t>(begun);
  for (std::size_t i = 0; i < calls_.size(); ++i) {
    std::string text;
    if (answers_[i]) {
      text = std::move(*answers_[i]);
    } else if (i < max_tool_calls_of_step) {
      text = i < begun ? "error: the run was stopped before the tool had ended"
                       : "error: the run was stopped before the tool was called";
    } else {
      text = "error: not called, these are more than " + std::to_string(max_tool_calls_of_step) + " calls at once";
    }
    result_.messages.push_back(Message::tool(calls_[i].id, std::move(text)));
  }
  calls_.clear();
}

Task<AgentResult> run_agent(AgentParts parts, std::vector<Message> messages) {
  AgentRun run(parts, std::move(messages));
  co_return co_await run.run();
}

}  // namespace spark::detail
