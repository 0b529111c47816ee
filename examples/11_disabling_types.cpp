// The specification's "Disabling Telemetry Types".

#include <spark/spark.h>

#include <cstdio>

using spark::Backend;
using spark::TelemetryConfig;

int main() {
  const TelemetryConfig config{
      .backend = Backend::sqlite,
      .enable_traces = true,    // keep traces and spans
      .enable_events = false,   // no events
      .enable_metrics = false,  // no metrics
  };
  auto node = spark::function_node("WorkNode", [](spark::ExecutionContext& context) {
    context.record_event("milestone", "halfway");
    context.record_metric({.name = "items", .value = 3, .unit = "count"});
    return spark::Outputs{{"done", true}};
  });
  spark::Graph graph({.start = node, .telemetry_config = config});
  spark::sync_wait(graph.run());

  auto& manager = graph.telemetry();
  manager.flush();
  std::printf("traces %zu, spans %zu, events %zu, metrics %zu\n", manager.query_traces().size(),
              manager.query_spans().size(), manager.query_events().size(), manager.query_metrics().size());
}
