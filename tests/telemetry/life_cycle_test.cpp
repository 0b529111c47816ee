// flush, shutdown, queries, and sinks that misbehave.
#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <memory>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include "fakes/recording_sink.h"
#include "telemetry/expected.h"

namespace spark {
namespace {

using namespace std::chrono_literals;
using fakes::RecordingSink;
using fakes::SinkLog;
using fakes::TestManager;
using SteadyClock = std::chrono::steady_clock;

const SinkRow& row(const Stats& stats, std::size_t sink, RecordKind kind) {
  return stats.sinks.at(sink).rows[static_cast<std::size_t>(kind)];
}

TEST(Flush, covers_what_other_threads_recorded_before_it) {
  TestManager telemetry({.buffer_size = 1'000'000, .export_interval = 3600s});
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&] {
      for (int n = 0; n < 100; ++n) telemetry.manager.record_event({.name = "e"});
    });
  }
  for (auto& thread : threads) thread.join();
  const FlushResult result = telemetry.manager.flush();
  EXPECT_TRUE(result.complete());
  ASSERT_EQ(result.sinks.size(), 1U);
  EXPECT_EQ(result.sinks[0].name, "recording");
  EXPECT_EQ(telemetry.unflushed_log().count(RecordKind::event), 400U);
  EXPECT_GE(telemetry.unflushed_log().flushes(), 1U);
}

TEST(Flush, a_hung_sink_keeps_neither_the_deadline_nor_the_other_sinks) {
  TestManager telemetry({}, 2);
  telemetry.unflushed_log(0).block();
  telemetry.manager.record_event({.name = "e"});
  const auto before = SteadyClock::now();
  const FlushResult result = telemetry.manager.flush(2s);
  EXPECT_LT(SteadyClock::now() - before, 30s);
  ASSERT_EQ(result.sinks.size(), 2U);
  EXPECT_FALSE(result.sinks[0].complete);
  EXPECT_EQ(result.sinks[0].error, "the deadline passed while the sink was at work");
  EXPECT_TRUE(result.sinks[1].complete) << result.sinks[1].error;
  EXPECT_FALSE(result.complete());
  EXPECT_EQ(telemetry.unflushed_log(1).count(RecordKind::event), 1U);
  EXPECT_EQ(row(telemetry.manager.stats(), 0, RecordKind::event).in_flight, 1U);
  EXPECT_TRUE(telemetry.manager.stats().balanced());

  telemetry.unflushed_log(0).release();
  EXPECT_TRUE(telemetry.manager.flush().complete());
  EXPECT_EQ(telemetry.unflushed_log(0).count(RecordKind::event), 1U);
}

TEST(Flush, recording_goes_on_while_a_sink_hangs) {
  TestManager telemetry({.buffer_size = 1});
  telemetry.unflushed_log().block();
  telemetry.manager.record_event({.name = "first"});
  ASSERT_TRUE(telemetry.unflushed_log().wait_until_blocked());
  for (int i = 0; i < 1000; ++i) telemetry.manager.record_event({.name = "more"});
  EXPECT_EQ(telemetry.manager.stats()[RecordKind::event].recorded, 1001U);
  telemetry.unflushed_log().release();
  EXPECT_EQ(telemetry.log().count(RecordKind::event), 1001U);
}

TEST(Flush, a_write_that_fails_is_counted_and_reported_once) {
  TestManager telemetry;
  telemetry.unflushed_log().fail_writes("the disk is full");
  telemetry.manager.record_event({.name = "lost"});
  const FlushResult failed = telemetry.manager.flush();
  EXPECT_FALSE(failed.complete());
  EXPECT_EQ(failed.sinks.at(0).error, "the disk is full");

  telemetry.unflushed_log().fail_writes("");
  telemetry.manager.record_event({.name = "kept"});
  EXPECT_TRUE(telemetry.manager.flush().complete());
  const Stats stats = telemetry.manager.stats();
  EXPECT_EQ(dropped(row(stats, 0, RecordKind::event), DropReason::sink_error), 1U);
  EXPECT_EQ(row(stats, 0, RecordKind::event).exported, 1U);
  EXPECT_EQ(stats.sinks[0].last_error, "the disk is full");
  EXPECT_EQ(stats.sinks[0].batches, 2U);
  EXPECT_TRUE(stats.balanced());
}

