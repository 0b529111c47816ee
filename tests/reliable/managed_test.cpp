// ReliableSink under a manager: the ledger, flush, shutdown, and how a configuration comes to have one.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <sys/resource.h>
#include <csignal>

#include <cstdlib>
#include <string>

#include "backends/raw_database.h"
#include "backends/temporary_directory.h"
#include "reliable/far_end.h"
#include "spark/telemetry/manager.h"

namespace spark::testing {
namespace {

using namespace std::chrono_literals;
using ::testing::HasSubstr;

class ManagedSink : public ::testing::Test {
 protected:
  void start(const ReliableOptions& options) {
    ManagerSources sources;
    sources.sinks.push_back([far = far](const TelemetryConfig& config) {
      return std::make_unique<ReliableSink>(std::make_unique<FarSink>(far), config.reliable);
    });
    manager = std::make_unique<TelemetryManager>(TelemetryConfig{.buffer_size = 10, .reliable = options}, sources);
  }
  void record(int count) const {
    for (int i = 0; i < count; ++i) {
      auto trace = manager->start_trace("t");
      manager->start_span("s", trace.trace_id).end();
      manager->record_event({.name = "e"});
      manager->record_metric({.name = "m", .value = 1});
    }
  }
  static constexpr std::uint64_t records_of_one = 5;

  // Of all kinds.
  [[nodiscard]] std::uint64_t total(std::uint64_t SinkRow::*term) const {
    const Stats stats = manager->stats();
    std::uint64_t sum = 0;
    for (const SinkRow& row : stats.sinks.at(0).rows) sum += row.*term;
    return sum;
  }
  [[nodiscard]] std::uint64_t dropped(DropReason reason) const {
    const Stats stats = manager->stats();
    std::uint64_t sum = 0;
    for (const SinkRow& row : stats.sinks.at(0).rows) sum += row.dropped[static_cast<std::size_t>(reason)];
    return sum;
  }
  void wait_until_drained() const {
    const auto end = std::chrono::steady_clock::now() + fakes::patience;
    while (total(&SinkRow::spooled) > 0 && std::chrono::steady_clock::now() < end) std::this_thread::sleep_for(1ms);
    EXPECT_EQ(total(&SinkRow::spooled), 0U);
  }

