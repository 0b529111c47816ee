#include "end_to_end.h"

#include <chrono>
#include <stdexcept>
#include <string>
#include <thread>

#include "spark/telemetry/manager.h"

namespace spark::bench {
namespace {

using SteadyClock = std::chrono::steady_clock;

constexpr std::uint64_t traces_between_looks = 500;
constexpr std::uint64_t most_waiting = 50'000;

const SinkRow& spans_of(const Stats& stats) {
  return stats.sinks.at(0).rows[static_cast<std::size_t>(RecordKind::span)];
}

void hold_back(const TelemetryManager& manager) {
  for (;;) {
    const Stats stats = manager.stats();
    if (stats[RecordKind::span].recorded - spans_of(stats).exported < most_waiting) return;
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
}

void record_trace(TelemetryManager& manager, std::uint64_t number) {
  const std::string item = "licences/section-" + std::to_string(100'000 + number % 100'000) + "/paragraph.txt";
  const ActiveTrace trace = manager.start_trace("document_workflow");
  const ActiveSpan root = manager.start_span("document_workflow", trace.trace_id, {.is_root = true});
  for (std::uint64_t i = 1; i < spans_per_trace; ++i) {
    const ActiveSpan span = manager.start_span(
        "TransformNode",
        {.attributes = {
             {"node_id", "transform_1"}, {"node_type", "TransformNode"}, {"item", item}, {"input_size", 4096 + i}}});
  }
}

}  // namespace

double record_into(const TelemetryConfig& config, std::uint64_t traces) {
  TelemetryManager manager(config);
  const auto begin = SteadyClock::now();
  for (std::uint64_t i = 0; i < traces; ++i) {
    record_trace(manager, i);
    if (i % traces_between_looks == 0) hold_back(manager);
  }
  const FlushResult flushed = manager.flush(std::chrono::seconds(60));
  const double seconds = std::chrono::duration<double>(SteadyClock::now() - begin).count();
  if (!flushed.complete()) throw std::runtime_error("the flush did not complete: " + flushed.sinks.at(0).error);
  if (manager.stats().dropped() != 0) throw std::runtime_error("records were dropped although the recorder held back");
  return seconds;
}

}  // namespace spark::bench
