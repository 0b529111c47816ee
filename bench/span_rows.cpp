// What a span costs the thread that makes it. All are made as nodes make them: while another span is current.
#include "recording.h"
#include "sample_span.h"

namespace spark::bench {
namespace {

std::vector<Result> sampled_spans(const std::string& name, std::uint32_t threads, double target,
                                  const Options& options) {
  const BurstPlan plan = record_plan(options);
  const SampleSpans samples;
  const RecordingSetup setup{.threads = threads, .calls = plan.calls() * threads};
  const Recording recording =
      measure_recording(setup, [&](TelemetryManager& manager, std::uint32_t thread, ChecksumTotals& expected) {
        ActiveSpan outer = manager.start_span("outer");
        const std::uint64_t first = plan.calls() * thread;
        const CallCost cost = measure_bursts(plan, first, [&](std::uint64_t i) { samples.record(manager, i); });
        expect_samples(samples, outer.context(), first, plan.calls(), expected);
        return cost;
      });
  constexpr double drainer_target = 3;
  return {caller_result(name, target, recording), drainer_result(name, drainer_target, recording)};
}

std::vector<Result> bare_spans(const Options& options) {
  const BurstPlan plan = record_plan(options);
  const Recording recording = measure_recording({.calls = plan.calls()}, [&](TelemetryManager& manager, std::uint32_t,
                                                                             ChecksumTotals& expected) {
    ActiveSpan outer = manager.start_span("outer");
    const CallCost cost =
        measure_bursts(plan, 0, [&](std::uint64_t) { const ActiveSpan span = manager.start_span("TransformNode"); });
    const auto parent = outer.context();
    expected.spans = plan.calls();
    expected.span_checksum = plan.calls() * expected_bare("TransformNode", parent.trace_id(), parent.span_id(), false);
    expect_outer(parent, expected);
    return cost;
  });
  return {caller_result("span_bare", 0.55, recording)};
}

// Nothing may come of it: neither of a manager that is off, nor inside a trace that is not sampled.
std::vector<Result> silent_spans(const std::string& name, const TelemetryConfig& config, double target,
                                 const Options& options) {
  const BurstPlan plan = call_plan(options);
  const Recording recording = measure_recording(
      {.config = config, .calls = plan.calls()}, [&](TelemetryManager& manager, std::uint32_t, ChecksumTotals&) {
        ActiveSpan outer = manager.start_span("outer");
        return measure_bursts(plan, 0,
                              [&](std::uint64_t) { const ActiveSpan span = manager.start_span("TransformNode"); });
      });
  return {caller_result(name, target, recording)};
}

}  // namespace

void add_span_rows(std::vector<Row>& rows) {
  rows.push_back({{"span_4attr_1event", "span_4attr_1event_drainer"},
                  [](const Options& options) { return sampled_spans("span_4attr_1event", 1, 0.9, options); }});
  rows.push_back({{"span_4attr_1event_2threads", "span_4attr_1event_2threads_drainer"},
                  [](const Options& options) { return sampled_spans("span_4attr_1event_2threads", 2, 1.1, options); }});
  rows.push_back({{"span_bare"}, bare_spans});
  rows.push_back({{"span_disabled"}, [](const Options& options) {
                    return silent_spans("span_disabled", TelemetryConfig::create_noop(), 0.02, options);
                  }});
  rows.push_back({{"span_unsampled"}, [](const Options& options) {
                    return silent_spans("span_unsampled", {.sampling_rate = 0}, 0.1, options);
                  }});
}

}  // namespace spark::bench
