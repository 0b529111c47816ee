// ScriptedModel answers by a script instead of a model: for tests of what uses models, and for demonstrations. It is
// recorded as any model is.
//
//   auto model = std::make_shared<spark::ScriptedModel>(std::vector<spark::ScriptedStep>{
//       spark::ScriptedStep::call("get_weather", {{"city", "Bern"}}).with_usage(120, 15), "It is sunny."});
#pragma once

#include <cstddef>
#include <cstdint>
#include <exception>
#include <functional>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "spark/agents/model.h"

namespace spark {

// One answer. A value.
class ScriptedStep {
 public:
  ScriptedStep(std::string text) { response_.text = std::move(text); }      // NOLINT: implicit by design
  ScriptedStep(const char* text) : ScriptedStep(std::string(text)) {}       // NOLINT
  ScriptedStep(ModelResponse response) : response_(std::move(response)) {}  // NOLINT
  // Asks for tools. The model gives ids to those calls that have none.
  [[nodiscard]] static ScriptedStep calls(std::vector<ToolCall> calls);
  [[nodiscard]] static ScriptedStep call(std::string tool, const Object& arguments = {});
  // Throws it.
  [[nodiscard]] static ScriptedStep failure(std::exception_ptr exception);
  template <class Exception>
  [[nodiscard]] static ScriptedStep failure(Exception exception) {
    return failure(std::make_exception_ptr(std::move(exception)));
  }

  // The same step with more to it.
  [[nodiscard]] ScriptedStep with_usage(const TokenUsage& usage) const;
  [[nodiscard]] ScriptedStep with_usage(std::int64_t input_tokens, std::int64_t output_tokens) const;
  // Answers so much later, on the clock of the executor.
  [[nodiscard]] ScriptedStep after(Seconds delay) const;

 private:
  friend class ScriptedModel;
  ScriptedStep() = default;

  ModelResponse response_;
  std::exception_ptr exception_;
  Seconds delay_{0};
};

struct ScriptedModelOptions {
  std::string model_id = "scripted";
  std::string provider = "scripted";
  // Of each piece of an answer that is streamed; at least 4, so that any character fits.
  std::size_t piece_bytes = 16;
  ModelOptions options = {};
};

class ScriptedModel final : public Model {
 public:
  // Answers with the steps in their order, whoever asks. When they are over, a call is Error(not_found).
  explicit ScriptedModel(std::vector<ScriptedStep> steps, ScriptedModelOptions options = {});
  // Answers with what the function gives or throws; it is called from any thread, several times at once.
  explicit ScriptedModel(std::function<ScriptedStep(const ModelRequest&)> answer, ScriptedModelOptions options = {});

  // That it got, in the order in which they came.
  [[nodiscard]] std::vector<ModelRequest> requests() const;

  [[nodiscard]] const std::string& model_id() const noexcept override { return scripted_.model_id; }
  [[nodiscard]] std::string provider() const override { return scripted_.provider; }

 private:
  Task<ModelResponse> answer(const ModelRequest& request, ModelCall& call) override;
  [[nodiscard]] ScriptedStep next_step(const ModelRequest& request);

  const ScriptedModelOptions scripted_;
  const std::vector<ScriptedStep> steps_;
  const std::function<ScriptedStep(const ModelRequest&)> function_;
  mutable std::mutex mutex_;
  std::vector<ModelRequest> requests_;
  std::int64_t calls_ = 0;  // that have been given an id
};

}  // namespace spark
