// The specification's "Buffering": how fresh the stored data is against how often the exporter works.

#include <spark/telemetry.h>

#include <cstdio>

using namespace std::chrono_literals;
using spark::Backend;
using spark::TelemetryConfig;

int main() {
  const TelemetryConfig high_throughput{
      .backend = Backend::sqlite,
      .buffer_size = 1000,       // a large buffer
      .export_interval = 60.0s,  // export every minute
      .db_path = "high_throughput.db",
  };
  const TelemetryConfig low_latency{
      .backend = Backend::sqlite,
      .buffer_size = 10,
      .export_interval = 1.0s,
      .db_path = "low_latency.db",
  };
  for (const auto& config : {high_throughput, low_latency}) {
    spark::TelemetryManager manager(config);
    for (int i = 0; i < 100; ++i) {
      manager.record_metric({.name = "tick", .value = static_cast<double>(i), .unit = "count"});
    }
    // Whatever the buffer: after a flush everything is there.
    manager.flush();
    std::printf("%s: %zu stored\n", config.db_path.c_str(), manager.query_metrics({.name = "tick"}).size());
  }
}
