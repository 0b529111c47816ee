#include "spark/telemetry/span.h"

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
using fakes::TestManager;

TEST(ActiveSpan, records_name_kind_times_and_attributes) {
  TestManager telemetry;
  const ActiveTrace trace = telemetry.manager.start_trace("work");
  telemetry.clock.advance(1s);
  {
    ActiveSpan span = telemetry.manager.start_span(
        "step1", trace.trace_id, {.kind = SpanKind::CLIENT, .attributes = {{"query_type", "select"}}});
    EXPECT_TRUE(span.is_recording());
    EXPECT_EQ(span.trace_id(), trace.trace_id);
    span.set_attribute("rows_returned", 3);
    telemetry.clock.advance(250ms);
  }
  const Span span = telemetry.log().span("step1");
  EXPECT_EQ(span.trace_id, trace.trace_id);
  EXPECT_EQ(span.parent_span_id, root_span_id(trace.trace_id));
  EXPECT_EQ(span.kind, SpanKind::CLIENT);
  EXPECT_EQ(span.start_time, start + 1s);
  EXPECT_EQ(span.end_time, start + 1250ms);
  EXPECT_DOUBLE_EQ(span.duration().count(), 0.25);
  EXPECT_EQ(span.status, SpanStatus::completed);
  EXPECT_EQ(span.status_message, "");
  EXPECT_EQ(span.error_type, "");
  EXPECT_EQ(span.attributes, (Object{{"query_type", "select"}, {"rows_returned", 3}}));
}

