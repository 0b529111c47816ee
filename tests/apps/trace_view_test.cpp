// What the picture of a trace says of nodes, attempts, rounds and the critical path.
#include "apps/sparktel/views/trace_view.h"

#include <gtest/gtest.h>

#include <chrono>
#include <string>

namespace spark::sparktel {
namespace {

using namespace std::chrono_literals;

Span make_node(std::uint64_t id, std::string node, std::chrono::nanoseconds start, std::chrono::nanoseconds length) {
  return {.span_id = {id},
          .parent_span_id = {1},
          .name = "Work",
          .start_time = Timestamp(start),
          .end_time = Timestamp(start + length),
          .attributes = Object{{"node_id", std::move(node)}, {"attempt", 1}}};
}

TraceParts make_trace(std::vector<Span> below) {
  TraceParts parts{.trace = {.trace_id = {1, 2},
                             .name = "run",
                             .start_time = Timestamp(0ms),
                             .end_time = Timestamp(10ms),
                             .status = TraceStatus::completed}};
  parts.spans.push_back({.span_id = {1}, .name = "run", .start_time = Timestamp(0ms), .end_time = Timestamp(10ms)});
  for (Span& span : below) parts.spans.push_back(std::move(span));
  return parts;
}

// Without the header of the trace.
std::string draw(const TraceParts& parts, std::size_t width) {
  const std::string drawn = draw_trace(parts, {.width = width});
  return drawn.substr(drawn.find("\n\n") + 2);
}

TEST(TraceView, NodesOfOneTypeTellThemselvesApartAndWhatIsNotWaitedForIsLight) {
  EXPECT_EQ(draw(make_trace({make_node(2, "left", 0ms, 10ms), make_node(3, "right", 0ms, 5ms)}), 60),
            "run            10.0 ms  ░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░\n"
            "├─ Work left   10.0 ms  ████████████████████████████████████\n"
            "└─ Work right  5.00 ms  ░░░░░░░░░░░░░░░░░░\n"
            "█ on the critical path  ░ not on it\n");
}

TEST(TraceView, AttemptsAndRoundsAreSaid) {
  Span first = make_node(2, "only", 0ms, 2ms);
  first.status = SpanStatus::failed;
  first.error_type = "Busy";
  Span second = make_node(3, "only", 3ms, 2ms);
  second.attributes.set("attempt", 2);
  Span round = make_node(4, "only", 5ms, 5ms);
  round.attributes.set("iteration", 3);
  EXPECT_EQ(draw(make_trace({first, second, round}), 80),
            "span                        time     self\n"
            "run                      10.0 ms  1.00 ms  ░░░░░░░█████░░░░░░░░░░░░░░░░░░░░░░░░░\n"
            "├─ Work          failed  2.00 ms  2.00 ms  ███████▍\n"
            "│     Busy\n"
            "├─ Work ↻ #2             2.00 ms  2.00 ms             ███████▌\n"
            "└─ Work round 3          5.00 ms  5.00 ms                    ███████████████████\n"
            "█ on the critical path  ░ not on it  ↻ a further attempt\n");
}

TEST(TraceView, WithoutRoomThereAreNoSelfTimes) {
  EXPECT_EQ(draw(make_trace({make_node(2, "only", 0ms, 10ms)}), 40),
            "run      10.0 ms  ░░░░░░░░░░░░░░░░░░░░░░\n"
            "└─ Work  10.0 ms  ██████████████████████\n"
            "█ on the critical path  ░ not on it\n");
}

TEST(TraceView, AttributesThatAreNotWhatGraphsWriteAreNotBelieved) {
  Span span = make_node(2, "only", 0ms, 10ms);
  span.attributes.set("attempt", "2\x1b[2J");
  span.attributes.set("iteration", -5);
  span.attributes.set("node_id", Object{});
  EXPECT_EQ(draw(make_trace({span}), 60).find("#"), std::string::npos);
}

}  // namespace
}  // namespace spark::sparktel
