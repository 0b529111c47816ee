// sparktel export and import: what goes out comes back the same, and what goes wrong leaves nothing behind.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <fstream>
#include <map>
#include <thread>

#include "apps/child_process.h"
#include "apps/exchange_fixture.h"
#include "apps/sparktel/files/output_file.h"
#include "apps/sparktel/formats/csv.h"
#include "apps/sparktel/formats/json_lines.h"
#include "backends/raw_database.h"
#include "spark/base/json.h"

namespace spark::testing {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;

// For children, which inherit it; no file of theirs may become larger.
class FileSizeLimit {
 public:
  explicit FileSizeLimit(rlim_t bytes) {
    if (::getrlimit(RLIMIT_FSIZE, &before_) != 0) throw std::runtime_error("cannot read the limit");
    rlimit limit = before_;
    limit.rlim_cur = bytes;
    if (::setrlimit(RLIMIT_FSIZE, &limit) != 0) throw std::runtime_error("cannot set the limit");
  }
  FileSizeLimit(const FileSizeLimit&) = delete;
  FileSizeLimit& operator=(const FileSizeLimit&) = delete;
  ~FileSizeLimit() { ::setrlimit(RLIMIT_FSIZE, &before_); }

 private:
  rlimit before_{};
};

class Exchange : public ::testing::Test {
 protected:
  void fill() {
    SqliteStore store({.path = database});
    fill_with_everything(store);
  }
  // Many spans of one trace, as lines of a file.
  void write_many(std::size_t count) {
    std::string text = sparktel::json_lines_header() + "\n";
    for (std::size_t i = 1; i <= count; ++i) {
      sparktel::append_json_line(text,
                                 make_span(i, "step", static_cast<std::int64_t>(i), static_cast<std::int64_t>(i) + 3));
      text += "\n";
    }
    write_file(lines, text);
  }
  static std::string done(const std::vector<std::string>& arguments) {
    const ChildResult result = run_sparktel(arguments);
    EXPECT_EQ(result.exit_code, 0) << result.error;
    return result.out;
  }
  static void expect_failure(const std::vector<std::string>& arguments, const std::string& what) {
    const ChildResult result = run_sparktel(arguments);
    EXPECT_EQ(result.exit_code, 1) << ::testing::PrintToString(arguments);
    EXPECT_EQ(result.out, "");
    EXPECT_THAT(result.error, HasSubstr(what));
    EXPECT_EQ(std::count(result.error.begin(), result.error.end(), '\n'), 1) << result.error;
  }
  [[nodiscard]] std::size_t files() const {
    return static_cast<std::size_t>(
        std::distance(std::filesystem::directory_iterator(directory.path()), std::filesystem::directory_iterator()));
  }

