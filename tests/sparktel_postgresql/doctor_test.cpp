// sparktel doctor on a database in a server.
#include <chrono>

#include "apps/sparktel/doctor/examine.h"
#include "spark/base/clock.h"
#include "sparktel_postgresql/fixture.h"

namespace spark::testing {
namespace {

using sparktel::examine;
using sparktel::Finding;
using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::StartsWith;

class Doctor : public WithServer {
 protected:
  void fill(const PostgresqlOptions& options = {}) {
    PostgresqlOptions with_dsn = options;
    with_dsn.connection_string = dsn;
    PostgresqlStore store(with_dsn);
    fill_with_everything(store);
  }
  // "status: message" of one check.
  [[nodiscard]] std::string of(std::string_view check, const std::string& user = "spark") const {
    for (const Finding& finding : examine(server->uri(database, user), {})) {
      if (finding.check == check) return std::string(to_string(finding.health)) + ": " + finding.message;
    }
    return "";
  }
};

TEST_F(Doctor, AHealthyDatabaseHasNothingToDo) {
  fill();
  const ChildResult result = run_sparktel({"doctor", dsn});
  EXPECT_EQ(result.exit_code, 0) << result.out << result.error;
  EXPECT_THAT(of("server"), StartsWith("warning: PostgreSQL "));  // fsync is off in tests
  EXPECT_EQ(of("encryption"), "ok: none; the connection does not leave this machine");
  EXPECT_EQ(of("schema"), "ok: version 1, as this program writes it; no partitions, attributes have an index");
  EXPECT_EQ(of("rights"), "ok: this role may read, write, and bring the tables to a later version");
  EXPECT_THAT(of("indexes"), AllOf(StartsWith("ok: all "), HasSubstr(" indexes are there and valid")));
  EXPECT_EQ(of("partitions"), "ok: none");
  EXPECT_EQ(of("dead letters"), "ok: no row was refused");
  EXPECT_EQ(of("drops"), "unknown: not recorded in this database");
  EXPECT_THAT(of("disk"), AllOf(StartsWith("ok: the database has "), HasSubstr("spans ")));
  EXPECT_THAT(of("connections"), HasSubstr(" of 97 connections in use"));
  EXPECT_EQ(of("server clock"), "ok: the server's clock and this one agree");
  EXPECT_THAT(of("clock"), StartsWith("ok: no trace is in the future"));
}

TEST_F(Doctor, AServerThatDoesNotAnswerIsAProblemAndExitCode1) {
  const ChildResult result = run_sparktel({"doctor", "postgresql://127.0.0.1:1/x?connect_timeout=2", "--json"});
  EXPECT_EQ(result.exit_code, 1);
  EXPECT_THAT(result.out, AllOf(HasSubstr("\"healthy\": false"), HasSubstr("\"check\": \"server\"")));
  EXPECT_THAT(error_of({"doctor", server->uri("missing")}), "");
}

TEST_F(Doctor, ADatabaseWithoutTablesSaysHowItGetsThem) {
  EXPECT_EQ(of("schema"), "problem: it has no tables of telemetry");
  EXPECT_EQ(of("rights"), "ok: this role may make the tables in schema public");
  run_sql(dsn, "DROP ROLE IF EXISTS guest; CREATE ROLE guest LOGIN");
  EXPECT_EQ(of("rights", "guest"), "problem: this role may not make tables in schema public");
}

TEST_F(Doctor, TablesOfAnotherVersionAreNamed) {
  fill();
  run_sql(dsn, "UPDATE spark_meta SET value = '99' WHERE key = 'version'");
  EXPECT_THAT(of("schema"), StartsWith("problem: its tables are of version 99, this program knows up to "));
}

TEST_F(Doctor, RightsAreThoseOfTheRole) {
  fill();
  run_sql(dsn, "DROP ROLE IF EXISTS reader; CREATE ROLE reader LOGIN");
  EXPECT_THAT(of("rights", "reader"),
              StartsWith("problem: this role may not read dead_letters, documents, events_data"));
  run_sql(dsn, "GRANT SELECT ON ALL TABLES IN SCHEMA public TO reader");
  EXPECT_THAT(of("rights", "reader"), StartsWith("warning: this role may not write dead_letters, events_data"));
  run_sql(dsn,
          "GRANT INSERT ON spans_data, events_data, metrics_data, graphs_data, resources, dead_letters, traces_data, "
          "implied_traces TO reader");
  EXPECT_EQ(of("rights", "reader"), "warning: this role may not write implied_traces, traces_data");
  run_sql(dsn, "GRANT UPDATE ON traces_data, implied_traces TO reader");
  EXPECT_EQ(of("rights", "reader"),
            "ok: this role may record and read; what deletes, retention and prune, another one has to do");
  run_sql(dsn, "GRANT INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO reader");
  EXPECT_EQ(of("rights", "reader"),
            "ok: this role may read and write; a later version of the tables another one has to make");
  run_sql(dsn, "ALTER ROLE reader SET default_transaction_read_only = on");
  EXPECT_EQ(of("rights", "reader"), "warning: this role can only read here");
  run_sql(dsn, "DROP OWNED BY reader; DROP ROLE reader");
}

TEST_F(Doctor, IndexesThatAreMissingOrNotValidAreNamed) {
  fill();
  run_sql(dsn, "DROP INDEX spans_data_attributes");
  EXPECT_EQ(of("indexes"), "warning: missing: spans_data_attributes");
  run_sql(dsn, "UPDATE pg_index SET indisvalid = false WHERE indexrelid = 'traces_by_start'::regclass");
  EXPECT_EQ(of("indexes"), "warning: not valid, and used by no query: traces_by_start");
  run_sql(dsn, "ALTER TABLE events_data DROP CONSTRAINT events_data_pkey");
  EXPECT_EQ(of("indexes"), "problem: without a primary key: events_data");
}

TEST_F(Doctor, RowsInTheDefaultPartitionAreCounted) {
  fill({.partitioning = Partitioning::native});
  EXPECT_THAT(of("indexes"), StartsWith("ok: "));
  {
    PostgresqlStore store({.connection_string = dsn});
    write(store, [](BatchBuilder& builder) {
      Span span = make_span(69, "of a clock that stands", 0, 0);
      span.start_time = span.end_time = Timestamp{};
      builder.add(span);
    });
  }
  EXPECT_THAT(of("partitions"),
              AllOf(StartsWith("warning: a table for each of "), HasSubstr(" in the default partitions")));
  run_sql(dsn, "DELETE FROM spans_data; DELETE FROM events_data; DELETE FROM metrics_data");
  EXPECT_THAT(of("partitions"), AllOf(StartsWith("ok: "), HasSubstr("today's is made with its first row")));
  PostgresqlStore store({.connection_string = dsn});
  write(store, [](BatchBuilder& builder) {
    Span span = make_span(70, "now", 0, 0);
    span.start_time = span.end_time = system_clock().wall_now();
    builder.add(span);
  });
  EXPECT_THAT(of("partitions"), AllOf(StartsWith("ok: "), HasSubstr("tomorrow's is made")));
}

TEST_F(Doctor, RefusedRowsAndDroppedSpansAreWarnings) {
  fill();
  run_sql(dsn, "ALTER TABLE spans_data ADD CHECK (name <> 'poison')");
  PostgresqlStore store({.connection_string = dsn});
  write(store, [](BatchBuilder& builder) {
    builder.add(make_span(70, "poison", 0, 1));
    Metric metric = make_metric(71, "otel.sdk.processor.span.processed", 0, {{"error.type", "ring_full"}});
    metric.value = 600;
    metric.aggregation_type = AggregationType::counter;
    builder.add(metric);
  });
  EXPECT_THAT(of("dead letters"), StartsWith("warning: 1 row that the server refused, the last at "));
  EXPECT_EQ(of("drops"), "warning: spans were dropped: 600 by ring_full");
}

TEST_F(Doctor, AClockThatDiffersIsAWarning) {
  fill();
  VirtualClock clock{system_clock().wall_now() + std::chrono::minutes(2)};
  for (const Finding& finding : examine(dsn, {.clock = &clock})) {
    if (finding.check != "server clock") continue;
    EXPECT_THAT(finding.message, AllOf(StartsWith("the server's clock is "), HasSubstr(" behind")));
    return;
  }
  FAIL() << "nothing was said of the server's clock";
}

TEST_F(Doctor, FullLooksAtTheEntriesOfIndexesWhereItCan) {
  fill();
  const auto integrity = [&] {
    for (const Finding& finding : examine(dsn, {.full = true})) {
      if (finding.check == "integrity") return std::string(to_string(finding.health)) + ": " + finding.message;
    }
    return std::string();
  };
  EXPECT_EQ(integrity(), "unknown: the server's extension amcheck is not installed");
  run_sql(dsn, "CREATE EXTENSION amcheck");
  EXPECT_THAT(integrity(), AllOf(StartsWith("ok: "), HasSubstr("agree with their tables")));
}

}  // namespace
}  // namespace spark::testing
