// What follows from the options of an OpenAIModel. Free functions.
#pragma once

#include <string>
#include <vector>

#include "http/client.h"
#include "spark/agents/open_ai_model.h"

namespace spark::agents {

// With base_url and api_key from the environment where they are left out. Throws Error(invalid_argument) that names the
// option that can never be right.
[[nodiscard]] OpenAIModelOptions valid_options(OpenAIModelOptions options);

// These take valid options.
[[nodiscard]] http::Url chat_url(const OpenAIModelOptions& options);
[[nodiscard]] http::ClientOptions http_options(const OpenAIModelOptions& options);
[[nodiscard]] http::Headers chat_headers(const OpenAIModelOptions& options);
// Everything that no error may repeat.
[[nodiscard]] std::vector<std::string> chat_secrets(const OpenAIModelOptions& options);

}  // namespace spark::agents
