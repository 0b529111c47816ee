// A wall clock that jumps, while time itself stands still.
#include <gtest/gtest.h>

#include <chrono>

#include "fakes/recording_sink.h"

namespace spark {
namespace {

using namespace std::chrono_literals;
using fakes::TestManager;

TEST(WallClock, may_jump_without_moving_records_flushes_or_deadlines) {
  TestManager telemetry;
  const Timestamp begin = telemetry.clock.wall_now();
  ActiveTrace trace = telemetry.manager.start_trace("t");
  ActiveSpan span = telemetry.manager.start_span("s", trace.trace_id);
  telemetry.clock.advance(1s);
  telemetry.clock.set_wall(begin - 1h);
  telemetry.manager.record_event({.name = "an hour back"});
  EXPECT_TRUE(telemetry.manager.flush(fakes::patience).complete());
  telemetry.clock.advance(1s);
  telemetry.clock.set_wall(begin + std::chrono::hours(24 * 3'652));
  telemetry.manager.record_event({.name = "ten years on"});
  EXPECT_TRUE(telemetry.manager.flush(fakes::patience).complete());
  telemetry.clock.advance(1s);
  span.end();
  trace.end();
  EXPECT_EQ(telemetry.log().span("s").duration(), Seconds(3));
  EXPECT_EQ(telemetry.log().trace_end("t").duration(), Seconds(3));
  EXPECT_EQ(telemetry.log().event("an hour back").timestamp, begin + 1s);
  EXPECT_EQ(telemetry.log().event("ten years on").timestamp, begin + 2s);
  EXPECT_TRUE(telemetry.manager.shutdown(fakes::patience).complete());
}

}  // namespace
}  // namespace spark
