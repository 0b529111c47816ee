// sparktel traces, spans, events and metrics: what they list, what narrows it, and their wrong uses.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdint>
#include <sstream>
#include <string>
#include <vector>

#include "apps/child_process.h"
#include "apps/query_database.h"
#include "apps/sparktel/terminal/text.h"
#include "spark/base/json.h"

namespace spark::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

class QueryCommands : public ::testing::Test {
 protected:
  // One database for all tests, which only read it.
  static QueryDatabase& database() {
    static QueryDatabase made;
    return made;
  }

  static std::string out_of(std::vector<std::string> arguments, const char* columns = "COLUMNS=80") {
    arguments.insert(arguments.end(), {"--db", database().path()});
    const ChildResult result = run_sparktel(arguments, {columns});
    EXPECT_EQ(result.exit_code, 0) << result.error;
    EXPECT_EQ(result.error, "");
    return result.out;
  }

  // The names of the rows of a command's JSON.
  static std::vector<std::string> names_of(std::vector<std::string> arguments) {
    const std::string kind = arguments.front();
    arguments.emplace_back("--json");
    std::vector<std::string> names;
    const Value answer = parse_json(out_of(arguments));
    for (const Value& row : answer.as_object().at(kind).as_array()) {
      names.push_back(row.as_object().at("name").as_string());
    }
    return names;
  }

  static std::string error_of(const std::vector<std::string>& arguments) {
    const ChildResult result = run_sparktel(arguments);
    EXPECT_EQ(result.exit_code, 2) << result.out;
    EXPECT_EQ(result.out, "");
    return result.error;
  }
};

TEST_F(QueryCommands, SpansAreListedAsATable) {
  EXPECT_EQ(out_of({"spans", "--trace", database().failed_id()}, "COLUMNS=120"),
            "name    status     duration  trace        start (UTC)          kind      error\n"
            "──────────────────────────────────────────────────────────────────────────────────────────────────────\n"
            "write   failed      4.00 ms  0194699e-c3  2025-01-15 11:00:00  INTERNAL  DiskFull: no space for row 17\n"
            "read    completed   2.00 ms  0194699e-c3  2025-01-15 11:00:00  CLIENT\n"
            "import  failed      8.00 ms  0194699e-c3  2025-01-15 11:00:00  INTERNAL  write failed\n");
}

TEST_F(QueryCommands, SpansAreNarrowedByEveryOption) {
  EXPECT_THAT(names_of({"spans", "--name", "w*"}), ElementsAre("write", "write"));
  EXPECT_THAT(names_of({"spans", "--status", "failed"}), ElementsAre("write", "import"));
  EXPECT_THAT(names_of({"spans", "--kind", "client"}), ElementsAre("read", "read"));
  EXPECT_THAT(names_of({"spans", "--trace", "latest", "--order", "oldest"}), ElementsAre("import", "read", "write"));
  EXPECT_THAT(names_of({"spans", "--where", "llm.cost>0.01"}), ElementsAre("read"));
  EXPECT_THAT(names_of({"spans", "--where", "llm.cost", "--where", "llm.cost!=0.02"}), ElementsAre("read"));
  EXPECT_THAT(names_of({"spans", "--slower-than", "4ms", "--order", "longest"}), ElementsAre("import", "import"));
  EXPECT_THAT(names_of({"spans", "--faster-than", "2ms"}), ElementsAre("read"));
  EXPECT_THAT(names_of({"spans", "--since", "2025-01-15T11:00:01"}), ElementsAre("write", "read", "import"));
  EXPECT_THAT(names_of({"spans", "--until", "2025-01-15 11:00:00.001", "--limit", "1"}), ElementsAre("import"));
  EXPECT_THAT(names_of({"spans", "--since", "1h"}), ElementsAre());
}

TEST_F(QueryCommands, TracesFitSixtyColumnsWithIdsThatShowTakes) {
  const std::string listed = out_of({"traces", "--name", "import"}, "COLUMNS=60");
  EXPECT_EQ(listed,
            "trace        name    status     duration  spans\n"
            "───────────────────────────────────────────────\n"
            "0194699e-c7  import  completed   7.00 ms      3\n"
            "0194699e-c3  import  failed      8.00 ms      3\n");
  const std::string last = listed.substr(listed.rfind('\n', listed.size() - 2) + 1);
  const std::string id = last.substr(0, last.find(' '));
  EXPECT_THAT(out_of({"show", id}), HasSubstr("trace " + database().failed_id()));
}

TEST_F(QueryCommands, TracesAreNarrowedToo) {
  EXPECT_THAT(names_of({"traces", "--where", "graph_version=='1.0'", "--order", "longest", "--limit", "1"}),
              ElementsAre("sorter"));
  EXPECT_THAT(names_of({"traces", "--status", "failed", "--limit", "1"}), ElementsAre("import"));
  EXPECT_THAT(names_of({"traces", "--faster-than", "8ms"}), ElementsAre("import"));
}

TEST_F(QueryCommands, EventsAndMetricsAreTables) {
  EXPECT_EQ(out_of({"events", "--type", "checkpoint"}, "COLUMNS=120"),
            "time (UTC)           type        name       trace                                 attributes\n"
            "─────────────────────────────────────────────────────────────────────────────────────────────\n"
            "2025-01-15 11:00:00  checkpoint  Half Read  0194699e-c380-720e-bd84-b6b9757f9473  {\"rows\":21}\n");
  EXPECT_EQ(out_of({"metrics", "--type", "gauge"}, "COLUMNS=120"),
            "name          value  unit   type   time (UTC)           trace\n"
            "────────────────────────────────────────────────────────────────────────────────────────────\n"
            "queue_length      7  items  gauge  2025-01-15 11:00:00  0194699e-c380-720e-bd84-b6b9757f9473\n");
  EXPECT_EQ(out_of({"metrics", "--name", "none"}), "No such metrics in " + database().path() + ".\n");
}

