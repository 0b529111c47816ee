// fork() while other threads record.
#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "fakes/forked_child.h"
#include "fakes/recording_sink.h"

namespace spark {
namespace {

using namespace std::chrono_literals;
using fakes::equal;
using fakes::in_child;
using fakes::SinkLog;
using fakes::TestManager;

// On a machine that stands still for longer than the second that a fork waits, a child is without telemetry, as
// documented, and says this.
constexpr const char* off = "off";

std::string record_events_in_child(TelemetryManager& manager) {
  for (int n = 0; n < 100; ++n) manager.record_event({.name = "the child's"});
  const FlushResult flushed = manager.flush(fakes::patience);
  if (flushed.sinks.at(0).error == "telemetry is off in this forked child") return off;
  const Stats stats = manager.stats();
  std::string wrong = equal("complete", flushed.complete() ? 1 : 0, 1);
  wrong += equal("balanced", stats.balanced() ? 1 : 0, 1);
  return wrong + equal("exported", stats.sinks.at(0).rows[3].exported, 100);
}

TEST(Fork, under_load_neither_hangs_nor_loses_anything) {
  constexpr int forks = 300;
  TestManager telemetry({.buffer_size = 10}, {std::make_shared<SinkLog>(false)});
  std::atomic<bool> is_done{false};
  std::atomic<std::uint64_t> recorded{0};
  std::vector<std::thread> threads;
  for (int i = 0; i < 3; ++i) {
    threads.emplace_back([&] {
      while (!is_done) {
        telemetry.manager.start_trace("t").end();
        telemetry.manager.record_event({.name = "e"});
        ++recorded;
        std::this_thread::sleep_for(100us);
      }
    });
  }
  int children_off = 0;
  for (int i = 0; i < forks; ++i) {
    const std::string wrong = in_child([&] { return record_events_in_child(telemetry.manager); });
    children_off += wrong == off ? 1 : 0;
    EXPECT_TRUE(wrong.empty() || wrong == off) << wrong;
  }
  is_done = true;
  for (auto& thread : threads) thread.join();
  std::printf("%d children recorded, %d were without telemetry\n", forks - children_off, children_off);
  EXPECT_LE(children_off, forks / 20) << "nothing but a standstill may cost a child its telemetry";
  EXPECT_EQ(telemetry.log().count(RecordKind::event), recorded);
  EXPECT_EQ(telemetry.manager.stats().dropped(), 0U);
}

}  // namespace
}  // namespace spark
