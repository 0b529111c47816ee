// sparktel traces and show over a file whose every record and time is decided here, and their wrong uses.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <filesystem>
#include <stdexcept>
#include <string>
#include <vector>

#include "apps/child_process.h"
#include "backends/temporary_directory.h"
#include "spark/base/clock.h"
#include "spark/telemetry/manager.h"

namespace spark::testing {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;
using namespace std::chrono_literals;

class Reading : public ::testing::Test {
 protected:
  // A run that failed in its second span, 8 ms long, and after it one that has not ended.
  Reading() {
    VirtualClock clock;
    TelemetryManager manager(TelemetryConfig::create_sqlite(database), {.clock = &clock, .random_seed = 7});
    ActiveTrace trace = manager.start_trace("import", {.attributes = {{"customer", "a\x1b[2Jb"}}});
    failed_id = trace.trace_id.to_string();
    {
      ActiveSpan root = manager.start_span("import", trace.trace_id, {.is_root = true});
      clock.advance(1ms);
      {
        ActiveSpan read = manager.start_span("read", {.attributes = {{"rows", 42}}});
        manager.record_event({.event_type = "checkpoint", .name = "Half Read", .attributes = {{"rows", 21}}});
        clock.advance(2ms);
      }
      {
        ActiveSpan write = manager.start_span("write");
        clock.advance(4ms);
        write.record_error("DiskFull", "no space for row 17");
      }
      clock.advance(1ms);
      root.set_status(SpanStatus::failed, "write failed");
    }
    trace.end(TraceStatus::failed);
    clock.advance(1s);
    ActiveTrace running = manager.start_trace("export");
    running_id = running.trace_id.to_string();
    EXPECT_TRUE(manager.flush().complete());
    // What a killed process leaves: a start without its end.
    std::filesystem::copy_file(database, copy);
    if (std::filesystem::exists(database + "-wal")) std::filesystem::copy_file(database + "-wal", copy + "-wal");
  }

  static std::string out_of(const std::vector<std::string>& arguments, const char* columns = "COLUMNS=80") {
    const ChildResult result = run_sparktel(arguments, {columns});
    EXPECT_EQ(result.exit_code, 0) << result.error;
    EXPECT_EQ(result.error, "");
    return result.out;
  }

