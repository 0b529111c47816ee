// What sparktel demo does without files: the two that go wrong on purpose, and what their traces say.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <map>
#include <string>

#include "apps/child_process.h"
#include "backends/temporary_directory.h"
#include "spark/base/json.h"

namespace spark::testing {
namespace {

using ::testing::HasSubstr;

class StagedDemo : public ::testing::Test {
 protected:
  StagedDemo() {
    if (!std::filesystem::exists("/usr/share/common-licenses")) return;
    const ChildResult result = run_sparktel({"demo", "--db", database, "--json"}, {"TMPDIR=" + temporary});
    EXPECT_EQ(result.exit_code, 0) << result.error;
    report = parse_json(result.out).as_object();
  }

  void SetUp() override {
    if (report.empty()) GTEST_SKIP() << "no /usr/share/common-licenses";
  }

  Object document(const std::string& name) const {
    for (const Value& each : report.at("documents").as_array()) {
      if (each.as_object().at("file").as_string().ends_with("/" + name)) return each.as_object();
    }
    ADD_FAILURE() << name;
    return {};
  }
  Object show(const Value& trace_id) const {
    const ChildResult result = run_sparktel({"show", trace_id.as_string(), database, "--json"});
    EXPECT_EQ(result.exit_code, 0) << result.error;
    return parse_json(result.out).as_object();
  }

  TemporaryDirectory directory;
  std::string temporary = directory.path().string();
  std::string database = directory.file("demo.db");
  Object report;
};

// "runs failed retried timed_out" of each node.
std::map<std::string, std::string> tallies_of(const Object& shown) {
  std::map<std::string, std::string> tallies;
  for (const Value& node : shown.at("graphs").as_array().at(0).as_object().at("nodes").as_array()) {
    const Object& object = node.as_object();
    std::string& text = tallies[object.at("id").as_string()];
    for (const char* count : {"runs", "failed", "retried", "timed_out"}) {
      text += (text.empty() ? "" : " ") + std::to_string(object.at(count).as_int());
    }
  }
  return tallies;
}

std::map<std::string, std::int64_t> taken_edges_of(const Object& shown) {
  std::map<std::string, std::int64_t> edges;
  for (const Value& edge : shown.at("graphs").as_array().at(0).as_object().at("edges").as_array()) {
    const Object& object = edge.as_object();
    edges[object.at("from").as_string() + " " + object.at("kind").as_string() + " " + object.at("to").as_string()] =
        object.at("taken").as_int();
  }
  return edges;
}

std::size_t events_of(const Object& shown, const std::string& type) {
  std::size_t count = 0;
  for (const Value& event : shown.at("events").as_array()) count += event.as_object().at("type").as_string() == type;
  return count;
}

TEST_F(StagedDemo, TriesAgainToLoadTheFileThatIsLate) {
  const Object late = document("late.txt");
  EXPECT_EQ(late.at("status").as_string(), "completed");
  EXPECT_FALSE(late.at("is_sampled").as_bool());
  EXPECT_EQ(report.at("retried_trace_id"), late.at("trace_id"));
  const Object shown = show(late.at("trace_id"));
  EXPECT_EQ(tallies_of(shown), (std::map<std::string, std::string>{{"load", "2 1 1 0"},
                                                                   {"tokenize", "1 0 0 0"},
                                                                   {"frequencies", "1 0 0 0"},
                                                                   {"sentences", "1 0 0 0"},
                                                                   {"readability", "1 0 0 0"},
                                                                   {"sample", "0 0 0 0"},
                                                                   {"report", "1 0 0 0"}}));
  EXPECT_EQ(events_of(shown, "node_retry"), 1u);
  EXPECT_EQ(events_of(shown, "node_failed"), 0u);
}

TEST_F(StagedDemo, EstimatesWhatTakesTooLongFromASample) {
  const Object slow = document("slow.txt");
  EXPECT_EQ(slow.at("status").as_string(), "completed");
  EXPECT_TRUE(slow.at("is_sampled").as_bool());
  EXPECT_GT(slow.at("reading_ease").as_double(), 60);
  EXPECT_EQ(report.at("timed_out_trace_id"), slow.at("trace_id"));
  const Object shown = show(slow.at("trace_id"));
  EXPECT_EQ(tallies_of(shown), (std::map<std::string, std::string>{{"load", "1 0 0 0"},
                                                                   {"tokenize", "1 0 0 0"},
                                                                   {"frequencies", "1 0 0 0"},
                                                                   {"sentences", "1 0 0 0"},
                                                                   {"readability", "1 1 0 1"},
                                                                   {"sample", "1 0 0 0"},
                                                                   {"report", "1 0 0 0"}}));
  EXPECT_EQ(taken_edges_of(shown), (std::map<std::string, std::int64_t>{{"load forward tokenize", 1},
                                                                        {"tokenize forward frequencies", 1},
                                                                        {"tokenize forward sentences", 1},
                                                                        {"tokenize forward readability", 1},
                                                                        {"frequencies forward report", 1},
                                                                        {"sentences forward report", 1},
                                                                        {"readability forward report", 0},
                                                                        {"readability error sample", 1},
                                                                        {"sample forward report", 1}}));
  EXPECT_EQ(events_of(shown, "node_timeout"), 1u);
  EXPECT_EQ(events_of(shown, "node_failed"), 1u);
}

TEST_F(StagedDemo, JoinsWhatRanSideBySideAndOnlyWhenAllOfItHasEnded) {
  const Object shown = show(document("slow.txt").at("trace_id"));
  std::map<std::string, Object> spans;
  for (const Value& span : shown.at("spans").as_array()) {
    spans[span.as_object().at("name").as_string()] = span.as_object();
  }
  // Times in ISO 8601 compare as texts.
  const auto start_of = [&](const std::string& name) { return spans.at(name).at("start_time").as_string(); };
  const auto end_of = [&](const std::string& name) { return spans.at(name).at("end_time").as_string(); };
  for (const char* part : {"CountNode", "SentencesNode", "ReadabilityNode"}) {
    EXPECT_GE(start_of(part), end_of("TokenizeNode")) << part;
    EXPECT_LE(end_of(part), start_of("ReportNode")) << part;
    EXPECT_LT(start_of(part), end_of("ReadabilityNode")) << part;
  }
  EXPECT_GE(start_of("SampleNode"), end_of("ReadabilityNode"));
  EXPECT_LE(end_of("SampleNode"), start_of("ReportNode"));
}

TEST_F(StagedDemo, LeavesNothingBehindButTheDatabase) {
  for (const auto& entry : std::filesystem::recursive_directory_iterator(temporary)) {
    EXPECT_THAT(entry.path().filename().string(), HasSubstr("demo.db"));
  }
}

TEST_F(StagedDemo, DrawsPicturesOfBothAndTheGraphOfOne) {
  const ChildResult result = run_sparktel({"demo", "--db", database}, {"COLUMNS=100"});
  EXPECT_EQ(result.exit_code, 0) << result.error;
  EXPECT_THAT(result.out, HasSubstr("\nA file that was late: the first attempt failed, the next did not\n\n"));
  EXPECT_THAT(result.out, HasSubstr("\nA node that took too long: its error edge led to another\n\n"));
  EXPECT_THAT(result.out, HasSubstr("\nGraph document_workflow  version "));
  EXPECT_THAT(result.out, HasSubstr("7 of 7 nodes ran\n"));
}

}  // namespace
}  // namespace spark::testing
