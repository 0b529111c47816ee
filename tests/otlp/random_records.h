// Records of everything at random, of one seed: what the tests of OTLP encode, and decode again.
#pragma once

#include <cmath>
#include <cstdint>
#include <limits>
#include <random>
#include <string>
#include <string_view>
#include <vector>

#include "backends/records.h"
#include "spark/telemetry/batch.h"

namespace spark::testing {

class RandomRecords {
 public:
  explicit RandomRecords(std::uint64_t seed) : random_(seed) {}

  std::uint64_t below(std::uint64_t bound) { return random_() % bound; }

  std::string text() {
    static constexpr std::string_view pieces[] = {"a",  "spark.", "status",     "é", "\"",
                                                  "\n", "日本",   "\U0001F600", "{", "x=1 "};
    std::string out;
    for (std::uint64_t i = below(12) * below(12); i > 0; --i) out += pieces[below(std::size(pieces))];
    return out;
  }

  Value value(int depth = 0) {
    switch (below(depth > 30 ? 6 : 8)) {
      case 0:
        return nullptr;
      case 1:
        return below(2) == 0;
      case 2:
        return static_cast<std::int64_t>(random_()) >> below(64);
      case 3:
        return special_[below(std::size(special_))];
      case 4:
        return text();
      case 5:
        return Bytes{std::vector<std::uint8_t>(below(5), static_cast<std::uint8_t>(below(256)))};
      case 6: {
        Array array(below(4));
        for (Value& element : array) element = value(depth + 1);
        return array;
      }
      default:
        return object(depth + 1);
    }
  }
  Object object(int depth = 0) {
    Object object;
    // An attribute without a key is not one that the reader's text could tell from another.
    for (std::uint64_t i = below(5); i > 0; --i) object.set("k" + text(), value(depth));
    return object;
  }

  Span span() {
    Span span = make_span(1 + below(1'000), text(), static_cast<std::int64_t>(below(100)), 100, object());
    span.trace_id = trace_id(1 + below(10));
    span.parent_span_id = span_id(below(3));
    span.kind = static_cast<SpanKind>(below(5));
    span.status = static_cast<SpanStatus>(below(3));
    span.status_message = text();
    span.error_type = text();
    return span;
  }
  Event event() {
    Event event = make_event(below(100), text(), static_cast<std::int64_t>(below(100)), object());
    event.trace_id = trace_id(below(10));
    event.span_id = span_id(below(3));
    event.type = text();
    event.source = static_cast<EventSource>(below(2));
    return event;
  }
  Metric metric() {
    Metric metric = make_metric(below(100), "m" + std::to_string(below(3)), static_cast<std::int64_t>(below(100)));
    if (below(2) == 0) metric.attributes = {{"a", static_cast<std::int64_t>(below(5))}};
    metric.trace_id = trace_id(below(3));
    metric.aggregation_type = static_cast<AggregationType>(below(3));
    metric.value = std::ldexp(static_cast<double>(below(1'000)) - 200, static_cast<int>(below(60)) - 30);
    if (metric.aggregation_type == AggregationType::histogram && below(3) == 0) {
      metric.distribution = Distribution{.count = 5,
                                         .sum = 3,
                                         .scale = static_cast<std::int32_t>(below(9)),
                                         .zero_count = 1,
                                         .positive = {.offset = -1, .counts = {1, 0, 3}}};
    }
    return metric;
  }
  Trace trace() {
    Trace trace = make_trace(1 + below(10), text(), 0, 50, object());
    trace.status = static_cast<TraceStatus>(below(4));
    trace.graph_hash = text();
    trace.root_span_id = span_id(below(4));
    return trace;
  }

  void fill(BatchBuilder& builder) {
    for (std::uint64_t i = below(20); i > 0; --i) {
      std::vector<Event> events(below(3));
      for (Event& e : events) e = event();
      builder.add(span(), events);
    }
    for (std::uint64_t i = below(20); i > 0; --i) builder.add(event());
    for (std::uint64_t i = below(50); i > 0; --i) builder.add(metric());
    for (std::uint64_t i = below(5); i > 0; --i) builder.add(trace());
    for (std::uint64_t i = below(3); i > 0; --i) {
      builder.add(GraphDefinition{.hash = text(), .graph_id = text(), .version = text(), .content = object()});
    }
  }

 private:
  static constexpr double special_[] = {0.0,
                                        -0.0,
                                        0.1,
                                        1e300,
                                        std::numeric_limits<double>::infinity(),
                                        -std::numeric_limits<double>::infinity(),
                                        std::numeric_limits<double>::quiet_NaN(),
                                        std::numeric_limits<double>::denorm_min()};
  std::mt19937_64 random_;
};

}  // namespace spark::testing
