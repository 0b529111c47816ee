// A model whose server answers as the test says, and the records of its calls.
#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "agents/open_ai_server.h"
#include "spark/agents/open_ai_model.h"
#include "spark/async.h"
#include "spark/telemetry.h"

namespace spark::testing {

class OpenAITest : public ::testing::Test {
 protected:
  static constexpr const char* key = "canary-5f1d";

  OpenAIServer& serve(std::vector<OpenAIServer::Reply> replies) { return server_.emplace(std::move(replies)); }
  OpenAIServer& serve(std::string reply) { return serve({OpenAIServer::sends(std::move(reply))}); }
  // Of the server, with short pauses.
  OpenAIModelOptions options() {
    OpenAIModelOptions options;
    options.model_id = "m-1";
    options.base_url = server_ ? server_->base_url() : "http://127.0.0.1:1/v1";
    options.api_key = key;
    options.backoff.initial = Seconds(0.001);
    options.options.telemetry = &manager_;
    options.options.prices = std::make_shared<const PriceTable>(
        PriceTable::from_json(R"({"version":"t1","models":[{"names":["m-1*"],"input":"1","output":"2"}]})"));
    return options;
  }

  static ModelResponse ask(Model& model, ModelRequest request = ModelRequest("Why?")) {
    return sync_wait(model.chat(std::move(request)));
  }
  ModelResponse ask(ModelRequest request = ModelRequest("Why?")) {
    OpenAIModel model(options());
    return ask(model, std::move(request));
  }
  // Code, kind and message of the error that a call ends with.
  static std::string failure_of(Model& model, ModelRequest request = ModelRequest("Why?")) {
    try {
      return "answered: " + ask(model, std::move(request)).text;
    } catch (const ModelError& error) {
      return std::string(to_string(error.kind())) + ": " + error.what();
    } catch (const Error& error) {
      return std::string(to_string(error.code())) + ": " + error.what();
    }
  }
  std::string failure(ModelRequest request = ModelRequest("Why?"), std::int64_t retries = 0) {
    OpenAIModelOptions of_test = options();
    of_test.retries = retries;
    OpenAIModel model(std::move(of_test));
    return failure_of(model, std::move(request));
  }

  // A request whose streamed pieces are kept.
  ModelRequest streamed(std::vector<std::string>& pieces) {
    ModelRequest request("Why?");
    request.on_text = [&pieces](std::string_view text) { pieces.emplace_back(text); };
    return request;
  }

  Span only_span() {
    manager_.flush();
    const auto spans = manager_.query_spans().rows;
    EXPECT_EQ(spans.size(), 1U);
    return spans.empty() ? Span() : spans.front();
  }
  // "retry" events, in order.
  std::vector<Event> retries() {
    manager_.flush();
    std::vector<Event> found;
    for (Event& event : manager_.query_events({.limit = 1'000}).rows) {
      if (event.name == "retry") found.push_back(std::move(event));
    }
    return found;
  }

  TelemetryManager manager_{TelemetryConfig::create_memory()};
  std::optional<OpenAIServer> server_;
};

}  // namespace spark::testing
