// sparktel stats, errors, cost, bottlenecks and compare over a database whose every record is decided here.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "apps/child_process.h"
#include "apps/query_database.h"
#include "backends/records.h"
#include "spark/backends/sqlite.h"
#include "spark/base/json.h"

namespace spark::testing {
namespace {

using ::testing::HasSubstr;

class AnalysisCommands : public ::testing::Test {
 protected:
  static QueryDatabase& database() {
    static QueryDatabase made;
    return made;
  }

  static std::string out_of(std::vector<std::string> arguments, const char* columns = "COLUMNS=100") {
    arguments.insert(arguments.end(), {"--db", database().path()});
    const ChildResult result = run_sparktel(arguments, {columns});
    EXPECT_EQ(result.exit_code, 0) << result.error;
    EXPECT_EQ(result.error, "");
    return result.out;
  }

  static Object json_of(std::vector<std::string> arguments) {
    arguments.emplace_back("--json");
    return parse_json(out_of(std::move(arguments))).as_object();
  }
};

TEST_F(AnalysisCommands, StatsCountAndMeasureByName) {
  EXPECT_EQ(out_of({"stats"}),
            "name    count    errors  1.00 ms to 10.0 ms, log      p50      p95      p99      max\n"
            "────────────────────────────────────────────────────────────────────────────────────\n"
            "import      2  1 (50 %)               ██          7.00 ms  8.00 ms  8.00 ms  8.00 ms\n"
            "read        2         0  █   █                    1.00 ms  2.00 ms  2.00 ms  2.00 ms\n"
            "write       2  1 (50 %)           █               4.00 ms  4.00 ms  4.00 ms  4.00 ms\n");
  EXPECT_EQ(out_of({"stats", "--of", "traces", "--by", "hour"}),
            "hour                 count    errors  1.00 ms to 100 ms, log      p50      p95      p99      max\n"
            "────────────────────────────────────────────────────────────────────────────────────────────────\n"
            "2025-01-15 10:00:00     40  5 (12 %)          █ █             11.9 ms  21.7 ms  21.9 ms  21.9 ms\n"
            "2025-01-15 11:00:00      2  1 (50 %)        ██                7.00 ms  8.00 ms  8.00 ms  8.00 ms\n");
  EXPECT_EQ(out_of({"stats", "--of", "metrics"}),
            "name          count  sum  mean  p50  p95  p99  min  max\n"
            "───────────────────────────────────────────────────────\n"
            "queue_length      1    7     7    7    7    7    7    7\n");
  EXPECT_EQ(out_of({"stats", "--of", "events", "--by", "type"}),
            "type        count\n"
            "─────────────────\n"
            "checkpoint      1\n");
}

TEST_F(AnalysisCommands, StatsGroupByAnything) {
  const Object by_cost = json_of({"stats", "--by", "attribute:llm.cost", "--where", "llm.cost"});
  const Array& groups = by_cost.at("groups").as_array();
  ASSERT_EQ(groups.size(), 2u);
  EXPECT_EQ(groups[0].as_object().at("key"), Value(0.01));
  EXPECT_EQ(groups[0].as_object().at("max"), Value(0.001));
  const Object by_status = json_of({"stats", "--of", "traces", "--by", "status", "--name", "sorter"});
  EXPECT_EQ(by_status.at("groups").as_array().at(0).as_object().at("count"), Value(35));
  const Object by_minute = json_of({"stats", "--by", "minute"});
  EXPECT_EQ(by_minute.at("groups").as_array().at(0).as_object().at("key"), Value("2025-01-15T11:00:00.000000000Z"));
}

TEST_F(AnalysisCommands, JsonIsAsWritten) {
  EXPECT_EQ(out_of({"stats", "--by", "kind", "--name", "read", "--json"}), R"({
  "by": "kind",
  "groups": [
    {
      "count": 2,
      "error_rate": 0.0,
      "errors": 0,
      "histogram": [
        1,
        0,
        0,
        0,
        1,
        0,
        0,
        0,
        0,
        0,
        0,
        0,
        0,
        0,
        0,
        0
      ],
      "key": "CLIENT",
      "max": 0.002,
      "mean": 0.0015,
      "measured": 2,
      "min": 0.001,
      "p50": 0.001,
      "p90": 0.002,
      "p95": 0.002,
      "p99": 0.002,
      "percentile_error": 0.0,
      "sum": 0.003
    }
  ],
  "histogram_scale": {
    "from": 0.001,
    "scale": "log",
    "to": 0.01
  },
  "of": "spans",
  "truncated": false
}
)");
  EXPECT_EQ(out_of({"errors", "--name", "write", "--json"}), R"({
  "failed_spans": 1,
  "groups": [
    {
      "count": 1,
      "error_type": "DiskFull",
      "example_message": "no space for row 17",
      "example_traces": [
        "0194699e-c380-720e-bd84-b6b9757f9473"
      ],
      "first": "2025-01-15T11:00:00.007000000Z",
      "last": "2025-01-15T11:00:00.007000000Z",
      "message": "no space for row <number>",
      "node_id": null,
      "share": 1.0,
      "span_name": "write"
    }
  ],
  "groups_overflowed": 0,
  "others": 0
}
)");
  EXPECT_EQ(out_of({"bottlenecks", "--name", "import", "--limit", "1", "--json"}), R"({
  "cycles": 0,
  "duplicate_spans": 0,
  "duration": 0.015,
  "missing_parents": 0,
  "more_traces": false,
  "others": {
    "count": 0,
    "critical_share": 0.0,
    "critical_total": 0.0,
    "errors": 0,
    "mean": 0.0,
    "name": "",
    "node_id": null,
    "node_type": null,
    "p95": 0.0,
    "self_share": 0.0,
    "self_total": 0.0,
    "total": 0.0
  },
  "rows": [
    {
      "count": 2,
      "critical_share": 0.5333333333333333,
      "critical_total": 0.008,
      "errors": 1,
      "mean": 0.004,
      "name": "write",
      "node_id": null,
      "node_type": null,
      "p95": 0.004,
      "self_share": 0.5333333333333333,
      "self_total": 0.008,
      "total": 0.008
    }
  ],
  "running_traces": 0,
  "spans": 6,
  "spans_left_out": 0,
  "traces": 2,
  "truncated": true
}
)");
  EXPECT_EQ(out_of({"compare", "1.0", "1.1", "--min-runs", "15"}),
            "Graph sorter: 1.1 against 1.0\n"
            "\n"
            "version  runs  failed                interval   median                    p95\n"
            "─────────────────────────────────────────────────────────────────────────────\n"
            "1.0        20    25 %  ████████████   11–47 %  21.0 ms  ████████████  21.9 ms\n"
            "1.1        20     0 %                  0–16 %  10.9 ms  ██████▎       11.8 ms\n"
            "\n"
            "Errors: 1.1 fails less often, -25.0 percentage points (95 % interval -46.9 to -3.8; p = 0.047).\n"
            "Durations: 1.1 is faster, -10.1 ms a run (95 % interval -10.5 ms to -9.60 ms; p < 0.0001).\n");
}

