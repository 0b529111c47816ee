// Memory that returns and memory that stays bounded, as the operating system counts it.
#include <gtest/gtest.h>
#include <unistd.h>

#include <chrono>
#include <cstdint>
#include <cstdlib>
#include <fstream>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "fakes/recording_sink.h"

namespace spark {
namespace {

using fakes::SinkLog;
using fakes::TestManager;

// The second field of /proc/self/statm (proc(5)): resident pages.
std::uint64_t resident_bytes() {
  std::ifstream file("/proc/self/statm");
  std::uint64_t total = 0, resident = 0;
  file >> total >> resident;
  return resident * static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE));
}

constexpr int threads_at_once = 50;

void run_waves(TestManager& telemetry, int waves) {
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
}

TEST(ThreadsThatComeAndGo, give_their_memory_back) {
  constexpr int first_waves = 10, more_waves = 40;
  constexpr std::uint64_t ring_bytes = 64 << 10;
  TestManager telemetry({.ring_bytes = ring_bytes}, {std::make_shared<SinkLog>(false)});
  run_waves(telemetry, first_waves);
  const std::uint64_t before = resident_bytes();
  run_waves(telemetry, more_waves);
  // Were a thread's ring kept, the 2,000 later ones would leave 125 MiB; what a thread leaves in tables may not be
  // more than a kilobyte.
  EXPECT_LE(resident_bytes(), before + (std::uint64_t{more_waves * threads_at_once} << 10));
  EXPECT_LE(telemetry.manager.stats().ring_bytes, threads_at_once * ring_bytes) << "a ring each at once";
  EXPECT_EQ(telemetry.log().count(RecordKind::span), 20U * threads_at_once * (first_waves + more_waves));
  EXPECT_EQ(telemetry.manager.stats().dropped(), 0U);
}

// The rate of 200,000 spans a second; a minute of it with SPARK_TEST_FULL.
TEST(DeadSink, costs_no_more_than_the_configured_memory_and_every_drop_is_counted) {
  using namespace std::chrono_literals;
  constexpr std::uint64_t rings = 64 << 20, queue = 64 << 20, allowed_beside = 32 << 20;
  constexpr std::uint64_t spans_per_tick = 2'000;
  const std::uint64_t ticks = std::getenv("SPARK_TEST_FULL") != nullptr ? 6'000 : 200;
  const std::string text(4'096, 'x');
  const auto log = std::make_shared<SinkLog>(false);
  const std::uint64_t before = resident_bytes();
  TestManager telemetry({.ring_bytes_total = rings, .queue_bytes = queue}, {log});
  log->block();
  auto next = std::chrono::steady_clock::now();
  for (std::uint64_t tick = 0; tick < ticks; ++tick) {
    for (std::uint64_t i = 0; i < spans_per_tick; ++i) {
      telemetry.manager.start_span("s", {.attributes = {{"text", text}}}).end();
    }
    const Stats stats = telemetry.manager.stats();
    ASSERT_LE(stats.ring_bytes + stats.spilled_bytes, rings);
    ASSERT_LE(resident_bytes(), before + rings + queue + allowed_beside) << "after " << tick << " ticks";
    std::this_thread::sleep_until(next += 10ms);
  }
  const Stats stats = telemetry.manager.stats();
  const SinkRow& row = stats.sinks.at(0).rows[static_cast<std::size_t>(RecordKind::span)];
  EXPECT_EQ(stats[RecordKind::span].recorded, ticks * spans_per_tick);
  EXPECT_GE(row.queued + row.in_flight, 1U);
  EXPECT_GT(stats.dropped(), ticks * spans_per_tick / 2);
  log->release();
  ASSERT_TRUE(telemetry.manager.flush(fakes::patience).complete());
  const Stats after = telemetry.manager.stats();
  EXPECT_TRUE(after.balanced());
  EXPECT_EQ(log->count(RecordKind::span) + after.dropped(), ticks * spans_per_tick);
  EXPECT_EQ(after.spilled_bytes, 0U);
}

}  // namespace
}  // namespace spark