TEST_F(QueryCommands, JsonHasEveryField) {
  const std::string id = database().failed_id();
  const Value spans = parse_json(out_of({"spans", "--name", "write", "--status", "failed", "--json"}));
  const Object& span = spans.as_object().at("spans").as_array().at(0).as_object();
  EXPECT_EQ(span.at("trace_id"), Value(id));
  EXPECT_EQ(span.at("error_type"), Value("DiskFull"));
  EXPECT_EQ(span.at("status_message"), Value("no space for row 17"));
  EXPECT_EQ(span.at("duration"), Value(0.004));
  const Value events = parse_json(out_of({"events", "--json"}));
  const Object& event = events.as_object().at("events").as_array().at(0).as_object();
  EXPECT_EQ(event.at("attributes"), Value(Object{{"rows", 21}}));
  EXPECT_EQ(events.as_object().at("truncated"), Value(false));
}

TEST_F(QueryCommands, WrongArgumentsSayWhatWasExpected) {
  EXPECT_THAT(error_of({"spans", "--since", "soon"}), HasSubstr("--since: \"soon\" is no time: expected a time ago"));
  EXPECT_THAT(error_of({"spans", "--slower-than", "500"}), HasSubstr("\"500\" is no duration: expected a number with"));
  EXPECT_THAT(error_of({"spans", "--where", "a>=1"}), HasSubstr("expected ==, !=, < or >"));
  EXPECT_THAT(error_of({"spans", "--name", "[a"}), HasSubstr("[a"));
  EXPECT_THAT(error_of({"spans", "--status", "started"}), HasSubstr("completed"));
  EXPECT_THAT(error_of({"spans", "--kind", "SERVANT"}), HasSubstr("SERVER"));
  EXPECT_THAT(error_of({"spans", "--order", "random"}), HasSubstr("newest"));
  EXPECT_THAT(error_of({"spans", "--trace", "xyz"}), HasSubstr("neither a trace id nor the beginning of one"));
  EXPECT_THAT(error_of({"events", "--order", "longest"}), HasSubstr("oldest"));
  EXPECT_NE(error_of({"events", "--slower-than", "1s"}), "");
  EXPECT_NE(error_of({"traces", "--limit", "0"}), "");
}

TEST_F(QueryCommands, ShowTakesTheLatestTraceByDefault) {
  const std::string latest = "trace " + database().completed_id();
  EXPECT_THAT(out_of({"show"}), HasSubstr(latest));
  EXPECT_THAT(out_of({"show", "latest"}), HasSubstr(latest));
  EXPECT_THAT(error_of({"show", database().path()}),
              HasSubstr("\"" + database().path() + "\" is a file; type: show latest FILE"));
}

// Ids and paths are for copying, so they are never cut.
TEST_F(QueryCommands, NoLineIsWiderThanTheTerminal) {
  for (const std::vector<std::string>& command : {std::vector<std::string>{"traces", "--limit", "3"},
                                                  {"spans", "--limit", "3"},
                                                  {"events"},
                                                  {"metrics"},
                                                  {"show"},
                                                  {"show", "--attributes"},
                                                  {"stats"},
                                                  {"stats", "--of", "traces", "--by", "status"},
                                                  {"stats", "--of", "metrics"},
                                                  {"errors"},
                                                  {"cost"},
                                                  {"cost", "--since", "2030-01-01"},
                                                  {"bottlenecks"},
                                                  {"compare", "1.0", "1.1"},
                                                  {"doctor"},
                                                  {"prune", "--older-than", "7d", "--dry-run"},
                                                  {"sql", database().path(), "SELECT * FROM spans"}}) {
    for (const unsigned short columns : {std::uint16_t{40}, std::uint16_t{72}}) {
      std::vector<std::string> arguments = command;
      if (command.front() != "sql") arguments.insert(arguments.end(), {"--db", database().path()});
      std::istringstream lines(run_sparktel_on_terminal(arguments, columns, {"TERM=xterm", "NO_COLOR=1"}).out);
      for (std::string line; std::getline(lines, line);) {
        if (line.ends_with('\r')) line.pop_back();
        const bool has_id = line.find(database().completed_id()) != std::string::npos ||
                            line.find(database().failed_id()) != std::string::npos;
        if (has_id || line.find(database().path()) != std::string::npos) continue;
        EXPECT_LE(sparktel::display_width(line), columns) << command.front() << ": " << line;
      }
    }
  }
}

TEST_F(QueryCommands, ATerminalGetsColoursUnlessTheyAreUnwanted) {
  const std::vector<std::string> arguments{"spans", "--db", database().path()};
  EXPECT_THAT(run_sparktel_on_terminal(arguments, 80, {"TERM=xterm"}).out, HasSubstr("\x1b[31mfailed"));
  EXPECT_THAT(run_sparktel_on_terminal(arguments, 80, {"TERM=xterm", "NO_COLOR=1"}).out,
              ::testing::Not(HasSubstr("\x1b")));
}

}  // namespace
}  // namespace spark::testing