  TemporaryDirectory directory;
  std::string database = directory.file("telemetry.db");
  std::string restored = directory.file("restored.db");
  std::string lines = directory.file("out.jsonl");
};

TEST_F(Exchange, JsonLinesComeBackByteForByte) {
  fill();
  const std::string first = done({"export", database});
  EXPECT_EQ(std::count(first.begin(), first.end(), '\n'), 16) << first;
  write_file(lines, first);
  EXPECT_EQ(done({"import", lines, restored}), "15 records of " + lines + " are in " + restored + " now.\n");
  EXPECT_EQ(done({"export", restored}), first);
  SqliteStore a({.path = database, .read_only = true});
  SqliteStore b({.path = restored, .read_only = true});
  EXPECT_EQ(text(a.query_traces({})), text(b.query_traces({})));
  EXPECT_EQ(text(a.query_spans({})), text(b.query_spans({})));
  EXPECT_EQ(text(a.query_events({})), text(b.query_events({})));
  EXPECT_EQ(text(a.query_metrics({})), text(b.query_metrics({})));
  EXPECT_EQ(text(a.query_graphs({})), text(b.query_graphs({})));
}

TEST_F(Exchange, ImportingAgainChangesNothing) {
  fill();
  const std::string first = done({"export", database});
  write_file(lines, first);
  done({"import", lines, database});
  done({"import", lines, database});
  EXPECT_EQ(done({"export", database}), first);
}

TEST_F(Exchange, ASelectionIsATraceATimeOrAKind) {
  fill();
  const std::string one = done({"export", database, "--trace", trace_id(1).to_string()});
  EXPECT_THAT(one, HasSubstr("\"hash 2\""));
  EXPECT_THAT(one, ::testing::Not(HasSubstr("hash 1")));
  EXPECT_THAT(one, ::testing::Not(HasSubstr("running")));
  const std::string late = done({"export", database, "--since", "2025-01-15T10:00:00.150"});
  EXPECT_THAT(late, HasSubstr("callee 3"));
  EXPECT_THAT(late, HasSubstr("orphan"));
  EXPECT_THAT(late, ::testing::Not(HasSubstr("\"kind\":\"metric\"")));
  const std::string graphs = done({"export", database, "--kind", "graphs"});
  EXPECT_EQ(std::count(graphs.begin(), graphs.end(), '\n'), 3);
  expect_failure({"export", database, "--trace", trace_id(6).to_string()}, "no trace " + trace_id(6).to_string());
}

TEST_F(Exchange, CsvIsMadeHarmlessAndQuoted) {
  std::string out;
  for (const char* text : {"plain", "a,b", "say \"x\"", "=1+1", "-2", "@x,y", "two\nlines", ""}) {
    sparktel::append_csv_text(out, text);
    out += '|';
  }
  EXPECT_EQ(out, "plain|\"a,b\"|\"say \"\"x\"\"\"|'=1+1|'-2|\"'@x,y\"|\"two\nlines\"||");
  {
    SqliteStore store({.path = database});
    write(store, [](BatchBuilder& builder) { builder.add(make_span(1, "=cmd()", 0, 2, {{"rows", 1}})); });
  }
  EXPECT_EQ(done({"export", database, "--format", "csv"}),
            "span_id,trace_id,parent_span_id,name,kind,start_time,end_time,duration,status,status_message,error_type,"
            "attributes\r\n" +
                span_id(1).to_string() + "," + trace_id(1).to_string() +
                ",,'=cmd(),INTERNAL,2025-01-15T10:00:00.000000000Z,2025-01-15T10:00:00.002000000Z,0.002000000,"
                "completed,,,\"{\"\"rows\"\":1}\"\r\n");
}

TEST_F(Exchange, AChromeTraceHasEverySpanWithItsDurationAndALaneForEachThatIsConcurrent) {
  fill();
  const Value chrome = parse_json(done({"export", database, "--format", "chrome"}));
  std::map<std::string, std::string> spans;
  for (const Value& event : chrome.as_object().at("traceEvents").as_array()) {
    const Object& object = event.as_object();
    if (object.at("ph").as_string() != "X") continue;
    const auto microseconds = [&](const char* key) { return std::to_string(std::llround(object.at(key).as_double())); };
    spans[object.at("name").as_string()] = microseconds("ts") + " for " + microseconds("dur") + " on " +
                                           to_json(object.at("pid")) + "/" + to_json(object.at("tid"));
  }
  EXPECT_EQ(spans, (std::map<std::string, std::string>{{"root", "0 for 100000 on 1/1"},
                                                       {"child", "10000 for 10000 on 1/1"},
                                                       {"callee 3", "200000 for 40000 on 3/1"},
                                                       {"callee 4", "220000 for 70000 on 3/2"},
                                                       {"orphan", "300000 for 10000 on 4/1"}}));
}

TEST_F(Exchange, AnOutputFileIsThereWholeOrNotAtAll) {
  fill();
  {
    SqliteStore store({.path = database});
    write(store, [](BatchBuilder& builder) {
      builder.add(make_event(20, "large", 0, {{"text", std::string(100'000, 'x')}}));
    });
  }
  const std::size_t before = files();
  {
    // SQLite's own -shm file has 32 KiB.
    const FileSizeLimit limit(50'000);
    expect_failure({"export", database, "-o", lines}, "cannot write to " + lines + ": File too large");
  }
  EXPECT_EQ(files(), before);
  EXPECT_THAT(done({"export", database, "-o", lines}), StartsWith("Exported 3 traces, 5 spans, 4 events"));
  const std::string content = read_file(lines);
  expect_failure({"export", database, "-o", lines, "--kind", "spans"}, lines + " exists already");
  EXPECT_EQ(read_file(lines), content);
  done({"export", database, "-o", lines, "--kind", "spans", "--force"});
  EXPECT_NE(read_file(lines), content);
  EXPECT_EQ(files(), before + 1);
  expect_failure({"export", database, "-o", directory.path().string()}, "is a directory or a device");
  expect_failure({"export", database, "-o", directory.file("no/where")}, "make its directory first");
}

TEST_F(Exchange, AFileOfAnotherKindIsToldWhatItIs) {
  const auto expect_refusal = [&](const std::string& content, const std::string& error) {
    write_file(lines, content);
    expect_failure({"import", lines, restored}, error);
    EXPECT_FALSE(std::filesystem::exists(restored));
  };
  expect_refusal("\x1f\x8b\x08 packed", lines + " is packed with gzip: gunzip it first");
  expect_refusal("SQLite format 3", lines + " is a SQLite database");
  for (const char* text : {"{\n  \"resourceSpans\": []\n}\n", "{\"resourceSpans\": [\n]}\n", "[\n{}]\n"}) {
    expect_refusal(text,
                   lines + " line 1: expected a whole record or request on each line, and this one goes on: jq -c");
  }
  for (const char* text : {"{\"spans\":[]}\n", "[{\"resourceSpans\":[]}]", "{}"}) {
    expect_refusal(text,
                   lines + " line 1: neither the header of sparktel export nor an OTLP/JSON request, which begins");
  }
}

TEST_F(Exchange, AMistakeInAFileNamesItsLineAndChangesNothing) {
  const std::string header = sparktel::json_lines_header() + "\n";
  std::string span;
  sparktel::append_json_line(span, make_span(1, "read", 0, 1));
  write_file(lines, header + span + "\n" + span.substr(0, 40) + "\n");
  expect_failure({"import", lines, restored}, lines + " line 3: expected one JSON object: ");
  write_file(lines, "name,duration\r\n");
  expect_failure({"import", lines, restored}, lines + " line 1: expected the header {\"format\":\"spark-telemetry\"");
  write_file(lines, "");
  expect_failure({"import", lines, restored}, lines + " line 1: expected the header");
  write_file(lines, "{\"format\":\"spark-telemetry\",\"version\":99}\n");
  expect_failure({"import", lines, restored}, "update this program");
  expect_failure({"import", directory.path().string(), restored}, "it is a directory");
  expect_failure({"import", directory.file("missing"), restored}, "No such file");
  EXPECT_FALSE(std::filesystem::exists(restored));
  write_file(restored, std::string(9'000, 'x'));
  write_file(lines, header + span + "\n");
  expect_failure({"import", lines, restored}, restored);
  EXPECT_EQ(read_file(restored), std::string(9'000, 'x'));
  EXPECT_FALSE(std::filesystem::exists(restored + "-lock"));
}

TEST_F(Exchange, AFullDiskEndsAnImportAndTheFileStaysSound) {
  write_many(20'000);
  {
    const FileSizeLimit limit(600'000);
    expect_failure({"import", lines, restored}, "disk is full, limited");
  }
  EXPECT_EQ(RawDatabase(restored).run("PRAGMA integrity_check"), "ok\n");
  done({"import", lines, restored});
  EXPECT_EQ(RawDatabase(restored).run("SELECT count(*) FROM spans_data"), "20000\n");
}

TEST_F(Exchange, AnImportThatWasKilledIsCompletedByTheNext) {
  write_many(20'000);
  const std::string pipe = directory.file("pipe");
  ASSERT_EQ(::mkfifo(pipe.c_str(), 0600), 0);
  {
    RunningSparktel import({"import", pipe, restored});
    // Most of it and not the end, so that the import waits for more after its first batch.
    const std::string all = read_file(lines);
    std::ofstream writer(pipe, std::ios::binary);
    writer << all.substr(0, all.size() * 9 / 10) << std::flush;
    while (RawDatabase(restored).run("SELECT count(*) > 0 FROM spans_data") != "1\n") std::this_thread::yield();
    import.send(SIGKILL);
    EXPECT_EQ(import.wait().exit_code, -SIGKILL);
  }
  EXPECT_EQ(RawDatabase(restored).run("PRAGMA integrity_check"), "ok\n");
  EXPECT_EQ(RawDatabase(restored).run("SELECT count(*) FROM spans_data"), "10000\n");
  done({"import", lines, restored});
  EXPECT_EQ(RawDatabase(restored).run("SELECT count(*) FROM spans_data"), "20000\n");
  // Spans of one trace by their ids, as they were written.
  EXPECT_EQ(done({"export", restored}), read_file(lines));
}

TEST_F(Exchange, APartialTraceWithoutItsRootSpanIsLeftOutAndCounted) {
  fill();
  write_file(lines, done({"export", database, "--kind", "traces"}));
  EXPECT_THAT(done({"import", lines, restored}), HasSubstr("\nLeft out: 1 trace known from spans only"));
  EXPECT_EQ(SqliteStore({.path = restored, .read_only = true}).query_traces({}).size(), 2U);
}

// More of them than a batch has records, so that for one the root span is in the next batch.
TEST_F(Exchange, EveryPartialTraceIsMadeWhereverItsRootSpanIs) {
  constexpr std::uint64_t traces = 10'001;
  std::string text = sparktel::json_lines_header() + "\n";
  for (std::uint64_t i = 1; i <= traces; ++i) {
    Trace trace = make_trace(i, "partial", 0, 100);
    trace.root_span_id = span_id(1);
    trace.partial = true;
    sparktel::append_json_line(text, trace);
    Span root = make_span(1, "partial", 0, 100);
    root.trace_id = trace.trace_id;
    text += "\n";
    sparktel::append_json_line(text, root);
    text += "\n";
  }
  write_file(lines, text);
  EXPECT_EQ(done({"import", lines, restored}), "20,002 records of " + lines + " are in " + restored + " now.\n");
  EXPECT_EQ(RawDatabase(restored).run("SELECT count(*) FROM traces"), "10001\n");
}

TEST_F(Exchange, NeverReplacesTheDatabaseByItsExport) {
  fill();
  const std::string before = done({"export", database});
  expect_failure({"export", database, "-o", database, "--force"}, "belongs to the database that is exported");
  EXPECT_EQ(done({"export", database}), before);
}

TEST_F(Exchange, ATraceWithoutSuchRecordsIsNotCalledMissing) {
  fill();
  const std::string running = trace_id(2).to_string();
  EXPECT_EQ(done({"export", database, "--trace", running, "--kind", "metrics"}), sparktel::json_lines_header() + "\n");
  expect_failure({"export", database, "--trace", trace_id(8).to_string()}, "no trace");
  {
    SqliteStore store({.path = database});
    write(store, [](BatchBuilder& builder) {
      Metric metric = make_metric(30, "alone", 1);
      metric.trace_id = trace_id(8);
      builder.add(metric);
    });
  }
  EXPECT_EQ(done({"export", database, "--trace", trace_id(8).to_string(), "--kind", "spans"}),
            sparktel::json_lines_header() + "\n");
}

TEST_F(Exchange, AReplacedFileKeepsItsRightsAndTheLinkThatLeadsToIt) {
  fill();
  const std::string link = directory.file("link.jsonl");
  write_file(lines, "old");
  ASSERT_EQ(::chmod(lines.c_str(), 0600), 0);
  std::filesystem::create_symlink(lines, link);
  done({"export", database, "-o", link, "--force"});
  EXPECT_TRUE(std::filesystem::is_symlink(link));
  EXPECT_THAT(read_file(lines), StartsWith(sparktel::json_lines_header()));
  EXPECT_EQ(std::filesystem::status(lines).permissions(),
            std::filesystem::perms::owner_read | std::filesystem::perms::owner_write);
}

TEST_F(Exchange, AChromeTraceHasNoProcessWithoutRecords) {
  fill();
  const Value all = parse_json(done({"export", database, "--format", "chrome"}));
  const Value none = parse_json(done({"export", database, "--format", "chrome", "--since", "2100-01-01"}));
  EXPECT_FALSE(all.as_object().at("traceEvents").as_array().empty());
  EXPECT_TRUE(none.as_object().at("traceEvents").as_array().empty());
}

// In this process, where what another one left behind can be put in the way.
TEST_F(Exchange, WhatAKilledExportLeftIsInNobodysWay) {
  const std::string left = lines + ".partial-" + std::to_string(::getpid()) + "-0";
  write_file(left, "half");
  sparktel::OutputFile file(lines, false);
  file.write("whole");
  file.commit();
  EXPECT_EQ(read_file(lines), "whole");
  EXPECT_EQ(read_file(left), "half");
}

TEST_F(Exchange, WrongUseIsExitCode2) {
  for (const std::vector<std::string>& use : {std::vector<std::string>{"export", "--format", "xml"},
                                              {"export", "--trace", "x"},
                                              {"export", "--since", "soon"},
                                              {"export", "--format", "chrome", "--kind", "spans"},
                                              {"import"},
                                              {"import", "a", "b", "c"}}) {
    const ChildResult result = run_sparktel(use);
    EXPECT_EQ(result.exit_code, 2) << ::testing::PrintToString(use);
    EXPECT_NE(result.error, "");
  }
}

}  // namespace
}  // namespace spark::testing
