// Prints what a manager recorded, as text that a test compares with a literal: traces with their span trees,
// then events and metrics in the order in which they were recorded. Times are seconds since the trace's
// start; ids are small numbers in the order in which they appear. Flush the manager first, and give it a
// VirtualClock.
#pragma once

#include <algorithm>
#include <cstdio>
#include <map>
#include <string>
#include <tuple>
#include <vector>

#include "spark/base/json.h"
#include "spark/telemetry/manager.h"

namespace spark::fakes {

class TracePrinter {
 public:
  explicit TracePrinter(const TelemetryManager& manager) : manager_(manager) {}

  // The traces, oldest first, each followed by its spans.
  [[nodiscard]] std::string trees() {
    std::string out;
    for (const Trace& trace : traces()) {
      out += "trace " + trace.name + " " + std::string(to_string(trace.status)) + " " + seconds(trace.duration());
      if (!trace.graph_hash.empty()) out += " graph " + number(trace.graph_hash);
      out += " " + to_json(trace.attributes) + "\n";
      const SpanQuery query{.trace_id = trace.trace_id};
      std::vector<Span> spans = manager_.query_spans(query).rows;
      std::sort(spans.begin(), spans.end(), [](const Span& a, const Span& b) {
        return std::tuple(a.start_time, a.end_time, a.name, to_json(a.attributes)) <
               std::tuple(b.start_time, b.end_time, b.name, to_json(b.attributes));
      });
      print_children(out, trace, spans, SpanId(), 1);
    }
    return out;
  }

  // Each as: time, span, type, name, attributes.
  [[nodiscard]] std::string events() {
    std::string out;
    for (const Trace& trace : traces()) {
      const EventQuery query{.trace_id = trace.trace_id};
      std::vector<Event> events = manager_.query_events(query).rows;
      std::sort(events.begin(), events.end(), [](const Event& a, const Event& b) { return a.event_id < b.event_id; });
      for (const Event& event : events) {
        out += since(trace, event.timestamp) + " " + number(event.span_id.to_string()) + " " +
               (event.type.empty() ? "-" : event.type) + " \"" + event.name + "\" " + attributes(event.attributes) +
               "\n";
      }
    }
    return out;
  }

  // Each as: time, name, value, unit, aggregation type, attributes.
  [[nodiscard]] std::string metrics() {
    std::string out;
    for (const Trace& trace : traces()) {
      const MetricQuery query{.trace_id = trace.trace_id};
      std::vector<Metric> metrics = manager_.query_metrics(query).rows;
      std::sort(metrics.begin(), metrics.end(),
                [](const Metric& a, const Metric& b) { return a.metric_id < b.metric_id; });
      for (const Metric& metric : metrics) {
        out += since(trace, metric.timestamp) + " " + metric.name + " " + decimal(metric.value) + " " + metric.unit +
               " " + std::string(to_string(metric.aggregation_type)) + " " + attributes(metric.attributes) + "\n";
      }
    }
    return out;
  }

 private:
  [[nodiscard]] std::vector<Trace> traces() const {
    std::vector<Trace> traces = manager_.query_traces().rows;
    std::reverse(traces.begin(), traces.end());
    return traces;
  }

  // `parent` zero: those whose parent is not among the spans.
  void print_children(std::string& out, const Trace& trace, const std::vector<Span>& spans, SpanId parent, int depth) {
    for (const Span& span : spans) {
      const bool has_parent = std::any_of(spans.begin(), spans.end(),
                                          [&](const Span& other) { return other.span_id == span.parent_span_id; });
      if (parent.is_valid() ? span.parent_span_id != parent : has_parent) continue;
      out += std::string(static_cast<std::size_t>(depth) * 2, ' ') + number(span.span_id.to_string()) + " " +
             span.name + " " + std::string(to_string(span.status)) + " " + since(trace, span.start_time) + " +" +
             seconds(span.duration());
      if (span.kind != SpanKind::INTERNAL) out += " " + std::string(to_string(span.kind));
      if (!span.error_type.empty()) out += " " + span.error_type;
      if (!span.status_message.empty()) out += " \"" + span.status_message + "\"";
      out += " " + attributes(span.attributes) + "\n";
      print_children(out, trace, spans, span.span_id, depth + 1);
    }
  }

  [[nodiscard]] std::string attributes(Object object) {
    if (const Value* hash = object.find("graph_hash")) object.set("graph_hash", number(hash->as_string()));
    return to_json(object);
  }

  [[nodiscard]] std::string number(const std::string& id) {
    if (id == SpanId().to_string()) return "-";
    const auto [position, is_new] = numbers_.emplace(id, numbers_.size() + 1);
    return "#" + std::to_string(position->second);
  }

  [[nodiscard]] static std::string since(const Trace& trace, Timestamp time) {
    return seconds(Seconds(time - trace.start_time));
  }
  [[nodiscard]] static std::string seconds(Seconds duration) { return decimal(duration.count()) + "s"; }
  [[nodiscard]] static std::string decimal(double value) {
    char buffer[32];
    std::snprintf(buffer, sizeof buffer, "%g", value);
    return buffer;
  }

  const TelemetryManager& manager_;
  std::map<std::string, std::size_t> numbers_;
};

}  // namespace spark::fakes
