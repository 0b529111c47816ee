// The specification's "API Quick Reference", its querying half, in a coroutine and out of one.

#include <spark/spark.h>

#include <cstdio>
#include <stdexcept>

using spark::TelemetryManager;

namespace {

spark::Task<std::size_t> count_failed(TelemetryManager& manager) {
  co_await spark::async_flush(manager);
  spark::SpanQuery failed;
  failed.status = spark::SpanStatus::failed;
  const auto spans = co_await spark::async_query(manager, failed);
  co_return spans.size();
}

}  // namespace

int main() {
  auto node = spark::function_node("FlakyNode", [](spark::ExecutionContext& context) -> spark::Outputs {
    context.record_metric({.name = "api_cost", .value = 0.002, .unit = "dollars"});
    if (context.inputs().contains("fail")) throw std::runtime_error("the service said no");
    return {{"success", true}};
  });
  spark::Graph graph({.start = node, .telemetry_config = spark::TelemetryConfig::create_memory()});
  spark::sync_wait(graph.run());
  try {
    spark::sync_wait(graph.run(spark::Inputs{{"fail", true}}));
  } catch (const std::runtime_error& error) {
    std::printf("run failed: %s\n", error.what());
  }

  auto& manager = TelemetryManager::get_instance();
  std::printf("failed spans: %zu\n", spark::sync_wait(count_failed(manager)));

  const auto traces = manager.query_traces({.limit = 10, .status = spark::TraceStatus::completed});
  std::printf("completed traces: %zu\n", traces.size());
  const auto spans = manager.query_spans({.trace_id = traces.front().trace_id, .kind = spark::SpanKind::INTERNAL});
  std::printf("spans of the first: %zu\n", spans.size());
  for (const auto& event : manager.query_events({.event_type = "node_failed"})) {
    std::printf("%s\n", event.name.c_str());
  }
  double dollars = 0;
  for (const auto& metric : manager.query_metrics({.name = "api_cost"})) dollars += metric.value;
  std::printf("cost: %.3f dollars\n", dollars);
}
