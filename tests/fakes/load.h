// A load that many threads put on a manager at once, with its own count of every call, to hold against the
// ledger.
#pragma once

#include <atomic>
#include <cstdint>
#include <string>
#include <thread>
#include <vector>

#include "spark/telemetry/manager.h"

namespace spark::fakes {

// What was called, whatever became of it.
struct Calls {
  std::uint64_t traces = 0;  // started, and ended
  std::uint64_t spans = 0;
  std::uint64_t failed_spans = 0;  // of the spans
  std::uint64_t span_events = 0;
  std::uint64_t events = 0;
  std::uint64_t metrics = 0;

  Calls& operator+=(const Calls& other) noexcept {
    traces += other.traces;
    spans += other.spans;
    failed_spans += other.failed_spans;
    span_events += other.span_events;
    events += other.events;
    metrics += other.metrics;
    return *this;
  }
};

// One thread's part: traces of 100 spans. Every span has attributes and an event, every fourth an event and a
// metric of the trace beside it, every tenth fails, some outgrow their inline area or own nested values.
inline Calls put_load(TelemetryManager& manager, std::uint64_t spans, int thread) {
  Calls calls;
  const Object nested{{"list", Array{1, "two", 3.5}}};
  const std::string long_text(600, 'x');
  while (calls.spans < spans) {
    const ActiveTrace trace = manager.start_trace("load", {.attributes = {{"thread", thread}}});
    ++calls.traces;
    for (int i = 0; i < 100 && calls.spans < spans; ++i) {
      ActiveSpan span = manager.start_span("step", trace.trace_id, {.attributes = {{"n", calls.spans}}});
      span.set_attribute("text", "a literal");
      span.add_event("moment", {{"i", i}});
      ++calls.span_events;
      if (i % 4 == 0) {
        manager.record_event({.event_type = "milestone", .name = "quarter", .attributes = {{"i", i}}});
        manager.record_metric({.name = "load", .value = 1, .aggregation_type = AggregationType::counter});
        ++calls.events;
        ++calls.metrics;
      }
      if (i % 10 == 0) {
        span.record_error("Refused", "one in ten");
        ++calls.failed_spans;
      }
      if (i % 50 == 1) span.set_attribute("long", long_text);
      if (i % 50 == 2) span.set_attribute("nested", Value(nested));
      ++calls.spans;
    }
  }
  return calls;
}

// All threads begin together.
inline Calls put_load_from_threads(TelemetryManager& manager, int threads, std::uint64_t spans_each) {
  std::vector<Calls> calls(static_cast<std::size_t>(threads));
  std::vector<std::thread> running;
  std::atomic<int> waiting{threads};
  for (int i = 0; i < threads; ++i) {
    running.emplace_back([&, i] {
      --waiting;
      while (waiting > 0) std::this_thread::yield();
      calls[static_cast<std::size_t>(i)] = put_load(manager, spans_each, i);
    });
  }
  Calls sum;
  for (std::size_t i = 0; i < running.size(); ++i) {
    running[i].join();
    sum += calls[i];
  }
  return sum;
}

}  // namespace spark::fakes
