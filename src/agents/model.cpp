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

Model::Model(ModelOptions options) : options_(std::move(options)) {}
Model::~Model() = default;

void Model::settle(ModelResponse& response, Timestamp now) const {
  if (response.usage) {
    const auto prices = options_.prices != nullptr ? options_.prices : PriceTable::process_default();
    response.cost = prices->cost(response.model, *response.usage, now, options_.price_tier);
    // Who asks for "gpt-4o" and is answered by a version of it that the table does not know pays the price of that.
    if (!response.cost) response.cost = prices->cost(model_id(), *response.usage, now, options_.price_tier);
  }
  if (options_.budget == nullptr) return;
  if (response.cost) {
    options_.budget->add(response.cost->total);
  } else {
    options_.budget->add_unpriced();
  }
}

Task<ModelResponse> Model::chat(ModelRequest request) {
  check(request);
  TelemetryManager* const manager =
      options_.telemetry != nullptr ? options_.telemetry : TelemetryManager::current_or_configured();
  detail::ChatRecording recording(manager, *this, request);
  try {
    if (options_.budget != nullptr) options_.budget->check();
    ModelResponse response = co_await answer(request, recording);
    settle(response, (manager != nullptr ? manager->clock() : system_clock()).wall_now());
    recording.answered(response);
    if (request.output_schema && response.tool_calls.empty()) {
      response.output = output_of(*request.output_schema, response, model_id());
    }
    recording.finished();
    co_return response;
  } catch (...) {
    recording.failed(std::current_exception());
    throw;
  }
}

}  // namespace spark
