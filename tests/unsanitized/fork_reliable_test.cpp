// fork() while a far end is down: a child gets a sink and a spool file of its own, and neither waits for the other.
#include <gtest/gtest.h>

#include <chrono>
#include <memory>
#include <string>
#include <thread>

#include "backends/temporary_directory.h"
#include "fakes/forked_child.h"
#include "fakes/recording_sink.h"
#include "reliable/far_end.h"
#include "spark/telemetry/manager.h"

namespace spark::testing {
namespace {

using namespace std::chrono_literals;

constexpr auto events = static_cast<std::size_t>(RecordKind::event);

ManagerSources sources_for(std::shared_ptr<FarEnd> far) {
  ManagerSources sources;
  sources.sinks.push_back([far = std::move(far)](const TelemetryConfig& config) {
    return std::make_unique<ReliableSink>(std::make_unique<FarSink>(far), config.reliable);
  });
  return sources;
}

// What a child, or a parent, finds wrong with its own ten events, which can go nowhere but into the spool.
std::string record_to_the_spool(TelemetryManager& manager) {
  for (int i = 0; i < 10; ++i) manager.record_event({.name = "e"});
  const FlushResult flushed = manager.flush(fakes::patience);
  if (!flushed.complete()) return flushed.sinks.at(0).error;
  const Stats stats = manager.stats();
  // A child may have the file of the one before it, with what that left.
  const SinkRow& row = stats.sinks.at(0).rows[events];
  return fakes::equal("spooled", row.spooled - row.recovered, 10) +
         fakes::equal("balanced", stats.balanced() ? 1 : 0, 1);
}

TEST(ForkedReliableSink, with_a_spool_is_made_anew_with_a_file_of_its_own) {
  const TemporaryDirectory directory;
  const std::string path = directory.file("spool");
  const auto far = std::make_shared<FarEnd>();
  far->be_down();
  {
    TelemetryManager manager(TelemetryConfig{.reliable = quick_options(path)}, sources_for(far));
    EXPECT_EQ(record_to_the_spool(manager), "");
    for (int i = 0; i < 20; ++i) {
      EXPECT_EQ(fakes::in_child([&] { return record_to_the_spool(manager); }), "") << "fork " << i;
    }
    EXPECT_EQ(manager.stats().sinks.at(0).rows[events].spooled, 10U);
  }
  // What all of them have left is delivered by one.
  far->be_up();
  TelemetryManager manager(TelemetryConfig{.reliable = quick_options(path)}, sources_for(far));
  far->wait_for_names(21 * 10);
  EXPECT_TRUE(manager.flush(fakes::patience).complete());
  const auto end = std::chrono::steady_clock::now() + fakes::patience;
  while (manager.stats().sinks.at(0).rows[events].spooled > 0 && std::chrono::steady_clock::now() < end) {
    std::this_thread::sleep_for(1ms);
  }
  const Stats stats = manager.stats();
  EXPECT_EQ(stats.sinks.at(0).rows[events].recovered, 210U);
  EXPECT_EQ(stats.sinks.at(0).rows[events].exported, 210U);
  EXPECT_TRUE(stats.balanced());
}

TEST(ForkedReliableSink, that_waits_for_its_next_attempt_holds_up_no_fork) {
  const auto far = std::make_shared<FarEnd>();
  far->be_down();
  TelemetryManager manager(
      TelemetryConfig{.buffer_size = 1,
                      .reliable = {.initial_backoff = 1h, .max_backoff = 1h, .max_elapsed = 10h, .probe_interval = 1h}},
      sources_for(far));
  manager.record_event({.name = "e"});
  far->wait_for_attempts(1);
  while (manager.stats().sinks.at(0).last_error.empty()) std::this_thread::sleep_for(1ms);
  // The child's telemetry is on, or a flush would say that it is off.
  EXPECT_EQ(fakes::in_child([&] {
              far->be_up();
              manager.record_event({.name = "of the child"});
              const FlushResult flushed = manager.flush(fakes::patience);
              return flushed.complete() ? std::string() : flushed.sinks.at(0).error;
            }),
            "");
  EXPECT_FALSE(manager.shutdown(100ms).complete());
}

TEST(ForkedReliableSink, of_the_parent_refuses_and_closes_nothing_in_the_child) {
  const TemporaryDirectory directory;
  const auto far = std::make_shared<FarEnd>();
  far->be_down();
  auto sink = std::make_unique<ReliableSink>(
      std::make_unique<FarSink>(far),
      ReliableOptions{
          .initial_backoff = 1h, .max_backoff = 1h, .probe_interval = 1h, .spool_path = directory.file("spool")});
  sink->write(*batch_of("a"));
  EXPECT_EQ(fakes::in_child([&] {
              std::string wrong = "it wrote";
              try {
                sink->write(*batch_of("b"));
              } catch (const Error& error) {
                wrong = error.code() == ErrorCode::unsupported ? "" : error.what();
              }
              sink = nullptr;
              // The parent has the file, so that this is another one.
              ReliableSink own(std::make_unique<FarSink>(far), quick_options(directory.file("spool")));
              own.write(*batch_of("c"));
              return wrong;
            }),
            "");
  sink->write(*batch_of("d"));
  sink->flush(Deadline::clock::now() + fakes::patience);
}

TEST(ForkedReliableSink, leaves_its_lock_to_others_when_it_ends_although_its_child_lives_on) {
  const TemporaryDirectory directory;
  const std::string path = directory.file("spool");
  const auto far = std::make_shared<FarEnd>();
  far->be_down();
  int ends[2];
  ASSERT_EQ(::pipe(ends), 0);
  auto sink = std::make_unique<ReliableSink>(std::make_unique<FarSink>(far), quick_options(path));
  const pid_t child = ::fork();
  if (child == 0) {
    ::close(ends[1]);
    char end;
    _exit(static_cast<int>(::read(ends[0], &end, 1)));
  }
  ::close(ends[0]);
  sink = nullptr;
  sink = std::make_unique<ReliableSink>(std::make_unique<FarSink>(far), quick_options(path));
  EXPECT_FALSE(std::filesystem::exists(path + ".2")) << "the child has kept the lock";
  ::close(ends[1]);
  int status = 0;
  EXPECT_EQ(::waitpid(child, &status, 0), child);
}

}  // namespace
}  // namespace spark::testing
