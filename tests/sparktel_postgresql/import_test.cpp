// sparktel import between files and databases in a server, whole and after it was killed; receive and prune.
#include <signal.h>

#include <thread>

#include "apps/sparktel/formats/json_lines.h"
#include "sparktel_postgresql/fixture.h"

namespace spark::testing {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;

class Import : public WithServer {
 protected:
  void fill_everything() {
    SqliteStore store({.path = file});
    fill_with_everything(store);
  }
  static constexpr std::uint64_t many_traces = 600;
  static constexpr std::uint64_t many_spans = 40 * many_traces;
  // Traces with 40 spans each: three transactions of a copy.
  void fill_many() {
    SqliteStore store({.path = file});
    write(store, [&](BatchBuilder& builder) {
      for (std::uint64_t i = 1; i <= many_traces; ++i) {
        builder.add(make_trace(i, "run", 0, 100));
        for (std::uint64_t k = 0; k < 40; ++k) {
          Span span = make_span(40 * i + k, "step", 10, 20, {{"text", "of a step"}});
          span.trace_id = trace_id(i);
          builder.add(span);
        }
      }
    });
  }
  [[nodiscard]] std::string count(const std::string& table) const {
    return value_of(dsn, "SELECT count(*) FROM " + table);
  }
  // Whether the tables are there and some, but not all, of the spans.
  [[nodiscard]] bool is_under_way() const {
    if (value_of(dsn, "SELECT to_regclass('spans_data') IS NOT NULL") != "t") return false;
    const std::uint64_t there = std::stoull(count("spans_data"));
    return there > 0 && there < many_spans;
  }

