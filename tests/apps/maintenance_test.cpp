// sparktel prune and doctor.
#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "apps/child_process.h"
#include "apps/exchange_fixture.h"
#include "apps/sparktel/doctor/examine.h"
#include "apps/sparktel/terminal/size.h"
#include "backends/as_nobody.h"
#include "backends/raw_database.h"
#include "spark/base/error.h"

namespace spark::testing {
namespace {

using sparktel::examine;
using sparktel::Finding;
using sparktel::Health;
using ::testing::HasSubstr;

class Maintenance : public ::testing::Test {
 protected:
  void fill() {
    SqliteStore store({.path = database});
    fill_with_everything(store);
  }
  // "status: message" of one check.
  static std::string of(const std::vector<Finding>& findings, std::string_view check) {
    for (const Finding& finding : findings) {
      if (finding.check == check) return std::string(to_string(finding.health)) + ": " + finding.message;
    }
    return "";
  }
  [[nodiscard]] std::string traces() const { return RawDatabase(database).run("SELECT count(*) FROM traces"); }

  TemporaryDirectory directory;
  std::string database = directory.file("telemetry.db");
  VirtualClock clock{at(1'000)};
};

TEST_F(Maintenance, SizesHaveUnits) {
  EXPECT_EQ(sparktel::parse_size("500MB"), 500'000'000U);
  EXPECT_EQ(sparktel::parse_size("1.5 kB"), 1'500U);
  EXPECT_EQ(sparktel::parse_size("64MiB"), 64U << 20);
  for (const char* wrong : {"", "500", "MB", "-1MB", "1 meter", "0B", "nan B"}) {
    EXPECT_THROW(static_cast<void>(sparktel::parse_size(wrong)), Error) << wrong;
  }
  EXPECT_EQ(sparktel::format_size(999), "999 B");
  EXPECT_EQ(sparktel::format_size(1'234'567), "1.23 MB");
}

TEST_F(Maintenance, PruneLooksFirstThenDeletes) {
  fill();
  EXPECT_EQ(
      run_sparktel({"prune", database, "--older-than", "1d", "--dry-run"}).out,
      "Nothing was deleted.\n"
      "By age 3 traces with 4 spans would go, with their events and metrics. What is as old and has no trace of its "
      "own goes\ntoo, and is not counted here.\n");
  EXPECT_EQ(traces(), "3\n");
  const ChildResult unconfirmed = run_sparktel({"prune", database, "--older-than", "1d"});
  EXPECT_EQ(unconfirmed.exit_code, 1);
  EXPECT_THAT(unconfirmed.error, HasSubstr("say --yes"));
  EXPECT_EQ(traces(), "3\n");
  const ChildResult result = run_sparktel({"prune", database, "--older-than", "1d", "--yes"});
  EXPECT_THAT(result.out, ::testing::StartsWith("Deleted 3 traces, 5 spans, 3 events and 2 metrics. In use: "));
  EXPECT_EQ(traces(), "0\n");
}

TEST_F(Maintenance, PruneSaysWhatItExpects) {
  EXPECT_EQ(run_sparktel({"prune", database}).exit_code, 2);
  EXPECT_EQ(run_sparktel({"prune", database, "--max-size", "5"}).exit_code, 2);
  EXPECT_EQ(run_sparktel({"prune", database, "--older-than", "1d", "--yes"}).exit_code, 1);
  EXPECT_FALSE(std::filesystem::exists(database));
}

TEST_F(Maintenance, AHealthyFileHasNothingToDo) {
  fill();
  const std::vector<Finding> findings = examine({.path = database, .full = true, .clock = &clock});
  EXPECT_EQ(of(findings, "schema"), "ok: format version 1, as this program writes it");
  EXPECT_EQ(of(findings, "integrity"), "ok: every page and index is sound");
  EXPECT_EQ(of(findings, "lock"), "ok: free");
  EXPECT_EQ(of(findings, "permissions"), "ok: this user may read and write the file and those beside it");
  EXPECT_EQ(of(findings, "drops"), "unknown: not recorded in this file");
  EXPECT_EQ(of(findings, "clock"), "ok: no trace is in the future; the newest started 800 ms ago");
  const ChildResult result = run_sparktel({"doctor", database});
  EXPECT_EQ(result.exit_code, 0) << result.error;
  EXPECT_THAT(result.out, HasSubstr("✓ schema       format version 1"));
}

TEST_F(Maintenance, DropsAndAClockAheadAreWarnings) {
  {
    SqliteStore store({.path = database});
    write(store, [](BatchBuilder& builder) {
      builder.add(make_trace(1, "future", 60'000, std::nullopt));
      for (const std::uint64_t number : {1U, 2U}) {
        Metric metric = make_metric(number, "otel.sdk.processor.span.processed", 0, {{"error.type", "ring_full"}});
        metric.value = 600;
        metric.aggregation_type = AggregationType::counter;
        builder.add(metric);
      }
    });
  }
  const std::vector<Finding> findings = examine({.path = database, .clock = &clock});
  EXPECT_EQ(of(findings, "drops"), "warning: spans were dropped: 1,200 by ring_full");
  EXPECT_EQ(of(findings, "clock"), "warning: the newest trace starts 59.0 s in the future");
}

TEST_F(Maintenance, ALockThatIsHeldForLongNamesItsProcess) {
  fill();
  const int lock = ::open((database + "-lock").c_str(), O_RDWR | O_CLOEXEC);
  ASSERT_EQ(::flock(lock, LOCK_EX), 0);
  const std::string found = of(examine({.path = database, .clock = &clock}), "lock");
  ::close(lock);
  EXPECT_THAT(found, HasSubstr("warning: held for more than a second by process " + std::to_string(::getpid())));
}

TEST_F(Maintenance, WhatThisUserMayNotIsNamed) {
  fill();
  std::filesystem::permissions(directory.path(), std::filesystem::perms(0755));
  ::chmod(database.c_str(), 0444);
  ::chmod((database + "-wal").c_str(), 0644);
  ::chmod((database + "-shm").c_str(), 0666);
  const AsNobody nobody;
  EXPECT_THAT(of(examine({.path = database, .clock = &clock}), "permissions"),
              HasSubstr("this user may not write " + std::filesystem::canonical(database).string()));
}

TEST_F(Maintenance, ADamagedFileIsAProblemAndExitCode1) {
  const std::string missing = directory.file("missing.db");
  EXPECT_EQ(run_sparktel({"doctor", missing}).exit_code, 1);
  EXPECT_FALSE(std::filesystem::exists(missing));
  write_file(database, std::string(9'000, 'x'));
  EXPECT_THAT(of(examine({.path = database, .clock = &clock}), "schema"), HasSubstr("file is not a database"));
  std::filesystem::remove(database);
  fill();
  RawDatabase(database).run("PRAGMA wal_checkpoint(TRUNCATE)");
  {
    // The middle of some page.
    std::fstream file(database, std::ios::binary | std::ios::in | std::ios::out);
    file.seekp(8192 * 5 + 8);
    file << std::string(4'000, '\xEE');
  }
  const ChildResult result = run_sparktel({"doctor", database, "--json"});
  EXPECT_EQ(result.exit_code, 1);
  EXPECT_THAT(result.out, HasSubstr("\"healthy\": false"));
}

TEST_F(Maintenance, HelpHasExamples) {
  for (const char* command : {"export", "import", "sql", "tail", "prune", "doctor"}) {
    const ChildResult result = run_sparktel({command, "--help"});
    EXPECT_EQ(result.exit_code, 0);
    EXPECT_THAT(result.out, HasSubstr("Examples:\n  sparktel " + std::string(command)));
  }
}

}  // namespace
}  // namespace spark::testing
