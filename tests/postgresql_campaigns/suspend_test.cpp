// The server is stopped as by Ctrl-Z, in the middle of everything: it holds its connections and answers nothing. The
// limits of writes, flush and shutdown are kept all the same, and when it goes on everything arrives.
#include <cstdio>
#include <memory>
#include <string>
#include <vector>

#include "backends/temporary_directory.h"
#include "campaigns/campaign.h"
#include "postgresql/fixture.h"
#include "postgresql_campaigns/load.h"
#include "spark/backends/reliable.h"

namespace spark::testing {
namespace {

using namespace std::chrono_literals;

class PostgresqlSuspend : public PostgresqlTest {
 protected:
  ~PostgresqlSuspend() override { resume(); }

  // Making the tables may take longer than the limit below.
  void SetUp() override {
    PostgresqlTest::SetUp();
    PostgresqlStore store(options());
    write_spans(store, 1, 2);
    run_sql(uri_, "TRUNCATE spans_data");
  }

  // The postmaster, so that nobody gets a new connection, and the process of each connection.
  void suspend() {
    for (const auto& row : run_sql(uri_, "SELECT pid FROM pg_stat_activity WHERE application_name = 'writer'")) {
      suspended_.push_back(std::stoi(row[0]));
    }
    suspended_.push_back(server().postmaster());
    for (const pid_t process : suspended_) server().suspend(process);
  }
  void resume() {
    for (const pid_t process : suspended_) server().resume(process);
    suspended_.clear();
  }

  // A write gives up after 1 s, much later than the deadlines below.
  [[nodiscard]] ManagerSources sources() const {
    ManagerSources sources;
    sources.sinks.push_back([uri = uri_](const TelemetryConfig& config) {
      return std::make_unique<ReliableSink>(
          std::make_unique<PostgresqlStore>(PostgresqlOptions{
              .connection_string = uri + "?application_name=writer&connect_timeout=60", .write_time_limit = 1s}),
          config.reliable);
    });
    return sources;
  }
  [[nodiscard]] static TelemetryConfig config(const std::string& spool_path) {
    return {
        .export_interval = 20ms,
        .reliable = {.initial_backoff = 10ms, .max_backoff = 50ms, .probe_interval = 50ms, .spool_path = spool_path}};
  }
  static void record(TelemetryManager& manager, std::uint64_t from, std::uint64_t to) {
    for (std::uint64_t i = from; i < to; i += 50) {
      const ActiveTrace trace = manager.start_trace("load");
      for (std::uint64_t n = i; n < i + 50; ++n) {
        manager.start_span("step", trace.trace_id, {.attributes = {{"n", n}}}).end();
      }
    }
  }
  // At least one write has met the server that does not answer, and given up.
  static void wait_for_timeout(const TelemetryManager& manager) {
    while (manager.stats().sinks.at(0).last_error.find("did not answer in time") == std::string::npos) {
      std::this_thread::sleep_for(1ms);
    }
  }

  std::vector<pid_t> suspended_;
};

TEST_F(PostgresqlSuspend, costs_writes_their_limit_and_nobody_else_anything) {
  TelemetryManager manager(config(""), sources());
  record(manager, 0, 100);
  ASSERT_TRUE(manager.flush(60s).complete());
  suspend();
  record(manager, 100, 200);
  wait_for_timeout(manager);
  EXPECT_FALSE(manager.flush(50ms).complete());
  // Recording goes on as if nothing was: it is counted, and nothing of it is dropped.
  for (std::uint64_t i = 200; i < 2'000; i += 100) record(manager, i, i + 100);
  const Stats stats = manager.stats();
  EXPECT_EQ(stats[RecordKind::span].recorded, 2'000U);
  EXPECT_EQ(stats.dropped(), 0U);
  EXPECT_EQ(spans_of_sink(manager).exported, 100U);
  resume();
  EXPECT_TRUE(manager.flush(60s).complete());
  expect_ledger(manager, 2'000);
  expect_each_once(uri_, 2'000);
}

TEST_F(PostgresqlSuspend, keeps_the_deadline_of_a_shutdown_and_what_was_not_delivered_is_counted) {
  TelemetryManager manager(config(""), sources());
  record(manager, 0, 100);
  ASSERT_TRUE(manager.flush(60s).complete());
  suspend();
  record(manager, 100, 200);
  wait_for_timeout(manager);
  EXPECT_FALSE(manager.shutdown(50ms).complete());
  const Stats stats = manager.stats();
  EXPECT_TRUE(stats.balanced());
  const SinkRow row = spans_of_sink(manager);
  EXPECT_EQ(row.exported, 100U);
  EXPECT_EQ(sum(row.dropped) + row.in_flight + row.queued, 100U);
  resume();
  // What the server had begun it ends now, or undoes: a batch is there whole or not at all.
  const std::string unfinished = "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'writer'";
  while (value(unfinished) != "0") std::this_thread::sleep_for(1ms);
  const std::string there = value("SELECT count(*) FROM spans");
  EXPECT_TRUE(there == "100" || there == "150" || there == "200") << there;
}

TEST_F(PostgresqlSuspend, delays_what_is_in_the_spool_until_the_next_process) {
  const TemporaryDirectory directory;
  {
    TelemetryManager manager(config(directory.file("spool")), sources());
    record(manager, 0, 100);
    ASSERT_TRUE(manager.flush(60s).complete());
    suspend();
    record(manager, 100, 200);
    wait_for_timeout(manager);
    record(manager, 200, 2'000);
    EXPECT_TRUE(manager.flush(60s).complete()) << "it is safe in the spool";
    EXPECT_EQ(spans_of_sink(manager).spooled, 1'900U);
    manager.shutdown(100ms);
    EXPECT_TRUE(manager.stats().balanced());
    EXPECT_EQ(manager.stats().dropped(), 0U);
  }
  resume();
  TelemetryManager next(config(directory.file("spool")), sources());
  while (spans_of_sink(next).recovered == 0) std::this_thread::sleep_for(1ms);
  wait_for_delivery(next);
  EXPECT_EQ(spans_of_sink(next).recovered, 1'900U);
  expect_ledger(next, 1'900);
  expect_each_once(uri_, 2'000);
}

}  // namespace
}  // namespace spark::testing
