// The specification's "Complete Example".

#include <spark/spark.h>

#include <cstdio>

using spark::Graph;
using spark::TelemetryConfig;
using spark::TelemetryManager;

// Create a graph with telemetry.
class MyNode : public spark::Node {
 public:
  spark::Task<spark::Outputs> process(spark::ExecutionContext&) override {
    co_return spark::Outputs{{"result", "success"}};
  }
};

int main() {
  // Configure telemetry.
  auto config = TelemetryConfig::create_sqlite("telemetry.db",
                                               {.sampling_rate = 1.0, .enable_events = true, .enable_metrics = true});

  Graph graph({.start = spark::make_node<MyNode>(), .telemetry_config = config});

  // Run the graph (automatic instrumentation).
  auto result = spark::sync_wait(graph.run());

  // Query telemetry.
  auto& manager = TelemetryManager::get_instance();
  manager.flush();

  auto traces = manager.query_traces({.limit = 10});
  for (const auto& trace : traces) {
    std::printf("Trace: %s, Duration: %.3fs\n", trace.name.c_str(), trace.duration().count());

    auto spans = manager.query_spans({.trace_id = trace.trace_id});
    for (const auto& span : spans) {
      std::printf("  Span: %s, Duration: %.3fs\n", span.name.c_str(), span.duration().count());
    }
  }
}
