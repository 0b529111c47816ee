// ChatClient is what is behind an OpenAIModel: it sends requests, tries them as often as it may, and reads answers,
// whole or streamed. Owned by the model; safe from any thread.
#pragma once

#include <cstddef>
#include <exception>
#include <optional>
#include <string>

#include "agents/chat_errors.h"
#include "agents/chat_protocol.h"
#include "http/client.h"
#include "spark/agents/open_ai_model.h"

namespace spark::agents {

class ChatClient {
 public:
  // As OpenAIModel.
  explicit ChatClient(OpenAIModelOptions options);

  [[nodiscard]] Task<ModelResponse> answer(const ModelRequest& request, ModelCall& call);

  [[nodiscard]] const OpenAIModelOptions& options() const noexcept { return options_; }
  [[nodiscard]] const http::Url& url() const noexcept { return client_.url(); }
  [[nodiscard]] std::size_t idle_connections() const { return client_.idle_connections(); }

 private:
  // What an attempt that failed leaves behind.
  struct Attempt {
    bool is_text_told = false;
    bool is_out_of_quota = false;
    std::optional<bool> should_be_repeated;  // the server says so
    std::optional<Seconds> wait;             // that the server asks for
  };

  [[nodiscard]] Task<ModelResponse> try_once(const std::string& body, const ModelRequest& request, ModelCall& call,
                                             Attempt& attempt);
  [[nodiscard]] Task<ModelResponse> read_stream(http::ResponseStream& stream, const ModelRequest& request,
                                                ModelCall& call, Attempt& attempt);
  // Of a stream; empty: it has ended.
  [[nodiscard]] Task<std::string> next_piece(http::ResponseStream& stream);
  [[nodiscard]] bool may_be_repeated(const std::exception_ptr& exception, const Attempt& attempt) const noexcept;
  [[nodiscard]] Seconds pause_after(std::int64_t number, const Attempt& attempt) const noexcept;

  const OpenAIModelOptions options_;
  const ChatSettings settings_;
  const http::Headers headers_;
  http::Client client_;
  const ChatErrors errors_;
};

}  // namespace spark::agents
