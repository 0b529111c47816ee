// sparktel sql: what it answers, and that nothing can be changed by it.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "apps/child_process.h"
#include "apps/exchange_fixture.h"
#include "backends/raw_database.h"

namespace spark::testing {
namespace {

using ::testing::HasSubstr;

class Sql : public ::testing::Test {
 protected:
  Sql() {
    SqliteStore store({.path = database});
    fill_with_everything(store);
  }
  [[nodiscard]] ChildResult ask(const std::string& statement, const std::vector<std::string>& further = {}) const {
    std::vector<std::string> arguments{"sql", database, statement};
    arguments.insert(arguments.end(), further.begin(), further.end());
    return run_sparktel(arguments, {"COLUMNS=60"});
  }

  TemporaryDirectory directory;
  std::string database = directory.file("telemetry.db");
};

TEST_F(Sql, AnswersAreATableWithoutEscapeSequences) {
  EXPECT_EQ(
      ask("SELECT name, duration, NULL AS missing, 'a' || char(27) || '[2J' AS hostile FROM spans WHERE duration >= "
          "0.05 ORDER BY name")
          .out,
      "name      duration  missing  hostile\n"
      "────────────────────────────────────\n"
      "callee 4      0.07     NULL  a\uFFFD[2J\n"
      "root           0.1     NULL  a\uFFFD[2J\n");
  EXPECT_EQ(ask("SELECT name FROM spans WHERE 0").out, "No rows.\n");
}

TEST_F(Sql, JsonIsAnObjectForEachRow) {
  EXPECT_EQ(ask("SELECT 1 AS a, 'x' AS a, x'00ff' AS b, 1.5 AS c, NULL AS d", {"--json"}).out,
            "[\n{\"a\":1,\"a:1\":\"x\",\"b\":{\"$bytes\":\"AP8=\"},\"c\":1.5,\"d\":null}\n]\n");
  EXPECT_EQ(ask("SELECT 1 WHERE 0", {"--json"}).out, "[\n]\n");
}

TEST_F(Sql, CsvIsMadeHarmless) {
  EXPECT_EQ(ask("SELECT -1 AS number, '-1' AS text, 'a,b' AS \"x y\"", {"--csv"}).out,
            "number,text,x y\r\n-1,'-1,\"a,b\"\r\n");
}

TEST_F(Sql, WithoutAStatementTheViewsAreListed) {
  const ChildResult result = run_sparktel({"sql", database}, {"COLUMNS=60"});
  EXPECT_THAT(result.out, HasSubstr("events   event_id, trace_id, span_id, type, name, timestamp,\n"
                                    "         source, attributes\n"));
}

TEST_F(Sql, WhatWouldChangeSomethingIsRefused) {
  const std::string before = RawDatabase(database).run("SELECT * FROM spans_data");
  for (const char* statement :
       {"DELETE FROM spans_data", "DROP TABLE spans_data", "CREATE TEMP TABLE t (a)", "ATTACH '/tmp/x.db' AS x",
        "PRAGMA user_version = 7", "PRAGMA journal_mode = DELETE", "PRAGMA journal_mode", "PRAGMA page_size = 4096",
        "PRAGMA wal_checkpoint", "PRAGMA query_only = 0", "SELECT load_extension('x')", "BEGIN IMMEDIATE",
        "VACUUM INTO '/tmp/x.db'", "REINDEX", "ANALYZE"}) {
    const ChildResult result = ask(statement);
    EXPECT_EQ(result.exit_code, 1) << statement;
    EXPECT_THAT(result.error, HasSubstr("only reading is allowed here")) << statement;
    EXPECT_EQ(result.out, "") << statement;
  }
  EXPECT_EQ(ask("UPDATE sqlite_master SET name = 'x'").exit_code, 1);
  EXPECT_EQ(RawDatabase(database).run("SELECT * FROM spans_data"), before);
}

TEST_F(Sql, EveryMemberOfAnObjectHasANameOfItsOwn) {
  EXPECT_EQ(ask("SELECT 1 AS a, 2 AS a, 3 AS \"a:1\"", {"--json"}).out, "[\n{\"a\":1,\"a:1\":2,\"a:1:1\":3}\n]\n");
}

TEST_F(Sql, TableValuedFunctionsAreForReading) {
  EXPECT_EQ(ask("SELECT sum(value) AS total FROM json_each('[1,2]')", {"--csv"}).out, "total\r\n3\r\n");
}

TEST_F(Sql, MistakesAreOneLine) {
  EXPECT_THAT(ask("SELEC 1").error, HasSubstr("cannot run that statement: near \"SELEC\": syntax error\n"));
  EXPECT_THAT(ask("SELECT 1; SELECT 2").error, HasSubstr("expected exactly one SQL statement"));
  EXPECT_THAT(ask("-- nothing").error, HasSubstr("expected exactly one SQL statement"));
  EXPECT_EQ(ask("SELECT 1;").exit_code, 0);
}

TEST_F(Sql, AStatementThatTakesTooLongIsEnded) {
  const ChildResult result =
      ask("WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT count(*) FROM n",
          {"--time-limit", "50ms"});
  EXPECT_EQ(result.exit_code, 1);
  EXPECT_THAT(result.error, HasSubstr("it took longer than its time limit"));
}

}  // namespace
}  // namespace spark::testing