// Every span is in the histogram of its group, whatever the group is by.
TEST_F(AnalysisCommands, HistogramsHoldEverySpan) {
  for (const std::string by : {"name", "kind", "status", "error_type", "trace", "hour", "attribute:llm.cost"}) {
    const Object answer = json_of({"stats", "--by", by});
    for (const Value& group : answer.at("groups").as_array()) {
      std::int64_t sum = 0;
      for (const Value& count : group.as_object().at("histogram").as_array()) sum += count.as_int();
      EXPECT_EQ(Value(sum), group.as_object().at("count")) << by;
    }
  }
}

TEST_F(AnalysisCommands, HistogramsHoldSpansOfUnusualGroups) {
  const std::string path = database().directory().file("unusual.db");
  {
    SqliteStore store({.path = path});
    write(store, [](BatchBuilder& builder) {
      builder.add(make_span(1, "n", 0, 5, {{"key", 1e16}}));
      builder.add(make_span(2, "n", 0, 5, {{"key", Array{1.0, Object{{"in", 2.0}}}}}));
      Span of_no_trace = make_span(3, "n", 0, 5);
      of_no_trace.trace_id = {};
      builder.add(of_no_trace);
    });
  }
  for (const std::string by : {"trace", "attribute:key"}) {
    const ChildResult result = run_sparktel({"stats", "--by", by, "--json", "--db", path});
    std::int64_t counted = 0;
    const Value answer = parse_json(result.out);
    for (const Value& group : answer.as_object().at("groups").as_array()) {
      for (const Value& count : group.as_object().at("histogram").as_array()) counted += count.as_int();
    }
    EXPECT_EQ(counted, 3) << by << result.out << result.error;
  }
}