TEST(Flush, a_sink_s_own_flush_that_fails_is_reported) {
  TestManager telemetry;
  telemetry.unflushed_log().fail_flushes("not synced");
  EXPECT_EQ(telemetry.manager.flush().sinks.at(0).error, "not synced");
  telemetry.unflushed_log().fail_flushes("");
  EXPECT_TRUE(telemetry.manager.flush().complete());
}

TEST(Flush, a_full_queue_drops_and_counts) {
  TestManager telemetry({.queue_bytes = 1});
  SinkLog& log = telemetry.unflushed_log();
  log.block();
  // Each event is a batch of its own: the next one comes when this one has been handed to the sink.
  std::uint64_t recorded = 0;
  const auto record_batch = [&] {
    telemetry.manager.record_event({.name = "e"});
    ++recorded;
    while (row(telemetry.manager.stats(), 0, RecordKind::event).admitted < recorded) {
      (void)telemetry.manager.flush(1ms);
    }
  };
  // The queue is never so small that it takes nothing: one batch is let in, whatever its size. It counts until it is
  // written, since its memory is held until then.
  record_batch();
  ASSERT_TRUE(log.wait_until_blocked());
  record_batch();
  record_batch();
  log.release();
  EXPECT_TRUE(telemetry.manager.flush().complete());
  record_batch();
  EXPECT_TRUE(telemetry.manager.flush().complete());
  const Stats stats = telemetry.manager.stats();
  const SinkRow& events = row(stats, 0, RecordKind::event);
  EXPECT_EQ(events.admitted, 4U);
  EXPECT_EQ(events.exported, 2U);
  EXPECT_EQ(dropped(events, DropReason::queue_full), 2U);
  EXPECT_EQ(log.count(RecordKind::event), 2U);
  EXPECT_TRUE(stats.balanced());
}

