// An agent with two tools, and the tree of what it did. A script stands for the model, so that no key is needed and
// each run is the same.

#include <spark/spark.h>

#include <algorithm>
#include <cstdio>
#include <string>
#include <vector>

using spark::ScriptedStep;
using spark::Tool;
using spark::Value;

namespace {

Value weather(const std::string& city, std::optional<int> days) {
  return spark::Object{{"city", city}, {"days", days.value_or(1)}, {"sky", "sunny"}};
}

// Children below their parents, in the order in which they began.
void print_tree(const std::vector<spark::Span>& spans, spark::SpanId parent, int depth) {
  for (const spark::Span& span : spans) {
    if (span.parent_span_id != parent) continue;
    const Value* cost = span.attributes.find("llm.cost.formula");
    std::printf("%*s%s%s%s\n", 2 * depth, "", span.name.c_str(), cost != nullptr ? ": " : "",
                cost != nullptr ? cost->as_string().c_str() : "");
    print_tree(spans, span.span_id, depth + 1);
  }
}

}  // namespace

int main() {
  auto& manager = spark::TelemetryManager::configure(spark::TelemetryConfig::create_memory());

  const Tool get_weather("get_weather", "The weather of a city",
                         {{"city", "The city's name"}, {"days", "How many days, 1 to 14"}}, weather);
  const Tool get_capital("get_capital", "The capital of a country", {{"country", "Its name"}},
                         [](const std::string& country) { return country == "Switzerland" ? "Bern" : "unknown"; },
                         {.has_effects = false});

  // What a model would answer. The name gives its price.
  const auto model = std::make_shared<spark::ScriptedModel>(
      std::vector<ScriptedStep>{
          ScriptedStep::call("get_capital", {{"country", "Switzerland"}}).with_usage(210, 18),
          ScriptedStep::call("get_weather", {{"city", "Bern"}, {"days", "two"}}).with_usage(240, 22),
          ScriptedStep::call("get_weather", {{"city", "Bern"}, {"days", 2}}).with_usage(290, 22),
          ScriptedStep("It will be sunny in Bern for two days.").with_usage(330, 14),
      },
      spark::ScriptedModelOptions{.model_id = "gpt-4o"});

  const spark::Agent agent(model, {.name = "weather",
                                   .instructions = "You know the weather. Use the tools.",
                                   .tools = {get_weather, get_capital},
                                   .max_steps = 8,
                                   .max_cost = spark::Dollars::parse("0.10")});
  const spark::AgentResult result = spark::sync_wait(agent.run("How is the weather in the capital of Switzerland?"));

  for (const spark::Message& message : result.messages) {
    std::printf("%-9s %s", std::string(to_string(message.role)).c_str(), message.text.c_str());
    for (const spark::ToolCall& call : message.tool_calls)
      std::printf("%s%s", call.name.c_str(), call.arguments.c_str());
    std::printf("\n");
  }
  std::printf("%s after %lld steps, for $%s\n\n", std::string(to_string(result.end)).c_str(),
              static_cast<long long>(result.steps), result.cost.to_string().c_str());

  manager.flush();
  auto spans = manager.query_spans().rows;
  std::sort(spans.begin(), spans.end(), [](const auto& a, const auto& b) { return a.start_time < b.start_time; });
  print_tree(spans, spark::SpanId(), 0);
}
