// What a child of fork() has of its parent's telemetry: the configuration, and nothing that was recorded.
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <filesystem>
#include <iterator>
#include <memory>
#include <string>
#include <thread>

#include "fakes/forked_child.h"
#include "fakes/recording_sink.h"

namespace spark {
namespace {

using namespace std::chrono_literals;
using fakes::equal;
using fakes::in_child;
using fakes::SinkLog;
using fakes::TestManager;

std::uint64_t forked(const TelemetryManager& manager, RecordKind kind) {
  return manager.stats()[kind].dropped[static_cast<std::size_t>(DropReason::forked)];
}

// A sink's log is the child's own copy too: it holds what was written before the fork.
TEST(Fork, a_child_s_manager_begins_with_nothing_and_records) {
  TestManager telemetry;
  telemetry.manager.record_event({.name = "the parent's"});
  EXPECT_EQ(telemetry.log().count(RecordKind::event), 1U);
  telemetry.manager.record_event({.name = "the parent's, in its ring"});
  const auto parent_s = telemetry.unflushed_log().resource();
  EXPECT_EQ(in_child([&] {
              std::string wrong = equal("recorded at first", telemetry.manager.stats()[RecordKind::event].recorded, 0);
              telemetry.manager.record_event({.name = "the child's"});
              wrong += equal("complete", telemetry.manager.flush(fakes::patience).complete() ? 1 : 0, 1);
              wrong += equal("events", telemetry.unflushed_log().events().size(), 2);
              wrong += telemetry.unflushed_log().event("the child's").name == "the child's" ? "" : "another event; ";
              const auto mine = telemetry.unflushed_log().resource();
              wrong += equal("process id", static_cast<std::uint64_t>(mine->process_id),
                             static_cast<std::uint64_t>(::getpid()));
              wrong += mine->producer_id != parent_s->producer_id ? "" : "the parent's producer id; ";
              const Stats stats = telemetry.manager.stats();
              wrong += equal("balanced", stats.balanced() ? 1 : 0, 1);
              wrong += equal("exported", stats.sinks.at(0).rows[3].exported, 1);
              return wrong + equal("shut down", telemetry.manager.shutdown(fakes::patience).complete() ? 1 : 0, 1);
            }),
            "");
  EXPECT_EQ(telemetry.log().count(RecordKind::event), 2U);
}

TEST(Fork, handles_of_the_parent_s_do_nothing_in_the_child_and_are_counted) {
  TestManager telemetry;
  TelemetryManager& manager = telemetry.manager;
  ActiveTrace trace = manager.start_trace("t");
  ActiveSpan span = manager.start_span("s", trace.trace_id);
  EXPECT_EQ(in_child([&] {
              span.set_attribute("a", Value(Array{1, 2}));
              span.add_event("e");
              span.end();
              trace.end();
              std::string wrong = TelemetryContext::current() == TelemetryContext() ? "" : "a context is left; ";
              wrong += equal("spans", forked(manager, RecordKind::span), 1);
              wrong += equal("trace ends", forked(manager, RecordKind::trace_end), 1);
              wrong += equal("balanced", manager.stats().balanced() ? 1 : 0, 1);
              manager.flush(fakes::patience);
              wrong += equal("written", telemetry.unflushed_log().count(RecordKind::span), 0);
              // Named by its id, the trace goes on here.
              manager.start_span("the child's", trace.trace_id).end();
              manager.flush(fakes::patience);
              const Span mine = telemetry.unflushed_log().span("the child's");
              wrong += mine.trace_id == trace.trace_id ? "" : "another trace; ";
              return wrong + (mine.parent_span_id == root_span_id(trace.trace_id) ? "" : "another parent; ");
            }),
            "");
  span.end();
  trace.end();
  EXPECT_EQ(telemetry.log().span("s").status, SpanStatus::completed);
}

TEST(Fork, ids_of_a_child_are_its_own) {
  TestManager telemetry;
  TelemetryManager unseeded({}, {.sinks = {fakes::RecordingSink::factory(std::make_shared<SinkLog>())}});
  for (TelemetryManager* manager : {&telemetry.manager, &unseeded}) {
    (void)manager->start_trace("t");
    const TraceId next = [&] {
      int ends[2];
      EXPECT_EQ(::pipe(ends), 0);
      if (::fork() == 0) {
        const TraceId id = manager->start_trace("t").trace_id;
        ::_exit(::write(ends[1], &id, sizeof id) == sizeof id ? 0 : 1);
      }
      TraceId id;
      EXPECT_EQ(::read(ends[0], &id, sizeof id), static_cast<ssize_t>(sizeof id));
      EXPECT_NE(::wait(nullptr), -1);
      ::close(ends[0]);
      ::close(ends[1]);
      return id;
    }();
    const TraceId mine = manager->start_trace("t").trace_id;
    EXPECT_NE(mine.low, next.low);
  }
}

TEST(Fork, a_child_that_records_nothing_starts_nothing) {
  TestManager telemetry;
  EXPECT_EQ(in_child([] {
              const std::filesystem::directory_iterator tasks("/proc/self/task");
              return equal("threads", static_cast<std::uint64_t>(std::distance(begin(tasks), end(tasks))), 1);
            }),
            "");
}

TEST(Fork, instruments_go_on_in_the_child_with_what_is_measured_there) {
  TestManager telemetry;
  Counter counter = telemetry.manager.counter("c");
  Histogram histogram = telemetry.manager.histogram("h");
  counter.add(1);
  histogram.record(1);
  EXPECT_EQ(in_child([&] {
              counter.add(5);
              histogram.record(2);
              histogram.record(3);
              std::string wrong = equal("complete", telemetry.manager.flush(fakes::patience).complete() ? 1 : 0, 1);
              wrong += equal("c", static_cast<std::uint64_t>(telemetry.unflushed_log().metric("c").value), 5);
              wrong += equal("h", telemetry.unflushed_log().metric("h").distribution->count, 2);
              return wrong +
                     equal("h's sum", static_cast<std::uint64_t>(telemetry.unflushed_log().metric("h").value), 5);
            }),
            "");
  EXPECT_EQ(telemetry.log().metric("c").value, 1);
}

TEST(Fork, the_process_default_goes_on_in_the_child) {
  TelemetryManager::reset_instance();
  TelemetryManager& manager = TelemetryManager::configure(TelemetryConfig::create_memory());
  manager.start_trace("the parent's").end();
  EXPECT_TRUE(manager.flush().complete());
  EXPECT_EQ(in_child([&] {
              std::string wrong;
              manager.start_trace("the child's").end();
              manager.flush(fakes::patience);
              const Page<Trace> traces = TelemetryManager::get_instance().query_traces();
              wrong += equal("traces", traces.size(), 1);
              TelemetryManager::reset_instance();
              return wrong;
            }),
            "");
  EXPECT_EQ(manager.query_traces().front().name, "the parent's");
  TelemetryManager::reset_instance();
}

TEST(Fork, while_a_sink_hangs_costs_the_child_its_telemetry_and_says_so) {
  TestManager telemetry({.buffer_size = 1});
  telemetry.unflushed_log().block();
  telemetry.manager.record_event({.name = "e"});
  ASSERT_TRUE(telemetry.unflushed_log().wait_until_blocked());
  testing::internal::CaptureStderr();
  const std::string wrong = in_child([&] {
    telemetry.manager.record_event({.name = "the child's"});
    std::string wrong_in_child = equal("complete", telemetry.manager.flush(1s).complete() ? 1 : 0, 0);
    wrong_in_child += equal("shut down", telemetry.manager.stats()[RecordKind::event].dropped[1], 1);
    return wrong_in_child + equal("balanced", telemetry.manager.stats().balanced() ? 1 : 0, 1);
  });
  const std::string said = testing::internal::GetCapturedStderr();
  EXPECT_EQ(wrong, "");
  EXPECT_EQ(said.find("spark telemetry is off in the forked child "), 0U) << said;
  telemetry.unflushed_log().release();
  EXPECT_EQ(telemetry.log().count(RecordKind::event), 1U);
}

TEST(Fork, from_inside_a_sink_ends_well_in_both) {
  const auto log = std::make_shared<SinkLog>();
  std::string wrong = "never called";
  TelemetryManager* manager = nullptr;
  log->on_write = [&](const Batch&) {
    wrong = in_child([&] {
      manager->record_event({.name = "the child's"});
      return equal("complete", manager->flush(1s).complete() ? 1 : 0, 0);
    });
  };
  testing::internal::CaptureStderr();
  TestManager telemetry({}, {log});
  manager = &telemetry.manager;
  telemetry.manager.record_event({.name = "e"});
  EXPECT_EQ(telemetry.log().count(RecordKind::event), 1U);
  EXPECT_NE(testing::internal::GetCapturedStderr(), "");
  EXPECT_EQ(wrong, "");
}

TEST(Fork, of_a_fork_goes_on_through_the_same_reference) {
  TestManager telemetry;
  TelemetryManager& manager = telemetry.manager;
  const ContextScope scope(telemetry.manager.start_trace("t").context());
  EXPECT_EQ(in_child([&] {
              manager.record_event({.name = "the child's"});
              manager.flush(fakes::patience);
              std::string wrong = in_child([&] {
                manager.start_trace("the grandchild's").end();
                manager.start_span("the grandchild's").end();
                std::string mine = equal("complete", manager.flush(fakes::patience).complete() ? 1 : 0, 1);
                mine += equal("events", manager.stats()[RecordKind::event].recorded, 0);
                return mine + equal("the grandchild's spans", telemetry.unflushed_log().count(RecordKind::span), 1);
              });
              // A daemon's child, which records nothing between the forks.
              return wrong + in_child([&] {
                       return in_child([&] {
                         manager.start_span("the daemon's").end();
                         std::string daemon_s = equal("complete", manager.flush(fakes::patience).complete() ? 1 : 0, 1);
                         daemon_s += equal("the daemon's spans", telemetry.unflushed_log().count(RecordKind::span), 1);
                         return daemon_s;
                       });
                     });
            }),
            "");
}

TEST(Fork, counts_what_was_sampled_out_in_a_child_that_has_recorded_nothing) {
  TestManager telemetry({.sampling_rate = 0});
  EXPECT_EQ(in_child([&] {
              telemetry.manager.start_span("s").end();
              return equal("sampled out", telemetry.manager.stats()[RecordKind::span].sampled_out, 1);
            }),
            "");
}

TEST(Fork, is_not_held_up_by_a_manager_that_was_shut_down_while_its_sink_hung) {
  TestManager healthy;
  const auto log = std::make_shared<SinkLog>();
  TestManager hung({}, {log});
  log->block();
  hung.manager.record_event({.name = "e"});
  (void)hung.manager.shutdown(10ms);
  EXPECT_EQ(in_child([&] {
              healthy.manager.record_event({.name = "the child's"});
              std::string wrong = equal("complete", healthy.manager.flush(fakes::patience).complete() ? 1 : 0, 1);
              (void)hung.manager.stats();
              return wrong + equal("complete", hung.manager.flush(1s).complete() ? 1 : 0, 0);
            }),
            "");
}

TEST(Fork, a_factory_that_records_is_suppressed_in_the_child) {
  TelemetryManager* manager = nullptr;
  const auto log = std::make_shared<SinkLog>();
  TelemetryManager made({}, {.sinks = {[&](const TelemetryConfig&) {
                               if (manager != nullptr) manager->record_event({.name = "the factory's"});
                               return std::make_unique<fakes::RecordingSink>(log);
                             }}});
  manager = &made;
  EXPECT_EQ(in_child([&] {
              made.record_event({.name = "the child's"});
              std::string wrong = equal("complete", made.flush(fakes::patience).complete() ? 1 : 0, 1);
              return wrong + equal("events", log->count(RecordKind::event), 1);
            }),
            "");
}

}  // namespace
}  // namespace spark
