// What a forked child may do with managers that its parent had ended, and with what a fork left behind that could not
// be parked. A lock that nobody gives back shows as a child that hangs, which the test's time limit ends.
#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
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

std::uint64_t dropped(const TelemetryManager& manager, RecordKind kind, DropReason reason) {
  return manager.stats()[kind].dropped[static_cast<std::size_t>(reason)];
}

// A manager whose sink is in a write that does not return, so that no fork can park it.
void hang(TestManager& telemetry) {
  telemetry.unflushed_log().block();
  telemetry.manager.record_event({.name = "e"});
  (void)telemetry.manager.flush(1ms);
  ASSERT_TRUE(telemetry.unflushed_log().wait_until_blocked());
}

TEST(ForkOfAnEndedManager, beside_one_that_hangs_leaves_it_usable_and_ended) {
  TestManager hung;
  ASSERT_NO_FATAL_FAILURE(hang(hung));
  // The newer one is parked first, and so before the fork finds out that the other cannot be.
  TestManager ended, unsampled({.sampling_rate = 0});
  ActiveTrace old_trace = ended.manager.start_trace("old");
  ActiveSpan old_span = ended.manager.start_span("old", old_trace.trace_id);
  RemoteTrace old_joined = ended.manager.join_trace({1, 2}, {3}, true);
  for (TestManager* telemetry : {&ended, &unsampled})
    EXPECT_TRUE(telemetry->manager.shutdown(fakes::patience).complete());
  const std::uint64_t trace_ends = dropped(ended.manager, RecordKind::trace_end, DropReason::shut_down);
  testing::internal::CaptureStderr();
  const std::string wrong = in_child([&] {
    ended.manager.start_trace("t").end();
    ended.manager.start_span("s", {.attributes = {{"a", 1}}}).end();
    ended.manager.start_span("of a trace that began elsewhere", TraceId{4, 5}).end();
    old_span.end();
    old_trace.end();
    old_joined = ended.manager.join_trace({1, 2}, {3}, true);
    unsampled.manager.start_trace("t").end();
    unsampled.manager.start_span("s").end();
    ended.manager.record_event({.name = "e"});
    ended.manager.counter("c").add(1);
    std::string result =
        equal("trace ends", dropped(ended.manager, RecordKind::trace_end, DropReason::shut_down) - trace_ends, 2);
    result += equal("spans", dropped(ended.manager, RecordKind::span, DropReason::shut_down), 3);
    result += equal("events", dropped(ended.manager, RecordKind::event, DropReason::shut_down), 1);
    result += equal("unsampled spans", dropped(unsampled.manager, RecordKind::span, DropReason::shut_down), 1);
    return result + equal("complete", ended.manager.flush(1s).complete() ? 1 : 0, 0);
  });
  EXPECT_NE(testing::internal::GetCapturedStderr(), "");
  EXPECT_EQ(wrong, "");
  old_span.end();
  old_trace.end();
}

TEST(ForkOfAnEndedManager, that_threads_still_use_hangs_no_child) {
  TestManager ended;
  (void)ended.manager.shutdown(fakes::patience);
  const auto use = [&] {
    const ActiveTrace trace = ended.manager.start_trace("t");
    ended.manager.start_span("s", trace.trace_id).end();
  };
  std::atomic<bool> is_done{false};
  std::vector<std::thread> threads;
  for (int i = 0; i < 2; ++i) {
    threads.emplace_back([&] {
      while (!is_done) use();
    });
  }
  for (int i = 0; i < 300 && !HasFailure(); ++i) {
    EXPECT_EQ(in_child([&] {
                for (int n = 0; n < 10; ++n) use();
                return std::string();
              }),
              "")
        << "fork " << i;
  }
  is_done = true;
  for (auto& thread : threads) thread.join();
}

// What such a child left behind is parked by nobody: a lock that is held there for ever would cost the child's own
// children their telemetry.
TEST(ForkOfAFork, that_could_not_be_parked_takes_nothing_from_the_managers_made_there) {
  TestManager hung;
  ASSERT_NO_FATAL_FAILURE(hang(hung));
  const TestManager parked_before_it;
  testing::internal::CaptureStderr();
  const std::string wrong = in_child([] {
    TestManager made_here;
    made_here.manager.record_event({.name = "the child's"});
    std::string result = equal("the child's", made_here.log().count(RecordKind::event), 1);
    return result + in_child([&] {
             made_here.manager.record_event({.name = "the grandchild's"});
             std::string mine = equal("complete", made_here.manager.flush(fakes::patience).complete() ? 1 : 0, 1);
             return mine + equal("exported", made_here.manager.stats().sinks.at(0).rows[3].exported, 1);
           });
  });
  EXPECT_NE(testing::internal::GetCapturedStderr(), "");
  EXPECT_EQ(wrong, "");
}

}  // namespace
}  // namespace spark
