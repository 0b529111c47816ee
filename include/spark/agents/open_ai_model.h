// OpenAIModel is a Model behind any server that speaks OpenAI's chat completions: OpenAI's own, vLLM, llama.cpp,
// Ollama, gateways. Calls wait in coroutines, never on a thread; connections stay open for the next call.
//
//   spark::OpenAIModel model({.model_id = "gpt-4o"});                                                // OPENAI_API_KEY
//   spark::OpenAIModel local({.model_id = "qwen3", .base_url = "http://127.0.0.1:8000/v1", .provider = "vllm"});
//   const spark::ModelResponse answer = co_await model.chat(spark::ModelRequest("Why is the sky blue?"));
//
// An answer in which the model declines (a "refusal") is a response with that text and the finish_reason "refusal". One
// of nothing is a response too, because it has been paid for: all tokens may have gone into reasoning ("length").
// Safe from any thread. It must live until its calls end.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "spark/agents/model.h"
#include "spark/base/secret.h"
#include "spark/graph/node_policy.h"

namespace spark {

struct ModelTls {
  std::string ca_file = {};           // PEM, of authorities to trust; empty: those of the system
  std::string certificate_file = {};  // PEM, for servers that ask for one; with key_file
  std::string key_file = {};
  bool verify = true;  // false trusts anybody who answers: for tests only
};

struct OpenAIModelOptions {
  std::string model_id = {};  // "gpt-4o"
  // http[s]://HOST[:PORT][/PATH][?QUERY], to which "/chat/completions" is added. Empty: the environment's
  // OPENAI_BASE_URL, else https://api.openai.com/v1.
  std::string base_url = {};
  // Empty: the environment's OPENAI_API_KEY, and if that is not there either, none is sent.
  Secret api_key = {};
  std::string organization = {};  // whom it is charged to, where a key has several
  std::string project = {};
  std::vector<std::pair<std::string, Secret>> headers = {};  // of every request, in place of ours of the same name
  std::string provider = "openai";                           // gen_ai.provider.name

  Seconds timeout{120};  // of one attempt, from its beginning to the answer's end; 1 µs to 365 days
  // A streamed answer may stand still for so long: it shows sooner than `timeout` that nothing will come. As long.
  Seconds stream_idle_timeout{60};
  Seconds connect_timeout{10};
  // How often a call is tried again, 0 to 1,000: where the server cannot be reached, breaks off, is too slow, answers
  // with 408, 409, 425, 429, 5xx or with what is none of the protocol's, or says so itself (x-should-retry). What an
  // attempt that failed has cost is not known. Never once on_text was told a piece, and not when the account's quota is
  // used up.
  std::int64_t retries = 2;
  Backoff backoff{.initial = Seconds(0.5), .longest = Seconds(8)};
  // Of what a server asks for (Retry-After, retry-after-ms), and then waits are no shorter; one that asks for more is
  // not asked again. 0 s to a day.
  Seconds max_retry_wait{60};

  ModelTls tls = {};
  std::size_t max_response_bytes = 64 << 20;  // a token of a stream takes about 300; at least 1 KiB
  // Asks providers to hold to ModelRequest::output_schema by all means. They then want every property to be required
  // and "additionalProperties": false; without it they do as well as they can.
  bool has_strict_output = true;
  bool says_max_tokens = false;  // for servers that know "max_completion_tokens" only by its older name
  // Members of every request's body: {"reasoning_effort": "low"}, and defaults for what a ModelRequest leaves out
  // ("temperature"). Not those that make the request what it is: model, messages, tools, response_format, stream,
  // stream_options.
  Object extra_body = {};
  ModelOptions options = {};
};

namespace agents {
class ChatClient;
}

class OpenAIModel : public Model {
 public:
  // Throws Error(invalid_argument) for an option that can never be right, which it names without its value where that
  // is secret, and for the files of TLS not_found and so on.
  explicit OpenAIModel(OpenAIModelOptions options);
  ~OpenAIModel() override;

  [[nodiscard]] const std::string& model_id() const noexcept override;
  [[nodiscard]] std::string provider() const override;
  [[nodiscard]] std::string server_address() const override;
  [[nodiscard]] std::uint16_t server_port() const override;

  // Connections that wait for the next call.
  [[nodiscard]] std::size_t idle_connections() const;

 protected:
  [[nodiscard]] Task<ModelResponse> answer(const ModelRequest& request, ModelCall& call) override;

 private:
  std::unique_ptr<agents::ChatClient> client_;
};

}  // namespace spark
