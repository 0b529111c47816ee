// What outlived its manager read the manager's clock, which may be gone as well; and the end of a trace after shutdown
// was not in the ledger.
#include <gtest/gtest.h>

#include <memory>
#include <stdexcept>

#include "fakes/recording_sink.h"

namespace spark {
namespace {

using fakes::TestManager;

TEST(AfterTheManager, nothing_touches_the_clock_it_was_given) {
  // On the heap, so that AddressSanitizer sees any use of the clock.
  auto telemetry = std::make_unique<TestManager>();
  ActiveTrace trace = telemetry->manager.start_trace("t");
  ActiveTrace left_to_its_scope = telemetry->manager.start_trace("t");
  ActiveSpan span = telemetry->manager.start_span("s", trace.trace_id);
  ActiveSpan failed = telemetry->manager.start_span("failed", trace.trace_id);
  Counter counter = telemetry->manager.counter("c");
  Histogram histogram = telemetry->manager.histogram("h");
  TelemetryManager* const manager = TelemetryContext::current().manager();
  telemetry.reset();

  span.set_attribute("late", 1);
  span.add_event("late", {{"n", 1}});
  counter.add(1);
  histogram.record(1);
  for (const bool is_inside : {true, false}) {
    if (!is_inside) {
      failed.record_exception(std::runtime_error("late"));
      failed.end();
      span.end();
      ASSERT_EQ(TelemetryContext::current(), TelemetryContext());
    }
    manager->record_event({.name = "late"});
    manager->record_event({.trace_id = trace.trace_id, .name = "late"});
    manager->record_metric({.name = "late"});
    manager->record_graph({.hash = "late"});
    manager->start_span("joins the current one, or begins a trace").end();
    manager->start_span("of a trace", trace.trace_id).end();
    manager->start_trace("late").end();
    manager->counter("late").add(1);
  }
  trace.end();
  EXPECT_FALSE(manager->flush(Seconds{0}).complete());
  EXPECT_TRUE(manager->stats().balanced());
  EXPECT_EQ(manager->stats()[RecordKind::event].dropped[static_cast<std::size_t>(DropReason::shut_down)], 4U);
  EXPECT_EQ(manager->stats()[RecordKind::metric].dropped[static_cast<std::size_t>(DropReason::shut_down)], 2U);
}

TEST(AfterTheManager, the_end_of_a_trace_is_counted_as_dropped) {
  TestManager telemetry;
  ActiveTrace by_handle = telemetry.manager.start_trace("a");
  const ActiveTrace by_id = telemetry.manager.start_trace("b");
  telemetry.manager.shutdown(fakes::patience);
  by_handle.end();
  telemetry.manager.end_trace(by_id.trace_id, TraceStatus::failed);
  telemetry.manager.end_trace(by_id.trace_id);
  const Stats stats = telemetry.manager.stats();
  EXPECT_EQ(stats[RecordKind::trace_end].recorded, 2U);
  EXPECT_EQ(stats[RecordKind::trace_end].dropped[static_cast<std::size_t>(DropReason::shut_down)], 2U);
  EXPECT_TRUE(stats.balanced());
}

}  // namespace
}  // namespace spark
