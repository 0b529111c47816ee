// Spans that ended in another order than the reverse of their beginning left one that had ended current: across a hop
// to another thread, when there were many, when a scope of a context ended first, and in traces that are not sampled.
#include <gtest/gtest.h>

#include <exception>
#include <memory>
#include <thread>
#include <utility>
#include <vector>

#include "async/executor_state.h"
#include "fakes/recording_sink.h"
#include "spark/async.h"

namespace spark {
namespace {

using namespace std::chrono_literals;
using fakes::TestManager;

Task<void> end_the_first_before_a_hop(TelemetryManager& manager, int& left_current) {
  ActiveSpan first = manager.start_span("first");
  ActiveSpan second = manager.start_span("second");
  first.end();
  co_await sleep_for(1ms);
  second.end();
  if (TelemetryContext::current().trace_id().is_valid()) ++left_current;
}

TEST(SpansOutOfOrder, in_tasks_leave_nothing_current_whichever_thread_resumes_them) {
  TestManager telemetry;
  Executor pool({.threads = 4});
  int left_current = 0;
  for (int i = 0; i < 20; ++i) sync_wait(pool, end_the_first_before_a_hop(telemetry.manager, left_current));
  EXPECT_EQ(left_current, 0);
}

Task<void> end_in_reverse(TelemetryManager& manager, std::vector<ActiveSpan>& spans) {
  for (int i = 0; i < 100; ++i) spans.push_back(manager.start_span("s"));
  co_await sleep_for(1ms);
  for (ActiveSpan& span : spans) span.end();
  EXPECT_FALSE(TelemetryContext::current().trace_id().is_valid());
}

TEST(SpansOutOfOrder, that_are_many_and_end_first_in_first_out_leave_nothing_current) {
  TestManager telemetry;
  {
    std::vector<ActiveSpan> spans;
    for (int i = 0; i < 100; ++i) spans.push_back(telemetry.manager.start_span("s"));
    for (ActiveSpan& span : spans) span.end();
  }
  EXPECT_EQ(TelemetryContext::current(), TelemetryContext());
  std::vector<ActiveSpan> spans;
  sync_wait(end_in_reverse(telemetry.manager, spans));
  EXPECT_EQ(telemetry.log().count(RecordKind::span), 200U);
}

TEST(SpansOutOfOrder, that_outlive_a_context_scope_do_not_bring_it_back) {
  TestManager telemetry;
  const ActiveTrace trace = telemetry.manager.start_trace("t");
  ActiveSpan span;
  {
    const ContextScope scope(trace.context());
    span = telemetry.manager.start_span("s");
  }
  span.end();
  EXPECT_EQ(TelemetryContext::current(), TelemetryContext());
}

// Whether spans of a trace that is not sampled keep to it, whatever the order of their ends.
TEST(SpansOutOfOrder, of_a_trace_that_is_not_sampled_record_nothing) {
  TestManager telemetry({.sampling_rate = 0.5});
  TelemetryManager& manager = telemetry.manager;
  int unsampled = 0;
  for (int i = 0; i < 200; ++i) {
    const ActiveTrace trace = manager.start_trace("t");
    if (trace.is_sampled()) continue;
    ++unsampled;
    {
      ActiveSpan span = manager.start_span("a", trace.trace_id);
      span = manager.start_span("b", trace.trace_id);
      const ActiveSpan child = manager.start_span("child");
      EXPECT_FALSE(child.is_recording());
    }
    {
      ActiveSpan first = manager.start_span("first", trace.trace_id);
      ActiveSpan second = manager.start_span("second");
      first.end();
      EXPECT_FALSE(manager.start_span("child").is_recording());
    }
    EXPECT_EQ(TelemetryContext::current(), TelemetryContext());
  }
  EXPECT_GT(unsampled, 50);
  EXPECT_EQ(telemetry.log().count(RecordKind::span), 0U);
}

TEST(DetachedSpan, fails_when_an_exception_leaves_the_scope_it_was_moved_to) {
  TestManager telemetry;
  ActiveSpan span = telemetry.manager.start_span("s");
  span.detach();
  std::thread([&] {
    try {
      const ActiveSpan mine = std::move(span);
      throw std::runtime_error("no");
    } catch (const std::runtime_error&) {
    }
  }).join();
  EXPECT_EQ(telemetry.log().span("s").status, SpanStatus::failed);
}

class Ignored final : public detail::BranchEnd {
 public:
  void on_end(State, std::exception_ptr) noexcept override {}
};

Task<void> hold_a_trace(TelemetryManager& manager) {
  const ActiveTrace trace = manager.start_trace("held");
  co_await sleep_for(std::chrono::hours(24));
}

TEST(TraceHandle, in_a_frame_that_is_destroyed_while_suspended_is_cancelled) {
  TestManager telemetry;
  {
    Executor executor({.threads = 1});
    executor.state().start_branch(hold_a_trace(telemetry.manager), TelemetryContext(), std::make_shared<Ignored>());
    // The start is written before the task waits.
    while (telemetry.log().traces().empty()) std::this_thread::yield();
  }
  EXPECT_EQ(telemetry.log().trace_end("held").status, TraceStatus::cancelled);
}

}  // namespace
}  // namespace spark
