#include "spark/telemetry/trace.h"

#include <gtest/gtest.h>

#include <chrono>
#include <optional>
#include <stdexcept>
#include <string>
#include <thread>
#include <utility>

#include "fakes/recording_sink.h"
#include "telemetry/expected.h"

namespace spark {
namespace {

using namespace std::chrono_literals;
using fakes::SinkLog;
using fakes::TestManager;

TEST(ActiveTrace, is_written_when_it_starts_and_again_when_it_ends) {
  TestManager telemetry;
  ActiveTrace trace = telemetry.manager.start_trace("work", {.attributes = {{"user", "alice"}}});
  const Trace started = telemetry.log().trace_start("work");
  EXPECT_EQ(started.trace_id, trace.trace_id);
  EXPECT_EQ(started.root_span_id, root_span_id(trace.trace_id));
  EXPECT_EQ(started.start_time, start);
  EXPECT_EQ(started.end_time, std::nullopt);
  EXPECT_EQ(started.status, TraceStatus::started);
  EXPECT_EQ(started.attributes, (Object{{"user", "alice"}}));
  EXPECT_EQ(telemetry.log().count(RecordKind::trace_end), 0U);

  telemetry.clock.advance(5123ms);
  telemetry.manager.end_trace(trace.trace_id, TraceStatus::completed);
  const Trace ended = telemetry.log().trace_end("work");
  EXPECT_EQ(ended.trace_id, trace.trace_id);
  EXPECT_EQ(ended.start_time, start);
  EXPECT_EQ(ended.end_time, start + 5123ms);
  EXPECT_DOUBLE_EQ(ended.duration().count(), 5.123);
  EXPECT_EQ(ended.status, TraceStatus::completed);
  EXPECT_EQ(ended.attributes, (Object{{"user", "alice"}}));
}

TEST(ActiveTrace, each_status_is_recorded_and_started_is_taken_as_completed) {
  TestManager telemetry;
  telemetry.manager.start_trace("a").end(TraceStatus::failed);
  telemetry.manager.start_trace("b").end(TraceStatus::cancelled);
  telemetry.manager.start_trace("c").end(TraceStatus::started);
  EXPECT_EQ(telemetry.log().trace_end("a").status, TraceStatus::failed);
  EXPECT_EQ(telemetry.log().trace_end("b").status, TraceStatus::cancelled);
  EXPECT_EQ(telemetry.log().trace_end("c").status, TraceStatus::completed);
}

TEST(ActiveTrace, the_first_end_wins) {
  TestManager telemetry;
  {
    ActiveTrace trace = telemetry.manager.start_trace("work");
    telemetry.manager.end_trace(trace.trace_id, TraceStatus::failed);
    telemetry.manager.end_trace(trace.trace_id, TraceStatus::completed);
    trace.end(TraceStatus::cancelled);
  }
  EXPECT_EQ(telemetry.log().trace_end("work").status, TraceStatus::failed);
  EXPECT_EQ(telemetry.manager.stats()[RecordKind::trace_end].recorded, 1U);
}

TEST(ActiveTrace, an_unknown_id_ends_nothing) {
  TestManager telemetry;
  const ActiveTrace trace = telemetry.manager.start_trace("work");
  telemetry.manager.end_trace(TraceId{1, 2});
  telemetry.manager.end_trace(TraceId{});
  EXPECT_EQ(telemetry.log().count(RecordKind::trace_end), 0U);
  EXPECT_EQ(telemetry.manager.stats()[RecordKind::trace_end].recorded, 0U);
}

TEST(ActiveTrace, is_ended_from_another_thread_by_its_id) {
  TestManager telemetry;
  const ActiveTrace trace = telemetry.manager.start_trace("work");
  std::thread([&] { telemetry.manager.end_trace(trace.trace_id, TraceStatus::cancelled); }).join();
  EXPECT_EQ(telemetry.log().trace_end("work").status, TraceStatus::cancelled);
}

TEST(ActiveTrace, the_handle_ends_its_trace_with_its_scope) {
  TestManager telemetry;
  {
    const ActiveTrace trace = telemetry.manager.start_trace("work");
    EXPECT_EQ(telemetry.log().count(RecordKind::trace_end), 0U);
  }
  EXPECT_EQ(telemetry.log().trace_end("work").status, TraceStatus::completed);
}

TEST(ActiveTrace, an_exception_that_leaves_its_scope_ends_it_failed) {
  TestManager telemetry;
  try {
    const ActiveTrace trace = telemetry.manager.start_trace("work");
    throw std::runtime_error("away");
  } catch (const std::runtime_error&) {
  }
  EXPECT_EQ(telemetry.log().trace_end("work").status, TraceStatus::failed);
}

TEST(ActiveTrace, one_that_begins_and_ends_while_an_exception_unwinds_is_completed) {
  TestManager telemetry;
  struct Cleanup {
    TelemetryManager& manager;
    ~Cleanup() { const ActiveTrace trace = manager.start_trace("cleanup"); }
  };
  try {
    const Cleanup cleanup{telemetry.manager};
    throw std::runtime_error("away");
  } catch (const std::runtime_error&) {
  }
  EXPECT_EQ(telemetry.log().trace_end("cleanup").status, TraceStatus::completed);
}

TEST(ActiveTrace, a_moved_handle_ends_its_trace_once_and_where_it_went) {
  TestManager telemetry;
  std::optional<ActiveTrace> kept;
  TraceId id;
  {
    ActiveTrace trace = telemetry.manager.start_trace("work");
    id = trace.trace_id;
    kept = std::move(trace);
  }
  EXPECT_EQ(telemetry.log().count(RecordKind::trace_end), 0U);
  EXPECT_EQ(kept->trace_id, id);
  kept.reset();
  EXPECT_EQ(telemetry.log().trace_end("work").trace_id, id);
}

TEST(ActiveTrace, assigning_to_a_handle_ends_the_trace_it_had) {
  TestManager telemetry;
  ActiveTrace trace = telemetry.manager.start_trace("first");
  trace = telemetry.manager.start_trace("second");
  EXPECT_EQ(telemetry.log().trace_end("first").status, TraceStatus::completed);
  EXPECT_EQ(telemetry.log().count(RecordKind::trace_end), 1U);
  trace.end(TraceStatus::failed);
  EXPECT_EQ(telemetry.log().trace_end("second").status, TraceStatus::failed);
}

TEST(ActiveTrace, a_default_constructed_one_does_nothing) {
  ActiveTrace trace;
  EXPECT_FALSE(trace.trace_id.is_valid());
  EXPECT_FALSE(trace.is_sampled());
  EXPECT_EQ(trace.context(), TelemetryContext());
  trace.end();
}

TEST(ActiveTrace, its_context_names_manager_trace_and_root_span) {
  TestManager telemetry;
  const ActiveTrace trace = telemetry.manager.start_trace("work");
  const TelemetryContext context = trace.context();
  EXPECT_EQ(context.trace_id(), trace.trace_id);
  EXPECT_EQ(context.span_id(), root_span_id(trace.trace_id));
  EXPECT_TRUE(context.is_sampled());
  EXPECT_TRUE(trace.is_sampled());
  ASSERT_NE(context.manager(), nullptr);
  context.manager()->record_event({.trace_id = trace.trace_id, .name = "through the context"});
  EXPECT_EQ(telemetry.log().event("through the context").trace_id, trace.trace_id);
}

TEST(ActiveTrace, does_not_become_current_by_itself) {
  TestManager telemetry;
  const ActiveTrace trace = telemetry.manager.start_trace("work");
  EXPECT_EQ(TelemetryContext::current(), TelemetryContext());
  {
    const ContextScope scope(trace.context());
    telemetry.manager.start_span("inside").end();
  }
  telemetry.manager.start_span("outside").end();
  EXPECT_EQ(telemetry.log().span("inside").trace_id, trace.trace_id);
  EXPECT_NE(telemetry.log().span("outside").trace_id, trace.trace_id);
}

TEST(ActiveTrace, metadata_joins_its_attributes_and_what_is_explicit_wins) {
  TestManager telemetry({.metadata = {{"environment", "production"}, {"version", "1.0.0"}}});
  telemetry.manager.start_trace("work", {.attributes = {{"version", "2.0.0"}, {"user", "alice"}}}).end();
  const Object expected{{"environment", "production"}, {"user", "alice"}, {"version", "2.0.0"}};
  EXPECT_EQ(telemetry.log().trace_start("work").attributes, expected);
  EXPECT_EQ(telemetry.log().trace_end("work").attributes, expected);
  EXPECT_EQ(telemetry.log().resource().value().metadata, (Object{{"environment", "production"}, {"version", "1.0.0"}}));
}

TEST(ActiveTrace, the_end_carries_nested_and_large_attributes_of_the_start) {
  TestManager telemetry;
  const Object attributes{
      {"list", Array{1, "two", Object{{"three", 3.5}}}}, {"long", std::string(5000, 'x')}, {"raw", Bytes{{0, 255}}}};
  telemetry.manager.start_trace("work", {.attributes = attributes, .graph_hash = "abc"}).end();
  EXPECT_EQ(telemetry.log().trace_start("work").attributes, attributes);
  EXPECT_EQ(telemetry.log().trace_end("work").attributes, attributes);
  EXPECT_EQ(telemetry.log().trace_end("work").graph_hash, "abc");
  EXPECT_EQ(telemetry.manager.stats().spilled_bytes, 0U);
}

TEST(ActiveTrace, a_wall_clock_that_is_set_back_or_forward_does_not_move_it) {
  TestManager telemetry;
  ActiveTrace back = telemetry.manager.start_trace("back");
  telemetry.clock.advance(1s);
  telemetry.clock.set_wall(start - 1h);
  back.end();
  ActiveTrace forward = telemetry.manager.start_trace("forward");
  telemetry.clock.advance(2s);
  telemetry.clock.set_wall(start + 24h);
  forward.end();
  EXPECT_EQ(telemetry.log().trace_end("back").duration(), 1s);
  EXPECT_EQ(telemetry.log().trace_end("forward").duration(), 2s);
  EXPECT_EQ(telemetry.log().trace_end("forward").start_time, start + 1s);
  EXPECT_EQ(telemetry.manager.now(), start + 3s);
}

TEST(ActiveTrace, ids_are_ordered_by_time_and_repeat_with_the_same_seed) {
  TestManager first, second;
  const TraceId one = first.manager.start_trace("a").trace_id;
  first.clock.advance(1ms);
  const TraceId two = first.manager.start_trace("b").trace_id;
  EXPECT_LT(one, two);
  EXPECT_EQ(second.manager.start_trace("a").trace_id, one);
}

TEST(ActiveTrace, one_that_is_forgotten_because_too_many_live_is_counted_and_stays_started) {
  TestManager telemetry({.live_traces = 2});
  ActiveTrace oldest = telemetry.manager.start_trace("oldest");
  ActiveTrace middle = telemetry.manager.start_trace("middle");
  ActiveTrace newest = telemetry.manager.start_trace("newest");
  EXPECT_EQ(telemetry.manager.stats().live_traces_evicted, 1U);
  oldest.end();
  middle.end();
  newest.end();
  EXPECT_EQ(telemetry.log().count(RecordKind::trace_start), 3U);
  EXPECT_EQ(telemetry.log().count(RecordKind::trace_end), 2U);
  EXPECT_THROW((void)telemetry.log().trace_end("oldest"), std::runtime_error);
}

TEST(ActiveTrace, a_handle_that_outlives_its_manager_ends_nothing) {
  VirtualClock clock;
  const auto log = std::make_shared<SinkLog>();
  ActiveTrace trace;
  {
    TelemetryManager manager({}, {.clock = &clock, .sinks = {fakes::RecordingSink::factory(log)}});
    trace = manager.start_trace("work");
  }
  trace.end();
  EXPECT_EQ(log->count(RecordKind::trace_start), 1U);
  EXPECT_EQ(log->count(RecordKind::trace_end), 0U);
}

}  // namespace
}  // namespace spark
