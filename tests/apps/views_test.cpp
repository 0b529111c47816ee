// Statistics over spans, and the ledger's table.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <string>
#include <vector>

#include "apps/sparktel/views/ledger.h"
#include "apps/sparktel/views/node_summary.h"

namespace spark::sparktel {
namespace {

using namespace std::chrono_literals;

Span make_span(std::uint64_t id, std::uint64_t parent, std::chrono::nanoseconds start,
               std::chrono::nanoseconds length) {
  return {.span_id = {id},
          .parent_span_id = {parent},
          .start_time = Timestamp(start),
          .end_time = Timestamp(start + length)};
}

TEST(Percentile, IsAMeasuredValueOfTheNearestRank) {
  std::vector<std::chrono::nanoseconds> values{50ns, 10ns, 40ns, 20ns, 30ns};
  EXPECT_EQ(percentile(values, 0.0), 10ns);
  EXPECT_EQ(percentile(values, 0.5), 30ns);
  EXPECT_EQ(percentile(values, 0.8), 40ns);
  EXPECT_EQ(percentile(values, 0.95), 50ns);
  EXPECT_EQ(percentile(values, 1.0), 50ns);
  std::vector<std::chrono::nanoseconds> none;
  EXPECT_EQ(percentile(none, 0.5), 0ns);
}

TEST(NodeSummary, CountsOnlyNodesInTheOrderInWhichTheyRan) {
  const auto node = [](std::string name, std::chrono::nanoseconds start, std::chrono::nanoseconds length,
                       SpanStatus status) {
    Span span = make_span(1, 0, start, length);
    span.name = std::move(name);
    span.status = status;
    span.attributes.set("node_id", "any");
    return span;
  };
  Span manual = make_span(9, 1, 0ms, 1ms);
  manual.name = "manual";
  const std::vector<NodeSummary> nodes = summarize_nodes(std::vector<Span>{
      node("Load", 1ms, 3ms, SpanStatus::completed), node("Count", 5ms, 7ms, SpanStatus::completed),
      node("Load", 9ms, 5ms, SpanStatus::failed), node("Load", 8ms, 4ms, SpanStatus::cancelled), manual});
  ASSERT_EQ(nodes.size(), 2u);
  EXPECT_EQ(nodes[0].name, "Load");
  EXPECT_EQ(nodes[0].count, 3u);
  EXPECT_EQ(nodes[0].errors, 1u);
  EXPECT_EQ(nodes[0].p50, 4ms);
  EXPECT_EQ(nodes[0].p95, 5ms);
  EXPECT_EQ(nodes[1].name, "Count");
  EXPECT_EQ(nodes[1].p50, 7ms);
}

// Two traces, one of them sampled out, and 1,234 spans of which a sink dropped 4.
Stats stats_with_drops() {
  Stats stats;
  SinkStats sink{.name = "sqlite a.db", .last_error = "disk full"};
  stats.front[static_cast<std::size_t>(RecordKind::trace_start)] = {.recorded = 2, .sampled_out = 1, .admitted = 1};
  sink.rows[static_cast<std::size_t>(RecordKind::trace_start)] = {.admitted = 1, .exported = 1};
  stats.front[static_cast<std::size_t>(RecordKind::span)] = {.recorded = 1234, .admitted = 1234};
  SinkRow& spans = sink.rows[static_cast<std::size_t>(RecordKind::span)];
  spans = {.admitted = 1234, .exported = 1230};
  spans.dropped[static_cast<std::size_t>(DropReason::sink_error)] = 4;
  stats.sinks.push_back(sink);
  return stats;
}

TEST(LedgerTable, ShowsWhatWasLostAndWhy) {
  EXPECT_FALSE(is_all_exported(stats_with_drops()));
  EXPECT_EQ(draw_ledger(stats_with_drops(), {.width = 80}),
            "record       recorded  sampled out  dropped  exported\n"
            "─────────────────────────────────────────────────────\n"
            "trace_start         2            1        0         1\n"
            "span            1,234            0        4     1,230\n"
            "Balanced, but not every record was exported.\n"
            "sqlite a.db: disk full\n");
}

TEST(LedgerTable, SaysWhatWaitsInASpool) {
  Stats stats = stats_with_drops();
  SinkStats& sink = stats.sinks[0];
  sink.last_error.clear();
  sink.retries = 3;
  sink.breaker = BreakerState::half_open;
  sink.rows[static_cast<std::size_t>(RecordKind::span)].spooled = 1'200;
  sink.rows[static_cast<std::size_t>(RecordKind::span)].recovered = 30;
  EXPECT_NE(
      draw_ledger(stats, {.width = 80})
          .find("sqlite a.db: the circuit breaker is half_open, 3 repeated attempts, 1,200 records in the spool, 30 "
                "taken over from another process\n"),
      std::string::npos);
}

TEST(LedgerTable, SaysThatItIsNotBalanced) {
  Stats stats = stats_with_drops();
  stats.front[static_cast<std::size_t>(RecordKind::span)].recorded = 1235;
  EXPECT_NE(draw_ledger(stats, {.width = 80}).find("Not balanced: some records are not accounted for.\n"),
            std::string::npos);
}

}  // namespace
}  // namespace spark::sparktel
