// Migrations, with a schema of version 0 made for these tests: what is there is carried over, or nothing happens.
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <stdexcept>

#include "backends/raw_database.h"
#include "backends/records.h"
#include "backends/sqlite/open.h"
#include "backends/temporary_directory.h"
#include "spark/backends/sqlite.h"
#include "spark/base/error.h"

namespace spark::testing {
namespace {

using detail::sqlite::Connection;
using detail::sqlite::LockFile;
using detail::sqlite::Migration;

// One wide table with the texts in every row: what an early version might have looked like.
constexpr const char* schema_of_version_0 = R"sql(
PRAGMA journal_mode = WAL;
CREATE TABLE runs (trace_id BLOB PRIMARY KEY, name TEXT, start_ms INTEGER, end_ms INTEGER);
CREATE TABLE steps (trace_id BLOB, span INTEGER, name TEXT, start_ms INTEGER, end_ms INTEGER);
CREATE VIEW traces AS SELECT name FROM runs;
INSERT INTO runs VALUES (x'00000000000000010000000000000001', 'etl', 1000, 3000);
INSERT INTO runs VALUES (x'00000000000000010000000000000002', 'etl', 5000, NULL);
INSERT INTO steps VALUES (x'00000000000000010000000000000001', 7, 'load', 1000, 2000);
PRAGMA application_id = 0x5370726B;
)sql";

void from_0_to_1(Connection& connection) {
  detail::sqlite::create_version_1(connection);
  connection.execute(R"sql(
INSERT INTO names (text) SELECT name FROM runs UNION SELECT name FROM steps;
INSERT INTO trace_ids (trace_id) SELECT trace_id FROM runs;
INSERT INTO resources (resource) VALUES ('{}');
INSERT INTO traces_data SELECT t.number, n.number, start_ms * 1000000, end_ms * 1000000, end_ms IS NOT NULL, NULL, NULL, 1, '{}'
  FROM runs JOIN trace_ids AS t USING (trace_id) JOIN names AS n ON n.text = name ORDER BY t.number;
INSERT INTO spans_data SELECT t.number, span, NULL, n.number, 0, start_ms * 1000000, (end_ms - start_ms) * 1000000, 0, NULL, NULL, 1, '{}'
  FROM steps JOIN trace_ids AS t USING (trace_id) JOIN names AS n ON n.text = name;
DROP TABLE runs; DROP TABLE steps;
)sql");
}

void fail_after_the_work(Connection& connection) {
  from_0_to_1(connection);
  throw std::runtime_error("this migration fails in its last step");
}

constexpr Migration good[] = {from_0_to_1};
constexpr Migration failing[] = {fail_after_the_work};

class SqliteMigration : public ::testing::Test {
 protected:
  void SetUp() override { RawDatabase(path_).run(schema_of_version_0); }

  void open(std::span<const Migration> migrations) {
    LockFile lock(path_);
    const Connection connection = detail::sqlite::open_for_writing(path_, lock, Seconds{60}, migrations);
  }
  std::string run(const std::string& sql) { return RawDatabase(path_).run(sql); }

  TemporaryDirectory directory_;
  const std::string path_ = directory_.file("old.db");
};

constexpr const char* carried_over =
    "00000000-0000-0001-0000-000000000001|etl|1970-01-01T00:00:01.000000000Z|2.0|completed\n"
    "00000000-0000-0001-0000-000000000002|etl|1970-01-01T00:00:05.000000000Z|NULL|started\n";
constexpr const char* read_traces =
    "SELECT trace_id, name, start_time, duration, status FROM traces ORDER BY start_time";

TEST_F(SqliteMigration, carries_the_rows_over_and_makes_the_views_anew) {
  open(good);
  EXPECT_EQ(run("PRAGMA user_version; PRAGMA application_id"), "1\n1399878251\n");
  EXPECT_EQ(run(read_traces), carried_over);
  EXPECT_EQ(run("SELECT name, duration FROM spans"), "load|1.0\n");
  EXPECT_EQ(run("SELECT name FROM sqlite_schema WHERE type = 'view' ORDER BY name"),
            "events\ngraphs\nmetrics\nspans\ntraces\n");
  EXPECT_EQ(run("SELECT count(*) FROM sqlite_schema WHERE name IN ('runs', 'steps')"), "0\n");
  SqliteStore store({.path = path_});  // with the production's migrations: there is nothing left to do
  EXPECT_EQ(store.query_traces({.name = "etl"}).size(), 2U);
}

TEST_F(SqliteMigration, that_fails_changes_nothing) {
  const std::string everything =
      "SELECT * FROM runs; SELECT * FROM steps; SELECT sql FROM sqlite_schema; "
      "PRAGMA user_version; PRAGMA application_id; SELECT * FROM traces";
  const std::string before = run(everything);
  EXPECT_THROW(open(failing), std::runtime_error);
  EXPECT_EQ(run(everything), before);
  EXPECT_EQ(run("PRAGMA integrity_check"), "ok\n");
  open(good);
  EXPECT_EQ(run(read_traces), carried_over) << "it can be tried again";
}

TEST_F(SqliteMigration, by_two_processes_at_once_happens_once) {
  // Both wait for the pipe's end, which comes when the parent closes it.
  int go[2];
  ASSERT_EQ(::pipe(go), 0);
  std::vector<pid_t> children;
  for (int i = 0; i < 2; ++i) {
    const pid_t child = ::fork();
    ASSERT_GE(child, 0);
    if (child == 0) {
      ::close(go[1]);
      char byte;
      if (::read(go[0], &byte, 1) != 0) ::_exit(2);
      try {
        open(good);
      } catch (const std::exception& error) {
        std::fprintf(stderr, "%s\n", error.what());
        ::_exit(1);
      }
      ::_exit(0);
    }
    children.push_back(child);
  }
  ::close(go[0]);
  ::close(go[1]);
  for (const pid_t child : children) {
    int status = 0;
    ASSERT_EQ(::waitpid(child, &status, 0), child);
    EXPECT_EQ(status, 0);
  }
  EXPECT_EQ(run(read_traces), carried_over);
  EXPECT_EQ(run("SELECT value FROM meta WHERE key = 'epoch'"), "1\n") << "each migration adds one";
}

TEST_F(SqliteMigration, is_not_made_by_those_who_only_look) {
  std::string message;
  try {
    SqliteStore store({.path = path_, .read_only = true});
  } catch (const Error& error) {
    message = error.what();
  }
  EXPECT_EQ(message,
            "SQLite database " + path_ + " has the older format version 0; open it once for writing to bring it to 1");
  EXPECT_EQ(run("PRAGMA user_version"), "0\n");
}

TEST_F(SqliteMigration, by_a_later_version_stops_the_writers_of_this_one) {
  open(good);
  SqliteStore store({.path = path_});
  const auto write_one = [&] {
    write(store,
          [](BatchBuilder& batch) { batch.add(Trace{.trace_id = trace_id(1), .name = "t", .start_time = at(0)}); });
  };
  write_one();
  run("BEGIN IMMEDIATE; PRAGMA user_version = 2; UPDATE meta SET value = value + 1 WHERE key = 'epoch'; COMMIT");
  std::string message;
  try {
    write_one();
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::too_new);
    message = error.what();
  }
  EXPECT_EQ(message, "SQLite database " + path_ +
                         " was written by a later version of this library (its format is version 2, this one knows up "
                         "to 1); update this program, or name another file");
}

}  // namespace
}  // namespace spark::testing