TEST_F(AnalysisCommands, ErrorsAreGrouped) {
  EXPECT_EQ(out_of({"errors"}),
            "2 failed spans\n"
            "\n"
            "1×  50 %  █████       import\n"
            "   write failed\n"
            "   2025-01-15 11:00:00 UTC\n"
            "   for example trace 0194699e-c380-720e-bd84-b6b9757f9473\n"
            "\n"
            "1×  50 %  █████       write\n"
            "   DiskFull: no space for row <number>\n"
            "   2025-01-15 11:00:00 UTC\n"
            "   for example trace 0194699e-c380-720e-bd84-b6b9757f9473\n");
  EXPECT_EQ(json_of({"errors", "--name", "write"}).at("failed_spans"), Value(1));
  EXPECT_EQ(out_of({"errors", "--name", "read"}), "No failed spans in " + database().path() + ".\n");
}

TEST_F(AnalysisCommands, CostIsAddedUp) {
  EXPECT_EQ(out_of({"cost"}),
            "$0.0300 for 2 calls in the 30 days up to the newest span, from 2024-12-16 11:00:01 UTC on\n"
            "\n"
            "model  calls                 cost  tokens in  tokens out  unpriced\n"
            "──────────────────────────────────────────────────────────────────\n"
            "alpha      2  ██████████  $0.0300      2,000         100         0\n");
  EXPECT_EQ(out_of({"cost", "--by", "day", "--trace", "latest"}),
            "$0.0100 for 1 call in one trace\n"
            "\n"
            "day         calls                 cost  tokens in  tokens out  unpriced\n"
            "───────────────────────────────────────────────────────────────────────\n"
            "2025-01-15      1  ██████████  $0.0100      1,000          50         0\n");
  EXPECT_EQ(json_of({"cost"}).at("total").as_object().at("calls"), Value(2));
  EXPECT_THAT(out_of({"cost", "--since", "2030-01-01"}),
              HasSubstr("No calls of language models from 2030-01-01 00:00:00 UTC on in"));
}

// Of days the first are counted as others; and a clock that was wrong once does not move the window.
TEST_F(AnalysisCommands, CostShowsTheLastDays) {
  const std::string path = database().directory().file("days.db");
  {
    SqliteStore store({.path = path});
    write(store, [](BatchBuilder& builder) {
      for (std::uint64_t i = 1; i <= 4; ++i) {
        Span span = make_span(i, "chat", 0, 1, {{"llm.cost", 1.0}});
        // The last is in the year 2200.
        span.start_time = i == 4 ? Timestamp(std::chrono::sys_days(std::chrono::year(2200) / 1 / 1))
                                 : system_clock().wall_now() - std::chrono::days(10 - i);
        span.end_time = span.start_time;
        builder.add(span);
      }
    });
  }
  const ChildResult result = run_sparktel({"cost", "--db", path, "--limit", "2", "--json"});
  const Value answer = parse_json(result.out);
  EXPECT_EQ(answer.as_object().at("total").as_object().at("calls"), Value(4)) << result.error;
  const Object& table = answer.as_object().at("by_day").as_object();
  ASSERT_EQ(table.at("rows").as_array().size(), 2u);
  EXPECT_EQ(table.at("rows").as_array()[1].as_object().at("name"), Value("2200-01-01"));
  EXPECT_EQ(table.at("others").as_object().at("calls"), Value(2));
}

// The dear one comes last, when the cheap ones have filled the table already.
TEST_F(AnalysisCommands, CostShowsTheDearest) {
  const std::string path = database().directory().file("models.db");
  {
    SqliteStore store({.path = path});
    write(store, [](BatchBuilder& builder) {
      for (std::uint64_t i = 1; i <= 25; ++i) {
        builder.add(
            make_span(i, "chat", static_cast<std::int64_t>(i), static_cast<std::int64_t>(i) + 1,
                      {{"gen_ai.request.model", "model " + std::to_string(i)}, {"llm.cost", i == 25 ? 1000.0 : 0.01}}));
      }
    });
  }
  const ChildResult result = run_sparktel({"cost", "--db", path, "--limit", "1", "--json"});
  const Value answer = parse_json(result.out);
  const Object& table = answer.as_object().at("by_model").as_object();
  ASSERT_EQ(table.at("rows").as_array().size(), 1u);
  EXPECT_EQ(table.at("rows").as_array()[0].as_object().at("name"), Value("model 25"));
  EXPECT_EQ(table.at("others").as_object().at("calls"), Value(24));
}