TEST(Flush, a_batch_of_large_records_ends_before_it_has_10000_of_them) {
  // Nothing wakes the exporter but the flush, so all are in the rings when it begins.
  TestManager telemetry({.buffer_size = 1'000'000}, {std::make_shared<SinkLog>(false)});
  const std::string text(4'096, 'x');
  for (int i = 0; i < 3'000; ++i) telemetry.manager.record_event({.name = "e", .attributes = {{"text", text}}});
  EXPECT_EQ(telemetry.log().count(RecordKind::event), 3'000U);
  for (const std::size_t bytes : telemetry.log().batch_bytes()) EXPECT_LE(bytes, std::size_t{8 << 20} + (256 << 10));
  EXPECT_TRUE(telemetry.manager.stats().balanced());
}

TEST(Shutdown, with_a_batch_in_the_sink_drops_what_waits_behind_it) {
  TestManager telemetry({.queue_bytes = 1 << 20});
  telemetry.unflushed_log().block();
  telemetry.manager.record_event({.name = "in the sink"});
  (void)telemetry.manager.flush(1ms);
  ASSERT_TRUE(telemetry.unflushed_log().wait_until_blocked());
  const auto events = [&] { return row(telemetry.manager.stats(), 0, RecordKind::event); };
  telemetry.manager.record_event({.name = "behind it"});
  while (events().queued < 1) (void)telemetry.manager.flush(1ms);
  EXPECT_FALSE(telemetry.manager.shutdown(10ms).complete());
  EXPECT_EQ(events().in_flight, 1U);
  EXPECT_EQ(dropped(events(), DropReason::deadline), 1U);
  telemetry.unflushed_log().release();
  while (events().in_flight > 0) std::this_thread::yield();
  EXPECT_EQ(events().exported, 1U);
  EXPECT_TRUE(telemetry.manager.stats().balanced());
}

TEST(Suppression, what_a_sink_records_is_neither_recorded_nor_counted) {
  const auto log = std::make_shared<SinkLog>();
  TelemetryManager* manager = nullptr;
  std::atomic<int> calls{0};
  log->on_write = [&](const Batch&) {
    ++calls;
    ActiveTrace trace = manager->start_trace("from the sink", {.attributes = {{"a", Value(Array{1})}}});
    ActiveSpan span = manager->start_span("from the sink", trace.trace_id);
    span.set_attribute("long", std::string(3000, 'x'));
    manager->record_event({.name = "from the sink"});
    manager->record_metric({.name = "from the sink"});
    manager->record_metric({.name = "bad", .value = -1, .aggregation_type = AggregationType::counter});
    EXPECT_FALSE(manager->flush().complete());
  };
  TestManager telemetry({}, {log});
  manager = &telemetry.manager;
  telemetry.manager.record_event({.name = "mine"});
  EXPECT_TRUE(telemetry.manager.flush().complete());
  EXPECT_TRUE(telemetry.manager.flush().complete());
  EXPECT_EQ(calls, 1);
  const Stats stats = telemetry.manager.stats();
  EXPECT_EQ(stats[RecordKind::event].recorded, 1U);
  for (const RecordKind kind : {RecordKind::trace_start, RecordKind::trace_end, RecordKind::span, RecordKind::metric}) {
    EXPECT_EQ(stats[kind].recorded, 0U) << to_string(kind);
  }
  EXPECT_EQ(stats.spilled_bytes, 0U);
  EXPECT_TRUE(stats.balanced());
}

TEST(Shutdown, flushes_and_then_counts_what_comes_as_dropped) {
  TestManager telemetry;
  ActiveSpan open = telemetry.manager.start_span("open");
  telemetry.manager.record_event({.name = "before"});
  EXPECT_TRUE(telemetry.manager.shutdown().complete());
  EXPECT_EQ(telemetry.unflushed_log().event("before").name, "before");

  open.end();
  const ActiveTrace trace = telemetry.manager.start_trace("after");
  telemetry.manager.start_span("after").set_attribute("a", 1);
  telemetry.manager.record_event({.name = "after", .attributes = {{"list", Value(Array{1})}}});
  telemetry.manager.record_metric({.name = "after"});
  telemetry.manager.record_graph({.hash = "h", .graph_id = "g", .version = "1", .content = {}});
  telemetry.manager.counter("after").add(1);
  EXPECT_FALSE(telemetry.manager.flush().complete());
  const Stats stats = telemetry.manager.stats();
  EXPECT_EQ(dropped(stats, RecordKind::span, DropReason::shut_down), 2U);
  EXPECT_EQ(dropped(stats, RecordKind::trace_start, DropReason::shut_down), 1U);
  EXPECT_EQ(dropped(stats, RecordKind::event, DropReason::shut_down), 1U);
  EXPECT_EQ(dropped(stats, RecordKind::metric, DropReason::shut_down), 1U);
  EXPECT_EQ(dropped(stats, RecordKind::graph, DropReason::shut_down), 1U);
  EXPECT_EQ(stats[RecordKind::event].recorded, 2U);
  EXPECT_TRUE(stats.balanced());
  EXPECT_EQ(telemetry.unflushed_log().count(RecordKind::event), 1U);
}

TEST(Shutdown, a_second_one_gives_the_first_one_s_result) {
  TestManager telemetry;
  telemetry.unflushed_log().fail_writes("the disk is full");
  telemetry.manager.record_event({.name = "e"});
  EXPECT_EQ(telemetry.manager.shutdown().sinks.at(0).error, "the disk is full");
  EXPECT_EQ(telemetry.manager.shutdown().sinks.at(0).error, "the disk is full");
}

TEST(Shutdown, from_many_threads_at_once_ends_once) {
  TestManager telemetry;
  for (int i = 0; i < 1000; ++i) telemetry.manager.record_event({.name = "e"});
  std::atomic<int> complete{0};
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&] { complete += telemetry.manager.shutdown().complete() ? 1 : 0; });
  }
  for (auto& thread : threads) thread.join();
  EXPECT_EQ(complete, 4);
  EXPECT_EQ(telemetry.unflushed_log().count(RecordKind::event), 1000U);
}

