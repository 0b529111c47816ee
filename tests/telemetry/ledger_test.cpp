// Every record is accounted for: the ledger against the test's own count of calls and the sink's own count of
// records.
#include <gtest/gtest.h>

#include <chrono>
#include <memory>

#include "fakes/load.h"
#include "fakes/recording_sink.h"
#include "telemetry/expected.h"

namespace spark {
namespace {

using namespace std::chrono_literals;
using fakes::Calls;
using fakes::RecordingSink;
using fakes::SinkLog;

constexpr RecordKind kinds[] = {RecordKind::trace_start, RecordKind::trace_end, RecordKind::span,
                                RecordKind::event,       RecordKind::metric,    RecordKind::graph};

// What was called is what was recorded, and what was not dropped is what the sink counted.
void expect_exact(const Stats& stats, const Calls& calls, const SinkLog& log) {
  EXPECT_TRUE(stats.balanced());
  EXPECT_EQ(stats[RecordKind::trace_start].recorded, calls.traces);
  EXPECT_EQ(stats[RecordKind::trace_end].recorded, calls.traces);
  EXPECT_EQ(stats[RecordKind::span].recorded, calls.spans);
  EXPECT_EQ(stats[RecordKind::event].recorded, calls.events);
  EXPECT_EQ(stats[RecordKind::metric].recorded, calls.metrics);
  for (const RecordKind kind : kinds) {
    const FrontRow& row = stats[kind];
    const SinkRow& sink = stats.sinks.at(0).rows[static_cast<std::size_t>(kind)];
    EXPECT_EQ(row.in_rings, 0U) << to_string(kind);
    EXPECT_EQ(row.recorded, sum(row.dropped) + row.admitted) << to_string(kind);
    EXPECT_EQ(sink.admitted, row.admitted) << to_string(kind);
    EXPECT_EQ(sink.exported, log.count(kind)) << to_string(kind);
    EXPECT_EQ(sink.admitted, sink.exported + sum(sink.dropped)) << to_string(kind);
  }
  EXPECT_EQ(stats.spilled_bytes, 0U);
}

TEST(Ledger, is_exact_after_8_threads_with_100000_spans_each) {
  const auto log = std::make_shared<SinkLog>(false);
  TelemetryManager manager({.ring_bytes_total = std::size_t{1} << 32, .queue_bytes = std::size_t{1} << 32},
                           {.sinks = {RecordingSink::factory(log)}});
  const Calls calls = fakes::put_load_from_threads(manager, 8, 100'000);
  EXPECT_TRUE(manager.flush(10min).complete());
  const Stats stats = manager.stats();
  expect_exact(stats, calls, *log);
  EXPECT_EQ(calls.spans, 800'000U);
  EXPECT_EQ(stats.dropped(), 0U);
  EXPECT_EQ(log->count(RecordKind::span), 800'000U);
  EXPECT_EQ(log->failed_span_count(), calls.failed_spans);
  EXPECT_EQ(log->span_event_count(), calls.span_events);
  EXPECT_GT(stats.records_spilled, 0U);
}

TEST(Ledger, is_exact_when_the_rings_are_too_small) {
  const auto log = std::make_shared<SinkLog>(false);
  TelemetryManager manager({.ring_bytes = 4096, .ring_bytes_total = 64 << 10, .queue_bytes = std::size_t{1} << 32},
                           {.sinks = {RecordingSink::factory(log)}});
  const Calls calls = fakes::put_load_from_threads(manager, 8, 100'000);
  EXPECT_TRUE(manager.flush(10min).complete());
  const Stats stats = manager.stats();
  expect_exact(stats, calls, *log);
  const FrontRow& spans = stats[RecordKind::span];
  EXPECT_GT(dropped(spans, DropReason::ring_full), 0U);
  EXPECT_EQ(sum(spans.dropped), dropped(spans, DropReason::ring_full));
  EXPECT_GT(log->count(RecordKind::span), 0U);
}

TEST(Ledger, failed_spans_and_trace_ends_get_through_where_others_are_dropped) {
  const auto log = std::make_shared<SinkLog>(false);
  // Nothing wakes the drainer but a full ring, and that only when something had to be dropped.
  TelemetryManager manager(
      {.buffer_size = 1'000'000, .export_interval = 3600s, .ring_bytes = 4096, .ring_bytes_total = 4096},
      {.sinks = {RecordingSink::factory(log)}});
  Calls calls;
  for (int round = 0; round < 100; ++round) {
    ActiveTrace trace = manager.start_trace("t");
    ++calls.traces;
    for (int i = 0; i < 100; ++i) {
      manager.start_span("completed", trace.trace_id).end();
      ++calls.spans;
    }
    ActiveSpan failed = manager.start_span("failed", trace.trace_id);
    failed.record_error("E", "m");
    failed.end();
    ++calls.spans;
    ++calls.failed_spans;
    trace.end(TraceStatus::failed);
    manager.flush();
  }
  const Stats stats = manager.stats();
  expect_exact(stats, calls, *log);
  EXPECT_GT(dropped(stats[RecordKind::span], DropReason::ring_full), 0U);
  EXPECT_EQ(log->failed_span_count(), 100U);
  EXPECT_EQ(log->count(RecordKind::trace_end), 100U);
}

TEST(Ledger, counts_what_a_failing_sink_lost) {
  const auto log = std::make_shared<SinkLog>(false);
  log->fail_writes("no");
  TelemetryManager manager({}, {.sinks = {RecordingSink::factory(log)}});
  const Calls calls = fakes::put_load_from_threads(manager, 2, 1000);
  EXPECT_FALSE(manager.flush().complete());
  const Stats stats = manager.stats();
  expect_exact(stats, calls, *log);
  const SinkRow& spans = stats.sinks[0].rows[static_cast<std::size_t>(RecordKind::span)];
  EXPECT_EQ(spans.dropped[static_cast<std::size_t>(DropReason::sink_error)], 2000U);
  EXPECT_EQ(spans.exported, 0U);
}

TEST(Ledger, rings_of_threads_that_ended_are_used_again) {
  const auto log = std::make_shared<SinkLog>(false);
  TelemetryManager manager({.ring_bytes_total = 256 << 10}, {.sinks = {RecordingSink::factory(log)}});
  Calls calls;
  for (int i = 0; i < 50; ++i) {
    calls += fakes::put_load_from_threads(manager, 1, 50);
    manager.flush();
  }
  const Stats stats = manager.stats();
  expect_exact(stats, calls, *log);
  EXPECT_EQ(stats.dropped(), 0U);
  // Fifty rings would have taken 3.2 MiB.
  EXPECT_LE(stats.ring_bytes, std::uint64_t{256} << 10);
}

TEST(Ledger, survives_the_shutdown) {
  const auto log = std::make_shared<SinkLog>(false);
  TelemetryManager manager({}, {.sinks = {RecordingSink::factory(log)}});
  const Calls calls = fakes::put_load_from_threads(manager, 4, 1000);
  manager.shutdown();
  expect_exact(manager.stats(), calls, *log);
  EXPECT_EQ(log->count(RecordKind::span), 4000U);
  // The four threads' rings are gone, and what they counted is not.
  EXPECT_EQ(manager.stats().ring_bytes, 0U);
}

TEST(Ledger, its_own_metrics_are_a_kind_of_their_own) {
  const auto log = std::make_shared<SinkLog>();
  TelemetryManager manager({.self_metrics = true}, {.sinks = {RecordingSink::factory(log)}});
  manager.start_span("s").end();
  manager.start_span("s").end();
  manager.flush();
  const Stats stats = manager.stats();
  EXPECT_TRUE(stats.balanced());
  EXPECT_EQ(stats[RecordKind::metric].recorded, 0U);
  EXPECT_GT(stats[RecordKind::self_metric].admitted, 0U);
  EXPECT_EQ(log->metric("otel.sdk.span.started").value, 2);
  EXPECT_GT(log->metric("process.memory.usage").value, 0);
}

}  // namespace
}  // namespace spark