TEST(ActiveSpan, attributes_of_every_type_arrive_as_they_were) {
  TestManager telemetry;
  {
    ActiveSpan span = telemetry.manager.start_span("s");
    char buffer[] = "a buffer";
    const std::string key = "made at run time";
    const Object nested{{"list", Array{1, nullptr, "x"}}};
    span.set_attribute("bool", true);
    span.set_attribute("buffer", buffer);
    span.set_attribute("bytes", Value(Bytes{{0, 1}}));
    span.set_attribute("double", 0.5);
    span.set_attribute("int", -7);
    span.set_attribute("large", 0xFFFF'FFFF'FFFF'FFFFULL);
    span.set_attribute("literal", "text");
    span.set_attribute("no", false);
    span.set_attribute("null", nullptr);
    span.set_attribute(key, std::string("copied"));
    span.set_attributes(Object{{"object", nested}});
    buffer[0] = 'b';
  }
  EXPECT_EQ(telemetry.log().span("s").attributes, (Object{{"bool", true},
                                                          {"buffer", "a buffer"},
                                                          {"bytes", Bytes{{0, 1}}},
                                                          {"double", 0.5},
                                                          {"int", -7},
                                                          {"large", 18446744073709551615.0},
                                                          {"literal", "text"},
                                                          {"made at run time", "copied"},
                                                          {"no", false},
                                                          {"null", nullptr},
                                                          {"object", Object{{"list", Array{1, nullptr, "x"}}}}}));
}

TEST(ActiveSpan, the_last_value_of_a_key_wins_wherever_it_was_set) {
  TestManager telemetry;
  {
    ActiveSpan span = telemetry.manager.start_span("s", {.attributes = {{"a", 1}, {"b", "text"}, {"c", true}}});
    span.set_attribute("a", Value(Array{1, 2}));
    span.set_attribute("b", 2);
    span.add_event("between", {{"a", "the event's"}, {"a", "the event's last"}});
    span.set_attribute("a", "last");
    span.set_attribute(std::string("b"), 3);
    span.set_attributes({{"c", 0.5}, {"c", nullptr}});
  }
  EXPECT_EQ(telemetry.log().span("s").attributes, (Object{{"a", "last"}, {"b", 3}, {"c", nullptr}}));
  EXPECT_EQ(telemetry.log().span_event("between").attributes, (Object{{"a", "the event's last"}}));
}

TEST(ActiveSpan, events_have_their_own_time_and_attributes_and_belong_to_it) {
  TestManager telemetry;
  SpanId id;
  {
    ActiveSpan span = telemetry.manager.start_span("s");
    id = span.span_id();
    span.add_event("first");
    telemetry.clock.advance(1s);
    span.add_event("second", {{"n", 2}});
  }
  const Event first = telemetry.log().span_event("first");
  const Event second = telemetry.log().span_event("second");
  EXPECT_EQ(first.span_id, id);
  EXPECT_EQ(first.source, EventSource::span);
  EXPECT_EQ(first.timestamp, start);
  EXPECT_EQ(first.attributes, Object{});
  EXPECT_EQ(second.timestamp, start + 1s);
  EXPECT_EQ(second.attributes, (Object{{"n", 2}}));
  EXPECT_NE(first.event_id, second.event_id);
  EXPECT_EQ(telemetry.manager.stats()[RecordKind::event].recorded, 0U);
}

TEST(ActiveSpan, nested_spans_are_children_of_the_current_one) {
  TestManager telemetry;
  const ActiveTrace trace = telemetry.manager.start_trace("work");
  SpanId outer_id, middle_id;
  {
    const ActiveSpan outer = telemetry.manager.start_span("outer", trace.trace_id);
    outer_id = outer.span_id();
    {
      const ActiveSpan middle = telemetry.manager.start_span("middle");
      middle_id = middle.span_id();
      const ActiveSpan inner = telemetry.manager.start_span("inner", trace.trace_id);
      EXPECT_EQ(TelemetryContext::current().span_id(), inner.span_id());
    }
    EXPECT_EQ(TelemetryContext::current().span_id(), outer_id);
    const ActiveSpan sibling = telemetry.manager.start_span("sibling");
  }
  EXPECT_EQ(TelemetryContext::current(), TelemetryContext());
  EXPECT_EQ(telemetry.log().span("outer").parent_span_id, root_span_id(trace.trace_id));
  EXPECT_EQ(telemetry.log().span("middle").parent_span_id, outer_id);
  EXPECT_EQ(telemetry.log().span("inner").parent_span_id, middle_id);
  EXPECT_EQ(telemetry.log().span("sibling").parent_span_id, outer_id);
  for (const Span& span : telemetry.log().spans()) EXPECT_EQ(span.trace_id, trace.trace_id);
}

TEST(ActiveSpan, an_explicit_parent_goes_before_the_current_span) {
  TestManager telemetry;
  const ActiveSpan current = telemetry.manager.start_span("current");
  telemetry.manager.start_span("child", {.parent_span_id = SpanId{42}}).end();
  EXPECT_EQ(telemetry.log().span("child").parent_span_id, SpanId{42});
  EXPECT_EQ(telemetry.log().span("child").trace_id, current.trace_id());
}

TEST(ActiveSpan, one_of_another_trace_than_the_current_hangs_from_that_trace_s_root) {
  TestManager telemetry;
  const ActiveTrace other = telemetry.manager.start_trace("other");
  const ActiveSpan current = telemetry.manager.start_span("current");
  telemetry.manager.start_span("child", other.trace_id).end();
  EXPECT_EQ(telemetry.log().span("child").trace_id, other.trace_id);
  EXPECT_EQ(telemetry.log().span("child").parent_span_id, root_span_id(other.trace_id));
  EXPECT_EQ(TelemetryContext::current().span_id(), current.span_id());
}

TEST(ActiveSpan, a_root_span_has_the_trace_s_root_span_id_and_no_parent) {
  TestManager telemetry;
  const ActiveTrace trace = telemetry.manager.start_trace("work");
  {
    const ActiveSpan root = telemetry.manager.start_span("root", trace.trace_id, {.is_root = true});
    EXPECT_EQ(root.span_id(), root_span_id(trace.trace_id));
    telemetry.manager.start_span("child").end();
  }
  EXPECT_EQ(telemetry.log().span("root").parent_span_id, SpanId{});
  EXPECT_EQ(telemetry.log().span("child").parent_span_id, root_span_id(trace.trace_id));
}

TEST(ActiveSpan, without_a_trace_it_begins_one_of_its_own) {
  TestManager telemetry;
  TraceId id;
  {
    const ActiveSpan span = telemetry.manager.start_span("alone");
    id = span.trace_id();
    EXPECT_TRUE(id.is_valid());
    EXPECT_EQ(span.span_id(), root_span_id(id));
    telemetry.manager.start_span("child").end();
  }
  EXPECT_EQ(telemetry.log().span("alone").parent_span_id, SpanId{});
  EXPECT_EQ(telemetry.log().span("child").trace_id, id);
  EXPECT_EQ(telemetry.log().count(RecordKind::trace_start), 0U);
}

TEST(ActiveSpan, only_a_span_whose_trace_nobody_here_started_stands_for_it) {
  std::vector<std::string> local_roots;
  const auto log = std::make_shared<fakes::SinkLog>();
  log->on_write = [&](const Batch& batch) {
    for (const SpanView& span : batch.spans()) {
      if (span.is_local_root) local_roots.emplace_back(span.name);
    }
  };
  TestManager telemetry({}, {log});
  const ActiveTrace trace = telemetry.manager.start_trace("work");
  telemetry.manager.start_span("of a live trace", trace.trace_id).end();
  {
    const ActiveSpan alone = telemetry.manager.start_span("alone");
    telemetry.manager.start_span("child").end();
  }
  telemetry.manager.start_span("of a remote trace", TraceId{1, 2}, {.parent_span_id = SpanId{3}}).end();
  telemetry.manager.flush();
  EXPECT_EQ(local_roots, (std::vector<std::string>{"alone", "of a remote trace"}));
}

TEST(ActiveSpan, ends_out_of_order_leave_the_current_span_alone) {
  TestManager telemetry;
  const ActiveTrace trace = telemetry.manager.start_trace("work");
  ActiveSpan first = telemetry.manager.start_span("first", trace.trace_id);
  ActiveSpan second = telemetry.manager.start_span("second");
  first.end();
  EXPECT_EQ(TelemetryContext::current().span_id(), second.span_id());
  telemetry.manager.start_span("child").end();
  second.end();
  EXPECT_EQ(telemetry.log().span("child").parent_span_id, second.span_id());
  // Not the first, which was current when the second began but has ended meanwhile: what was before both.
  EXPECT_EQ(TelemetryContext::current(), TelemetryContext());
}

TEST(ActiveSpan, an_end_is_recorded_once_and_calls_after_it_do_nothing) {
  TestManager telemetry;
  {
    ActiveSpan span = telemetry.manager.start_span("s");
    telemetry.clock.advance(1s);
    span.end();
    EXPECT_FALSE(span.is_recording());
    telemetry.clock.advance(1s);
    span.set_attribute("late", 1);
    span.set_attributes({{"late", 2}});
    span.set_status(SpanStatus::failed, "late");
    span.record_error("Late", "late");
    span.record_exception(std::runtime_error("late"));
    span.record_exception(std::make_exception_ptr(1));
    span.add_event("late");
    span.end();
  }
  const Span span = telemetry.log().span("s");
  EXPECT_EQ(span.duration(), 1s);
  EXPECT_EQ(span.status, SpanStatus::completed);
  EXPECT_EQ(span.attributes, Object{});
  EXPECT_EQ(telemetry.log().span_event_count(), 0U);
}

TEST(ActiveSpan, a_moved_span_goes_on_where_it_went) {
  TestManager telemetry;
  std::optional<ActiveSpan> kept;
  {
    ActiveSpan span = telemetry.manager.start_span("s", {.attributes = {{"before", 1}}});
    const SpanId id = span.span_id();
    ActiveSpan second = std::move(span);
    EXPECT_FALSE(span.is_recording());
    EXPECT_EQ(second.span_id(), id);
    second.set_attribute("after", "the first move");
    second.set_attribute("long", std::string(2000, 'x'));
    kept.emplace(std::move(second));
  }
  EXPECT_EQ(telemetry.log().count(RecordKind::span), 0U);
  kept->set_attribute("more", true);
  kept->add_event("event");
  kept.reset();
  EXPECT_EQ(telemetry.log().span("s").attributes,
            (Object{{"after", "the first move"}, {"before", 1}, {"long", std::string(2000, 'x')}, {"more", true}}));
  EXPECT_EQ(telemetry.log().span_event_count(), 1U);
  EXPECT_EQ(TelemetryContext::current(), TelemetryContext());
}

TEST(ActiveSpan, a_moved_span_keeps_to_the_limit_of_attributes) {
  TestManager telemetry({.limits = {.attributes_per_record = 3}});
  ActiveSpan span = telemetry.manager.start_span("s", {.attributes = {{"a", 1}, {"b", 2}}});
  ActiveSpan moved = std::move(span);
  moved.set_attribute("c", 3);
  moved.set_attribute("d", 4);
  moved.end();
  EXPECT_EQ(telemetry.log().span("s").attributes, (Object{{"a", 1}, {"b", 2}, {"c", 3}}));
  EXPECT_EQ(telemetry.manager.stats().attributes_dropped, 1U);
}

TEST(ActiveSpan, assigning_to_one_ends_it_first) {
  TestManager telemetry;
  ActiveSpan span = telemetry.manager.start_span("first");
  span = telemetry.manager.start_span("second");
  EXPECT_EQ(telemetry.log().count(RecordKind::span), 1U);
  EXPECT_EQ(telemetry.log().span("first").status, SpanStatus::completed);
  span.end();
  EXPECT_EQ(telemetry.log().count(RecordKind::span), 2U);
  EXPECT_EQ(TelemetryContext::current(), TelemetryContext());
}

TEST(ActiveSpan, ends_on_another_thread_than_it_began_on) {
  TestManager telemetry;
  const ActiveTrace trace = telemetry.manager.start_trace("work");
  std::optional<ActiveSpan> span;
  std::thread([&] {
    span.emplace(telemetry.manager.start_span("s", trace.trace_id));
    span->set_attribute("list", Value(Array{1, 2}));
  }).join();
  const ActiveSpan mine = telemetry.manager.start_span("mine", trace.trace_id);
  telemetry.clock.advance(1s);
  span.reset();
  EXPECT_EQ(TelemetryContext::current().span_id(), mine.span_id());
  EXPECT_EQ(telemetry.log().span("s").duration(), 1s);
  EXPECT_EQ(telemetry.log().span("s").attributes, (Object{{"list", Array{1, 2}}}));
  EXPECT_EQ(telemetry.log().span("s").status, SpanStatus::completed);
}

TEST(ActiveSpan, its_context_makes_spans_of_another_thread_its_children) {
  TestManager telemetry;
  const ActiveSpan span = telemetry.manager.start_span("s");
  std::thread([&] {
    EXPECT_EQ(TelemetryContext::current(), TelemetryContext());
    const ContextScope scope(span.context());
    telemetry.manager.start_span("elsewhere").end();
  }).join();
  EXPECT_EQ(telemetry.log().span("elsewhere").parent_span_id, span.span_id());
  EXPECT_EQ(telemetry.log().span("elsewhere").trace_id, span.trace_id());
}

TEST(ActiveSpan, a_wall_clock_that_is_set_back_gives_no_negative_duration) {
  TestManager telemetry;
  {
    const ActiveSpan span = telemetry.manager.start_span("s");
    telemetry.clock.set_wall(start - 1h);
    telemetry.clock.advance(3ms);
  }
  EXPECT_EQ(telemetry.log().span("s").duration(), 3ms);
  EXPECT_EQ(telemetry.log().span("s").start_time, start);
}

TEST(ActiveSpan, a_default_constructed_one_accepts_every_call) {
  ActiveSpan span;
  span.set_attribute("a", 1);
  span.set_attributes(Object{{"a", 1}});
  span.set_status(SpanStatus::failed);
  span.record_exception(std::runtime_error("x"));
  span.add_event("e");
  span.end();
  EXPECT_FALSE(span.is_recording());
  EXPECT_EQ(span.trace_id(), TraceId{});
  EXPECT_EQ(span.span_id(), SpanId{});
  EXPECT_EQ(span.context(), TelemetryContext());
}

}  // namespace
}  // namespace spark