TEST(Shutdown, keeps_its_deadline_when_a_sink_hangs_and_counts_what_was_queued) {
  TestManager telemetry({}, 2);
  SinkLog& hung = telemetry.unflushed_log(0);
  hung.block();
  telemetry.manager.record_event({.name = "in flight"});
  (void)telemetry.manager.flush(1ms);
  ASSERT_TRUE(hung.wait_until_blocked());
  telemetry.manager.record_event({.name = "queued"});
  const auto before = SteadyClock::now();
  const FlushResult result = telemetry.manager.shutdown(1s);
  EXPECT_LT(SteadyClock::now() - before, 30s);
  EXPECT_FALSE(result.sinks.at(0).complete);
  EXPECT_TRUE(result.sinks.at(1).complete) << result.sinks.at(1).error;
  Stats stats = telemetry.manager.stats();
  EXPECT_EQ(row(stats, 0, RecordKind::event).in_flight, 1U);
  EXPECT_EQ(dropped(row(stats, 0, RecordKind::event), DropReason::deadline), 1U);
  EXPECT_EQ(row(stats, 1, RecordKind::event).exported, 2U);
  EXPECT_TRUE(stats.balanced());

  // The write that was left behind may still succeed.
  hung.release();
  ASSERT_TRUE(hung.wait_for_records(1));
  EXPECT_EQ(hung.event("in flight").name, "in flight");
}

TEST(Shutdown, a_second_one_keeps_its_own_deadline_while_the_first_waits) {
  TestManager telemetry;
  SinkLog& hung = telemetry.unflushed_log();
  hung.block();
  telemetry.manager.record_event({.name = "e"});
  std::thread first([&] { (void)telemetry.manager.shutdown(fakes::patience); });
  // Once something is dropped for it, the first has begun.
  while (dropped(telemetry.manager.stats(), RecordKind::event, DropReason::shut_down) == 0) {
    telemetry.manager.record_event({.name = "e"});
    std::this_thread::yield();
  }
  ASSERT_TRUE(hung.wait_until_blocked());
  const auto before = SteadyClock::now();
  const FlushResult second = telemetry.manager.shutdown(10ms);
  EXPECT_LT(SteadyClock::now() - before, 30s);
  EXPECT_FALSE(second.complete());
  hung.release();
  first.join();
  EXPECT_TRUE(telemetry.manager.shutdown().complete());
}

TEST(Shutdown, from_inside_a_sink_ends_the_manager) {
  const auto log = std::make_shared<SinkLog>();
  TelemetryManager* manager = nullptr;
  log->on_write = [&](const Batch&) { EXPECT_FALSE(manager->shutdown(fakes::patience).complete()); };
  TestManager telemetry({}, {log});
  manager = &telemetry.manager;
  telemetry.manager.record_event({.name = "e"});
  (void)telemetry.manager.flush();
  ASSERT_TRUE(log->wait_for_records(1));
  telemetry.manager.record_event({.name = "after"});
  EXPECT_EQ(dropped(telemetry.manager.stats(), RecordKind::event, DropReason::shut_down), 1U);
}

TEST(Shutdown, from_inside_a_sink_while_another_thread_shuts_down_does_not_wait_for_it) {
  const auto log = std::make_shared<SinkLog>();
  TelemetryManager* manager = nullptr;
  log->on_write = [&](const Batch&) { (void)manager->shutdown(fakes::patience); };
  TestManager telemetry({}, {log});
  manager = &telemetry.manager;
  telemetry.manager.record_event({.name = "e"});
  const auto before = SteadyClock::now();
  const FlushResult result = telemetry.manager.shutdown(fakes::patience);
  EXPECT_LT(SteadyClock::now() - before, fakes::patience);
  EXPECT_EQ(log->count(RecordKind::event), 1U);
  EXPECT_TRUE(result.complete()) << result.sinks.at(0).error;
}

