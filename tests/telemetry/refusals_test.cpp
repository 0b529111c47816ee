// Sinks whose other side takes a batch in part, and sinks that can be told that nobody waits any longer.
#include <gtest/gtest.h>

#include <condition_variable>
#include <memory>
#include <mutex>
#include <stdexcept>
#include <string>

#include "fakes/recording_sink.h"
#include "spark/telemetry/manager.h"

namespace spark {
namespace {

using namespace std::chrono_literals;

// What the sink says, and whether it hangs. Outlives the sink.
struct Script {
  Refusals refusals = {};
  bool hangs = false;
  std::mutex mutex = {};
  std::condition_variable changed = {};
  bool is_abandoned = false;
};

class ScriptedSink final : public Sink {
 public:
  explicit ScriptedSink(std::shared_ptr<Script> script) : script_(std::move(script)) {}

  [[nodiscard]] std::string_view name() const noexcept override { return "scripted"; }
  void write(const Batch&) override {
    if (!script_->hangs) return;
    std::unique_lock lock(script_->mutex);
    script_->changed.wait(lock, [this] { return script_->is_abandoned; });
    throw std::runtime_error("abandoned");
  }
  void flush(Deadline) override {}
  [[nodiscard]] Refusals take_refusals() override { return script_->refusals; }
  bool abandon() noexcept override {
    const std::lock_guard lock(script_->mutex);
    script_->is_abandoned = true;
    script_->changed.notify_all();
    return true;
  }

 private:
  std::shared_ptr<Script> script_;
};

class RefusalsTest : public testing::Test {
 protected:
  void record(int events) {
    for (int i = 0; i < events; ++i) manager->record_event({.name = "event"});
  }
  SinkRow events() const { return manager->stats().sinks.at(0).rows[static_cast<std::size_t>(RecordKind::event)]; }
  static std::uint64_t dropped(const SinkRow& row, DropReason reason) {
    return row.dropped[static_cast<std::size_t>(reason)];
  }

  std::shared_ptr<Script> script = std::make_shared<Script>();
  std::unique_ptr<TelemetryManager> manager = [this] {
    ManagerSources sources;
    sources.sinks.push_back([this](const TelemetryConfig&) { return std::make_unique<ScriptedSink>(script); });
    return std::make_unique<TelemetryManager>(TelemetryConfig{}, sources);
  }();
};

TEST_F(RefusalsTest, count_as_dropped_and_a_flush_says_so) {
  script->refusals.rejected[static_cast<std::size_t>(RecordKind::event)] = 2;
  script->refusals.invalid[static_cast<std::size_t>(RecordKind::event)] = 1;
  script->refusals.message = "three were refused";
  record(5);
  const FlushResult flushed = manager->flush(fakes::patience);
  EXPECT_FALSE(flushed.complete());
  EXPECT_EQ(flushed.sinks.at(0).error, "three were refused");
  EXPECT_EQ(events().exported, 2U);
  EXPECT_EQ(dropped(events(), DropReason::rejected), 2U);
  EXPECT_EQ(dropped(events(), DropReason::invalid), 1U);
  EXPECT_EQ(manager->stats().sinks.at(0).last_error, "three were refused");
  EXPECT_TRUE(manager->stats().balanced());
}

TEST_F(RefusalsTest, are_never_more_than_there_were_records) {
  script->refusals.rejected[static_cast<std::size_t>(RecordKind::event)] = 1'000;
  script->refusals.invalid[static_cast<std::size_t>(RecordKind::event)] = 1'000;
  script->refusals.rejected[static_cast<std::size_t>(RecordKind::metric)] = 1'000;
  record(5);
  EXPECT_FALSE(manager->flush(fakes::patience).complete());
  EXPECT_EQ(events().exported, 0U);
  EXPECT_EQ(dropped(events(), DropReason::rejected), 5U);
  EXPECT_EQ(dropped(events(), DropReason::invalid), 0U);
  EXPECT_TRUE(manager->stats().balanced());
}

TEST_F(RefusalsTest, a_message_alone_loses_nothing) {
  script->refusals.message = "please upgrade";
  record(5);
  EXPECT_TRUE(manager->flush(fakes::patience).complete());
  EXPECT_EQ(events().exported, 5U);
  EXPECT_EQ(manager->stats().sinks.at(0).last_error, "please upgrade");
}

TEST_F(RefusalsTest, a_sink_that_hangs_is_told_when_the_deadline_of_the_end_has_passed) {
  script->hangs = true;
  record(1);
  EXPECT_FALSE(manager->flush(100ms).complete());
  {
    const std::lock_guard lock(script->mutex);
    EXPECT_FALSE(script->is_abandoned) << "a flush gives up waiting, not the sink";
  }
  record(2);
  EXPECT_FALSE(manager->shutdown(100ms).complete());
  EXPECT_TRUE(script->is_abandoned);
  // The one that it was at, and those behind it: nobody waited any longer.
  EXPECT_EQ(dropped(events(), DropReason::deadline), 3U);
  EXPECT_EQ(dropped(events(), DropReason::sink_error), 0U);
  EXPECT_TRUE(manager->stats().balanced());
}

}  // namespace
}  // namespace spark
