// The specification's "Backend-Specific Configs".

#include <spark/telemetry.h>

#include <cstdio>
#include <string_view>

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
    const std::string_view code = to_string(error.code());  // error.what() says what failed, where and why
    std::printf("%.*s\n", static_cast<int>(code.size()), code.data());
  }
}

}  // namespace

int main() {
  // Memory backend (development, testing).
  record_with(TelemetryConfig::create_memory({.sampling_rate = 1.0}));

  // SQLite backend (local persistence).
  record_with(TelemetryConfig::create_sqlite("telemetry.db", {.sampling_rate = 1.0}));

  // PostgreSQL backend (production). No server listens at this port.
  record_with(TelemetryConfig::create_postgresql("postgresql://user:pass@localhost:1/telemetry",
                                                 {.sampling_rate = 0.1}));  // 10 % in production

  // OTLP backend (observability platforms). It passes on and stores nothing, so there is nothing to ask.
  record_with(TelemetryConfig::create_otlp("http://localhost:4317", {.sampling_rate = 0.1}));
}
