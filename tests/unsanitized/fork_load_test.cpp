// fork() while other threads record.
#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <memory>
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

TEST(Fork, under_load_neither_hangs_nor_loses_anything) {
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
  for (int i = 0; i < 300; ++i) {
    EXPECT_EQ(in_child([&] {
                for (int n = 0; n < 100; ++n) telemetry.manager.record_event({.name = "the child's"});
                std::string wrong = equal("complete", telemetry.manager.flush(fakes::patience).complete() ? 1 : 0, 1);
                wrong += equal("balanced", telemetry.manager.stats().balanced() ? 1 : 0, 1);
                return wrong + equal("exported", telemetry.manager.stats().sinks.at(0).rows[3].exported, 100);
              }),
              "");
  }
  is_done = true;
  for (auto& thread : threads) thread.join();
  EXPECT_EQ(telemetry.log().count(RecordKind::event), recorded);
  EXPECT_EQ(telemetry.manager.stats().dropped(), 0U);
}

}  // namespace
}  // namespace spark
