// Opening files, failing writes, time limits: what is the SQLite store's own.
#include "spark/backends/sqlite.h"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <fstream>
#include <iterator>
#include <memory>

#include "backends/as_nobody.h"
#include "backends/file_content.h"
#include "backends/raw_database.h"
#include "backends/records.h"
#include "backends/temporary_directory.h"
#include "spark/base/error.h"

namespace spark::testing {
namespace {

Span span_named(const char* name, std::uint64_t id) {
  return {.span_id = span_id(id),
          .trace_id = trace_id(1),
          .parent_span_id = {},
          .name = name,
          .start_time = at(0),
          .end_time = at(1),
          .status_message = {},
          .error_type = {},
          .attributes = {}};
}

void write_span(Store& store, const char* name, std::uint64_t id) {
  write(store, [&](BatchBuilder& batch) { batch.add(span_named(name, id)); });
}

template <class Action>
std::string error_of(const Action& action) {
  try {
    action();
  } catch (const Error& error) {
    return std::string(to_string(error.code())) + ": " + error.what();
  }
  return "no error";
}

std::string opening(const SqliteOptions& options) {
  return error_of([&] { SqliteStore store(options); });
}

class SqliteFile : public ::testing::Test {
 protected:
  std::string path_of(const char* name) const { return directory_.file(name); }

