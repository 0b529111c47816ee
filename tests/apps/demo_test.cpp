// sparktel demo, traces and show, as a user runs them: over files made here.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <string>
#include <vector>

#include "apps/child_process.h"
#include "backends/temporary_directory.h"
#include "spark/base/json.h"

namespace spark::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::UnorderedElementsAre;

class Demo : public ::testing::Test {
 protected:
  Demo() {
    write_file(first, "The quick brown fox\njumps over the lazy dog.\nThe end\n");
    write_file(second, "one two two three three three");
    write_file(empty, "");
    write_file(binary, std::string("ELF\0\x01\x02", 6));
  }

  // Fails the test with what the program said if it did not end as expected.
  static Value json_of(const std::vector<std::string>& arguments, int exit_code = 0) {
    const ChildResult result = run_sparktel(arguments);
    EXPECT_EQ(result.exit_code, exit_code) << result.error;
    EXPECT_EQ(result.error, "");
    return parse_json(result.out);
  }

  Value run_demo() { return json_of({"demo", first, missing, empty, second, binary, "--db", database, "--json"}); }

  TemporaryDirectory directory;
  std::string first = directory.file("first.txt");
  std::string second = directory.file("second.txt");
  std::string missing = directory.file("missing.txt");
  std::string empty = directory.file("empty.txt");
  std::string binary = directory.file("binary.bin");
  std::string database = directory.file("demo.db");
};

// "name depth" of each span, in the order of the tree.
std::vector<std::string> tree_of(const Value& shown) {
  std::vector<std::string> tree;
  for (const Value& span : shown.as_object().at("spans").as_array()) {
    const Object& object = span.as_object();
    tree.push_back(std::string(static_cast<std::size_t>(object.at("depth").as_int()) * 2, ' ') +
                   object.at("name").as_string() + " " + object.at("status").as_string());
  }
  return tree;
}

std::vector<std::string> statuses_of(const Value& listed) {
  std::vector<std::string> statuses;
  for (const Value& trace : listed.as_object().at("traces").as_array()) {
    statuses.push_back(trace.as_object().at("status").as_string());
  }
  return statuses;
}

TEST_F(Demo, ReportsTheNumbersOfEachTextAndTheReasonOfEachFailure) {
  const Value report = run_demo();
  const Array& documents = report.as_object().at("documents").as_array();
  ASSERT_EQ(documents.size(), 5u);

  Object expected{
      {"file", first},
      {"trace_id", documents[0].as_object().at("trace_id")},
      {"status", "completed"},
      {"words", 11},
      {"distinct_words", 9},
      {"lines", 3},
      {"sentences", 2},
      {"longest_sentences", Array{Object{{"begins", "the quick brown fox jumps over the lazy"}, {"words", 9}},
                                  Object{{"begins", "the end"}, {"words", 2}}}},
      {"reading_ease", documents[0].as_object().at("reading_ease")},
      {"is_sampled", false},
      {"top_words", Array{Object{{"word", "the"}, {"count", 3}}, Object{{"word", "brown"}, {"count", 1}},
                          Object{{"word", "dog"}, {"count", 1}}, Object{{"word", "end"}, {"count", 1}},
                          Object{{"word", "fox"}, {"count", 1}}}}};
  EXPECT_EQ(to_json(documents[0]), to_json(expected));
  expected = Object{{"file", second},
                    {"trace_id", documents[3].as_object().at("trace_id")},
                    {"status", "completed"},
                    {"words", 6},
                    {"distinct_words", 3},
                    {"lines", 1},
                    {"sentences", 1},
                    {"longest_sentences", Array{Object{{"begins", "one two two three three three"}, {"words", 6}}}},
                    {"reading_ease", documents[3].as_object().at("reading_ease")},
                    {"is_sampled", false},
                    {"top_words", Array{Object{{"word", "three"}, {"count", 3}}, Object{{"word", "two"}, {"count", 2}},
                                        Object{{"word", "one"}, {"count", 1}}}}};
  EXPECT_EQ(to_json(documents[3]), to_json(expected));

  // 13 syllables in 11 words of 2 sentences; 6 in 6 of 1.
  EXPECT_NEAR(documents[0].as_object().at("reading_ease").as_double(), 101.2707, 1e-4);
  EXPECT_NEAR(documents[3].as_object().at("reading_ease").as_double(), 116.145, 1e-4);

  const auto error_of = [&](std::size_t index) { return documents[index].as_object().at("error").as_string(); };
  EXPECT_EQ(error_of(1), "cannot analyse " + missing + ": No such file or directory");
  EXPECT_EQ(error_of(2), "cannot analyse " + empty + ": it is empty");
  EXPECT_EQ(error_of(4), "cannot analyse " + binary + ": it is binary: it has NUL bytes");
}

