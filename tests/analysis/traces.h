// Spans and traces for the tests of analyses, short to write, and a memory store that holds them. Times are in
// milliseconds after 2025-01-15T10:00:00Z, unless said otherwise.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "spark/backends/memory.h"
#include "spark/telemetry/batch.h"
#include "spark/telemetry/records.h"

namespace spark::testing {

[[nodiscard]] inline Timestamp at(std::int64_t ms) {
  return Timestamp(std::chrono::seconds(1'736'935'200)) + std::chrono::milliseconds(ms);
}

inline constexpr TraceId test_trace{0x7000'0000'0000'0000, 1};
[[nodiscard]] inline TraceId trace_number(std::uint64_t number) { return {0x7000'0000'0000'0000, number}; }

// A span of test_trace. A parent of 0 is none.
[[nodiscard]] inline Span make_span(std::uint64_t id, std::uint64_t parent, std::int64_t start, std::int64_t end,
                                    std::string name = "span") {
  return {.span_id = {id},
          .trace_id = test_trace,
          .parent_span_id = {parent},
          .name = std::move(name),
          .start_time = at(start),
          .end_time = at(end)};
}

[[nodiscard]] inline Trace make_trace(std::uint64_t number, std::int64_t start, std::int64_t end,
                                      TraceStatus status = TraceStatus::completed, Object attributes = {}) {
  Trace trace{.trace_id = trace_number(number), .name = "run", .start_time = at(start), .status = status};
  if (status != TraceStatus::started) trace.end_time = at(end);
  trace.attributes = std::move(attributes);
  return trace;
}

// What is added is in the store that is asked for next.
class Recorded {
 public:
  Recorded() : builder_(std::make_shared<Resource>()) {}

  void add(const Trace& trace) { builder_.add(trace); }
  void add(const Span& span) { builder_.add(span); }
  void add(const Metric& metric) { builder_.add(metric); }
  // A trace and its spans, which are given its id.
  void add(const Trace& trace, std::vector<Span> spans) {
    add(trace);
    for (Span& span : spans) {
      span.trace_id = trace.trace_id;
      add(span);
    }
  }

  [[nodiscard]] MemoryStore& store() {
    if (builder_.size() > 0) store_.write(*builder_.build());
    return store_;
  }

 private:
  BatchBuilder builder_;
  MemoryStore store_;
};

}  // namespace spark::testing
