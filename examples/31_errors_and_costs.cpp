// What fails, failures of one kind together, and what the model calls cost.

#include <spark/spark.h>

#include <cstdio>
#include <stdexcept>
#include <string>

using namespace std::chrono_literals;

namespace {

// A call as an agent would record it.
void call_model(spark::TelemetryManager& manager, const char* model, int tokens, double dollars) {
  auto span = manager.start_span("chat", {.kind = spark::SpanKind::CLIENT});
  span.set_attribute("gen_ai.request.model", model);
  span.set_attribute("gen_ai.usage.input_tokens", tokens);
  if (dollars >= 0) span.set_attribute("llm.cost", dollars);
}

}  // namespace

int main() {
  spark::VirtualClock clock;
  spark::TelemetryManager manager(spark::TelemetryConfig::create_memory(), {.clock = &clock});
  for (int i = 0; i < 12; ++i) {
    auto trace = manager.start_trace("request");
    call_model(manager, "small", 1'000 + i, 0.002);
    if (i % 4 == 0) call_model(manager, "large", 4'000, 0.12);
    if (i % 6 == 0) call_model(manager, "new", 500, -1);  // nobody knows its price yet
    try {
      manager.in_span("upload", {}, [&](spark::ActiveSpan&) {
        clock.advance(std::chrono::milliseconds(20 + i));
        if (i % 3 == 0) throw std::runtime_error("no answer from host-" + std::to_string(i) + " within 30 ms");
      });
    } catch (const std::runtime_error&) {  // recorded
    }
  }
  manager.flush();

  const auto errors = spark::analysis::error_groups(*manager.store());
  std::printf("%llu failed spans\n", static_cast<unsigned long long>(errors.failed_spans));
  for (const auto& group : errors.groups) {
    std::printf("  %llu x %s: %s: %s\n", static_cast<unsigned long long>(group.count), group.span_name.c_str(),
                group.error_type.c_str(), group.message.c_str());
  }

  const auto costs = spark::analysis::cost_summary(*manager.store());
  std::printf("%.3f dollars for %llu calls, %llu more without a price\n", costs.total.dollars,
              static_cast<unsigned long long>(costs.total.calls - costs.total.unpriced),
              static_cast<unsigned long long>(costs.total.unpriced));
  for (const auto& row : costs.by_model.rows) {
    std::printf("  %-6s %.3f dollars, %llu tokens in\n", row.name.c_str(), row.cost.dollars,
                static_cast<unsigned long long>(row.cost.input_tokens));
  }
}
