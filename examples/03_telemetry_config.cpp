// The specification's "TelemetryConfig": every parameter of its table, its defaults, and what a wrong value says.

#include <spark/telemetry.h>

#include <cstdio>

using namespace std::chrono_literals;
using spark::TelemetryConfig;

int main() {
  // Create a configuration for the SQLite backend.
  const auto config = TelemetryConfig::create_sqlite(
      "telemetry.db", {
                          .sampling_rate = 1.0,     // all traces
                          .buffer_size = 100,       // wakes the exporter
                          .export_interval = 5.0s,  // at the latest
                          .enable_traces = true,
                          .enable_events = true,
                          .enable_metrics = true,
                          .metadata = {{"environment", "production"}, {"version", "1.0.0"}},
                      });
  std::printf("%s at %s, metadata %s\n", std::string(to_string(config.backend)).c_str(), config.db_path.c_str(),
              spark::to_json(config.metadata).c_str());

  const TelemetryConfig defaults;
  std::printf("defaults: backend %s, sampling_rate %g, buffer_size %u, export_interval %g s, enable %d %d %d\n",
              std::string(to_string(defaults.backend)).c_str(), defaults.sampling_rate, defaults.buffer_size,
              defaults.export_interval.count(), defaults.enable_traces, defaults.enable_events,
              defaults.enable_metrics);

  spark::TelemetryManager manager(config);
  { auto trace = manager.start_trace("configured", {.attributes = {{"version", "2.0.0"}}}); }
  manager.flush();
  std::printf("a trace's attributes: %s\n", spark::to_json(manager.query_traces().front().attributes).c_str());

  try {
    TelemetryConfig{.sampling_rate = 1.5}.validate();
  } catch (const spark::Error& error) {
    std::printf("%s\n", error.what());
  }
}
