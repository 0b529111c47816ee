// The specification's "Custom Events".

#include <spark/telemetry.h>

#include <cstdio>

using spark::TelemetryManager;

int main() {
  auto& manager = TelemetryManager::get_instance();
  auto trace = manager.start_trace("validation");
  const auto trace_id = trace.trace_id;

  manager.record_event({.trace_id = trace_id,
                        .event_type = "checkpoint",
                        .name = "Data Validation Complete",
                        .attributes = {{"records_validated", 1000}, {"errors_found", 5}}});

  manager.end_trace(trace_id);
  manager.flush();
  for (const auto& event : manager.query_events({.event_type = "checkpoint"})) {
    std::printf("%s %s\n", event.name.c_str(), spark::to_json(event.attributes).c_str());
  }
}