TEST_F(AnalysisCommands, BottlenecksHaveShares) {
  EXPECT_EQ(out_of({"bottlenecks", "--name", "import"}),
            "span    node  critical           self  count     mean      p95  errors\n"
            "──────────────────────────────────────────────────────────────────────\n"
            "write             53 %  ██████▍  53 %      2  4.00 ms  4.00 ms       1\n"
            "import            27 %  ███▎     27 %      2  7.50 ms  8.00 ms       1\n"
            "read              20 %  ██▍      20 %      2  1.50 ms  2.00 ms       0\n"
            "Of 2 traces with 6 spans, 15.0 ms in all. critical: of that time, what the ends of the traces waited\n"
            "for. self: of all spans' own time.\n");
  EXPECT_EQ(json_of({"bottlenecks", "--name", "import"}).at("traces"), Value(2));
}

TEST_F(AnalysisCommands, VersionsAreCompared) {
  EXPECT_EQ(out_of({"compare", "1.0", "1.1"}),
            "Graph sorter: 1.1 against 1.0\n"
            "\n"
            "version  runs  failed                interval   median                    p95\n"
            "─────────────────────────────────────────────────────────────────────────────\n"
            "1.0        20    25 %  ████████████   11–47 %  21.0 ms  ████████████  21.9 ms\n"
            "1.1        20     0 %                  0–16 %  10.9 ms  ██████▎       11.8 ms\n"
            "\n"
            "Errors: 1.1 fails less often, -25.0 percentage points (95 % interval -46.9 to -3.8; p = 0.047).\n"
            "Durations: not enough completed runs to say; 20 of each version are needed.\n");
  const Object answer = json_of({"compare", "1.0", "1.1", "--graph", "sorter", "--min-runs", "15"});
  EXPECT_EQ(answer.at("durations"), Value("faster"));
  EXPECT_EQ(answer.at("graph_id"), Value("sorter"));
}

TEST_F(AnalysisCommands, AnUnknownVersionIsAnErrorThatListsThoseThereAre) {
  const std::string path = database().path();
  const ChildResult unknown = run_sparktel({"compare", "1.0", "2", path});
  EXPECT_EQ(unknown.exit_code, 1);
  EXPECT_EQ(unknown.error, "sparktel: no version 2 of a graph in " + path + "; there are 1.0, 1.1\n");
  const ChildResult same = run_sparktel({"compare", "1.0", "1.0", path});
  EXPECT_EQ(same.exit_code, 1);
  EXPECT_EQ(same.error, "sparktel: 1.0 and 1.0 are not two versions of one graph\n");
}

TEST_F(AnalysisCommands, WrongArgumentsAreExitCode2) {
  const std::vector<std::vector<std::string>> uses{{"stats", "--by", "colour"},
                                                   {"stats", "--by", "attribute:"},
                                                   {"stats", "--of", "logs"},
                                                   {"stats", "--of", "events", "--slower-than", "1s"},
                                                   {"stats", "--of", "metrics", "--kind", "CLIENT"},
                                                   {"stats", "--status", "started"},
                                                   {"stats", "--of", "events", "--by", "status"},
                                                   {"cost", "--by", "week"},
                                                   {"errors", "--since", "never"},
                                                   {"bottlenecks", "--traces", "0"},
                                                   {"compare", "1.0"},
                                                   {"compare"}};
  for (const std::vector<std::string>& use : uses) {
    const ChildResult result = run_sparktel(use);
    EXPECT_EQ(result.exit_code, 2) << ::testing::PrintToString(use);
    EXPECT_EQ(result.out, "");
    EXPECT_NE(result.error, "");
  }
  EXPECT_THAT(run_sparktel({"stats", "--by", "colour"}).error, HasSubstr("expected name, kind, status"));
}

}  // namespace
}  // namespace spark::testing