  TemporaryDirectory directory;
  std::string path = directory.file("spool");
  std::shared_ptr<FarEnd> far = std::make_shared<FarEnd>();
  std::unique_ptr<TelemetryManager> manager;
};

TEST_F(ManagedSink, without_a_spool_exports_everything_after_some_retries) {
  start(quick_options());
  far->be_down();
  record(10);
  EXPECT_FALSE(manager->flush(50ms).complete());
  far->be_up();
  EXPECT_TRUE(manager->flush(fakes::patience).complete());
  EXPECT_EQ(total(&SinkRow::exported), 10 * records_of_one);
  EXPECT_GT(manager->stats().sinks[0].retries, 0U);
  EXPECT_TRUE(manager->stats().balanced());
  EXPECT_EQ(manager->stats().dropped(), 0U);
}

TEST_F(ManagedSink, with_a_spool_completes_a_flush_while_the_far_end_is_down) {
  start(quick_options(path));
  far->be_down();
  record(10);
  EXPECT_TRUE(manager->flush(fakes::patience).complete());
  Stats stats = manager->stats();
  EXPECT_TRUE(stats.balanced());
  EXPECT_EQ(total(&SinkRow::spooled), 10 * records_of_one);
  EXPECT_EQ(total(&SinkRow::exported), 0U);
  EXPECT_GT(stats.sinks[0].spool_bytes, 0U);
  EXPECT_THAT(stats.sinks[0].last_error, HasSubstr("the far end is down"));
  far->be_up();
  wait_until_drained();
  record(3);
  EXPECT_TRUE(manager->flush(fakes::patience).complete());
  wait_until_drained();
  stats = manager->stats();
  EXPECT_TRUE(stats.balanced());
  EXPECT_EQ(stats.dropped(), 0U);
  EXPECT_EQ(total(&SinkRow::exported), 13 * records_of_one);
  EXPECT_EQ(stats.sinks[0].breaker, BreakerState::closed);
}

TEST_F(ManagedSink, counts_what_it_recovers_apart) {
  start(quick_options(path));
  far->be_down();
  record(4);
  EXPECT_TRUE(manager->shutdown(fakes::patience).complete());
  EXPECT_TRUE(manager->stats().balanced());
  EXPECT_EQ(total(&SinkRow::spooled), 4 * records_of_one) << "it says so after the end, too";
  manager = nullptr;
  far->be_up();
  start(quick_options(path));
  wait_until_drained();
  record(1);
  EXPECT_TRUE(manager->flush(fakes::patience).complete());
  EXPECT_EQ(total(&SinkRow::recovered), 4 * records_of_one);
  EXPECT_EQ(total(&SinkRow::admitted), records_of_one);
  EXPECT_EQ(total(&SinkRow::exported), 5 * records_of_one);
  EXPECT_TRUE(manager->stats().balanced());
}

TEST_F(ManagedSink, delivers_from_the_spool_until_the_deadline_of_a_shutdown_while_the_far_end_takes_it) {
  constexpr int processes = 10;  // each leaves a batch with a resource of its own, which goes alone
  for (int i = 0; i < processes; ++i) {
    far->be_down();
    start(quick_options(path));
    record(1);
    EXPECT_TRUE(manager->shutdown(fakes::patience).complete());
    manager = nullptr;
  }
  far->be_slow(20ms);
  start(quick_options(path));
  EXPECT_TRUE(manager->shutdown(fakes::patience).complete());
  EXPECT_EQ(total(&SinkRow::recovered), processes * records_of_one);
  EXPECT_EQ(total(&SinkRow::exported), processes * records_of_one);
  EXPECT_EQ(total(&SinkRow::spooled), 0U);
  EXPECT_TRUE(manager->stats().balanced());
}

TEST_F(ManagedSink, leaves_in_the_spool_at_a_shutdown_what_the_far_end_does_not_take) {
  start({.initial_backoff = 1h, .max_backoff = 1h, .probe_interval = 1h, .spool_path = path});
  far->be_down();
  record(1);
  EXPECT_TRUE(manager->flush(fakes::patience).complete());
  const auto begin = std::chrono::steady_clock::now();
  EXPECT_TRUE(manager->shutdown(1h).complete());
  EXPECT_LT(std::chrono::steady_clock::now() - begin, 10min) << "it does not wait for the next attempt";
  EXPECT_EQ(total(&SinkRow::spooled), records_of_one);
  EXPECT_TRUE(manager->stats().balanced());
}

TEST_F(ManagedSink, says_with_a_flush_that_takes_too_long_what_keeps_it) {
  start({.initial_backoff = 1h, .max_backoff = 1h, .max_elapsed = 10h, .probe_interval = 1h});
  far->be_down();
  record(1);
  far->wait_for_attempts(1);
  const auto end = std::chrono::steady_clock::now() + fakes::patience;
  while (manager->stats().sinks[0].last_error.empty()) {
    ASSERT_LT(std::chrono::steady_clock::now(), end) << "the failed attempt is not told";
    std::this_thread::sleep_for(1ms);
  }
  const FlushResult result = manager->flush(50ms);
  EXPECT_FALSE(result.complete());
  EXPECT_THAT(result.sinks.at(0).error, HasSubstr("the deadline passed"));
  EXPECT_THAT(result.sinks.at(0).error, HasSubstr("its last error: the far end is down"));
  static_cast<void>(manager->shutdown(50ms));
}

TEST_F(ManagedSink, keeps_the_deadline_of_a_shutdown_in_a_long_wait_and_counts_what_is_lost) {
  start({.initial_backoff = 1h, .max_backoff = 1h, .max_elapsed = 10h, .probe_interval = 1h});
  far->be_down();
  record(2);
  far->wait_for_attempts(1);
  record(2);
  const auto begin = std::chrono::steady_clock::now();
  EXPECT_FALSE(manager->shutdown(200ms).complete());
  EXPECT_LT(std::chrono::steady_clock::now() - begin, 30s);
  EXPECT_TRUE(manager->stats().balanced());
  EXPECT_EQ(dropped(DropReason::deadline), total(&SinkRow::admitted));
  EXPECT_EQ(total(&SinkRow::in_flight), 0U) << "the wait has ended";
}

TEST_F(ManagedSink, saves_what_is_not_delivered_by_the_deadline_of_a_shutdown) {
  start(quick_options(path));
  far->hang();
  record(2);
  far->wait_for_attempts(1);
  record(2);
  EXPECT_FALSE(manager->shutdown(200ms).complete()) << "nothing had become of it by then";
  EXPECT_TRUE(manager->stats().balanced());
  EXPECT_EQ(total(&SinkRow::spooled), 4 * records_of_one);
  EXPECT_EQ(manager->stats().dropped(), 0U);
}

TEST_F(ManagedSink, says_with_the_next_flush_what_was_dropped_from_the_spool) {
  start(quick_options(path));
  far->be_down();
  record(1);
  EXPECT_TRUE(manager->flush(fakes::patience).complete());
  far->refuse();
  wait_until_drained();
  const FlushResult flushed = manager->flush(fakes::patience);
  EXPECT_FALSE(flushed.complete());
  EXPECT_EQ(flushed.sinks.at(0).error, "the far end refuses");
  EXPECT_EQ(dropped(DropReason::sink_error), total(&SinkRow::admitted));
  EXPECT_TRUE(manager->stats().balanced());
}

TEST_F(ManagedSink, counts_what_somebody_else_deleted_from_the_spool_as_dropped) {
  start(quick_options(path));
  far->be_down();
  record(3);
  EXPECT_TRUE(manager->flush(fakes::patience).complete());
  EXPECT_EQ(total(&SinkRow::spooled), 3 * records_of_one);
  RawDatabase(path).run("DELETE FROM batches");
  far->be_up();
  wait_until_drained();
  EXPECT_EQ(dropped(DropReason::sink_error), 3 * records_of_one);
  EXPECT_TRUE(manager->stats().balanced());
  const FlushResult flushed = manager->flush(fakes::patience);
  EXPECT_THAT(flushed.sinks.at(0).error, HasSubstr("records are not in it any more: somebody else has deleted them"));
}

TEST_F(ManagedSink, says_at_its_end_what_is_lost_but_not_what_is_in_the_spool) {
  for (const std::string& spool : {std::string(), path}) {
    start({.initial_backoff = 1h, .max_backoff = 1h, .max_elapsed = 10h, .probe_interval = 1h, .spool_path = spool});
    far->be_down();
    record(1);
    far->wait_for_attempts(1);
    ::testing::internal::CaptureStderr();
    static_cast<void>(manager->shutdown(200ms));
    const std::string said = ::testing::internal::GetCapturedStderr();
    if (spool.empty()) {
      EXPECT_THAT(said, HasSubstr(": 5 of 5 records are lost (deadline 5): "));
    } else {
      EXPECT_EQ(said, "");
    }
    manager = nullptr;
    far = std::make_shared<FarEnd>();
  }
}

TEST_F(ManagedSink, counts_what_a_full_spool_drops) {
  auto options = quick_options(path);
  options.spool_bytes = 64 << 10;
  start(options);
  far->be_down();
  bool is_said = false;
  for (int i = 0; i < 100; ++i) {
    record(20);
    const FlushResult result = manager->flush(fakes::patience);
    is_said = is_said || result.sinks.at(0).error.find("is full (spool_bytes is 65536)") != std::string::npos;
  }
  EXPECT_TRUE(is_said);
  EXPECT_GT(dropped(DropReason::spool_full), 0U);
  EXPECT_EQ(dropped(DropReason::spool_full) + total(&SinkRow::spooled), total(&SinkRow::admitted));
  EXPECT_TRUE(manager->stats().balanced());
}

TEST_F(ManagedSink, goes_on_after_a_disk_was_full) {
  start(quick_options(path));
  far->be_down();
  record(1);
  EXPECT_TRUE(manager->flush(fakes::patience).complete());
  auto* const old_action = ::signal(SIGXFSZ, SIG_IGN);
  struct rlimit old_limit {};
  ASSERT_EQ(::getrlimit(RLIMIT_FSIZE, &old_limit), 0);
  struct rlimit limit = old_limit;
  limit.rlim_cur = 32 << 10;
  ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &limit), 0);
  record(2'000);
  const FlushResult failed = manager->flush(fakes::patience);
  ::setrlimit(RLIMIT_FSIZE, &old_limit);
  ::signal(SIGXFSZ, old_action);
  EXPECT_THAT(failed.sinks.at(0).error, HasSubstr("look whether its disk is full"));
  EXPECT_GT(dropped(DropReason::sink_error), 0U);
  EXPECT_TRUE(manager->stats().balanced());
  far->be_up();
  record(1);
  EXPECT_TRUE(manager->flush(fakes::patience).complete());
  wait_until_drained();
  EXPECT_TRUE(manager->stats().balanced());
  EXPECT_EQ(total(&SinkRow::exported) + dropped(DropReason::sink_error), total(&SinkRow::admitted));
}

TEST(TheSpoolOfAConfiguration, is_checked_with_it) {
  const auto error_of = [](const TelemetryConfig& config) {
    try {
      config.validate();
    } catch (const Error& error) {
      return std::string(error.what());
    }
    return std::string("none");
  };
  EXPECT_EQ(error_of(TelemetryConfig::create_otlp("", {.reliable = {.spool_path = "a"}})), "none");
  EXPECT_EQ(error_of(TelemetryConfig::create_otlp("", {.reliable = {.spool_bytes = 1}})),
            "TelemetryConfig: reliable.spool_bytes is 1, allowed is 65536 or more");
  EXPECT_EQ(error_of(TelemetryConfig::create_otlp("", {.reliable = {.enabled = false, .spool_path = "a"}})),
            "TelemetryConfig: reliable.spool_path is a, allowed is none where enabled is false");
  TelemetryConfig multi;
  multi.backend = Backend::multi;
  multi.children.assign(2, TelemetryConfig::create_otlp("", {.reliable = {.spool_path = "a"}}));
  EXPECT_THAT(error_of(multi),
              HasSubstr("children[1].reliable.spool_path is a, allowed is any other: children[0] has"));
  EXPECT_FALSE(TelemetryConfig::create_otlp("", {.reliable = {.jitter = 0}}) == TelemetryConfig::create_otlp(""));
}

class SpoolVariable : public ::testing::Test {
 protected:
  ~SpoolVariable() override {
    ::unsetenv("SPARK_TELEMETRY");
    ::unsetenv("SPARK_TELEMETRY_SPOOL");
  }
  static TelemetryConfig from(const char* destinations) {
    ::setenv("SPARK_TELEMETRY", destinations, 1);
    ::setenv("SPARK_TELEMETRY_SPOOL", "/var/spool/x", 1);
    return TelemetryConfig::from_environment();
  }
};

TEST_F(SpoolVariable, is_the_otlp_destination_s) {
  EXPECT_EQ(from("otlp://h:4317").reliable.spool_path, "/var/spool/x");
  const TelemetryConfig several = from("sqlite:a.db,otlp://h:4317");
  EXPECT_EQ(several.children.at(0).reliable.spool_path, "");
  EXPECT_EQ(several.children.at(1).reliable.spool_path, "/var/spool/x");
  EXPECT_EQ(from("memory:"), TelemetryConfig::create_memory());
}

TEST_F(SpoolVariable, is_refused_for_several_destinations) {
  try {
    (void)from("otlp://h:4317,otlp://i:4317");
    ADD_FAILURE();
  } catch (const Error& error) {
    EXPECT_THAT(error.what(), HasSubstr("cannot configure telemetry from SPARK_TELEMETRY_SPOOL: "));
  }
}

}  // namespace
}  // namespace spark::testing
