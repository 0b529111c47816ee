// The machine's wall clock, set back and forth in mid-run: the system's clock and the processor's time stamp counter as
// in production, the store a file.
#include <gtest/gtest.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <cstdint>
#include <ctime>
#include <memory>
#include <string>
#include <thread>

#include "backends/temporary_directory.h"
#include "fakes/recording_sink.h"
#include "spark/backends/sqlite.h"

namespace {
std::atomic<std::int64_t> wall_shift_seconds{0};
}  // namespace

// Stands before the C library's for the whole program: an administrator's hand on the wall clock alone.
extern "C" int clock_gettime(clockid_t clock, timespec* time) noexcept {
  const long result = ::syscall(SYS_clock_gettime, clock, time);
  if (result == 0 && clock == CLOCK_REALTIME) time->tv_sec += wall_shift_seconds.load();
  return static_cast<int>(result);
}

namespace spark {
namespace {

using namespace std::chrono_literals;
using testing::TemporaryDirectory;

constexpr std::chrono::seconds an_hour_back = -1h, ten_years_on = 24h * 3'652;

void set_wall_by(std::chrono::seconds shift) { wall_shift_seconds = shift.count(); }

class WallClock : public ::testing::Test {
 protected:
  ~WallClock() override { set_wall_by(0s); }
};

TEST_F(WallClock, is_really_moved_by_this_test) {
  const Timestamp before = system_clock().wall_now();
  set_wall_by(ten_years_on);
  EXPECT_GE(system_clock().wall_now(), before + ten_years_on);
  set_wall_by(an_hour_back);
  EXPECT_LT(system_clock().wall_now(), before);
}

TEST_F(WallClock, may_jump_without_moving_records_flushes_or_deadlines) {
  const TemporaryDirectory directory;
  TelemetryManager manager(TelemetryConfig::create_sqlite(directory.file("jumps.db"), {.export_interval = 1ms}));
  const Timestamp begin = system_clock().wall_now();
  const auto steady_begin = system_clock().steady_now();
  ActiveTrace trace = manager.start_trace("t");
  ActiveSpan around = manager.start_span("around", trace.trace_id);
  int jumps = 0;
  const auto jump = [&](std::chrono::seconds shift) {
    ActiveSpan across = manager.start_span("across", trace.trace_id);
    set_wall_by(shift);
    manager.start_span("within", trace.trace_id).end();
    manager.record_event({.trace_id = trace.trace_id, .name = "e"});
    manager.record_metric({.name = "m", .value = 1, .trace_id = trace.trace_id});
    ++jumps;
    EXPECT_TRUE(manager.flush(fakes::patience).complete()) << shift.count() << " s";
    across.add_event("after the jump");
    across.end();
    EXPECT_TRUE(manager.flush(fakes::patience).complete()) << shift.count() << " s";
  };
  for (const std::chrono::seconds shift : {an_hour_back, ten_years_on, 0s, ten_years_on, an_hour_back}) jump(shift);
  around.end();
  trace.end();
  ASSERT_TRUE(manager.flush(fakes::patience).complete());
  const Timestamp latest = begin + (system_clock().steady_now() - steady_begin) + 1s;

  const Page<Span> spans = manager.query_spans({});
  EXPECT_EQ(spans.size(), 2U * static_cast<std::size_t>(jumps) + 1);
  for (const Span& span : spans) {
    EXPECT_GE(span.start_time, begin - 1s) << span.name;
    EXPECT_LE(span.end_time, latest) << span.name;
    EXPECT_GE(span.duration(), Seconds(0)) << span.name;
  }
  std::size_t events = 0;
  for (const Event& event : manager.query_events({})) {
    EXPECT_TRUE(event.timestamp >= begin - 1s && event.timestamp <= latest) << event.name;
    ++events;
  }
  EXPECT_EQ(events, 2U * static_cast<std::size_t>(jumps)) << "recorded ones and those of the spans";
  for (const Metric& metric : manager.query_metrics({.name = "m"})) {
    EXPECT_TRUE(metric.timestamp >= begin - 1s && metric.timestamp <= latest);
  }
  const Page<Trace> traces = manager.query_traces({});
  EXPECT_GE(traces.front().duration(), Seconds(0));
  EXPECT_LE(traces.front().end_time, latest);
  EXPECT_TRUE(manager.stats().balanced());
  EXPECT_TRUE(manager.shutdown(fakes::patience).complete());
}

// The deadline is computed before the clock jumps. On the wall clock it would then be an hour away, or long over.
TEST_F(WallClock, that_jumps_while_a_flush_waits_neither_ends_nor_delays_its_deadline) {
  using SteadyClock = std::chrono::steady_clock;
  const auto log = std::make_shared<fakes::SinkLog>(false);
  TelemetryManager manager({.export_interval = 3'600s}, {.sinks = {fakes::RecordingSink::factory(log)}});
  for (const std::chrono::seconds shift : {an_hour_back, ten_years_on}) {
    set_wall_by(0s);
    log->block();
    manager.record_event({.name = "e"});
    SteadyClock::duration took{};
    bool is_complete = true;
    std::thread flushing([&] {
      const auto begin = SteadyClock::now();
      is_complete = manager.flush(1s).complete();
      took = SteadyClock::now() - begin;
    });
    // Nothing but the flush wakes the exporter, so it waits once the sink is blocked.
    const bool is_blocked = log->wait_until_blocked();
    set_wall_by(shift);
    flushing.join();
    EXPECT_TRUE(is_blocked);
    EXPECT_FALSE(is_complete) << shift.count() << " s";
    EXPECT_GE(took, 1s) << shift.count() << " s";
    EXPECT_LT(took, 30s) << shift.count() << " s";
    log->release();
    EXPECT_TRUE(manager.flush(fakes::patience).complete());
  }
  EXPECT_EQ(log->count(RecordKind::event), 2U);
}

// With a timer on the wall clock, the next export would come an hour after this one.
TEST_F(WallClock, an_hour_back_does_not_keep_the_exporter_from_its_interval) {
  const auto log = std::make_shared<fakes::SinkLog>(false);
  TelemetryManager manager({.buffer_size = 1'000'000, .export_interval = 10ms},
                           {.sinks = {fakes::RecordingSink::factory(log)}});
  manager.record_event({.name = "before"});
  ASSERT_TRUE(log->wait_for_records(1));
  set_wall_by(an_hour_back);
  manager.record_event({.name = "after"});
  EXPECT_TRUE(log->wait_for_records(2));
}

}  // namespace
}  // namespace spark
