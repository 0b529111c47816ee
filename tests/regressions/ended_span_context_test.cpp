// Spans that end out of order, are assigned over, or are handed to another thread left an ended span current.
#include <gtest/gtest.h>

#include <optional>
#include <thread>
#include <utility>
#include <vector>

#include "fakes/recording_sink.h"

namespace spark {
namespace {

using fakes::TestManager;

class EndedSpanContext : public ::testing::Test {
 protected:
  void TearDown() override { context_slot() = {}; }

  ActiveSpan start(const char* name) { return telemetry_.manager.start_span(name, trace_.trace_id); }
  static SpanId current() { return TelemetryContext::current().span_id(); }

  TestManager telemetry_;
  const ActiveTrace trace_ = telemetry_.manager.start_trace("work");
};

TEST_F(EndedSpanContext, a_variable_that_holds_one_span_after_the_other_leaves_nothing_current) {
  {
    ActiveSpan span;
    for (const char* name : {"a", "b", "c"}) {
      span = start(name);
      EXPECT_EQ(current(), span.span_id());
    }
  }
  EXPECT_EQ(TelemetryContext::current(), TelemetryContext());
  EXPECT_EQ(telemetry_.log().count(RecordKind::span), 3U);
}

TEST_F(EndedSpanContext, a_variable_inside_a_span_restores_that_span) {
  const ActiveSpan outer = start("outer");
  {
    ActiveSpan span = start("a");
    span = start("b");
    span = start("c");
  }
  EXPECT_EQ(current(), outer.span_id());
}

TEST_F(EndedSpanContext, ends_in_the_order_of_the_starts_restore_what_was_before_all) {
  const ActiveSpan outer = start("outer");
  ActiveSpan a = start("a");
  ActiveSpan b = start("b");
  ActiveSpan c = start("c");
  a.end();
  EXPECT_EQ(current(), c.span_id());
  b.end();
  EXPECT_EQ(current(), c.span_id());
  c.end();
  EXPECT_EQ(current(), outer.span_id());
}

TEST_F(EndedSpanContext, one_that_waits_for_its_end_is_not_forgotten_over_many_assignments) {
  ActiveSpan a = start("a");
  ActiveSpan b = start("b");
  a.end();
  {
    ActiveSpan span;
    for (int i = 0; i < 20; ++i) span = start("again");
  }
  EXPECT_EQ(current(), b.span_id());
  b.end();
  EXPECT_EQ(TelemetryContext::current(), TelemetryContext());
}

TEST_F(EndedSpanContext, a_scope_does_not_restore_a_span_that_ended_in_it) {
  ActiveSpan span = start("s");
  {
    const ContextScope scope(trace_.context());
    span.end();
  }
  EXPECT_EQ(TelemetryContext::current(), TelemetryContext());
}

TEST_F(EndedSpanContext, a_detached_span_that_ends_on_another_thread_is_current_on_neither) {
  const ActiveSpan outer = start("outer");
  ActiveSpan span = start("s");
  span.detach();
  EXPECT_EQ(current(), outer.span_id());
  EXPECT_TRUE(span.is_recording());
  std::thread([moved = std::move(span)]() mutable {
    moved.set_attribute("set", "elsewhere");
    moved.end();
    EXPECT_EQ(TelemetryContext::current(), TelemetryContext());
  }).join();
  EXPECT_EQ(current(), outer.span_id());
  EXPECT_EQ(telemetry_.log().span("s").parent_span_id, outer.span_id());
  EXPECT_EQ(telemetry_.log().span("s").attributes, (Object{{"set", "elsewhere"}}));
  EXPECT_EQ(telemetry_.log().span("s").status, SpanStatus::completed);
}

TEST_F(EndedSpanContext, one_detached_while_another_is_current_is_not_restored_by_it) {
  ActiveSpan a = start("a");
  ActiveSpan b = start("b");
  a.detach();
  EXPECT_EQ(current(), b.span_id());
  b.end();
  EXPECT_EQ(TelemetryContext::current(), TelemetryContext());
  EXPECT_TRUE(a.is_recording());
}

}  // namespace
}  // namespace spark
