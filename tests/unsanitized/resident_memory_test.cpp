// Memory that returns and memory that stays bounded, as the operating system counts it.
#include <gtest/gtest.h>

#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <memory>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include "fakes/recording_sink.h"

namespace spark {
namespace {

using fakes::SinkLog;
using fakes::TestManager;

// Of /proc/self/status (proc(5)), which has it in kB: "VmRSS:" is what is resident, "VmHWM:" the most that was.
std::uint64_t status_bytes(const std::string& field) {
  std::ifstream file("/proc/self/status");
  for (std::string line; std::getline(file, line);) {
    if (line.starts_with(field)) return std::stoull(line.substr(field.size())) << 10;
  }
  throw std::runtime_error("/proc/self/status does not say " + field);
}
std::uint64_t resident_bytes() { return status_bytes("VmRSS:"); }
std::uint64_t peak_bytes() { return status_bytes("VmHWM:"); }

// The peak is what is resident now, from here on. False: the kernel does not do that.
bool forget_peak() {
  std::ofstream file("/proc/self/clear_refs");
  return static_cast<bool>(file << 5 << std::flush);
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
  constexpr int first_waves = 20, more_waves = 40;
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

// A queue of 64 MiB, 64 MiB for records on their way to it, and 32 MiB for everything else: the batch being built, what
// allocators keep of it, tables.
constexpr std::uint64_t rings = 64 << 20, queue = 64 << 20, allowed_beside = 32 << 20;

class DeadSink : public ::testing::TestWithParam<int> {};

// 200,000 spans a second of all threads together; a minute of it with SPARK_TEST_FULL.
TEST_P(DeadSink, costs_no_more_than_the_configured_memory_and_every_drop_is_counted) {
  using namespace std::chrono_literals;
  const auto threads = static_cast<std::uint64_t>(GetParam());
  const std::uint64_t spans_per_tick = 2'000 / threads;
  const std::uint64_t ticks = std::getenv("SPARK_TEST_FULL") != nullptr ? 6'000 : 200;
  const std::uint64_t spans = threads * ticks * spans_per_tick;
  const std::string text(4'096, 'x');
  const auto log = std::make_shared<SinkLog>(false);
  ASSERT_TRUE(forget_peak());
  const std::uint64_t before = resident_bytes();
  TestManager telemetry({.ring_bytes_total = rings, .queue_bytes = queue}, {log});
  log->block();
  std::vector<std::thread> recording;
  for (std::uint64_t thread = 0; thread < threads; ++thread) {
    recording.emplace_back([&] {
      auto next = std::chrono::steady_clock::now();
      for (std::uint64_t tick = 0; tick < ticks; ++tick) {
        for (std::uint64_t i = 0; i < spans_per_tick; ++i) {
          telemetry.manager.start_span("s", {.attributes = {{"text", text}, {"n", i}}}).end();
        }
        const Stats stats = telemetry.manager.stats();
        EXPECT_LE(stats.ring_bytes + stats.spilled_bytes, rings);
        std::this_thread::sleep_until(next += 10ms);
      }
    });
  }
  for (auto& thread : recording) thread.join();
  // The peak and not a sample: what is too much for a moment is what gets a process killed.
  const std::uint64_t peak = peak_bytes();
  EXPECT_LE(peak, before + rings + queue + allowed_beside);
  std::printf("%llu threads: %.1f MiB more than before at the peak, allowed are %llu MiB\n",
              static_cast<unsigned long long>(threads), static_cast<double>(peak - before) / (1 << 20),
              static_cast<unsigned long long>((rings + queue + allowed_beside) >> 20));
  const Stats stats = telemetry.manager.stats();
  const SinkRow& row = stats.sinks.at(0).rows[static_cast<std::size_t>(RecordKind::span)];
  EXPECT_EQ(stats[RecordKind::span].recorded, spans);
  EXPECT_GE(row.queued, 1U);
  EXPECT_GE(row.in_flight, 1U);
  EXPECT_GT(stats.dropped(), spans / 2);
  log->release();
  ASSERT_TRUE(telemetry.manager.flush(fakes::patience).complete());
  const Stats after = telemetry.manager.stats();
  EXPECT_TRUE(after.balanced());
  EXPECT_EQ(log->count(RecordKind::span) + after.dropped(), spans);
  EXPECT_EQ(after.spilled_bytes, 0U);
}

INSTANTIATE_TEST_SUITE_P(, DeadSink, ::testing::Values(1, 4),
                         [](const auto& parameters) { return std::to_string(parameters.param) + "_recording"; });

}  // namespace
}  // namespace spark
