// The specification's "Automatic Instrumentation": the node does its work, the graph records it.

#include <spark/spark.h>

#include <cstdio>

using spark::Graph;
using spark::Node;
using spark::TelemetryConfig;

// Define a simple node.
class ProcessNode : public Node {
 public:
  spark::Task<spark::Outputs> process(spark::ExecutionContext&) override {
    // Your logic here.
    co_return spark::Outputs{{"success", true}};
  }
};

int main() {
  // Create the telemetry configuration.
  auto telemetry_config = TelemetryConfig::create_sqlite("telemetry.db", {.sampling_rate = 1.0});

  // Create the graph with telemetry.
  Graph graph({.start = spark::make_node<ProcessNode>(), .telemetry_config = telemetry_config});

  // Run the graph: telemetry is collected by itself.
  auto result = spark::sync_wait(graph.run());
  std::printf("result %s\n", spark::to_json(result).c_str());

  auto& manager = graph.telemetry();
  manager.flush();
  const auto trace = manager.query_traces({.limit = 1}).front();
  std::printf("trace %s: %s\n", trace.name.c_str(), std::string(to_string(trace.status)).c_str());
  // Newest first, so from the back it reads as it happened.
  const auto spans = manager.query_spans({.trace_id = trace.trace_id});
  for (auto span = spans.rows.rbegin(); span != spans.rows.rend(); ++span) {
    const bool is_top = span->span_id == trace.root_span_id;
    std::printf("  span %s%s\n", span->name.c_str(), is_top ? " (of the graph)" : "");
  }
  const auto events = manager.query_events({.trace_id = trace.trace_id});
  for (auto event = events.rows.rbegin(); event != events.rows.rend(); ++event) {
    std::printf("  event %s: %s\n", event->type.c_str(), event->name.c_str());
  }
  const auto metrics = manager.query_metrics({.trace_id = trace.trace_id});
  for (auto metric = metrics.rows.rbegin(); metric != metrics.rows.rend(); ++metric) {
    std::printf("  metric %s (%s, %s)\n", metric->name.c_str(), metric->unit.c_str(),
                std::string(to_string(metric->aggregation_type)).c_str());
  }
}
