// Threads record while others flush, look at the ledger, and end the manager. Counts are moderate: the thread
// sanitizer makes everything ten times slower, and what it finds it finds early.
#include <gtest/gtest.h>

#include <atomic>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "fakes/load.h"
#include "fakes/recording_sink.h"

namespace spark {
namespace {

using fakes::Calls;
using fakes::RecordingSink;
using fakes::SinkLog;

constexpr std::uint64_t spans_each = 2000;

// Runs `work` over and over on a thread of its own, for a scope.
class Meanwhile {
 public:
  explicit Meanwhile(std::function<void()> work)
      : thread_([this, work = std::move(work)] {
          while (!is_over_) work();
        }) {}
  ~Meanwhile() {
    is_over_ = true;
    thread_.join();
  }

 private:
  std::atomic<bool> is_over_{false};
  std::thread thread_;
};

TEST(ConcurrentRecording, with_flushes_and_looks_at_the_ledger_loses_nothing) {
  const auto log = std::make_shared<SinkLog>(false);
  TelemetryManager manager({.ring_bytes_total = std::size_t{1} << 30}, {.sinks = {RecordingSink::factory(log)}});
  Calls calls;
  {
    const Meanwhile flushing([&] { (void)manager.flush(); });
    const Meanwhile looking([&] {
      (void)manager.stats();
      (void)manager.now();
    });
    calls = fakes::put_load_from_threads(manager, 4, spans_each);
  }
  EXPECT_TRUE(manager.flush(fakes::patience).complete());
  const Stats stats = manager.stats();
  EXPECT_TRUE(stats.balanced());
  EXPECT_EQ(stats.dropped(), 0U);
  EXPECT_EQ(log->count(RecordKind::span), calls.spans);
  EXPECT_EQ(log->count(RecordKind::trace_end), calls.traces);
  EXPECT_EQ(log->count(RecordKind::event), calls.events);
  EXPECT_EQ(log->count(RecordKind::metric), calls.metrics);
}

TEST(ConcurrentRecording, with_small_rings_and_short_lived_threads_counts_every_drop) {
  const auto log = std::make_shared<SinkLog>(false);
  TelemetryManager manager({.ring_bytes = 4096, .ring_bytes_total = 64 << 10},
                           {.sinks = {RecordingSink::factory(log)}});
  Calls calls;
  for (int round = 0; round < 10; ++round) calls += fakes::put_load_from_threads(manager, 4, spans_each / 10);
  EXPECT_TRUE(manager.flush(fakes::patience).complete());
  const Stats stats = manager.stats();
  EXPECT_TRUE(stats.balanced());
  EXPECT_EQ(stats[RecordKind::span].recorded, calls.spans);
  EXPECT_EQ(stats[RecordKind::span].admitted, log->count(RecordKind::span));
}

TEST(ConcurrentRecording, a_shutdown_in_the_middle_accounts_for_everything) {
  const auto log = std::make_shared<SinkLog>(false);
  TelemetryManager manager({}, {.sinks = {RecordingSink::factory(log)}});
  Calls calls;
  std::thread recording([&] { calls = fakes::put_load_from_threads(manager, 4, spans_each); });
  ASSERT_TRUE(log->wait_for_records(100));
  std::thread other([&] { (void)manager.shutdown(fakes::patience); });
  (void)manager.shutdown(fakes::patience);
  other.join();
  recording.join();
  const Stats stats = manager.stats();
  EXPECT_TRUE(stats.balanced());
  EXPECT_EQ(stats[RecordKind::span].recorded, calls.spans);
  EXPECT_EQ(stats[RecordKind::trace_start].recorded, calls.traces);
  EXPECT_EQ(stats[RecordKind::event].recorded, calls.events);
  EXPECT_EQ(stats[RecordKind::span].admitted, log->count(RecordKind::span));
}

TEST(ConcurrentRecording, a_trace_that_two_threads_end_ends_once) {
  const auto log = std::make_shared<SinkLog>(false);
  TelemetryManager manager({.live_traces = 64}, {.sinks = {RecordingSink::factory(log)}});
  for (int i = 0; i < 500; ++i) {
    const ActiveTrace trace = manager.start_trace("t");
    std::thread other([&] { manager.end_trace(trace.trace_id, TraceStatus::failed); });
    manager.end_trace(trace.trace_id);
    other.join();
  }
  EXPECT_TRUE(manager.flush(fakes::patience).complete());
  EXPECT_EQ(log->count(RecordKind::trace_end), 500U);
}

TEST(ConcurrentRecording, spans_that_end_on_another_thread_arrive_whole) {
  const auto log = std::make_shared<SinkLog>();
  TelemetryManager manager({}, {.sinks = {RecordingSink::factory(log)}});
  std::mutex mutex;
  std::vector<ActiveSpan> handed_over;
  std::atomic<bool> is_over{false};
  std::thread ender([&] {
    for (;;) {
      const bool was_over = is_over;
      std::vector<ActiveSpan> mine;
      {
        const std::lock_guard lock(mutex);
        mine.swap(handed_over);
      }
      for (ActiveSpan& span : mine) span.set_attribute("ended", Value(Array{"elsewhere"}));
      if (was_over && mine.empty()) return;
      mine.clear();
    }
  });
  for (int i = 0; i < 1000; ++i) {
    ActiveSpan span = manager.start_span("s", TraceId{1, 1}, {.attributes = {{"i", i}}});
    const std::lock_guard lock(mutex);
    handed_over.push_back(std::move(span));
  }
  is_over = true;
  ender.join();
  EXPECT_TRUE(manager.flush(fakes::patience).complete());
  EXPECT_EQ(log->count(RecordKind::span), 1000U);
  for (const Span& span : log->spans()) EXPECT_EQ(span.attributes.at("ended"), Value(Array{"elsewhere"}));
}

TEST(ConcurrentRecording, instruments_lose_nothing_while_they_are_collected) {
  const auto log = std::make_shared<SinkLog>();
  TelemetryManager manager({}, {.sinks = {RecordingSink::factory(log)}});
  {
    const Meanwhile flushing([&] { (void)manager.flush(); });
    for (int round = 0; round < 5; ++round) {
      std::vector<std::thread> threads;
      for (int i = 0; i < 4; ++i) {
        threads.emplace_back([&] {
          Counter counter = manager.counter("counter");
          Histogram histogram = manager.histogram("histogram");
          Gauge gauge = manager.gauge("gauge");
          for (int n = 1; n <= 1000; ++n) {
            counter.add(n);
            histogram.record(n);
            gauge.set(n);
          }
        });
      }
      for (auto& thread : threads) thread.join();
    }
  }
  EXPECT_TRUE(manager.flush(fakes::patience).complete());
  double counted = 0, recorded = 0;
  std::uint64_t measurements = 0;
  for (const Metric& metric : log->metrics()) {
    if (metric.name == "counter") counted += metric.value;
    if (metric.name != "histogram") continue;
    recorded += metric.value;
    measurements += metric.distribution.value().count;
  }
  EXPECT_EQ(counted, 5 * 4 * 500'500.0);
  EXPECT_EQ(recorded, 5 * 4 * 500'500.0);
  EXPECT_EQ(measurements, 20'000U);
}

TEST(ConcurrentRecording, queries_of_a_store_go_on_beside_it) {
  TelemetryManager manager(TelemetryConfig::create_memory());
  Calls calls;
  {
    const Meanwhile asking([&] {
      (void)manager.query_traces({.limit = 5});
      (void)manager.query_spans({.limit = 5});
    });
    calls = fakes::put_load_from_threads(manager, 2, spans_each);
  }
  EXPECT_TRUE(manager.flush(fakes::patience).complete());
  EXPECT_EQ(manager.query_spans({.limit = 100'000}).size(), calls.spans);
  EXPECT_EQ(manager.query_traces({.limit = 100'000}).size(), calls.traces);
}

TEST(ConcurrentRecording, get_instance_from_many_threads_makes_one_manager) {
  TelemetryManager::reset_instance();
  std::vector<TelemetryManager*> found(8);
  std::vector<std::thread> threads;
  for (auto& manager : found) threads.emplace_back([&manager] { manager = &TelemetryManager::get_instance(); });
  for (auto& thread : threads) thread.join();
  for (const auto* manager : found) EXPECT_EQ(manager, found[0]);
  TelemetryManager::reset_instance();
}

}  // namespace
}  // namespace spark
