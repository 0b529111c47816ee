// Every record to several backends: each has a queue, a thread and a ledger of its own.

#include <spark/telemetry.h>

#include <cstdio>

using spark::TelemetryConfig;

int main() {
  const auto config = TelemetryConfig::create_multi(
      {TelemetryConfig::create_memory(), TelemetryConfig::create_sqlite("telemetry.db")}, {.sampling_rate = 1.0});
  spark::TelemetryManager manager(config);

  { auto trace = manager.start_trace("workflow"); }
  for (const auto& sink : manager.flush().sinks) {
    std::printf("%s: %s\n", sink.name.c_str(), sink.complete ? "complete" : sink.error.c_str());
  }
  // The first that stores answers.
  std::printf("%zu trace\n", manager.query_traces().size());
  for (const auto& sink : manager.stats().sinks) {
    std::printf(
        "%s: %llu exported\n", sink.name.c_str(),
        static_cast<unsigned long long>(sink.rows[static_cast<std::size_t>(spark::RecordKind::trace_end)].exported));
  }
}
