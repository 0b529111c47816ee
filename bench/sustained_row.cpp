// Whether a manager with default rings and queue keeps a million spans a second for a while: every one must
// arrive.
#include <iomanip>
#include <sstream>

#include "recording.h"
#include "sample_span.h"

namespace spark::bench {
namespace {

constexpr std::uint64_t spans_per_burst = 1'000;
constexpr std::chrono::milliseconds burst_period{1};
// What counts as having offered a million a second.
constexpr double least_rate = 0.98e6;

struct Offered {
  double seconds = 0;
  CallCost cost;  // of the whole run
};

Offered offer(TelemetryManager& manager, const SampleSpans& samples, std::uint64_t bursts) {
  const auto begin = Pace::Clock::now();
  const std::int64_t cpu_begin = thread_cpu_ns();
  Pace pace(burst_period);
  std::uint64_t i = 0;
  for (std::uint64_t b = 0; b < bursts; ++b) {
    for (std::uint64_t n = 0; n < spans_per_burst; ++n) samples.record(manager, i++);
    pace.wait();
  }
  const auto cpu_ns = static_cast<double>(thread_cpu_ns() - cpu_begin);
  return {std::chrono::duration<double>(Pace::Clock::now() - begin).count(),
          {.ns = cpu_ns / static_cast<double>(bursts * spans_per_burst)}};
}

std::vector<Result> sustained(const Options& options) {
  const std::uint64_t bursts = options.quick ? 2'000 : 10'000;
  const std::uint64_t spans = bursts * spans_per_burst;
  const SampleSpans samples;
  double rate = 0;
  const Recording recording =
      measure_recording({.calls = spans}, [&](TelemetryManager& manager, std::uint32_t, ChecksumTotals& expected) {
        ActiveSpan outer = manager.start_span("outer");
        const Offered offered = offer(manager, samples, bursts);
        rate = static_cast<double>(spans) / offered.seconds;
        expect_samples(samples, outer.context(), 0, spans, expected);
        return offered.cost;
      });
  std::ostringstream note;
  note << std::fixed << std::setprecision(0) << spans << " spans at " << rate << "/s; CPU a span: caller "
       << recording.caller.ns << " ns, drainer " << recording.drainer_ns << " ns, sink " << recording.sink_ns << " ns";
  Result result{.name = "sustained_1m_drops", .value = static_cast<double>(recording.dropped), .unit = "count"};
  result.target = 0;
  result.note = note.str();
  if (rate < least_rate) result.no_verdict = "less than a million a second was offered";
  return {result};
}

}  // namespace

void add_sustained_row(std::vector<Row>& rows) { rows.push_back({{"sustained_1m_drops"}, sustained}); }

}  // namespace spark::bench
