// sparktel sql on a database in a server: what it gives, and that nothing can be changed by it.
#include "sparktel_postgresql/fixture.h"

namespace spark::testing {
namespace {

using ::testing::AnyOf;
using ::testing::HasSubstr;
using ::testing::StartsWith;

class Sql : public WithServer {
 protected:
  void SetUp() override {
    WithServer::SetUp();
    PostgresqlStore store({.connection_string = dsn});
    fill_with_everything(store);
  }
  [[nodiscard]] std::string sql(const std::string& statement, const std::string& format = "--csv") const {
    return out_of({"sql", dsn, statement, format});
  }
};

TEST_F(Sql, ValuesHaveTheirTypes) {
  EXPECT_EQ(
      sql("SELECT 1 AS a, 2.5 AS b, 'x' AS c, NULL AS d, true AS e, '\\x00ff'::bytea AS f, 'NaN'::float8 AS g, "
          "12345678901234567890::numeric AS h, 7::smallint AS i",
          "--json"),
      "[\n{\"a\":1,\"b\":2.5,\"c\":\"x\",\"d\":null,\"e\":true,\"f\":{\"$bytes\":\"AP8=\"},\"g\":{\"$double\":\"NaN\"},"
      "\"h\":12345678901234567168.0,\"i\":7}\n]\n");
  EXPECT_EQ(sql("SELECT name, count(*) FROM spans GROUP BY name ORDER BY name LIMIT 2;"),
            "name,count\r\ncallee 3,1\r\ncallee 4,1\r\n");
  EXPECT_EQ(sql("-- a comment\n WITH one AS (SELECT 1 AS x) SELECT x, x FROM one", "--json"),
            "[\n{\"x\":1,\"x:1\":1}\n]\n");
  EXPECT_EQ(sql("SELECT 1 WHERE false", "--json"), "[\n]\n");
  EXPECT_EQ(out_of({"sql", dsn, "SELECT 1 WHERE false"}), "No rows.\n");
}

TEST_F(Sql, AllRowsComeHoweverManyThereAre) {
  std::string expected = "n\r\n";
  for (int i = 1; i <= 1'201; ++i) expected += std::to_string(i) + "\r\n";
  EXPECT_EQ(sql("SELECT n FROM generate_series(1, 1201) AS n"), expected);
}

TEST_F(Sql, WithoutAStatementTheViewsAreListed) {
  EXPECT_THAT(out_of({"sql", dsn}), StartsWith("traces   trace_id, name, start_time, end_time, duration, status"));
}

TEST_F(Sql, NothingCanBeWritten) {
  const std::string before = value_of(dsn, "SELECT count(*) FROM spans_data");
  for (const char* statement :
       {"DELETE FROM spans_data", "  delete from spans_data",
        "WITH gone AS (DELETE FROM spans_data RETURNING 1) SELECT * FROM gone", "SELECT 1; DELETE FROM spans_data",
        "COMMIT", "SET default_transaction_read_only = off", "CREATE TABLE t (a int)",
        "SELECT set_config('transaction_read_only', 'off', false)", "SELECT * FROM spans_data FOR UPDATE",
        "SELECT nextval(pg_get_serial_sequence('dead_letters', 'number'))", "SELECT 1 INTO t", "TRUNCATE spans_data",
        "COPY spans_data TO PROGRAM 'true'", "EXPLAIN ANALYZE DELETE FROM spans_data"}) {
    const std::string error = error_of({"sql", dsn, statement});
    EXPECT_THAT(error, HasSubstr("cannot run that statement: ")) << statement;
    EXPECT_EQ(std::count(error.begin(), error.end(), '\n'), 1) << error;
  }
  EXPECT_THAT(error_of({"sql", dsn, "DELETE FROM spans_data"}), HasSubstr("only reading is allowed here"));
  EXPECT_EQ(value_of(dsn, "SELECT count(*) FROM spans_data"), before);
  EXPECT_EQ(value_of(dsn, "SELECT to_regclass('t') IS NULL"), "t");
}

TEST_F(Sql, WhatIsWrongIsSaidInOneLine) {
  EXPECT_THAT(error_of({"sql", dsn, "SELECT * FROM nowhere"}), HasSubstr("relation \"nowhere\" does not exist"));
  EXPECT_THAT(error_of({"sql", dsn, "SELEC 1"}), HasSubstr("only reading is allowed"));
  EXPECT_THAT(error_of({"sql", dsn, " -- nothing"}), HasSubstr("expected exactly one SQL statement"));
  EXPECT_THAT(error_of({"sql", dsn, "SELECT pg_sleep(60)", "--time-limit", "100ms"}),
              HasSubstr("it took longer than its time limit"));
  // While its rows come.
  EXPECT_THAT(error_of({"sql", dsn, "SELECT 1 / (10000 - n) FROM generate_series(1, 20000) AS n", "--csv"}),
              HasSubstr("division by zero"));
}

}  // namespace
}  // namespace spark::testing