TEST(Shutdown, a_manager_s_destructor_flushes) {
  const auto log = std::make_shared<SinkLog>();
  {
    TelemetryManager manager({}, {.sinks = {RecordingSink::factory(log)}});
    manager.record_event({.name = "last"});
  }
  EXPECT_EQ(log->event("last").name, "last");
}

TEST(Shutdown, lets_go_of_what_the_factories_hold) {
  auto log = std::make_shared<SinkLog>();
  const std::weak_ptr<SinkLog> watched = log;
  TelemetryManager manager({}, {.sinks = {RecordingSink::factory(std::move(log))}});
  EXPECT_FALSE(watched.expired());
  manager.shutdown();
  EXPECT_TRUE(watched.expired());
}

TEST(Shutdown, handles_that_outlive_their_manager_are_counted_and_do_nothing) {
  VirtualClock clock;
  const auto log = std::make_shared<SinkLog>();
  TelemetryContext context;
  ActiveSpan span;
  {
    TelemetryManager manager({}, {.clock = &clock, .sinks = {RecordingSink::factory(log)}});
    span = manager.start_span("s");
    context = span.context();
  }
  span.set_attribute("a", 1);
  span.end();
  ASSERT_NE(context.manager(), nullptr);
  context.manager()->record_event({.name = "e"});
  const Stats stats = context.manager()->stats();
  EXPECT_EQ(dropped(stats, RecordKind::span, DropReason::shut_down), 1U);
  EXPECT_EQ(dropped(stats, RecordKind::event, DropReason::shut_down), 1U);
  EXPECT_TRUE(stats.balanced());
  EXPECT_EQ(log->spans().size(), 0U);
}

ErrorCode code_of_query(const TelemetryManager& manager) {
  try {
    (void)manager.query_traces();
  } catch (const Error& error) {
    return error.code();
  }
  throw std::runtime_error("the query was answered");
}

TEST(Queries, need_a_sink_that_stores) {
  TestManager telemetry;
  EXPECT_EQ(code_of_query(telemetry.manager), ErrorCode::unsupported);
  EXPECT_EQ(code_of_query(TelemetryManager(TelemetryConfig::create_noop())), ErrorCode::unsupported);
}

TEST(Queries, are_refused_after_shutdown) {
  TelemetryManager manager(TelemetryConfig::create_memory());
  manager.shutdown();
  EXPECT_EQ(code_of_query(manager), ErrorCode::shut_down);
  EXPECT_THROW((void)manager.query_spans(), Error);
  EXPECT_THROW((void)manager.query_events(), Error);
  EXPECT_THROW((void)manager.query_metrics(), Error);
  EXPECT_THROW((void)manager.query_graphs(), Error);
  EXPECT_THROW((void)manager.store(), Error);
}

TEST(Queries, do_not_flush) {
  TelemetryManager manager(TelemetryConfig::create_memory({.export_interval = 3600s}));
  // The exporter's first round is over then, and it sleeps for an hour.
  EXPECT_TRUE(manager.flush().complete());
  manager.start_trace("work").end();
  EXPECT_TRUE(manager.query_traces().empty());
  EXPECT_TRUE(manager.flush().complete());
  ASSERT_EQ(manager.query_traces({.limit = 10, .status = TraceStatus::completed}).size(), 1U);
}

TEST(Queries, are_answered_by_the_first_sink_that_stores) {
  const auto log = std::make_shared<SinkLog>();
  const TelemetryConfig config = TelemetryConfig::create_memory();
  TelemetryManager manager(config, {.sinks = {RecordingSink::factory(log), backend_factory(config)}});
  manager.start_trace("work").end();
  manager.flush();
  EXPECT_EQ(manager.query_traces().front().name, "work");
}

TEST(Queries, a_store_that_somebody_holds_stays_open) {
  TelemetryManager manager(TelemetryConfig::create_memory());
  manager.start_trace("work").end();
  const std::shared_ptr<Store> store = manager.store();
  manager.shutdown();
  EXPECT_EQ(store->query_traces({}).front().name, "work");
}

}  // namespace
}  // namespace spark
