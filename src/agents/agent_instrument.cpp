#include "agents/agent_instrument.h"

#include "agents/failure_type.h"
#include "graph/type_name.h"
#include "spark/base/error.h"
#include "spark/base/utf8.h"
#include "telemetry/genai.h"

namespace spark::detail {

namespace {

constexpr std::string_view unknown_tool = "_OTHER";
// Of an id that a provider makes up.
constexpr std::size_t most_call_id_bytes = 256;

constexpr char attribute_agent[] = "agent";
constexpr char attribute_steps[] = "agent.steps";
constexpr char attribute_end[] = "agent.end";

}  // namespace

AgentRecording::AgentRecording(TelemetryManager* manager, const std::string& agent, const Model& model) noexcept
    : manager_(manager), agent_(agent), stopwatch_(manager), span_(begin_span(model)) {
  if (manager_ == nullptr) return;
  record_event("agent_started", "Started", {{attribute_agent, agent_}, {"model", model.model_id()}});
}

ActiveSpan AgentRecording::begin_span(const Model& model) const noexcept {
  if (manager_ == nullptr) return {};
  const std::string name = "invoke_agent " + agent_;
  return manager_->start_span(name, {.attributes = {{genai::operation, "invoke_agent"},
                                                    {genai::agent_name, agent_},
                                                    {genai::request_model, model.model_id()}}});
}

AgentRecording::~AgentRecording() {
  if (has_ended_ || manager_ == nullptr) return;
  span_.set_status(SpanStatus::cancelled, "its coroutine was destroyed while suspended");
  end("cancelled", "Cancelled", {});
}

void AgentRecording::step(std::int64_t number, std::size_t tool_calls) noexcept {
  if (manager_ == nullptr) return;
  record_event("agent_step", "Step", {{attribute_agent, agent_}, {"step", number}, {"tool_calls", tool_calls}});
}

void AgentRecording::finished(const AgentResult& result) noexcept {
  if (manager_ == nullptr) return;
  span_.set_attribute(attribute_steps, result.steps);
  end(to_string(result.end), "Completed", {{"steps", result.steps}, {"tool_calls", result.tool_calls}});
}

void AgentRecording::failed(const AgentResult& so_far, const std::exception_ptr& exception) noexcept {
  if (manager_ == nullptr) return;
  const ExceptionText text = describe(exception);
  Object attributes{{"steps", so_far.steps}, {"tool_calls", so_far.tool_calls}};
  span_.set_attribute(attribute_steps, so_far.steps);
  if (is_cancellation(exception)) {
    span_.set_status(SpanStatus::cancelled, text.message);
    return end("cancelled", "Cancelled", std::move(attributes));
  }
  const std::string type = failure_type(exception);
  span_.record_error(type, text.message);
  attributes.set("error_type", type);
  attributes.set("error_message", text.message);
  end("failed", "Failed", std::move(attributes));
}

void AgentRecording::record_event(Text type, std::string_view what, const Object& attributes) noexcept {
  const std::string name = agent_ + " " + std::string(what);
  EventOptions event;
  event.trace_id = span_.trace_id();
  event.event_type = type;
  event.name = name;
  event.attributes = attributes;
  event.span_id = span_.span_id();
  manager_->record_event(event);
}

void AgentRecording::end(std::string_view end, std::string_view what, Object attributes) noexcept {
  has_ended_ = true;
  span_.set_attribute(attribute_end, end);
  attributes.set(attribute_agent, agent_);
  attributes.set("end", end);
  record_event("agent_finished", what, attributes);
  manager_->record_metric({.name = "agent_duration",
                           .value = stopwatch_.seconds(),
                           .unit = "seconds",
                           .aggregation_type = AggregationType::histogram,
                           .trace_id = span_.trace_id(),
                           .attributes = {{attribute_agent, agent_}, {"end", end}}});
  span_.end();
}

ToolRecording::ToolRecording(const AgentRecording& agent, const Tool* tool, const ToolCall& call,
                             bool captures_content) noexcept
    : manager_(agent.manager()),
      agent_(agent.agent()),
      captures_content_(captures_content),
      name_(tool != nullptr ? std::string_view(tool->name()) : unknown_tool),
      call_id_(utf8_prefix(call.id, most_call_id_bytes)),
      span_(begin_span(tool, call)) {}

ActiveSpan ToolRecording::begin_span(const Tool* tool, const ToolCall& call) const noexcept {
  if (manager_ == nullptr) return {};
  const std::string name = "execute_tool " + name_;
  ActiveSpan span = manager_->start_span(name, {.attributes = {{genai::operation, "execute_tool"},
                                                               {genai::tool_name, name_},
                                                               {genai::tool_type, "function"},
                                                               {genai::tool_call_id, call_id_}}});
  if (tool != nullptr && !tool->definition().description.empty()) {
    span.set_attribute(genai::tool_description, tool->definition().description);
  }
  if (tool == nullptr && captures_content_) span.set_attribute("tool.name_original", call.name);
  return span;
}

ToolRecording::~ToolRecording() {
  if (has_ended_ || manager_ == nullptr) return;
  span_.set_status(SpanStatus::cancelled, "its coroutine was destroyed while suspended");
  end("cancelled", {});
}

void ToolRecording::arguments(const Value& arguments) noexcept {
  if (captures_content_) span_.set_attribute(genai::tool_call_arguments, arguments);
}

void ToolRecording::finished(const Value& result) noexcept {
  if (manager_ == nullptr) return;
  if (captures_content_) span_.set_attribute(genai::tool_call_result, result);
  end("completed", {});
}

void ToolRecording::refused(std::string_view error_type, std::string_view message) noexcept {
  if (manager_ == nullptr) return;
  span_.record_error(error_type, captures_content_ ? message : std::string_view());
  end("failed", error_type);
}

void ToolRecording::failed(const std::exception_ptr& exception) noexcept {
  if (manager_ == nullptr) return;
  const ExceptionText text = describe(exception);
  if (is_cancellation(exception)) {
    span_.set_status(SpanStatus::cancelled, text.message);
    return end("cancelled", {});
  }
  const std::string type = failure_type(exception);
  span_.record_error(type, text.message);
  end("failed", type);
}

void ToolRecording::end(std::string_view outcome, std::string_view error_type) noexcept {
  has_ended_ = true;
  Object attributes{{attribute_agent, agent_}, {"tool", name_}, {"call_id", call_id_}, {"outcome", outcome}};
  if (!error_type.empty()) attributes.set("error_type", error_type);
  EventOptions event;
  event.trace_id = span_.trace_id();
  event.event_type = "agent_tool_call";
  event.name = name_;
  event.attributes = attributes;
  event.span_id = span_.span_id();
  manager_->record_event(event);
  manager_->record_metric({.name = "tool_execution_count",
                           .value = 1,
                           .unit = "count",
                           .aggregation_type = AggregationType::counter,
                           .trace_id = span_.trace_id(),
                           .attributes = {{"tool", name_}, {"outcome", outcome}}});
  span_.end();
}

}  // namespace spark::detail
