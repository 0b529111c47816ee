// The specification's "Backend-Specific Configs".

#include <spark/telemetry.h>

#include <cstdio>

using spark::TelemetryConfig;
using spark::TelemetryManager;

namespace {

void record_with(const TelemetryConfig& config) {
  try {
    TelemetryManager manager(config);
    { auto trace = manager.start_trace("hello"); }
    manager.flush();
    std::printf("%zu trace\n", manager.query_traces().size());
  } catch (const spark::Error& error) {
    std::printf("%s\n", error.what());
  }
}

}  // namespace

int main() {
  // Memory backend (development, testing).
  record_with(TelemetryConfig::create_memory({.sampling_rate = 1.0}));

  // SQLite backend (local persistence).
  record_with(TelemetryConfig::create_sqlite("telemetry.db", {.sampling_rate = 1.0}));

  // PostgreSQL backend (production). What is not linked says so.
  record_with(TelemetryConfig::create_postgresql("postgresql://user:pass@localhost/telemetry",
                                                 {.sampling_rate = 0.1}));  // 10 % in production

  // OTLP backend (observability platforms). It passes on and stores nothing, so there is nothing to ask.
  record_with(TelemetryConfig::create_otlp("http://localhost:4317", {.sampling_rate = 0.1}));
}