  TemporaryDirectory directory;
  std::string database = directory.file("telemetry.db");
  std::string copy = directory.file("copy.db");
  std::string failed_id;
  std::string running_id;
};

TEST_F(Reading, ShowDrawsTheTreeWithErrors) {
  EXPECT_EQ(out_of({"show", failed_id, "--db", copy}),
            "import  failed  8.00 ms  3 spans\n"
            "trace " +
                failed_id +
                "  2025-01-15 10:00:00 UTC\n"
                "\n"
                "span                 time     self\n"
                "import    failed  8.00 ms  2.00 ms  ██████░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░██████\n"
                "│  write failed\n"
                "├─ read           2.00 ms  2.00 ms       ███████████▌\n"
                "└─ write  failed  4.00 ms  4.00 ms                  ██████████████████████▌\n"
                "      DiskFull: no space for row 17\n"
                "█ on the critical path  ░ not on it\n");
}

TEST_F(Reading, ShowAddsEventsAndAttributesOnRequest) {
  EXPECT_EQ(out_of({"show", failed_id, "--db", copy, "--events", "--attributes"}),
            "import  failed  8.00 ms  3 spans\n"
            "trace " +
                failed_id +
                "  2025-01-15 10:00:00 UTC\n"
                "customer = a\uFFFD[2Jb\n"
                "\n"
                "span                 time     self\n"
                "import    failed  8.00 ms  2.00 ms  ██████░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░██████\n"
                "│  write failed\n"
                "├─ read           2.00 ms  2.00 ms       ███████████▌\n"
                "│     rows = 42\n"
                "│     • 1.00 ms checkpoint: Half Read\n"
                "│         rows = 21\n"
                "└─ write  failed  4.00 ms  4.00 ms                  ██████████████████████▌\n"
                "      DiskFull: no space for row 17\n"
                "█ on the critical path  ░ not on it\n");
}

TEST_F(Reading, ShowTakesAUniqueBeginningOfAnIdInEitherCase) {
  const std::string all_but_one = running_id.substr(0, running_id.size() - 1);
  EXPECT_THAT(out_of({"show", all_but_one, copy}), StartsWith("export  started  not ended  0 spans\n"));
  std::string upper = running_id;
  for (char& c : upper) c = static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
  EXPECT_THAT(out_of({"show", upper, copy}), HasSubstr("No spans: they are written when they end.\n"));
}

TEST_F(Reading, ShowRefusesABeginningOfSeveralIds) {
  const ChildResult result = run_sparktel({"show", failed_id.substr(0, 4), copy});
  EXPECT_EQ(result.exit_code, 1);
  EXPECT_EQ(result.out, "");
  EXPECT_EQ(result.error, "sparktel: " + failed_id.substr(0, 4) + " is the beginning of 2 traces in sqlite " + copy +
                              ": " + running_id + ", " + failed_id + "\n");
}

TEST_F(Reading, ShowSaysThatATraceIsUnknown) {
  const std::string unknown = "00000000-0000-7000-8000-000000000001";
  const ChildResult result = run_sparktel({"show", unknown, copy});
  EXPECT_EQ(result.exit_code, 1);
  EXPECT_EQ(result.error, "sparktel: no trace " + unknown + " in sqlite " + copy + "; sparktel traces lists them\n");
}

TEST_F(Reading, TracesDrawsATable) {
  EXPECT_EQ(out_of({"traces", copy}, "COLUMNS=100"),
            "trace                                 name    status   start (UTC)           duration  spans\n"
            "────────────────────────────────────────────────────────────────────────────────────────────\n" +
                running_id + "  export  started  2025-01-15 10:00:01  not ended      0\n" + failed_id +
                "  import  failed   2025-01-15 10:00:00    8.00 ms      3\n");
  EXPECT_EQ(out_of({"traces", copy, "--name", "nothing"}), "No such traces in " + copy + ".\n");
}

TEST_F(Reading, AMissingFileIsAnErrorAndIsNotMade) {
  const std::string missing = directory.file("missing.db");
  for (const std::vector<std::string>& arguments :
       {std::vector<std::string>{"traces", missing}, {"show", "01", "--db", missing}}) {
    const ChildResult result = run_sparktel(arguments);
    EXPECT_EQ(result.exit_code, 1);
    EXPECT_EQ(result.out, "");
    EXPECT_THAT(result.error, HasSubstr(missing + ": cannot open it: the file does not exist"));
  }
  EXPECT_FALSE(std::filesystem::exists(missing));
}

TEST_F(Reading, AFileThatIsNoDatabaseIsAnErrorThatNamesIt) {
  const std::string text = directory.file("text.db");
  write_file(text, std::string(8192, 'x'));
  const ChildResult result = run_sparktel({"traces", text});
  EXPECT_EQ(result.exit_code, 1);
  EXPECT_THAT(result.error, HasSubstr(text));
}

TEST_F(Reading, WrongUseIsExitCode2AndSaysWhatIsWrong) {
  const std::vector<std::vector<std::string>> uses{{},
                                                   {"unknown"},
                                                   {"traces", "--limit", "0"},
                                                   {"traces", "--limit", "many"},
                                                   {"traces", "--status", "done"},
                                                   {"traces", copy, "--db", copy},
                                                   {"show", "not-an-id", copy},
                                                   {"demo", "--unknown"}};
  for (const std::vector<std::string>& use : uses) {
    const ChildResult result = run_sparktel(use);
    const std::string all = ::testing::PrintToString(use);
    EXPECT_EQ(result.exit_code, 2) << all;
    EXPECT_EQ(result.out, "") << all;
    EXPECT_NE(result.error, "") << all;
  }
  EXPECT_THAT(run_sparktel({"show", "not-an-id"}).error,
              HasSubstr("\"not-an-id\" is neither a trace id nor the beginning of one"));
}

TEST_F(Reading, HelpHasExamples) {
  for (const char* command : {"demo", "traces", "show"}) {
    const ChildResult result = run_sparktel({command, "--help"});
    EXPECT_EQ(result.exit_code, 0);
    EXPECT_THAT(result.out, HasSubstr("Examples:\n  sparktel " + std::string(command)));
  }
}

TEST_F(Reading, AFullDiskBehindStandardOutputIsAnError) {
  const ChildResult result = run_sparktel_to("/dev/full", {"traces", copy});
  EXPECT_EQ(result.exit_code, 1);
  EXPECT_THAT(result.error, HasSubstr("cannot write to standard output"));
}

}  // namespace
}  // namespace spark::testing
