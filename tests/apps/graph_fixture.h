// Definitions, spans and events of graphs, written down briefly, for the tests of what is shown of graphs.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "apps/sparktel/views/graph_run.h"
#include "spark/base/json.h"
#include "spark/telemetry/records.h"

namespace spark::testing {

inline constexpr SpanId graph_span{1};

// A trace of one run of a graph, whose span is graph_span.
class RecordedRun {
 public:
  explicit RecordedRun(std::string_view content_json) {
    definition.hash = "hash";
    definition.graph_id = "pipeline";
    definition.version = "7";
    definition.content = parse_json(content_json).as_object();
    trace.graph_hash = "hash";
    trace.root_span_id = graph_span;
  }

  Span& ran(const std::string& node_id, std::chrono::nanoseconds duration = std::chrono::milliseconds(1),
            SpanStatus status = SpanStatus::completed) {
    Span span{.span_id = SpanId{++last_id_},
              .parent_span_id = graph_span,
              .end_time = Timestamp(duration),
              .status = status,
              .attributes = {{"node_id", node_id}, {"attempt", 1}}};
    spans.push_back(std::move(span));
    return spans.back();
  }
  void took(const std::string& from, const std::string& to, const std::string& kind = {}) {
    Event event{.span_id = graph_span, .type = "edge_taken", .attributes = {{"from", from}, {"to", to}}};
    if (!kind.empty()) event.attributes.set("kind", kind);
    events.push_back(std::move(event));
  }
  [[nodiscard]] sparktel::GraphRun read() const { return sparktel::read_graph_run(definition, trace, spans, events); }

  GraphDefinition definition;
  Trace trace;
  std::vector<Span> spans;
  std::vector<Event> events;

 private:
  std::uint64_t last_id_ = 1;
};

}  // namespace spark::testing
