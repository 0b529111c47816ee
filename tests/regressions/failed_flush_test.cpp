// Of several flushes that waited for a write that failed, only the first was told.
#include <gtest/gtest.h>

#include <condition_variable>
#include <memory>
#include <mutex>
#include <thread>

#include "fakes/recording_sink.h"

namespace spark {
namespace {

// Says how many flushes have come as far as this sink.
class FlushCount {
 public:
  void add() {
    const std::lock_guard lock(mutex_);
    ++count_;
    changed_.notify_all();
  }
  bool wait_for(int count) {
    std::unique_lock lock(mutex_);
    return changed_.wait_for(lock, fakes::patience, [&] { return count_ >= count; });
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  int count_ = 0;
};

class CountingSink final : public Sink {
 public:
  explicit CountingSink(FlushCount& count) : count_(count) {}
  [[nodiscard]] std::string_view name() const noexcept override { return "counting"; }
  void write(const Batch&) override {}
  void flush(Deadline) override { count_.add(); }

 private:
  FlushCount& count_;
};

TEST(FailedFlush, is_told_to_all_who_waited_for_it) {
  const auto log = std::make_shared<fakes::SinkLog>();
  FlushCount flushes;
  TelemetryManager manager(
      {.buffer_size = 1}, {.sinks = {fakes::RecordingSink::factory(log),
                                     [&](const TelemetryConfig&) { return std::make_unique<CountingSink>(flushes); }}});
  log->block();
  log->fail_writes("the disk is full");
  manager.record_event({.name = "lost"});
  ASSERT_TRUE(log->wait_until_blocked());
  FlushResult first, second;
  std::thread one([&] { first = manager.flush(fakes::patience); });
  std::thread two([&] { second = manager.flush(fakes::patience); });
  // All sinks are asked before any is waited for: what the second has served, the first has been asked.
  const bool both_wait = flushes.wait_for(2);
  log->release();
  one.join();
  two.join();
  ASSERT_TRUE(both_wait);
  for (const FlushResult& result : {first, second}) {
    ASSERT_EQ(result.sinks.size(), 2U);
    EXPECT_FALSE(result.sinks[0].complete);
    EXPECT_EQ(result.sinks[0].error, "the disk is full");
    EXPECT_TRUE(result.sinks[1].complete);
  }
  log->fail_writes("");
  EXPECT_TRUE(manager.flush(fakes::patience).complete()) << "the failure has been told";
}

}  // namespace
}  // namespace spark
