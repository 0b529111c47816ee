#include "agents/chat_recording.h"

#include "agents/failure_type.h"
#include "graph/type_name.h"
#include "spark/base/error.h"
#include "telemetry/genai.h"

namespace spark::detail {

namespace {

Value definitions_of(const std::vector<ToolDefinition>& tools) {
  Array array;
  for (const ToolDefinition& tool : tools) {
    array.emplace_back(Object{
        {"type", "function"}, {"name", tool.name}, {"description", tool.description}, {"parameters", tool.parameters}});
  }
  return array;
}

Value output_of(const ModelResponse& response) {
  const Message message = Message::assistant(response.text, response.tool_calls);
  Value value = to_value({message});
  value.as_array().front().as_object().set("finish_reason", response.finish_reason);
  return value;
}

}  // namespace

ChatRecording::ChatRecording(TelemetryManager* manager, const Model& model, const ModelRequest& request)
    : manager_(manager),
      model_id_(model.model_id()),
      provider_(model.provider()),
      name_("chat " + model_id_),
      captures_content_(model.options().capture_content),
      stopwatch_(manager),
      span_(begin_span(request)) {
  if (span_.is_recording()) describe(model, request);
}

ActiveSpan ChatRecording::begin_span(const ModelRequest& request) const noexcept {
  if (manager_ == nullptr) return {};
  return manager_->start_span(name_, {.kind = SpanKind::CLIENT,
                                      .attributes = {{genai::operation, "chat"},
                                                     {genai::provider, provider_},
                                                     {genai::request_model, model_id_},
                                                     {genai::request_stream, request.on_text != nullptr}}});
}

void ChatRecording::describe(const Model& model, const ModelRequest& request) {
  const std::string address = model.server_address();
  if (!address.empty()) {
    span_.set_attribute("server.address", address);
    span_.set_attribute("server.port", model.server_port());
  }
  if (request.temperature) span_.set_attribute(genai::request_temperature, *request.temperature);
  if (request.top_p) span_.set_attribute(genai::request_top_p, *request.top_p);
  if (request.max_output_tokens) span_.set_attribute(genai::request_max_tokens, *request.max_output_tokens);
  if (request.seed) span_.set_attribute(genai::request_seed, *request.seed);
  if (!request.stop_sequences.empty()) {
    const Value stops(Array(request.stop_sequences.begin(), request.stop_sequences.end()));
    span_.set_attribute(genai::request_stop_sequences, stops);
  }
  if (request.output_schema) span_.set_attribute(genai::output_type, "json");
  if (!captures_content_) return;
  span_.set_attribute(genai::input_messages, to_value(request.messages));
  if (!request.tools.empty()) span_.set_attribute(genai::tool_definitions, definitions_of(request.tools));
}

ChatRecording::~ChatRecording() {
  if (has_ended_ || manager_ == nullptr) return;
  span_.set_status(SpanStatus::cancelled, "its coroutine was destroyed while suspended");
  end("cancelled");
}

void ChatRecording::retried(std::string_view why, Seconds delay) noexcept {
  ++retries_;
  span_.add_event("retry", {{"reason", why}, {"delay_seconds", delay.count()}});
}

void ChatRecording::first_chunk() noexcept {
  if (manager_ == nullptr || is_first_chunk_told_) return;
  is_first_chunk_told_ = true;
  span_.set_attribute(genai::response_time_to_first_chunk, stopwatch_.seconds());
}

void ChatRecording::answered(const ModelResponse& response) noexcept {
  usage_ = response.usage;
  if (!response.model.empty()) span_.set_attribute(genai::response_model, response.model);
  if (!response.id.empty()) span_.set_attribute(genai::response_id, response.id);
  if (!response.finish_reason.empty()) {
    const Value reasons(Array{response.finish_reason});
    span_.set_attribute(genai::response_finish_reasons, reasons);
  }
  if (usage_) describe_usage(*usage_);
  if (response.cost) {
    cost_ = response.cost->total;
    span_.set_attribute(genai::cost, cost_->as_double());
    span_.set_attribute(genai::cost_formula, response.cost->to_string());
    span_.set_attribute(genai::price_version, response.cost->price_version);
  }
  if (captures_content_ && span_.is_recording()) {
    span_.set_attribute(genai::output_messages, output_of(response));
  }
}

void ChatRecording::describe_usage(const TokenUsage& usage) noexcept {
  span_.set_attribute(genai::input_tokens, usage.input_tokens);
  span_.set_attribute(genai::output_tokens, usage.output_tokens);
  const auto part = [this](const char* name, std::int64_t tokens) {
    if (tokens > 0) span_.set_attribute(std::string_view(name), tokens);
  };
  part(genai::cache_read_input_tokens, usage.cache_read_input_tokens);
  part(genai::cache_write_input_tokens, usage.cache_write_input_tokens);
  part(genai::reasoning_output_tokens, usage.reasoning_output_tokens);
}

void ChatRecording::finished() noexcept { end({}); }

void ChatRecording::failed(const std::exception_ptr& exception) noexcept {
  if (manager_ == nullptr) return;
  const ExceptionText text = detail::describe(exception);
  if (is_cancellation(exception)) {
    span_.set_status(SpanStatus::cancelled, text.message);
    return end("cancelled");
  }
  const std::string type = failure_type(exception);
  span_.record_error(type, text.message);
  end(type);
}

void ChatRecording::record_counter(Text name, double value, Text unit) noexcept {
  MetricOptions metric;
  metric.name = name;
  metric.value = value;
  metric.unit = unit;
  metric.aggregation_type = AggregationType::counter;
  metric.trace_id = span_.trace_id();
  const Object attributes{{"model", model_id_}, {"provider", provider_}};
  metric.attributes = attributes;
  manager_->record_metric(metric);
}

void ChatRecording::record_event(std::string_view error_type) noexcept {
  Object attributes{{"model", model_id_}, {"provider", provider_}, {"duration", stopwatch_.seconds()}};
  if (usage_) {
    attributes.set("input_tokens", usage_->input_tokens);
    attributes.set("output_tokens", usage_->output_tokens);
  }
  attributes.set("cost", cost_ ? Value(cost_->as_double()) : Value());
  if (retries_ > 0) attributes.set("retries", retries_);
  if (!error_type.empty()) attributes.set("error_type", error_type);
  EventOptions event;
  event.trace_id = span_.trace_id();
  event.event_type = "llm_api_call";
  event.name = name_;
  event.attributes = attributes;
  event.span_id = span_.span_id();
  manager_->record_event(event);
}

void ChatRecording::end(std::string_view error_type) noexcept {
  has_ended_ = true;
  if (manager_ == nullptr) return;
  if (retries_ > 0) span_.set_attribute("http.request.resend_count", retries_);
  record_event(error_type);
  if (usage_) {
    record_counter("llm_input_tokens", static_cast<double>(usage_->input_tokens), "tokens");
    record_counter("llm_output_tokens", static_cast<double>(usage_->output_tokens), "tokens");
  }
  if (cost_) record_counter("api_cost", cost_->as_double(), "dollars");
  Object attributes{{genai::operation, "chat"}, {genai::provider, provider_}, {genai::request_model, model_id_}};
  if (!error_type.empty()) attributes.set("error.type", error_type);
  MetricOptions duration;
  duration.name = genai::client_operation_duration;
  duration.value = stopwatch_.seconds();
  duration.unit = "s";
  duration.aggregation_type = AggregationType::histogram;
  duration.trace_id = span_.trace_id();
  duration.attributes = attributes;
  manager_->record_metric(duration);
  span_.end();
}

}  // namespace spark::detail
