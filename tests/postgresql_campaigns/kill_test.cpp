// The server process of the writer is killed again and again, in the middle of a COPY and in the middle of a COMMIT.
// The server recovers each time; nothing is lost, and nothing is there twice, with a spool and without.
#include <cstdio>

#include "backends/temporary_directory.h"
#include "campaigns/campaign.h"
#include "postgresql/fixture.h"
#include "postgresql_campaigns/load.h"
#include "postgresql_campaigns/server_process.h"

namespace spark::testing {
namespace {

using namespace std::chrono_literals;

class PostgresqlKill : public PostgresqlTest {
 protected:
  void run(const std::string& spool_path) {
    const std::uint64_t seed = campaign_seed();
    SCOPED_TRACE("SPARK_TEST_SEED=" + std::to_string(seed));
    Random random(seed);
    TelemetryManager manager(TelemetryConfig::create_postgresql(
        uri_ + "?application_name=writer",
        {.export_interval = 20ms,
         .reliable = {
             .initial_backoff = 10ms, .max_backoff = 100ms, .probe_interval = 50ms, .spool_path = spool_path}}));
    manager.start_span("makes the tables", TraceId{1, 1}).end();
    ASSERT_TRUE(manager.flush(60s).complete());
    // So that a COMMIT takes some time before its record is written, too.
    run_sql(
        uri_,
        "TRUNCATE spans_data, traces_data, implied_traces; CREATE FUNCTION pause() RETURNS trigger LANGUAGE plpgsql "
        "AS $$ BEGIN PERFORM pg_sleep(0.002); RETURN NULL; END $$; CREATE CONSTRAINT TRIGGER pause AFTER INSERT ON "
        "traces_data DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION pause()");
    Load load(manager, 1'000);
    ServerProcess process(uri_, "writer");
    const int kills = campaign_count(4, 100);
    int in_copy = 0, before_record = 0, after_record = 0, in_lock = 0;
    // Some of it is written between two kills: otherwise it could be one batch that is hit each time.
    const auto wait_for_progress = [&] {
      const std::uint64_t before = spans_of_sink(manager).exported;
      const auto end = std::chrono::steady_clock::now() + std::chrono::minutes(2);
      while (spans_of_sink(manager).exported == before && std::chrono::steady_clock::now() < end) {
        std::this_thread::sleep_for(1ms);
      }
    };
    for (int i = 0; i < kills; ++i) {
      wait_for_progress();
      switch (i % 4) {
        case 0:
        case 2:
          ++(process.kill_while("query LIKE 'COPY%'", random) ? in_copy : in_lock);
          break;
        case 1:
          ++(process.kill_while("query LIKE 'COMMIT%'", random) ? before_record : in_lock);
          break;
        default:
          // A COMMIT that waits for a standby is done, and the client has not heard of it.
          process.set("SET synchronous_standby_names = 'nobody'");
          ++(process.kill_while("wait_event = 'SyncRep'", random) ? after_record : in_lock);
          process.set("RESET synchronous_standby_names");
      }
    }
    const std::uint64_t spans = load.stop();
    EXPECT_TRUE(manager.flush(120s).complete());
    wait_for_delivery(manager);
    EXPECT_GT(manager.stats().sinks.at(0).retries, 0U);
    expect_ledger(manager, spans + 1);
    expect_each_once(uri_, spans);
    std::printf("%llu spans; killed %d times in a COPY, %d in a COMMIT, %d after its record, %d within a lock\n",
                static_cast<unsigned long long>(spans), in_copy, before_record, after_record, in_lock);
  }
};

TEST_F(PostgresqlKill, in_copy_and_commit_loses_nothing_with_a_spool) {
  const TemporaryDirectory directory;
  run(directory.file("spool"));
}

TEST_F(PostgresqlKill, in_copy_and_commit_loses_nothing_without_one) { run(""); }

}  // namespace
}  // namespace spark::testing
