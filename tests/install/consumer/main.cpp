// A program of somebody who has installed Spark Telemetry: it records a trace with one span into SQLite and
// reads it back. It includes no backend's header, so it also shows that linking spark::sqlite is enough to
// have the backend.
#include <spark/telemetry.h>

#include <cstdio>
#include <vector>

int main() {
  std::remove("consumer.db");
  auto config = spark::TelemetryConfig::create_sqlite("consumer.db");
  spark::TelemetryManager manager{config};
  {
    auto trace = manager.start_trace("installed");
    { auto span = manager.start_span("work", trace.trace_id); }
    manager.end_trace(trace.trace_id);
  }
  manager.flush();

  unsigned traces = 0;
  unsigned spans = 0;
  for (const auto& trace : manager.query_traces({.limit = 10})) {
    ++traces;
    for (const auto& span : manager.query_spans({.trace_id = trace.trace_id})) {
      ++spans;
      std::printf("%s %s\n", trace.name.c_str(), span.name.c_str());
    }
  }
  return traces == 1 && spans == 1 ? 0 : 1;
}
