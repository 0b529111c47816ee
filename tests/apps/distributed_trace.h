// One trace that two services recorded, each its part: "shop" calls "payments", 40 of the 100 ms of the whole.
#pragma once

#include <chrono>
#include <string>

#include "backends/records.h"
#include "spark/backends/sqlite.h"

namespace spark::testing {

[[nodiscard]] inline std::string distributed_id() { return trace_id(1).to_string(); }

[[nodiscard]] inline Span make_child(std::uint64_t number, const std::string& name, std::int64_t start,
                                     std::int64_t end, std::uint64_t parent, SpanKind kind = SpanKind::INTERNAL) {
  Span span = make_span(number, name, start, end);
  span.parent_span_id = span_id(parent);
  span.kind = kind;
  return span;
}

// The trace itself, and the span of the call.
inline void record_caller(Store& store) {
  write_as(store, "shop", [](BatchBuilder& builder) {
    builder.add(make_trace(1, "checkout", 0, 100));
    builder.add(make_span(1, "checkout", 0, 100));
    builder.add(make_child(2, "call pay", 10, 60, 1, SpanKind::CLIENT));
    builder.add(make_event(1, "Paid", 60));
  });
}

// What a callee has: no start of the trace, which is known from the span that serves the call. Its clock is ahead by
// `skew` ms.
inline void record_callee(Store& store, std::int64_t skew = 0) {
  write_as(store, "payments", [skew](BatchBuilder& builder) {
    add_local_root(builder, make_child(3, "pay", 15 + skew, 55 + skew, 2, SpanKind::SERVER));
    builder.add(make_child(4, "charge", 20 + skew, 50 + skew, 3));
    builder.add(make_event(2, "Charged", 50 + skew));
    builder.add(make_metric(3, "cost", 50 + skew));
  });
}

}  // namespace spark::testing
