// Every command that reads, on files that are empty, that hold hostile names, and that are no database.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <string>
#include <vector>

#include "apps/child_process.h"
#include "backends/as_nobody.h"
#include "backends/raw_database.h"
#include "backends/records.h"
#include "backends/temporary_directory.h"
#include "spark/backends/sqlite.h"
#include "spark/telemetry/manager.h"

namespace spark::testing {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;

const std::vector<std::vector<std::string>>& reading_commands() {
  static const std::vector<std::vector<std::string>> commands{{"traces"},
                                                              {"spans"},
                                                              {"events"},
                                                              {"metrics"},
                                                              {"show"},
                                                              {"stats"},
                                                              {"stats", "--of", "traces"},
                                                              {"stats", "--of", "events", "--by", "type"},
                                                              {"stats", "--of", "metrics"},
                                                              {"errors"},
                                                              {"cost"},
                                                              {"bottlenecks"},
                                                              {"compare", "1", "2"}};
  return commands;
}

ChildResult run_on(std::vector<std::string> command, const std::string& file,
                   const std::vector<std::string>& environment = {}) {
  command.insert(command.end(), {"--db", file});
  return run_sparktel(command, environment);
}

TEST(HostileInput, AnEmptyDatabaseIsSaidToBeEmpty) {
  const TemporaryDirectory directory;
  const std::string file = directory.file("empty.db");
  { const SqliteStore store({.path = file}); }
  for (const std::vector<std::string>& command : reading_commands()) {
    const ChildResult result = run_on(command, file);
    const bool needs_a_record = command.front() == "show" || command.front() == "compare";
    EXPECT_EQ(result.exit_code, needs_a_record ? 1 : 0) << command.front() << result.error;
    EXPECT_THAT(needs_a_record ? result.error : result.out, HasSubstr(file)) << command.front();
  }
  EXPECT_EQ(run_on({"show"}, file).error, "sparktel: no traces in sqlite " + file + "\n");
}

TEST(HostileInput, NamesCannotWriteToTheTerminal) {
  const TemporaryDirectory directory;
  const std::string file = directory.file("hostile.db");
  const std::string hostile =
      "a\x1b]0;owned\x07\x1b[2J\r\n\x9b\u009b\u202eevil\u2066 \xff\xc3" + std::string(3000, 'x') + "\u4e2d";
  {
    TelemetryManager manager(TelemetryConfig::create_sqlite(file));
    manager.record_graph({.hash = "h", .graph_id = hostile, .version = hostile, .content = {}});
    ActiveTrace trace = manager.start_trace(hostile, {.attributes = {{hostile, hostile}, {"graph_id", hostile}}});
    {
      ActiveSpan span = manager.start_span(
          hostile, trace.trace_id,
          {.attributes = {{"node_id", hostile}, {"gen_ai.request.model", hostile}, {hostile, hostile}}});
      span.record_error(hostile, hostile);
      manager.record_event({.event_type = hostile, .name = hostile, .attributes = {{hostile, hostile}}});
      manager.record_metric({.name = hostile, .value = 1, .unit = hostile, .attributes = {{hostile, hostile}}});
    }
    trace.end(TraceStatus::failed);
    EXPECT_TRUE(manager.flush().complete());
  }
  for (std::vector<std::string> command : reading_commands()) {
    const ChildResult result = run_on(command, file, {"COLUMNS=80"});
    for (const std::string& text : {result.out, result.error}) {
      for (const char* forbidden : {"\x1b", "\x07", "\r", "\u009b", "\u202e", "\u2066", "\xff"}) {
        EXPECT_EQ(text.find(forbidden), std::string::npos) << command.front();
      }
    }
    if (command.front() == "compare") continue;
    command.emplace_back("--json");
    EXPECT_EQ(run_on(command, file).out.find('\x1b'), std::string::npos) << command.front();
  }
  // A pipe gets what was recorded. A terminal does not, though JSON would not mind these, and CSV none at all.
  for (const std::vector<std::string>& command : {std::vector<std::string>{"spans", "--json", "--db", file},
                                                  {"sql", file, "SELECT name FROM spans", "--csv"},
                                                  {"export", file, "--format", "csv"},
                                                  {"export", file}}) {
    const std::string out = run_sparktel_on_terminal(command, 80).out;
    EXPECT_THAT(out, HasSubstr("\\u009b")) << command.front();
    for (const char* forbidden : {"\x1b", "\x07", "\u009b", "\u202e", "\u2066"}) {
      EXPECT_EQ(out.find(forbidden), std::string::npos) << command.front();
    }
  }
}

TEST(HostileInput, BadFilesAreOneLineAndStayAsTheyAre) {
  const TemporaryDirectory directory;
  const std::string text = directory.file("text.db");
  const std::string truncated = directory.file("truncated.db");
  const std::string newer = directory.file("newer.db");
  const std::string folder = directory.file("folder.db");
  write_file(text, std::string(8192, 'x'));
  std::filesystem::create_directory(folder);
  for (const std::string& file : {truncated, newer}) {
    const SqliteStore store({.path = file});
  }
  // The log would still have what is cut off.
  EXPECT_EQ(RawDatabase(truncated).run("PRAGMA wal_checkpoint(TRUNCATE)").substr(0, 2), "0|");
  write_file(truncated, read_file(truncated).substr(0, 5000));
  EXPECT_EQ(RawDatabase(newer).run("PRAGMA user_version = 999"), "");
  for (const std::string& file : {text, truncated, newer, folder, directory.file("missing.db")}) {
    const std::string before = std::filesystem::is_regular_file(file) ? read_file(file) : "";
    for (const std::vector<std::string>& command : reading_commands()) {
      const ChildResult result = run_on(command, file);
      EXPECT_EQ(result.exit_code, 1) << file << " " << command.front();
      EXPECT_EQ(result.out, "");
      EXPECT_THAT(result.error, StartsWith("sparktel: "));
      EXPECT_THAT(result.error, HasSubstr(file));
      EXPECT_EQ(result.error.find('\n'), result.error.size() - 1) << result.error;
    }
    if (!before.empty()) {
      EXPECT_EQ(read_file(file), before);
    }
  }
  EXPECT_FALSE(std::filesystem::exists(directory.file("missing.db")));
}

TEST(HostileInput, AFileThatMayNotBeReadIsAnError) {
  const TemporaryDirectory directory;
  const std::string file = directory.file("closed.db");
  { const SqliteStore store({.path = file}); }
  std::filesystem::permissions(file, std::filesystem::perms::none);
  std::filesystem::permissions(std::filesystem::path(file).parent_path(), std::filesystem::perms::all);
  ChildResult result;
  {
    const AsNobody nobody;
    if (::access(SPARK_PROGRAM, X_OK) != 0) GTEST_SKIP() << "nobody may not run the program here";
    result = run_on({"spans"}, file);
  }
  EXPECT_EQ(result.exit_code, 1);
  EXPECT_THAT(result.error, HasSubstr(file));
}

// What may not be looked at is not taken for missing.
TEST(HostileInput, ADirectoryThatMayNotBeEnteredIsSaidToBeThat) {
  const TemporaryDirectory directory;
  const std::string closed = directory.file("closed");
  std::filesystem::create_directory(closed);
  const std::string file = closed + "/telemetry.db";
  { const SqliteStore store({.path = file}); }
  std::filesystem::permissions(directory.path(), std::filesystem::perms::all);
  std::filesystem::permissions(closed, std::filesystem::perms::none);
  for (const std::vector<std::string>& command : {std::vector<std::string>{"traces"}, {"tail", "--for", "1ms"}}) {
    ChildResult result;
    {
      const AsNobody nobody;
      if (::access(SPARK_PROGRAM, X_OK) != 0) GTEST_SKIP() << "nobody may not run the program here";
      result = run_on(command, file);
    }
    EXPECT_EQ(result.exit_code, 1) << command.front();
    EXPECT_THAT(result.error, HasSubstr("Permission denied; this user needs the right to enter its directory"));
  }
  std::filesystem::permissions(closed, std::filesystem::perms::all);
}

TEST(HostileInput, AnUnknownCommandIsNamed) {
  for (const char* word : {"bogus", "tracs", "-v", "help"}) {
    const ChildResult result = run_sparktel({word, "x.db"});
    EXPECT_EQ(result.exit_code, 2);
    EXPECT_THAT(result.error, HasSubstr("\"" + std::string(word) + "\" is no command: expected one of demo, traces, "));
  }
  EXPECT_EQ(run_sparktel({"--version"}).exit_code, 0);
  EXPECT_EQ(run_sparktel({"--help"}).exit_code, 0);
  EXPECT_EQ(run_sparktel({}).exit_code, 2);
}

TEST(HostileInput, WhatCannotApplyIsAWrongUse) {
  for (const std::vector<std::string>& use : {std::vector<std::string>{"spans", "--since", "1h", "--until", "2h"},
                                              {"export", "--since", "1h", "--until", "2h"},
                                              {"stats", "--of", "events", "--order", "p95"},
                                              {"stats", "--of", "metrics", "--order", "errors"},
                                              {"stats", "--of", "metrics", "--by", "type"}}) {
    EXPECT_EQ(run_sparktel(use).exit_code, 2) << ::testing::PrintToString(use);
  }
}

// As other programs end whose output nobody reads.
TEST(HostileInput, AReaderThatGoesAwayIsNoError) {
  const TemporaryDirectory directory;
  const std::string file = directory.file("large.db");
  {
    SqliteStore store({.path = file});
    write(store, [](BatchBuilder& builder) {
      for (std::uint64_t i = 1; i <= 3'000; ++i) builder.add(make_span(i, std::string(100, 'n'), 0, 1));
    });
  }
  for (const std::string command : {"export", "export --format csv", "spans --json --limit 3000"}) {
    const std::string line = "set -o pipefail; " SPARK_PROGRAM " " + command + " --db " + file + " | head -c 1";
    const int status = std::system(("bash -c '" + line + "' > /dev/null").c_str());
    EXPECT_EQ(WEXITSTATUS(status), 128 + SIGPIPE) << command;
  }
}

TEST(HostileInput, ArgumentsCannotWriteToTheTerminalEither) {
  for (const std::vector<std::string>& arguments : {std::vector<std::string>{"spans\x1b[2J"},
                                                    {"spans", "--since", "\x1b[2J"},
                                                    {"spans", "--order", "\x1b[2J"},
                                                    {"spans", "--name", "[\x1b[2J"},
                                                    {"show", "\x1b[2J"},
                                                    {"stats", "--by", "\x1b[2J"}}) {
    const ChildResult result = run_sparktel(arguments);
    EXPECT_EQ(result.exit_code, 2);
    EXPECT_EQ(result.error.find('\x1b'), std::string::npos) << result.error;
  }
}

TEST(HostileInput, EveryCommandHasHelpWithExamples) {
  for (const std::vector<std::string>& command : reading_commands()) {
    const ChildResult result = run_sparktel({command.front(), "--help"});
    EXPECT_EQ(result.exit_code, 0);
    EXPECT_THAT(result.out, HasSubstr("\n  sparktel " + command.front()));
  }
}

}  // namespace
}  // namespace spark::testing
