// The specification's "Sampling": a share of the traces, each whole or not at all.

#include <spark/telemetry.h>

#include <cstdio>

using spark::TelemetryConfig;

int main() {
  // Sample 10 % of the traces. The trace id decides, so other processes decide alike.
  const auto config = TelemetryConfig::create_memory({.sampling_rate = 0.1});
  spark::TelemetryManager manager(config);

  for (int i = 0; i < 10'000; ++i) {
    auto trace = manager.start_trace("request");
    auto span = manager.start_span("work", trace.trace_id);
    manager.record_event({.event_type = "milestone", .name = "halfway"});
  }
  manager.flush();

  const auto traces = manager.query_traces().size();
  const auto spans = manager.query_spans().size();
  const auto events = manager.query_events().size();
  // Six standard deviations around 1,000 (binomial, n = 10,000, p = 0.1): one run in a thousand million is outside.
  std::printf("about a tenth: %s\n", traces > 820 && traces < 1'180 ? "yes" : "no");
  std::printf("whole traces: %s\n", traces == spans && spans == events ? "yes" : "no");
  const auto stats = manager.stats();
  const auto& spans_row = stats[spark::RecordKind::span];
  std::printf("every span accounted for: %s\n",
              spans_row.recorded == 10'000 && spans_row.sampled_out + spans_row.admitted == 10'000 ? "yes" : "no");
}
