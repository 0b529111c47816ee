#include <gtest/gtest.h>

#include <cmath>
#include <set>
#include <string>
#include <vector>

#include "fakes/recording_sink.h"

namespace spark {
namespace {

using fakes::TestManager;

// Ids whose 56 random bits are the smallest and the largest.
constexpr TraceId lowest{0x0195'0000'0000'7000, 0x8000'0000'0000'0000};
constexpr TraceId highest{0x0195'0000'0000'7000, 0x80FF'FFFF'FFFF'FFFF};

TEST(Sampling, rate_one_keeps_and_rate_zero_rejects_every_id) {
  TestManager all({.sampling_rate = 1}), none({.sampling_rate = 0});
  for (const TraceId id : {lowest, highest}) {
    EXPECT_TRUE(all.manager.start_span("s", id).is_recording());
    EXPECT_FALSE(none.manager.start_span("s", id).is_recording());
  }
  EXPECT_FALSE(none.manager.start_trace("t").is_sampled());
  EXPECT_TRUE(all.manager.start_trace("t").is_sampled());
}

TEST(Sampling, an_id_is_kept_if_its_random_bits_reach_the_share_that_is_rejected) {
  TestManager telemetry({.sampling_rate = 0.25});
  constexpr std::uint64_t threshold = 0x00C0'0000'0000'0000;  // three quarters of 2^56
  constexpr TraceId just_below{1, 0x8000'0000'0000'0000 | (threshold - 1)};
  constexpr TraceId just_at{1, 0x8000'0000'0000'0000 | threshold};
  EXPECT_FALSE(telemetry.manager.start_span("s", just_below).is_recording());
  EXPECT_TRUE(telemetry.manager.start_span("s", just_at).is_recording());
}

TEST(Sampling, keeps_the_configured_share_of_traces) {
  TestManager telemetry({.sampling_rate = 0.1});
  constexpr int traces = 10'000;
  int sampled = 0;
  for (int i = 0; i < traces; ++i) sampled += telemetry.manager.start_trace("t").is_sampled() ? 1 : 0;
  // The seed is fixed; five standard deviations say that it is no accident.
  EXPECT_NEAR(sampled, 1000, 5 * std::sqrt(traces * 0.1 * 0.9));
  EXPECT_EQ(telemetry.log().count(RecordKind::trace_end), static_cast<std::uint64_t>(sampled));
  const Stats stats = telemetry.manager.stats();
  EXPECT_EQ(stats[RecordKind::trace_start].sampled_out, static_cast<std::uint64_t>(traces - sampled));
  EXPECT_EQ(stats[RecordKind::trace_end].sampled_out, static_cast<std::uint64_t>(traces - sampled));
  EXPECT_TRUE(stats.balanced());
}

TEST(Sampling, a_trace_s_records_go_or_stay_together) {
  TestManager telemetry({.sampling_rate = 0.5});
  std::set<TraceId> kept;
  for (int i = 0; i < 100; ++i) {
    const ActiveTrace trace = telemetry.manager.start_trace("t");
    if (trace.is_sampled()) kept.insert(trace.trace_id);
    const ActiveSpan outer = telemetry.manager.start_span("outer", trace.trace_id);
    const ActiveSpan inner = telemetry.manager.start_span("inner");
    EXPECT_EQ(inner.is_recording(), trace.is_sampled());
    EXPECT_EQ(inner.trace_id(), trace.trace_id);
    telemetry.manager.record_event({.name = "current"});
    telemetry.manager.record_event({.trace_id = trace.trace_id, .name = "by id"});
    telemetry.manager.record_metric({.name = "current"});
    telemetry.manager.record_metric({.name = "by id", .trace_id = trace.trace_id});
  }
  ASSERT_GT(kept.size(), 10U);
  ASSERT_LT(kept.size(), 90U);
  const std::uint64_t twice = 2 * kept.size();
  EXPECT_EQ(telemetry.log().count(RecordKind::trace_start), kept.size());
  EXPECT_EQ(telemetry.log().count(RecordKind::trace_end), kept.size());
  EXPECT_EQ(telemetry.log().count(RecordKind::span), twice);
  EXPECT_EQ(telemetry.log().count(RecordKind::event), twice);
  EXPECT_EQ(telemetry.log().count(RecordKind::metric), twice);
  for (const Span& span : telemetry.log().spans()) EXPECT_TRUE(kept.contains(span.trace_id));
  for (const Event& event : telemetry.log().events()) EXPECT_TRUE(kept.contains(event.trace_id));
  for (const Metric& metric : telemetry.log().metrics()) EXPECT_TRUE(kept.contains(metric.trace_id));
  for (const RecordKind kind : {RecordKind::span, RecordKind::event, RecordKind::metric}) {
    EXPECT_EQ(telemetry.manager.stats()[kind].sampled_out, 200 - twice) << to_string(kind);
  }
  EXPECT_TRUE(telemetry.manager.stats().balanced());
}

TEST(Sampling, an_unsampled_context_flows_and_is_restored) {
  TestManager telemetry({.sampling_rate = 0});
  const ActiveTrace trace = telemetry.manager.start_trace("t");
  {
    ActiveSpan span = telemetry.manager.start_span("s", trace.trace_id);
    EXPECT_FALSE(span.is_recording());
    EXPECT_EQ(TelemetryContext::current().trace_id(), trace.trace_id);
    EXPECT_FALSE(TelemetryContext::current().is_sampled());
    EXPECT_EQ(span.context(), TelemetryContext::current());
    {
      const ActiveSpan inner = telemetry.manager.start_span("inner");
      EXPECT_EQ(inner.trace_id(), trace.trace_id);
      EXPECT_EQ(inner.span_id(), span.span_id());
    }
    EXPECT_EQ(TelemetryContext::current(), span.context());
    ActiveSpan moved = std::move(span);
    moved.set_attribute("a", 1);
    moved.record_error("E", "m");
  }
  EXPECT_EQ(TelemetryContext::current(), TelemetryContext());
  EXPECT_EQ(telemetry.log().count(RecordKind::span), 0U);
}

TEST(Sampling, the_current_context_decides_before_the_id_does) {
  TestManager sampled({.sampling_rate = 1});
  TestManager unsampled({.sampling_rate = 0});
  // Of this id the manager would keep nothing; its caller has decided otherwise, and hands that on as a
  // context.
  ContextSlot slot = unsampled.manager.start_trace("t").context().slot(0);
  slot.flags = TelemetryContext::sampled_flag;
  const ContextScope scope{TelemetryContext(slot)};
  const ActiveSpan span = unsampled.manager.start_span("s");
  EXPECT_TRUE(span.is_recording());
  EXPECT_FALSE(unsampled.manager.start_span("of another trace", highest).is_recording());
  EXPECT_TRUE(sampled.manager.start_span("of another manager").is_recording());
}

TEST(Sampling, metrics_and_events_without_a_trace_are_not_sampled) {
  TestManager telemetry({.sampling_rate = 0});
  telemetry.manager.record_metric({.name = "global"});
  telemetry.manager.record_event({.name = "global"});
  telemetry.manager.counter("c").add(2);
  EXPECT_EQ(telemetry.log().metric("global").trace_id, TraceId{});
  EXPECT_EQ(telemetry.log().event("global").trace_id, TraceId{});
  EXPECT_EQ(telemetry.log().metric("c").value, 2);
}

}  // namespace
}  // namespace spark
