#include "spark/agents/open_ai_model.h"

#include <utility>

#include "agents/chat_client.h"

namespace spark {

OpenAIModel::OpenAIModel(OpenAIModelOptions options)
    : Model(options.options), client_(std::make_unique<agents::ChatClient>(std::move(options))) {}
OpenAIModel::~OpenAIModel() = default;

const std::string& OpenAIModel::model_id() const noexcept { return client_->options().model_id; }
std::string OpenAIModel::provider() const { return client_->options().provider; }
std::string OpenAIModel::server_address() const { return client_->url().host; }
std::uint16_t OpenAIModel::server_port() const { return client_->url().port; }
std::size_t OpenAIModel::idle_connections() const { return client_->idle_connections(); }

Task<ModelResponse> OpenAIModel::answer(const ModelRequest& request, ModelCall& call) {
  return client_->answer(request, call);
}

}  // namespace spark
