// All that calls of models record about themselves, by OpenTelemetry's conventions for generative AI
// (telemetry/genai.h):
//
//   span     `chat {model}` CLIENT: the request's settings, the model that answered, why it ended, tokens, llm.cost
//   with
//            its formula, retries as http.request.resend_count and as span events; content only if asked for
//   event    llm_api_call, when the call has ended
//   metrics  llm_input_tokens, llm_output_tokens, api_cost (dollars), gen_ai.client.operation.duration (seconds)
//
// A recording that is destroyed before it was told an end belongs to a coroutine that was destroyed while suspended: it
// is cancelled. Without a manager every call does nothing. It lives in the coroutine frame of the call.
#pragma once

#include <cstdint>
#include <exception>
#include <optional>
#include <string>
#include <string_view>

#include "graph/instrument.h"
#include "spark/agents/model.h"
#include "spark/telemetry/manager.h"

namespace spark::detail {

class ChatRecording final : public ModelCall {
 public:
  // Passes on what the model's own members throw.
  ChatRecording(TelemetryManager* manager, const Model& model, const ModelRequest& request);
  ~ChatRecording();
  ChatRecording(const ChatRecording&) = delete;
  ChatRecording& operator=(const ChatRecording&) = delete;

  void retried(std::string_view why, Seconds delay) noexcept override;
  void first_chunk() noexcept override;

  // The answer came, with its cost; one of the next two follows.
  void answered(const ModelResponse& response) noexcept;
  void finished() noexcept;
  void failed(const std::exception_ptr& exception) noexcept;

 private:
  [[nodiscard]] ActiveSpan begin_span(const ModelRequest& request) const noexcept;
  void describe(const Model& model, const ModelRequest& request);
  void describe_usage(const TokenUsage& usage) noexcept;
  void record_counter(Text name, double value, Text unit) noexcept;
  void record_event(std::string_view error_type) noexcept;
  void end(std::string_view error_type) noexcept;

  TelemetryManager* const manager_;
  // Copies: an executor that ends may destroy the model before this.
  const std::string model_id_;
  const std::string provider_;
  const std::string name_;  // of the span
  const bool captures_content_;
  Stopwatch stopwatch_;
  ActiveSpan span_;
  std::int64_t retries_ = 0;
  std::optional<TokenUsage> usage_;
  std::optional<Dollars> cost_;
  bool is_first_chunk_told_ = false;
  bool has_ended_ = false;
};

}  // namespace spark::detail
