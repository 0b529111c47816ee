// What is said on standard error of records that are lost at the end of a manager, or were lost before.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <optional>
#include <string>

#include "fakes/recording_sink.h"

namespace spark::fakes {
namespace {

using namespace std::chrono_literals;
using ::testing::HasSubstr;

template <class Function>
std::string said_by(Function&& act) {
  ::testing::internal::CaptureStderr();
  act();
  return ::testing::internal::GetCapturedStderr();
}

// A sink that takes part of what it is given.
class PickySink final : public Sink {
 public:
  [[nodiscard]] std::string_view name() const noexcept override { return "picky"; }
  void write(const Batch&) override {}
  void flush(Deadline) override {}
  [[nodiscard]] Refusals take_refusals() override {
    Refusals refusals;
    refusals.rejected[static_cast<std::size_t>(RecordKind::event)] = 1;
    refusals.invalid[static_cast<std::size_t>(RecordKind::metric)] = 1;
    return refusals;
  }
};

// What it has is in a spool, and stays there.
class KeepingSink final : public Sink {
 public:
  [[nodiscard]] std::string_view name() const noexcept override { return "keeping"; }
  void write(const Batch& batch) override { kept_ = batch.counts(); }
  void flush(Deadline) override {}
  [[nodiscard]] Refusals take_refusals() override { return {.kept = kept_}; }
  [[nodiscard]] SinkProgress take_progress() override {
    SinkProgress progress;
    for (std::size_t kind = 0; kind < record_kinds; ++kind) progress.rows[kind].kept = std::exchange(kept_[kind], 0);
    return progress;
  }

 private:
  std::array<std::uint64_t, record_kinds> kept_{};
};

TEST(LateLosses, of_the_last_write_are_one_line_at_the_end_of_a_local_manager) {
  std::optional<TestManager> telemetry(std::in_place);
  telemetry->manager.record_event({.name = "e"});
  ASSERT_TRUE(telemetry->manager.flush(patience).complete());
  telemetry->unflushed_log().fail_writes("it is\nfull");
  telemetry->manager.record_event({.name = "e"});
  telemetry->manager.record_event({.name = "e"});
  EXPECT_EQ(said_by([&] { telemetry.reset(); }),
            "spark telemetry: recording: 2 of 3 records are lost (sink_error 2): it is full\n");
}

TEST(LateLosses, are_not_said_again_after_a_shutdown) {
  std::optional<TestManager> telemetry(std::in_place);
  telemetry->unflushed_log().fail_writes("no");
  telemetry->manager.record_event({.name = "e"});
  EXPECT_EQ(said_by([&] { EXPECT_FALSE(telemetry->manager.shutdown(patience).complete()); }),
            "spark telemetry: recording: 1 of 1 records are lost (sink_error 1): no\n");
  EXPECT_EQ(said_by([&] {
              (void)telemetry->manager.shutdown(patience);
              telemetry.reset();
            }),
            "");
}

TEST(LateLosses, include_those_of_before_which_nobody_said) {
  std::optional<TestManager> telemetry(std::in_place);
  telemetry->unflushed_log().fail_writes("for a while");
  telemetry->manager.record_event({.name = "e"});
  EXPECT_FALSE(telemetry->manager.flush(patience).complete());
  telemetry->unflushed_log().fail_writes("");
  telemetry->manager.record_event({.name = "e"});
  EXPECT_EQ(said_by([&] { telemetry.reset(); }),
            "spark telemetry: recording: 1 of 2 records are lost (sink_error 1): for a while\n");
}

TEST(LateLosses, at_the_deadline_are_said_with_it) {
  TestManager telemetry;
  telemetry.unflushed_log().block();
  telemetry.manager.record_event({.name = "e"});
  (void)telemetry.manager.flush(1ms);
  ASSERT_TRUE(telemetry.unflushed_log().wait_until_blocked());
  telemetry.manager.record_event({.name = "e"});
  EXPECT_EQ(said_by([&] { (void)telemetry.manager.shutdown(50ms); }),
            "spark telemetry: recording: 2 of 2 records are lost (deadline 2): the deadline passed while the sink was "
            "at work\n");
}

TEST(LateLosses, are_told_by_their_reasons_and_for_each_sink) {
  const auto log = std::make_shared<SinkLog>();
  const auto picky = [](const TelemetryConfig&) { return std::make_unique<PickySink>(); };
  std::optional<TelemetryManager> manager(std::in_place, TelemetryConfig{},
                                          ManagerSources{.sinks = {picky, RecordingSink::factory(log), picky}});
  manager->record_event({.name = "e"});
  manager->record_event({.name = "e"});
  manager->record_metric({.name = "m", .value = 1});
  const std::string line = "spark telemetry: picky: 2 of 3 records are lost (invalid 1, rejected 1)\n";
  EXPECT_EQ(said_by([&] { manager.reset(); }), line + line);
  EXPECT_EQ(log->count(RecordKind::event), 2U);
}

TEST(LateLosses, are_not_what_is_in_a_spool_nor_what_was_delivered) {
  const auto keeping = [](const TelemetryConfig&) { return std::make_unique<KeepingSink>(); };
  const auto log = std::make_shared<SinkLog>();
  std::optional<TelemetryManager> manager(std::in_place, TelemetryConfig{},
                                          ManagerSources{.sinks = {keeping, RecordingSink::factory(log)}});
  manager->record_event({.name = "e"});
  EXPECT_EQ(said_by([&] { manager.reset(); }), "");
}

}  // namespace
}  // namespace spark::fakes
