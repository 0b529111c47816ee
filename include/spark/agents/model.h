// A Model answers conversations. Whatever implements it is recorded alike: each call is a span `chat {model}` with
// OpenTelemetry's attributes for generative AI, an event llm_api_call, metrics, and its cost.
//
//   const spark::ModelResponse answer = co_await model.chat({.messages = …})  // see ModelRequest
//
// Calls are safe from any thread, several at once. A model must live until its calls end.
#pragma once

#include <cstdint>
#include <exception>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "spark/agents/cost_budget.h"
#include "spark/agents/message.h"
#include "spark/agents/model_error.h"
#include "spark/agents/price_table.h"
#include "spark/agents/token_usage.h"
#include "spark/async/task.h"
#include "spark/base/clock.h"
#include "spark/base/value.h"

namespace spark {

class TelemetryManager;

class ModelRequest {
 public:
  ModelRequest() = default;
  // One question of a user.
  explicit ModelRequest(std::string prompt) { messages.push_back(Message::user(std::move(prompt))); }
  explicit ModelRequest(std::vector<Message> its_messages) : messages(std::move(its_messages)) {}

  std::vector<Message> messages;
  std::vector<ToolDefinition> tools;
  std::optional<Object> output_schema;  // of the answer (spark/agents/json_schema.h)
  std::optional<double> temperature;
  std::optional<double> top_p;
  std::optional<std::int64_t> max_output_tokens;
  std::optional<std::int64_t> seed;
  std::vector<std::string> stop_sequences;
  // With it, the answer is streamed: told each piece of text as it comes, on the executor of the task. What it throws
  // ends the call with that.
  std::function<void(std::string_view text)> on_text;
};

class ModelResponse {
 public:
  ModelResponse() = default;
  explicit ModelResponse(std::string its_text) : text(std::move(its_text)) {}

  std::string text;
  std::vector<ToolCall> tool_calls;
  Value output;                     // the text as a value, where a schema was asked for
  std::string finish_reason;        // "stop", "length", "tool_calls", "content_filter"; empty: not said
  std::string model;                // that answered; empty: not said
  std::string id;                   // of the provider; empty: not said
  std::optional<TokenUsage> usage;  // empty: not said
  std::optional<CallCost> cost;     // filled by chat(); empty: no price
};

// ModelError(output_mismatch) with what was answered, which has been paid for. What of it is wrong is content, so the
// message does not say it.
class OutputMismatch : public ModelError {
 public:
  OutputMismatch(const std::string& message, std::vector<std::string> faults, ModelResponse response);

  // "/days must be at most 14".
  [[nodiscard]] const std::vector<std::string>& faults() const noexcept { return content_->faults; }
  [[nodiscard]] const ModelResponse& response() const noexcept { return content_->response; }

 private:
  struct Content {
    std::vector<std::string> faults;
    ModelResponse response;
  };
  std::shared_ptr<const Content> content_;  // exceptions are copied without throwing
};

// Of every kind of model.
struct ModelOptions {
  // The messages, the answer and the tools as attributes, within the limits and through the redactor.
  bool capture_content = false;
  std::shared_ptr<const PriceTable> prices = {};  // null: PriceTable::process_default()
  PriceTier price_tier = PriceTier::standard;
  std::shared_ptr<CostBudget> budget = {};  // null: none
  // Records to it; it must outlive the calls. Default: the current context's manager, else the process default.
  TelemetryManager* telemetry = nullptr;
};

// What an implementation tells of a call that is under way.
class ModelCall {
 public:
  // It is tried again, after `delay`; `why` has no secrets.
  virtual void retried(std::string_view why, Seconds delay) noexcept = 0;
  // The first piece of a streamed answer has come.
  virtual void first_chunk() noexcept = 0;

 protected:
  ~ModelCall() = default;
};

class Model {
 public:
  // Throws what PriceTable::process_default throws, without prices of its own.
  explicit Model(ModelOptions options = {});
  virtual ~Model();
  Model(const Model&) = delete;
  Model& operator=(const Model&) = delete;

  // Throws ModelError (OutputMismatch for an answer that is not of the schema); Error: timeout, unavailable if it
  // cannot be reached, cancelled, budget_exceeded before anything is sent, invalid_argument for a request that can
  // never be right. An answer that is not of the schema that was asked for has been paid for, and is recorded with its
  // cost.
  [[nodiscard]] Task<ModelResponse> chat(ModelRequest request);

  // "gpt-4o".
  [[nodiscard]] virtual const std::string& model_id() const noexcept = 0;
  // gen_ai.provider.name: "openai".
  [[nodiscard]] virtual std::string provider() const = 0;
  // server.address and server.port; empty: in this process.
  [[nodiscard]] virtual std::string server_address() const { return {}; }
  [[nodiscard]] virtual std::uint16_t server_port() const { return 0; }
  [[nodiscard]] const ModelOptions& options() const noexcept { return options_; }

 protected:
  // Does the call. It need not look at usage, cost or schema; `request` and `call` live until its task ends.
  [[nodiscard]] virtual Task<ModelResponse> answer(const ModelRequest& request, ModelCall& call) = 0;

 private:
  // The response's cost, which the budget is told of.
  void settle(ModelResponse& response, Timestamp now) const;
  void settle_failure(const std::exception_ptr& exception) const;

  const ModelOptions options_;
};

}  // namespace spark