TEST_F(Demo, CountsNodesFromTheirSpansAndBalancesTheLedger) {
  const Value report = run_demo();
  std::vector<std::string> nodes;
  for (const Value& node : report.as_object().at("nodes").as_array()) {
    const Object& object = node.as_object();
    nodes.push_back(object.at("name").as_string() + " " + std::to_string(object.at("count").as_int()) + " " +
                    std::to_string(object.at("errors").as_int()));
    EXPECT_GT(object.at("p50").as_double(), 0);
    EXPECT_GE(object.at("p95").as_double(), object.at("p50").as_double());
  }
  // What cannot be loaded is tried three times.
  EXPECT_THAT(nodes, UnorderedElementsAre("LoadNode 11 9", "TokenizeNode 2 0", "CountNode 2 0", "SentencesNode 2 0",
                                          "ReadabilityNode 2 0", "ReportNode 2 0"));

  const Object& ledger = report.as_object().at("ledger").as_object();
  EXPECT_TRUE(ledger.at("balanced").as_bool());
  const Object& kinds = ledger.at("kinds").as_object();
  // 5 graphs, 11 times LoadNode, 2 times 5 other nodes, 2 times rank_words.
  EXPECT_EQ(to_json(kinds.at("span")), R"({"dropped":0,"exported":28,"recorded":28,"sampled_out":0})");
  EXPECT_EQ(to_json(kinds.at("trace_start")), R"({"dropped":0,"exported":5,"recorded":5,"sampled_out":0})");
  EXPECT_EQ(to_json(kinds.at("trace_end")), R"({"dropped":0,"exported":5,"recorded":5,"sampled_out":0})");
}

TEST_F(Demo, TracesListsEveryRunNewestFirstWithItsStatus) {
  const Value report = run_demo();
  EXPECT_THAT(statuses_of(json_of({"traces", "--db", database, "--json"})),
              ElementsAre("failed", "completed", "failed", "failed", "completed"));
  EXPECT_THAT(statuses_of(json_of({"traces", database, "--status", "failed", "--json"})),
              ElementsAre("failed", "failed", "failed"));
  const Value two = json_of({"traces", database, "--limit", "2", "--json"});
  EXPECT_THAT(statuses_of(two), ElementsAre("failed", "completed"));
  EXPECT_TRUE(two.as_object().at("truncated").as_bool());
  EXPECT_THAT(statuses_of(json_of({"traces", database, "--name", "another", "--json"})), ElementsAre());

  const Array& documents = report.as_object().at("documents").as_array();
  const Object& newest = two.as_object().at("traces").as_array().front().as_object();
  EXPECT_EQ(newest.at("trace_id").as_string(), documents[4].as_object().at("trace_id").as_string());
  EXPECT_EQ(newest.at("name").as_string(), "document_workflow");
  EXPECT_EQ(newest.at("span_count").as_int(), 4);
}

TEST_F(Demo, ShowGivesTheTreeOfARunThatCompletedAndOfOneThatFailed) {
  const Value report = run_demo();
  const Array& documents = report.as_object().at("documents").as_array();
  const auto show = [&](std::size_t index) {
    return json_of({"show", documents[index].as_object().at("trace_id").as_string(), database, "--json"});
  };
  const std::vector<std::string> tree = tree_of(show(0));
  // Three nodes side by side, in any order.
  EXPECT_THAT(tree,
              UnorderedElementsAre("document_workflow completed", "  LoadNode completed", "  TokenizeNode completed",
                                   "  CountNode completed", "    rank_words completed", "  SentencesNode completed",
                                   "  ReadabilityNode completed", "  ReportNode completed"));
  EXPECT_EQ(tree[1], "  LoadNode completed");
  EXPECT_EQ(tree[2], "  TokenizeNode completed");
  EXPECT_EQ(tree.back(), "  ReportNode completed");
  const Value failed = show(1);
  EXPECT_THAT(tree_of(failed),
              ElementsAre("document_workflow failed", "  LoadNode failed", "  LoadNode failed", "  LoadNode failed"));
  const Object& load = failed.as_object().at("spans").as_array()[1].as_object();
  EXPECT_EQ(load.at("error_type").as_string(), "spark::Error");
  EXPECT_EQ(load.at("status_message").as_string(), "cannot analyse " + missing + ": No such file or directory");
  std::vector<std::string> events;
  for (const Value& event : failed.as_object().at("events").as_array()) {
    events.push_back(event.as_object().at("type").as_string());
  }
  EXPECT_THAT(events, ElementsAre("graph_started", "node_started", "node_retry", "node_started", "node_retry",
                                  "node_started", "node_failed", "graph_failed"));
}