  TemporaryDirectory directory_;
  const std::string path_ = directory_.file("telemetry.db");
};

TEST_F(SqliteFile, is_there_with_everything_in_it_when_opened_again) {
  {
    SqliteStore store({.path = path_});
    write_span(store, "first", 1);
    store.put("version", "etl", 7, 0);
  }
  SqliteStore store({.path = path_});
  write_span(store, "second", 2);
  write_span(store, "first", 3);
  EXPECT_EQ(ids(store.query_spans({.trace_id = trace_id(1)})), "S3 S2 S1");
  EXPECT_EQ(ids(store.query_spans({.name = "first"})), "S3 S1");
  EXPECT_EQ(store.get("version", "etl")->revision, 1U);
}

TEST_F(SqliteFile, says_what_it_is) {
  SqliteStore store({.path = path_});
  EXPECT_EQ(store.name(), "sqlite " + path_);
  RawDatabase raw(path_);
  EXPECT_EQ(raw.run("PRAGMA application_id; PRAGMA user_version; PRAGMA journal_mode"), "1399878251\n1\nwal\n");
}

TEST_F(SqliteFile, of_a_later_version_is_refused) {
  { SqliteStore store({.path = path_}); }
  RawDatabase(path_).run("PRAGMA user_version = 99");
  EXPECT_EQ(opening({.path = path_}),
            "too_new: SQLite database " + path_ +
                " was written by a later version of this library (its format is "
                "version 99, this one knows up to 1); update this program, or name another file");
}

TEST_F(SqliteFile, that_is_no_database_is_refused_and_left_alone) {
  const std::string text = "This is a text about something else.\n" + std::string(10'000, 'x');
  std::ofstream(path_) << text;
  EXPECT_EQ(opening({.path = path_}).substr(0, 8), "corrupt:");
  EXPECT_NE(opening({.path = path_}).find("file is not a database"), std::string::npos);
  EXPECT_EQ(content_of(path_), text);
}

TEST_F(SqliteFile, of_another_program_is_refused_and_left_alone) {
  RawDatabase(path_).run("CREATE TABLE users (id); PRAGMA application_id = 77");
  const std::string before = content_of(path_);
  EXPECT_EQ(opening({.path = path_}), "invalid_argument: SQLite database " + path_ +
                                          " belongs to another program (its application_id is 77, ours is 1399878251); "
                                          "name another file");
  RawDatabase(path_of("unmarked.db")).run("CREATE TABLE users (id)");
  EXPECT_EQ(opening({.path = path_of("unmarked.db")}).substr(0, 17), "invalid_argument:");
  EXPECT_EQ(content_of(path_), before);
}

TEST_F(SqliteFile, that_is_empty_becomes_a_store) {
  std::ofstream(path_).close();
  EXPECT_EQ(opening({.path = path_}), "no error");
}

TEST_F(SqliteFile, in_a_missing_directory_is_refused) {
  const std::string path = directory_.file("missing/telemetry.db");
  EXPECT_EQ(opening({.path = path}), "not_found: SQLite database " + path + ": cannot open it: the directory " +
                                         directory_.file("missing") + " does not exist");
}

TEST_F(SqliteFile, that_must_not_be_written_is_refused) {
  { SqliteStore store({.path = path_}); }
  ASSERT_EQ(::unlink((path_ + "-lock").c_str()), 0);
  ASSERT_EQ(::chmod(path_.c_str(), 0444), 0);
  ASSERT_EQ(::chmod(directory_.path().c_str(), 0777), 0);
  std::string file_error, directory_error;
  {
    const AsNobody nobody;
    file_error = opening({.path = path_});
  }
  ASSERT_EQ(::chmod(directory_.path().c_str(), 0555), 0);
  {
    const AsNobody nobody;
    directory_error = opening({.path = path_of("new.db")});
  }
  ASSERT_EQ(::chmod(directory_.path().c_str(), 0755), 0);
  EXPECT_EQ(file_error, "permission_denied: SQLite database " + path_ +
                            ": cannot open it for writing: the file is read-only for this user; make "
                            "it writable, or open it read-only");
  EXPECT_EQ(directory_error, "permission_denied: SQLite database " + path_of("new.db") +
                                 ": cannot open it: cannot create the lock file " + path_of("new.db") +
                                 "-lock: Permission denied");
}

TEST_F(SqliteFile, options_out_of_range_are_named) {
  EXPECT_EQ(opening({.path = ""}), "invalid_argument: SqliteOptions.path is empty; it must name a file");
  EXPECT_EQ(opening({.path = ":memory:"}),
            "invalid_argument: SqliteOptions.path is \":memory:\"; the memory backend keeps records without "
            "a file");
  EXPECT_EQ(opening({.path = path_, .query_time_limit = Seconds{0}}),
            "invalid_argument: SqliteOptions.query_time_limit must be more than 0");
  EXPECT_EQ(opening({.path = path_, .readers = 0}),
            "invalid_argument: SqliteOptions.readers is 0; it must be 1 or more");
}

TEST_F(SqliteFile, opened_read_only_is_looked_at_and_never_made) {
  EXPECT_EQ(opening({.path = path_, .read_only = true}),
            "not_found: SQLite database " + path_ + ": cannot open it: the file does not exist");
  EXPECT_FALSE(std::filesystem::exists(path_));
  SqliteStore writer({.path = path_});
  write_span(writer, "first", 1);
  SqliteStore store({.path = path_, .read_only = true});
  EXPECT_EQ(ids(store.query_spans({})), "S1");
  const std::string refused = "unsupported: SQLite database " + path_ + " was opened read-only";
  EXPECT_EQ(error_of([&] { write_span(store, "second", 2); }), refused);
  EXPECT_EQ(error_of([&] { store.put("version", "etl", 1, 0); }), refused);
  EXPECT_EQ(error_of([&] { store.prune({.before = at(0)}); }), refused);
}

TEST_F(SqliteFile, a_failed_write_leaves_nothing_and_the_next_one_works) {
  SqliteStore store({.path = path_});
  RawDatabase raw(path_);
  raw.run(
      "CREATE TRIGGER refuse BEFORE INSERT ON metrics_data BEGIN SELECT RAISE(ABORT, 'refused for a test'); "
      "END");
  const auto batch_of_two = [](BatchBuilder& batch) {
    batch.add(span_named("never seen before", 1));
    batch.add(Metric{.metric_id = record_id(1),
                     .trace_id = {},
                     .span_id = {},
                     .name = "m",
                     .unit = {},
                     .timestamp = at(0),
                     .attributes = {},
                     .distribution = {}});
  };
  const std::string error = error_of([&] { write(store, batch_of_two); });
  EXPECT_NE(error.find("SQLite database " + path_ + ": cannot write metrics: refused for a test"), std::string::npos)
      << error;
  EXPECT_EQ(raw.run("SELECT count(*) FROM spans_data; SELECT count(*) FROM names; SELECT count(*) FROM trace_ids"),
            "0\n0\n0\n");

  raw.run("DROP TRIGGER refuse");
  write(store, batch_of_two);
  EXPECT_EQ(ids(store.query_spans({.trace_id = trace_id(1), .name = "never seen before"})), "S1");
  EXPECT_EQ(ids(store.query_metrics({})), "R1");
}

TEST_F(SqliteFile, a_new_epoch_makes_writers_look_names_and_traces_up_again) {
  SqliteStore store({.path = path_});
  write_span(store, "first", 1);
  RawDatabase raw(path_);
  const std::string numbers = "SELECT number FROM names UNION ALL SELECT number FROM trace_ids";
  EXPECT_EQ(raw.run(numbers), "1\n1\n");
  raw.run(
      "BEGIN IMMEDIATE; DELETE FROM spans_data; DELETE FROM names; DELETE FROM trace_ids;"
      "UPDATE meta SET value = value + 1 WHERE key = 'epoch'; COMMIT");
  write_span(store, "first", 1);
  EXPECT_EQ(text(store.query_spans({})), "T1 S1<- first INTERNAL completed 0..1 \"\" \"\" {}\n");
  EXPECT_EQ(raw.run(numbers), "2\n2\n") << "a number that was deleted must not come back";
}

TEST_F(SqliteFile, a_query_beyond_its_time_limit_is_stopped) {
  SqliteStore store({.path = path_, .query_time_limit = Seconds{1e-9}});
  write(store, [](BatchBuilder& batch) {
    for (std::uint64_t id = 1; id <= 2'000; ++id) batch.add(span_named("s", id));
  });
  EXPECT_EQ(error_of([&] { static_cast<void>(store.query_spans({})); }),
            "timeout: a query took longer than its time limit of 0.000000 s");
  SpanQuery query;
  query.time_limit = Seconds{60};
  EXPECT_EQ(store.query_spans(query).size(), 2'000U) << "the query's own limit counts";
  // Long enough to begin and far too short to end.
  query.time_limit = Seconds{2e-4};
  EXPECT_EQ(error_of([&] { static_cast<void>(store.query_spans(query)); }).substr(0, 8), "timeout:");
}

TEST_F(SqliteFile, each_span_leaves_the_only_reader_to_its_visitor) {
  SqliteStore store({.path = path_, .readers = 1});
  write_span(store, "first", 1);
  std::string found;
  store.each_span({}, [&](const Span&) {
    found += ids(store.query_spans({}));
    return true;
  });
  EXPECT_EQ(found, "S1");
}

TEST_F(SqliteFile, a_row_that_was_tampered_with_is_an_error_that_says_so) {
  SqliteStore store({.path = path_});
  write_span(store, "first", 1);
  RawDatabase(path_).run("UPDATE spans_data SET attributes = '{'");
  EXPECT_EQ(error_of([&] { static_cast<void>(store.query_spans({})); }).substr(0, 8), "corrupt:");
  SpanQuery filter;
  filter.attributes = {attribute("x").exists()};
  EXPECT_EQ(error_of([&] { static_cast<void>(store.query_spans(filter)); }),
            "corrupt: SQLite database " + path_ +
                ": cannot answer a query: attributes are not the JSON of an object (code 1)");
  RawDatabase(path_).run("UPDATE spans_data SET attributes = '{}', kind = 77");
  EXPECT_EQ(error_of([&] { static_cast<void>(store.query_spans({})); }),
            "corrupt: SQLite database " + path_ + ": a row cannot be read: enumerator 77 is unknown");
}

TEST_F(SqliteFile, is_made_by_its_factory) {
  TelemetryConfig config;
  config.db_path = path_;
  const std::unique_ptr<Sink> sink(spark_make_sqlite_sink(config));
  EXPECT_EQ(sink->name(), "sqlite " + path_);
  EXPECT_TRUE(std::filesystem::exists(path_));
}

// JSON has no such integer: as a double it is 2^64, which is none of 64 bits.
TEST_F(SqliteFile, TheLargestCountOfADistributionComesBack) {
  SqliteStore store({.path = path_of("counts.db")});
  write(store, [](BatchBuilder& batch) {
    Metric metric = make_metric(1, "many", 1);
    metric.aggregation_type = AggregationType::histogram;
    metric.distribution = Distribution{.count = ~std::uint64_t{0}, .zero_count = ~std::uint64_t{0}};
    batch.add(metric);
  });
  const Page<Metric> page = store.query_metrics({});
  ASSERT_EQ(page.size(), 1U);
  EXPECT_EQ(page.front().distribution->count, ~std::uint64_t{0});
  EXPECT_EQ(page.front().distribution->zero_count, ~std::uint64_t{0});
}

}  // namespace
}  // namespace spark::testing
