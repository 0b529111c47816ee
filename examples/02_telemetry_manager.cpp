// The specification's "TelemetryManager": a trace, a span, an event and a metric by hand.

#include <spark/telemetry.h>

#include <cstdio>

using spark::TelemetryManager;

int main() {
  // Get the instance. Nothing configured it, so it reads SPARK_TELEMETRY, which says nothing: memory.
  auto& manager = TelemetryManager::get_instance();

  // Start a trace.
  auto trace = manager.start_trace("my_operation", {.attributes = {{"user", "alice"}}});

  {  // Create a span within the trace.
    auto span = manager.start_span("step1", trace.trace_id);
    span.set_attribute("complexity", "high");
    // ... do work ...
  }

  // Record an event.
  manager.record_event({.trace_id = trace.trace_id,
                        .event_type = "milestone",
                        .name = "checkpoint_reached",
                        .attributes = {{"checkpoint", "data_loaded"}}});

  // Record a metric.
  manager.record_metric({.name = "cache_hits", .value = 42, .unit = "count", .trace_id = trace.trace_id});

  // End the trace.
  manager.end_trace(trace.trace_id, spark::TraceStatus::completed);

  // Flush buffered data.
  const auto flushed = manager.flush();
  std::printf("flushed: %s\n", flushed.complete() ? "yes" : "no");

  for (const auto& found : manager.query_traces({.name = "my_operation"})) {
    std::printf("trace %s, %s, user %s\n", found.name.c_str(), std::string(to_string(found.status)).c_str(),
                found.attributes.at("user").as_string().c_str());
  }
  for (const auto& span : manager.query_spans({.trace_id = trace.trace_id})) {
    std::printf("span %s %s\n", span.name.c_str(), spark::to_json(span.attributes).c_str());
  }
  for (const auto& event : manager.query_events({.trace_id = trace.trace_id})) {
    std::printf("event %s: %s %s\n", event.type.c_str(), event.name.c_str(), spark::to_json(event.attributes).c_str());
  }
  for (const auto& metric : manager.query_metrics({.trace_id = trace.trace_id})) {
    std::printf("metric %s = %g %s\n", metric.name.c_str(), metric.value, metric.unit.c_str());
  }
}
