#include "apps/query_database.h"

#include <gtest/gtest.h>

#include <chrono>

#include "spark/base/clock.h"
#include "spark/telemetry/manager.h"

namespace spark::testing {

namespace {

using namespace std::chrono_literals;

std::string record_import(TelemetryManager& manager, VirtualClock& clock, bool fails) {
  ActiveTrace trace = manager.start_trace("import");
  {
    ActiveSpan root = manager.start_span("import", trace.trace_id, {.is_root = true});
    clock.advance(1ms);
    {
      ActiveSpan read = manager.start_span("read", {.kind = SpanKind::CLIENT,
                                                    .attributes = {{"llm.cost", fails ? 0.02 : 0.01},
                                                                   {"gen_ai.request.model", "alpha"},
                                                                   {"gen_ai.usage.input_tokens", 1000},
                                                                   {"gen_ai.usage.output_tokens", 50}}});
      if (fails) manager.record_event({.event_type = "checkpoint", .name = "Half Read", .attributes = {{"rows", 21}}});
      if (fails) manager.record_metric({.name = "queue_length", .value = 7, .unit = "items"});
      clock.advance(fails ? 2ms : 1ms);
    }
    {
      ActiveSpan write = manager.start_span("write");
      clock.advance(4ms);
      if (fails) write.record_error("DiskFull", "no space for row 17");
    }
    clock.advance(1ms);
    if (fails) root.set_status(SpanStatus::failed, "write failed");
  }
  const std::string id = trace.trace_id.to_string();
  trace.end(fails ? TraceStatus::failed : TraceStatus::completed);
  return id;
}

// Of the first version every fourth fails, and it takes twice as long.
void record_versions(TelemetryManager& manager, VirtualClock& clock) {
  for (const std::string version : {"1.0", "1.1"}) {
    const std::string hash = "hash" + version;
    manager.record_graph({.hash = hash, .graph_id = "sorter", .version = version, .content = {}});
    for (int i = 0; i < 20; ++i) {
      ActiveTrace trace = manager.start_trace(
          "sorter", {.attributes = {{"graph_id", "sorter"}, {"graph_version", version}}, .graph_hash = hash});
      clock.advance((version == "1.0" ? 20ms : 10ms) + i * 100us);
      trace.end(version == "1.0" && i % 4 == 0 ? TraceStatus::failed : TraceStatus::completed);
    }
  }
}

}  // namespace

QueryDatabase::QueryDatabase() : path_(directory_.file("telemetry.db")) {
  VirtualClock clock;
  TelemetryManager manager(TelemetryConfig::create_sqlite(path_), {.clock = &clock, .random_seed = 7});
  record_versions(manager, clock);
  clock.advance_to(1h);
  failed_id_ = record_import(manager, clock, true);
  clock.advance(1s);
  completed_id_ = record_import(manager, clock, false);
  EXPECT_TRUE(manager.flush().complete());
  EXPECT_TRUE(manager.shutdown().complete());
}

}  // namespace spark::testing
