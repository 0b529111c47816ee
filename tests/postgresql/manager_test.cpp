// A manager that records to PostgreSQL: queries through the sink that tries again, and nothing lost while the server is
// away.
#include <thread>

#include "backends/temporary_directory.h"
#include "postgresql/fixture.h"
#include "spark/telemetry/manager.h"

namespace spark::testing {
namespace {

using namespace std::chrono_literals;
using PostgresqlManager = PostgresqlTest;

void record_spans(TelemetryManager& manager, int count) {
  const auto trace = manager.start_trace("load", {});
  for (int i = 0; i < count; ++i) manager.start_span("query", trace.trace_id, {}).end();
}

TEST_F(PostgresqlManager, records_and_answers_queries) {
  TelemetryManager manager(TelemetryConfig::create_postgresql(uri_));
  record_spans(manager, 10);
  EXPECT_TRUE(manager.flush(60s).complete());
  EXPECT_EQ(manager.query_traces({}).size(), 1U);
  EXPECT_EQ(manager.query_spans({.name = "query"}).size(), 10U);
  EXPECT_EQ(manager.aggregate_spans({}, {.by = {group_by_name()}}).front().count, 10U);
  EXPECT_EQ(value("SELECT count(*) FROM spans"), "10");
  EXPECT_TRUE(manager.stats().balanced());
}

TEST_F(PostgresqlManager, a_server_that_is_away_loses_nothing_where_there_is_a_spool) {
  const TemporaryDirectory directory;
  TelemetryManager manager(
      TelemetryConfig::create_postgresql(uri_, {.reliable = {.initial_backoff = 20ms,
                                                             .max_backoff = 100ms,
                                                             .probe_interval = 100ms,
                                                             .spool_path = directory.file("spool.db")}}));
  record_spans(manager, 10);
  EXPECT_TRUE(manager.flush(60s).complete());
  server().stop(PostgresServer::Stop::immediate);
  for (int i = 0; i < 5; ++i) {
    record_spans(manager, 10);
    EXPECT_TRUE(manager.flush(60s).complete()) << "it is in the spool";
  }
  server().start();
  while (value("SELECT count(*) FROM spans") != "60") std::this_thread::yield();
  manager.shutdown(60s);
  EXPECT_EQ(value("SELECT count(DISTINCT span_id) FROM spans"), "60");
  EXPECT_EQ(value("SELECT count(*) FROM dead_letters"), "0");
}

TEST_F(PostgresqlManager, a_destination_is_the_same_for_another_user_and_password) {
  const auto destination_of = [](const std::string& uri) {
    return PostgresqlStore({.connection_string = uri}).destination();
  };
  const std::string port = std::to_string(server().port());
  EXPECT_EQ(destination_of("postgresql://one:canary7@LOCALHOST:" + port + "/" + database_ + "?manage_schema=off"),
            "postgresql localhost:" + port + "/" + database_);
  EXPECT_EQ(destination_of("host=localhost user=another dbname=" + database_ + " manage_schema=off port=" + port),
            "postgresql localhost:" + port + "/" + database_);
  EXPECT_EQ(destination_of("host=/Sockets user=u dbname=DB manage_schema=off"), "postgresql /Sockets:5432/DB");
  EXPECT_EQ(destination_of("service=Prod manage_schema=off"), "postgresql service Prod");
  EXPECT_EQ(destination_of("service=Prod host=H port=1 dbname=D manage_schema=off"), "postgresql h:1/D");
  EXPECT_EQ(destination_of("service=Prod dbname=D manage_schema=off"), "postgresql service Prod/D");
}

TEST_F(PostgresqlManager, a_bound_on_what_the_database_takes_is_refused) {
  const Thrown thrown = thrown_by(
      [&] { TelemetryManager manager(TelemetryConfig::create_postgresql(uri_, {.retention_bytes = 1 << 30})); });
  EXPECT_EQ(thrown.code, "invalid_argument");
  EXPECT_NE(thrown.message.find("retention_age"), std::string::npos) << thrown.message;
}

}  // namespace
}  // namespace spark::testing