  std::string file = directory.file("from.db");
};

TEST_F(Import, AFileGoesIntoADatabaseAndBack) {
  fill_everything();
  EXPECT_THAT(out_of({"import", file, dsn}), HasSubstr("records of " + file + " are in " + name() + " now.\n"));
  EXPECT_EQ(out_of({"export", dsn}), out_of({"export", file}));
  const std::string back = directory.file("back.db");
  EXPECT_THAT(out_of({"import", dsn, back}), HasSubstr("records of " + name() + " are in " + back + " now.\n"));
  EXPECT_EQ(out_of({"export", back}), out_of({"export", file}));
  // And nothing twice.
  EXPECT_THAT(out_of({"import", file, dsn}), StartsWith("There already: 4 traces, passed over.\n2 records"));
  EXPECT_THAT(out_of({"import", dsn, back}), StartsWith("There already: 4 traces, passed over.\n2 records"));
  EXPECT_EQ(out_of({"export", dsn}), out_of({"export", file}));
}

TEST_F(Import, OneDatabaseGoesIntoAnother) {
  fill_everything();
  out_of({"import", file, dsn});
  const std::string other = server->uri(server->make_database());
  out_of({"import", dsn, other + "?partitioning=native"});
  EXPECT_EQ(out_of({"export", other}), out_of({"export", file}));
  EXPECT_THAT(error_of({"import", dsn, dsn}), HasSubstr("into itself"));
}

TEST_F(Import, LinesGoIntoADatabase) {
  fill_everything();
  const std::string lines = directory.file("lines.jsonl");
  out_of({"export", file, "-o", lines});
  for (int i = 0; i < 2; ++i) {
    EXPECT_THAT(out_of({"import", lines, dsn}), HasSubstr(" are in " + name() + " now.\n"));
    EXPECT_EQ(out_of({"export", dsn}), read_file(lines));
  }
}

TEST_F(Import, KilledWhereverItIsItGoesOnAndIsWhole) {
  fill_many();
  const std::string expected = out_of({"export", file});
  bool was_under_way = false;
  for (int attempt = 0; attempt < 3; ++attempt) {
    RunningSparktel import({"import", file, dsn});
    const std::uint64_t before =
        value_of(dsn, "SELECT to_regclass('spans_data') IS NOT NULL") == "t" ? std::stoull(count("spans_data")) : 0;
    // Until more than before is there.
    while (import.out().empty() && import.error().empty()) {
      if (is_under_way() && std::stoull(count("spans_data")) > before) break;
      std::this_thread::yield();
    }
    import.send(SIGKILL);
    static_cast<void>(import.wait());
    was_under_way = was_under_way || is_under_way();
  }
  EXPECT_TRUE(was_under_way);
  const std::string out = out_of({"import", file, dsn});
  EXPECT_THAT(out, StartsWith("There already: "));
  EXPECT_EQ(out_of({"export", dsn}), expected);
  EXPECT_EQ(count("spans_data"), std::to_string(many_spans));
}

TEST_F(Import, BackIntoAFileKilledItGoesOnToo) {
  fill_many();
  out_of({"import", file, dsn});
  const std::string back = directory.file("back.db");
  {
    RunningSparktel import({"import", dsn, back});
    while (import.out().empty() && import.error().empty()) {
      const ChildResult there = run_sparktel({"sql", back, "SELECT count(*) AS n FROM spans_data", "--csv"});
      if (there.exit_code == 0 && there.out != "n\r\n0\r\n") break;
    }
    import.send(SIGKILL);
    static_cast<void>(import.wait());
  }
  out_of({"import", dsn, back});
  EXPECT_EQ(out_of({"export", back}), out_of({"export", file}));
}

TEST_F(Import, InterruptedItSaysHowToGoOn) {
  fill_many();
  RunningSparktel import({"import", file, dsn});
  while (import.out().empty() && !is_under_way()) std::this_thread::yield();
  import.send(SIGINT);
  const ChildResult result = import.wait();
  EXPECT_EQ(result.exit_code, 1);
  EXPECT_THAT(result.error, HasSubstr("what was copied stays; import again to go on"));
}

TEST_F(Import, RowsThatTheServerRefusesAreCounted) {
  fill_everything();
  out_of({"import", file, dsn});
  run_sql(dsn, "DELETE FROM spans_data; ALTER TABLE spans_data ADD CHECK (name <> 'orphan')");
  EXPECT_THAT(out_of({"import", file, dsn}), HasSubstr("Left out: 1 record that the server refused: "));
  EXPECT_EQ(count("dead_letters"), "1");
}

TEST_F(Import, ReceiveMakesTheTablesAndNamesTheDatabase) {
  const ChildResult result = run_sparktel({"receive", dsn, "--port", "0", "--for", "1ms"});
  EXPECT_EQ(result.exit_code, 0) << result.error;
  EXPECT_THAT(result.out, HasSubstr(" into " + name() + "; Ctrl-C ends it."));
  EXPECT_EQ(count("spans"), "0");
}

TEST_F(Import, PruneDeletesByAge) {
  fill_everything();
  out_of({"import", file, dsn});
  EXPECT_THAT(out_of({"prune", dsn, "--older-than", "1d", "--dry-run"}),
              StartsWith("Nothing was deleted.\nBy age 3 traces with 4 spans would go"));
  EXPECT_EQ(count("traces"), "3");
  EXPECT_THAT(error_of({"prune", dsn, "--max-size", "1GB", "--yes"}), HasSubstr("by size only a file can be pruned"));
  EXPECT_THAT(error_of({"prune", dsn, "--older-than", "1d"}), HasSubstr("say --yes"));
  EXPECT_THAT(out_of({"prune", dsn, "--older-than", "1d", "--yes"}),
              StartsWith("Deleted 3 traces, 5 spans, 3 events and 2 "));
  EXPECT_EQ(count("traces"), "0");
}

TEST_F(Import, TheDemoRecordsIntoADatabase) {
  write_file(directory.file("text.txt"), "One sentence. And another one.\n");
  EXPECT_THAT(out_of({"demo", directory.file("text.txt"), "--db", dsn}), HasSubstr("The telemetry is in " + name()));
  EXPECT_EQ(count("traces"), "1");
}

}  // namespace
}  // namespace spark::testing