TEST_F(Demo, PrintsReportTreeNodesLedgerAndWhatToTypeNextWithoutColoursInAPipe) {
  const ChildResult result = run_sparktel({"demo", first, missing, "--db", database});
  EXPECT_EQ(result.exit_code, 0) << result.error;
  EXPECT_EQ(result.error, "");
  EXPECT_THAT(result.out, Not(HasSubstr("\x1b")));
  EXPECT_THAT(result.out, Not(HasSubstr("\r")));
  EXPECT_THAT(result.out, HasSubstr("1 of 2 documents analysed\n"));
  EXPECT_THAT(result.out, HasSubstr("first.txt        11  ██████████         9      3  101 very easy  the 3, brown 1, "
                                    "dog 1, end 1, fox 1           9 words\n"));
  EXPECT_THAT(result.out, HasSubstr("missing.txt  failed\n"));
  EXPECT_THAT(result.out, HasSubstr("cannot analyse " + missing + ": No such file or directory\n"));
  EXPECT_THAT(result.out, HasSubstr("\nNodes\n"));
  EXPECT_THAT(result.out, HasSubstr("Balanced: every record is accounted for, and none was lost.\n"));
  EXPECT_THAT(result.out, HasSubstr("The telemetry is in " + database + ".\n"));
  EXPECT_THAT(result.out, HasSubstr(std::string("  ") + SPARK_PROGRAM + " traces --db " + database + "\n"));
}

TEST_F(Demo, DrawsTheTreeOfTheSlowestRun) {
  const ChildResult completed = run_sparktel({"demo", first, "--db", database});
  EXPECT_THAT(completed.out, HasSubstr("\nThe slowest run\n\ndocument_workflow  completed  "));
  EXPECT_THAT(completed.out, HasSubstr("\n│  └─ rank_words "));
  const ChildResult failed = run_sparktel({"demo", empty, "--db", database});
  EXPECT_THAT(failed.out, HasSubstr("\n└─ LoadNode ↻ #3   failed  "));
  EXPECT_THAT(failed.out, HasSubstr("\n      spark::Error: cannot analyse " + empty + ": it is empty\n"));
}

TEST_F(Demo, UsesColoursOnATerminalUnlessNoColorIsSet) {
  const std::vector<std::string> arguments{"demo", first, "--db", database};
  EXPECT_THAT(run_sparktel_on_terminal(arguments, 100, {"TERM=xterm"}).out, HasSubstr("\x1b[1mNodes\x1b[0m"));
  EXPECT_THAT(run_sparktel_on_terminal(arguments, 100, {"TERM=xterm", "NO_COLOR=1"}).out, Not(HasSubstr("\x1b[1m")));
  EXPECT_THAT(run_sparktel_on_terminal(arguments, 100, {"TERM=dumb"}).out, Not(HasSubstr("\x1b[1m")));
}

TEST_F(Demo, FailsIfNothingCouldBeAnalysed) {
  const ChildResult result = run_sparktel({"demo", missing, "--db", database});
  EXPECT_EQ(result.exit_code, 1);
  EXPECT_THAT(result.out, HasSubstr("0 of 1 documents analysed\n"));
}

TEST_F(Demo, FailsClearlyIfTheDatabaseCannotBeMade) {
  const ChildResult result = run_sparktel({"demo", first, "--db", directory.file("no/such/folder.db")});
  EXPECT_EQ(result.exit_code, 1);
  EXPECT_EQ(result.out, "");
  EXPECT_THAT(result.error, HasSubstr(directory.file("no/such/folder.db")));
}

TEST_F(Demo, RecordsIntoANewFolderForTemporaryFilesByDefault) {
  const ChildResult result = run_sparktel({"demo", first, "--json"}, {"TMPDIR=" + directory.path().string()});
  ASSERT_EQ(result.exit_code, 0) << result.error;
  const std::string where = parse_json(result.out).as_object().at("database").as_string();
  EXPECT_THAT(where, ::testing::StartsWith(directory.path().string() + "/sparktel-"));
  EXPECT_TRUE(std::filesystem::exists(where)) << where;
}

TEST_F(Demo, TakesWhatIsNoRegularFileForAFailure) {
  const Value report = json_of({"demo", directory.path().string(), first, "--db", database, "--json"});
  EXPECT_EQ(report.as_object().at("documents").as_array()[0].as_object().at("error").as_string(),
            "cannot analyse " + directory.path().string() + ": it is not a regular file");
}

}  // namespace
}  // namespace spark::testing
