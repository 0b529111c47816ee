// Memory that returns, memory that stays bounded, and clocks that jump.
#include <gtest/gtest.h>

#include <chrono>
#include <cstdlib>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "fakes/recording_sink.h"

namespace spark {
namespace {

using namespace std::chrono_literals;
using fakes::SinkLog;
using fakes::TestManager;

bool is_full() { return std::getenv("SPARK_TEST_FULL") != nullptr; }

TEST(ThreadsThatComeAndGo, give_their_memory_back) {
  TestManager telemetry({.ring_bytes = 64 << 10}, {std::make_shared<SinkLog>(false)});
  constexpr int threads_at_once = 50, waves = 40;
  for (int wave = 0; wave < waves; ++wave) {
    std::vector<std::thread> threads;
    for (int i = 0; i < threads_at_once; ++i) {
      threads.emplace_back([&] {
        for (int n = 0; n < 20; ++n) telemetry.manager.start_span("s", {.attributes = {{"n", n}}}).end();
        telemetry.manager.counter("c").add(1);
      });
    }
    for (auto& thread : threads) thread.join();
    ASSERT_TRUE(telemetry.manager.flush(fakes::patience).complete());
  }
  EXPECT_LE(telemetry.manager.stats().ring_bytes, std::uint64_t{threads_at_once} * (64 << 10)) << "a ring each at once";
  EXPECT_EQ(telemetry.log().count(RecordKind::span), 20U * threads_at_once * waves);
  EXPECT_EQ(telemetry.manager.stats().dropped(), 0U);
}

TEST(DeadSink, costs_no_more_than_the_configured_memory_and_every_drop_is_counted) {
  const auto log = std::make_shared<SinkLog>(false);
  TestManager telemetry({.ring_bytes_total = 8 << 20, .queue_bytes = 8 << 20}, {log});
  log->block();
  const std::string text(4'096, 'x');
  const std::uint64_t spans = is_full() ? 2'000'000 : 50'000;
  for (std::uint64_t i = 0; i < spans; ++i) {
    telemetry.manager.start_span("s", {.attributes = {{"text", text}}}).end();
    if (i % 10'000 == 0) {
      const Stats stats = telemetry.manager.stats();
      ASSERT_LE(stats.ring_bytes + stats.spilled_bytes, std::uint64_t{8} << 20);
    }
  }
  const Stats stats = telemetry.manager.stats();
  const SinkRow& row = stats.sinks.at(0).rows[static_cast<std::size_t>(RecordKind::span)];
  EXPECT_EQ(stats[RecordKind::span].recorded, spans);
  EXPECT_GT(stats.dropped(), spans / 2);
  log->release();
  ASSERT_TRUE(telemetry.manager.flush(fakes::patience).complete());
  const Stats after = telemetry.manager.stats();
  EXPECT_TRUE(after.balanced());
  EXPECT_EQ(log->count(RecordKind::span) + after.dropped(), spans);
  EXPECT_GE(row.queued + row.in_flight, 1U);
  EXPECT_EQ(after.spilled_bytes, 0U);
}

TEST(WallClock, may_jump_without_moving_records_flushes_or_deadlines) {
  TestManager telemetry;
  const Timestamp begin = telemetry.clock.wall_now();
  ActiveTrace trace = telemetry.manager.start_trace("t");
  ActiveSpan span = telemetry.manager.start_span("s", trace.trace_id);
  telemetry.clock.advance(1s);
  telemetry.clock.set_wall(begin - 1h);
  telemetry.manager.record_event({.name = "an hour back"});
  EXPECT_TRUE(telemetry.manager.flush(fakes::patience).complete());
  telemetry.clock.advance(1s);
  telemetry.clock.set_wall(begin + std::chrono::hours(24 * 3'652));
  telemetry.manager.record_event({.name = "ten years on"});
  EXPECT_TRUE(telemetry.manager.flush(fakes::patience).complete());
  telemetry.clock.advance(1s);
  span.end();
  trace.end();
  EXPECT_EQ(telemetry.log().span("s").duration(), Seconds(3));
  EXPECT_EQ(telemetry.log().trace_end("t").duration(), Seconds(3));
  EXPECT_EQ(telemetry.log().event("an hour back").timestamp, begin + 1s);
  EXPECT_EQ(telemetry.log().event("ten years on").timestamp, begin + 2s);
  EXPECT_TRUE(telemetry.manager.shutdown(fakes::patience).complete());
}

}  // namespace
}  // namespace spark
