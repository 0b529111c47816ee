#include "spark/agents/model.h"

#include <utility>

#include "agents/chat_recording.h"
#include "spark/agents/json_schema.h"
#include "spark/base/error.h"
#include "spark/base/json.h"
#include "spark/telemetry/manager.h"

namespace spark {

namespace {

void check(const ModelRequest& request) {
  const auto refuse = [](const std::string& what) {
    throw Error(ErrorCode::invalid_argument, "ModelRequest::" + what);
  };
  if (request.messages.empty()) refuse("messages is empty");
  if (request.max_output_tokens && *request.max_output_tokens < 1) {
    refuse("max_output_tokens is " + std::to_string(*request.max_output_tokens) + ", must be at least 1");
  }
  if (request.output_schema) check_schema(*request.output_schema);
}

// The text as a value of the schema.
Value output_of(const Object& schema, const ModelResponse& response, const std::string& model) {
  constexpr int most_depth = 64;
  const auto mismatch = [&response, &model](const std::string& what, std::vector<std::string> faults) {
    const bool is_cut = response.finish_reason == "length";
    return OutputMismatch("the answer of " + model + (is_cut ? " was cut off at its longest, and " : " ") + what,
                          std::move(faults), response);
  };
  Value value;
  try {
    value = parse_json(response.text, most_depth);
  } catch (const Error& error) {
    throw mismatch("is no JSON", {error.what()});
  }
  std::vector<std::string> faults = schema_faults(schema, value);
  if (faults.empty()) return value;
  const std::string count = std::to_string(faults.size());
  throw mismatch("is not of the schema, at " + count + (faults.size() == 1 ? " place" : " places"), std::move(faults));
}

}  // namespace

OutputMismatch::OutputMismatch(const std::string& message, std::vector<std::string> faults, ModelResponse response)
    : ModelError(ModelErrorKind::output_mismatch, message),
      content_(std::make_shared<const Content>(Content{std::move(faults), std::move(response)})) {}

namespace {

ModelOptions with_prices(ModelOptions options) {
  if (options.prices == nullptr) options.prices = PriceTable::process_default();
  return options;
}

}  // namespace

Model::Model(ModelOptions options) : options_(with_prices(std::move(options))) {}
Model::~Model() = default;

void Model::settle(ModelResponse& response, Timestamp now) const {
  if (response.usage) {
    // Another model than was asked for may have another price, also if the table does not know it.
    const std::string& answered_by = response.model.empty() ? model_id() : response.model;
    response.cost = options_.prices->cost(answered_by, *response.usage, now, options_.price_tier);
  }
  if (options_.budget == nullptr) return;
  if (response.cost) {
    options_.budget->add(response.cost->total);
  } else {
    options_.budget->add_unpriced();
  }
}

// What a call costs that was begun there and gave no answer is not known. One that was refused, or not sent, costs
// nothing (analysis/cost_summary.cpp counts alike).
void Model::settle_failure(const std::exception_ptr& exception) const {
  if (options_.budget == nullptr) return;
  bool is_free = false;
  try {
    std::rethrow_exception(exception);
  } catch (const ModelError& error) {
    is_free = error.kind() == ModelErrorKind::refused || error.kind() == ModelErrorKind::not_authorized ||
              error.kind() == ModelErrorKind::rate_limited;
  } catch (const Error& error) {
    is_free = error.code() == ErrorCode::budget_exceeded || error.code() == ErrorCode::invalid_argument ||
              error.code() == ErrorCode::unavailable;
  } catch (...) {  // Something of the implementation's own, which may have come after all was paid for.
  }
  if (!is_free) options_.budget->add_unpriced();
}

Task<ModelResponse> Model::chat(ModelRequest request) {
  check(request);
  TelemetryManager* const manager =
      options_.telemetry != nullptr ? options_.telemetry : TelemetryManager::current_or_configured();
  detail::ChatRecording recording(manager, *this, request);
  bool is_settled = false;
  try {
    if (options_.budget != nullptr) options_.budget->check();
    ModelResponse response = co_await answer(request, recording);
    is_settled = true;
    settle(response, (manager != nullptr ? manager->clock() : system_clock()).wall_now());
    recording.answered(response);
    if (request.output_schema && response.tool_calls.empty()) {
      response.output = output_of(*request.output_schema, response, model_id());
    }
    recording.finished();
    co_return response;
  } catch (...) {
    if (!is_settled) settle_failure(std::current_exception());
    recording.failed(std::current_exception());
    throw;
  }
}

}  // namespace spark
