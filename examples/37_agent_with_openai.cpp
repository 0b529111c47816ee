// An agent with two tools and a model behind OpenAI's interface. So that it runs anywhere and alike, the model is a
// server that the example starts; for OpenAI's own, leave base_url out and set OPENAI_API_KEY.

#include <spark/spark.h>

#include <cstdio>
#include <memory>
#include <string>

#include "local_model_server.h"

using spark::Dollars;
using spark::Tool;

int main() {
  const LocalModelServer server({
      R"({"id": "chatcmpl-1", "model": "gpt-4o-2024-08-06", "choices": [{"index": 0, "finish_reason": "tool_calls",
          "message": {"role": "assistant", "content": null, "tool_calls": [
            {"id": "call_1", "type": "function", "function": {"name": "get_price", "arguments": "{\"item\": \"lamp\"}"}},
            {"id": "call_2", "type": "function", "function": {"name": "get_stock", "arguments": "{\"item\": \"lamp\"}"}}]}}],
          "usage": {"prompt_tokens": 180, "completion_tokens": 40}})",
      R"({"id": "chatcmpl-2", "model": "gpt-4o-2024-08-06", "choices": [{"index": 0, "finish_reason": "stop",
          "message": {"role": "assistant", "content": "A lamp costs 29 francs, and there are 12 of them."}}],
          "usage": {"prompt_tokens": 250, "completion_tokens": 16, "prompt_tokens_details": {"cached_tokens": 128}}})",
  });
  auto& manager = spark::TelemetryManager::configure(spark::TelemetryConfig::create_memory());

  // What the model may spend, together with others that share the budget.
  spark::CostBudgetOptions limits;
  limits.limit = Dollars::parse("0.002");
  limits.shares = {0.5, 1.0};
  limits.on_spent = [](const spark::CostBudgetState& state) {
    std::printf("%g %% of the budget are spent\n", 100 * state.share);
  };
  const auto budget = std::make_shared<spark::CostBudget>(limits);

  spark::OpenAIModelOptions options;
  options.model_id = "gpt-4o";
  options.base_url = server.base_url();
  options.options.budget = budget;
  const auto model = std::make_shared<spark::OpenAIModel>(options);

  const Tool get_price("get_price", "What an item costs, in francs", {{"item", "Its name"}},
                       [](const std::string& item) { return item == "lamp" ? 29 : 0; });
  const Tool get_stock("get_stock", "How many of an item there are", {{"item", "Its name"}},
                       [](const std::string& item) { return item == "lamp" ? 12 : 0; });
  const spark::Agent agent(model, {.name = "shop", .instructions = "Be brief.", .tools = {get_price, get_stock}});

  const spark::AgentResult result = spark::sync_wait(agent.run("What about the lamps?"));
  std::printf("%s\n", result.text.c_str());
  std::printf("%lld steps, %lld tool calls, %lld tokens in, %lld out, $%s\n", static_cast<long long>(result.steps),
              static_cast<long long>(result.tool_calls), static_cast<long long>(result.usage.input_tokens),
              static_cast<long long>(result.usage.output_tokens), result.cost.to_string().c_str());

  manager.flush();
  for (const auto& span : manager.query_spans({.kind = spark::SpanKind::CLIENT, .order = spark::Order::oldest_first})) {
    std::printf("%s: %s\n", span.name.c_str(), span.attributes.at("llm.cost.formula").as_string().c_str());
  }
  for (const auto& span : manager.query_spans({.name = "execute_tool *"})) {
    std::printf("%s %s\n", span.name.c_str(), std::string(to_string(span.status)).c_str());
  }
  const auto costs = spark::analysis::cost_summary(*manager.store());
  std::printf("%s cost $%.6f in %llu calls\n", costs.by_model.rows.front().name.c_str(), costs.total.dollars,
              static_cast<unsigned long long>(costs.total.calls));
}
