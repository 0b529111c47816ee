// The specification's "Custom Spans": a span of one's own inside a node.

#include <spark/spark.h>

#include <cstdio>
#include <vector>

using spark::TelemetryConfig;
using spark::TelemetryManager;

class MyNode : public spark::Node {
 public:
  spark::Task<spark::Outputs> process(spark::ExecutionContext& context) override {
    auto& manager = TelemetryManager::get_instance();

    // Get the trace id from the context. (`context.trace_id()` gives it without the detour through text.)
    const auto trace_id = spark::TraceId::parse(context.metadata().at("trace_id").as_string());

    spark::Array rows;
    {  // Create a custom span.
      auto span = manager.start_span("database_query", trace_id, {.attributes = {{"query_type", "select"}}});
      rows = co_await query_database();
      span.set_attribute("rows_returned", rows.size());
    }
    {  // Shorter, and bound to the run's trace and the node's span.
      auto span = context.start_span("render");
      span.add_event("template_loaded", {{"template", "report"}});
    }
    co_return spark::Outputs{{"data", rows}};
  }

 private:
  static spark::Task<spark::Array> query_database() {
    spark::Array rows;
    rows.emplace_back("ada");
    rows.emplace_back("grace");
    co_return rows;
  }
};

int main() {
  spark::Graph graph({.start = spark::make_node<MyNode>(), .telemetry_config = TelemetryConfig::create_memory()});
  spark::sync_wait(graph.run());

  auto& manager = TelemetryManager::get_instance();
  manager.flush();
  const auto node = manager.query_spans({.limit = 1, .name = "MyNode"}).front();
  for (const char* name : {"database_query", "render"}) {
    const auto span = manager.query_spans({.name = name}).front();
    std::printf("%s %s, child of %s\n", span.name.c_str(), spark::to_json(span.attributes).c_str(),
                span.parent_span_id == node.span_id ? "the node's span" : "something else");
  }
  const auto event = manager.query_events({.source = spark::EventSource::span}).front();
  std::printf("%s %s\n", event.name.c_str(), spark::to_json(event.attributes).c_str());
}
