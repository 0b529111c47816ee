// What a measurement costs the thread that makes it: by an instrument bound before, and by record_metric.
#include <array>

#include "recording.h"
#include "sample_span.h"

namespace spark::bench {
namespace {

std::vector<Result> counter(const Options& options) {
  const BurstPlan plan = call_plan(options);
  const Recording recording = measure_recording(
      {.calls = plan.calls()}, [&](TelemetryManager& manager, std::uint32_t, ChecksumTotals& expected) {
        Counter counter = manager.counter("node_execution_count", {.attributes = {{"node_id", "transform_1"}}});
        const CallCost cost = measure_bursts(plan, 0, [&](std::uint64_t i) {
          counter.add(1);
          // A loop of additions would otherwise be one addition.
          asm volatile("" : : "r"(i) : "memory");
        });
        expected.collected_sum = static_cast<double>(plan.calls());
        return cost;
      });
  return {caller_result("counter_bound", 0.02, recording)};
}

// 1,024ths of a second: a spread as of real durations, with sums that are exact in a double. Made beforehand,
// because making one costs as much as recording it.
class Durations {
 public:
  Durations() noexcept {
    constexpr std::size_t stride = 389;  // odd, so that every duration comes once
    for (std::size_t i = 0; i < values_.size(); ++i) {
      values_[i] = static_cast<double>(i * stride % values_.size() + 1) / static_cast<double>(values_.size());
    }
  }
  [[nodiscard]] double operator[](std::uint64_t i) const noexcept { return values_[i % values_.size()]; }

 private:
  std::array<double, 1024> values_;
};

std::vector<Result> histogram(const Options& options) {
  const BurstPlan plan = call_plan(options);
  const Durations durations;
  const Recording recording = measure_recording({.calls = plan.calls()}, [&](TelemetryManager& manager, std::uint32_t,
                                                                             ChecksumTotals& expected) {
    Histogram histogram = manager.histogram("node_duration", {.unit = "s", .attributes = {{"node_id", "transform_1"}}});
    const CallCost cost = measure_bursts(plan, 0, [&](std::uint64_t i) { histogram.record(durations[i]); });
    for (std::uint64_t i = 0; i < plan.calls(); ++i) expected.collected_sum += durations[i];
    expected.collected_count = plan.calls();
    return cost;
  });
  return {caller_result("histogram_bound", 0.09, recording)};
}

std::uint64_t expected_point(const TelemetryContext& context, double value, std::uint64_t i) noexcept {
  const std::array<AttributeView, 2> attributes = {
      {{"node_id", ValueView(std::string_view("transform_1"))}, {"attempt", ValueView(static_cast<std::int64_t>(i))}}};
  return checksum_of(MetricView{.metric_id = {1, 1},
                                .trace_id = context.trace_id(),
                                .span_id = context.span_id(),
                                .time_ns = 1,
                                .value = value,
                                .name = "node_duration",
                                .unit = "s",
                                .attributes = attributes});
}

std::vector<Result> recorded_metric(const Options& options) {
  const BurstPlan plan = record_plan(options);
  const Durations durations;
  const Recording recording = measure_recording(
      {.calls = plan.calls()}, [&](TelemetryManager& manager, std::uint32_t, ChecksumTotals& expected) {
        const ActiveSpan outer = manager.start_span("outer");
        const CallCost cost = measure_bursts(plan, 0, [&](std::uint64_t i) {
          manager.record_metric({.name = "node_duration",
                                 .value = durations[i],
                                 .unit = "s",
                                 .attributes = {{"node_id", "transform_1"}, {"attempt", i}}});
        });
        for (std::uint64_t i = 0; i < plan.calls(); ++i) {
          expected.point_checksum += expected_point(outer.context(), durations[i], i);
        }
        expected.points = plan.calls();
        expect_outer(outer.context(), expected);
        return cost;
      });
  return {caller_result("record_metric_2attr", 0.5, recording)};
}

}  // namespace

void add_instrument_rows(std::vector<Row>& rows) {
  rows.push_back({{"counter_bound"}, counter});
  rows.push_back({{"histogram_bound"}, histogram});
  rows.push_back({{"record_metric_2attr"}, recorded_metric});
}

}  // namespace spark::bench
