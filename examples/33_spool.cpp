// What a collector that is down does not take waits in a file, also for the next process.

#include <spark/telemetry.h>

#include <cstdio>

using spark::TelemetryConfig;

int main() {
  // Nobody listens there.
  const auto config =
      TelemetryConfig::create_otlp("http://localhost:1", {.reliable = {.spool_path = "telemetry.spool"}});
  spark::TelemetryManager manager(config);

  { auto trace = manager.start_trace("order"); }
  // Complete, because it is safe: in the spool, if not at the collector.
  std::printf("complete: %s\n", manager.flush().complete() ? "yes" : "no");

  const spark::Stats stats = manager.stats();
  const spark::SinkStats& sink = stats.sinks.at(0);
  const spark::SinkRow& ends = sink.rows[static_cast<std::size_t>(spark::RecordKind::trace_end)];
  std::printf("%s: %llu recorded, %llu exported, balanced: %s\n", sink.name.c_str(),
              static_cast<unsigned long long>(ends.admitted), static_cast<unsigned long long>(ends.exported),
              stats.balanced() ? "yes" : "no");
}
