// Where a graph's time goes: the nodes that its end waits for, which are not always those that work the longest.

#include <spark/spark.h>

#include <cstdio>
#include <string>

using namespace std::chrono_literals;
using spark::ExecutionContext;
using spark::Outputs;

namespace {

spark::NodePtr work(const std::string& type, spark::Seconds duration) {
  return spark::function_node(type, [duration](ExecutionContext&) -> spark::Task<Outputs> {
    co_await spark::sleep_for(duration);
    co_return Outputs{};
  });
}

}  // namespace

int main() {
  spark::VirtualClock clock;  // so that this takes no time and prints the same every time
  spark::TelemetryManager manager(spark::TelemetryConfig::create_memory(), {.clock = &clock});
  // Two branches at once: all of Translate's two seconds lie beside the three of Summarize.
  spark::Graph graph({.start = work("Load", 1s) >> spark::parallel(work("Translate", 2s), work("Summarize", 3s)) >>
                               work("Report", 500ms),
                      .id = "digest",
                      .telemetry = &manager});
  for (int run = 0; run < 20; ++run) spark::sync_wait(graph.run(), {.clock = &clock});
  manager.flush();

  const auto report = spark::analysis::bottlenecks(*manager.store(), {.traces = {.graph_id = "digest"}});
  std::printf("%llu runs, %.0f s\n", static_cast<unsigned long long>(report.traces), report.duration.count());
  for (const auto& row : report.rows) {
    std::printf("  %-10s mean %.1f s, %4.1f %% of the critical path\n", row.name.c_str(), row.mean.count(),
                row.critical_share * 100);
  }

  // One run, moment by moment.
  const auto latest = manager.query_traces({.limit = 1}).front();
  const auto path = spark::analysis::critical_path(*manager.store(), latest.trace_id);
  for (const auto& segment : path.path.segments) {
    std::printf("  from %.1f s: %s\n", spark::Seconds(segment.start - path.path.start).count(),
                path.spans[segment.span].name.c_str());
  }
}
