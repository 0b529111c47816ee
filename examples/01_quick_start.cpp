#include <spark/spark.h>

#include <cstdio>

class ProcessNode : public spark::Node {
 public:
  spark::Task<spark::Outputs> process(spark::ExecutionContext&) override {
    co_return spark::Outputs{{"success", true}};
  }
};

int main() {
  auto config = spark::TelemetryConfig::create_sqlite("telemetry.db");
  spark::Graph graph({.start = spark::make_node<ProcessNode>(), .telemetry_config = config});
  auto result = spark::sync_wait(graph.run());

  auto& manager = spark::TelemetryManager::get_instance();
  manager.flush();
  for (const auto& trace : manager.query_traces({.limit = 10})) {
    std::printf("%s %.3fs\n", trace.name.c_str(), trace.duration().count());
    for (const auto& span : manager.query_spans({.trace_id = trace.trace_id}))
      std::printf("  %s %.3fs\n", span.name.c_str(), span.duration().count());
  }
}
