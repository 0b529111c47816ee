// sparktel export --to otlp-json and import of it: by the table of docs/otlp.md, so what OTLP has no place for is lost
// and the rest comes back.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>
#include <sstream>

#include "apps/child_process.h"
#include "apps/exchange_fixture.h"
#include "spark/base/json.h"

namespace spark::testing {
namespace {

using ::testing::HasSubstr;

class ExchangeOtlp : public ::testing::Test {
 protected:
  static std::string done(const std::vector<std::string>& arguments) {
    const ChildResult result = run_sparktel(arguments);
    EXPECT_EQ(result.exit_code, 0) << result.error;
    return result.out;
  }

  TemporaryDirectory directory;
  std::string database = directory.file("telemetry.db");
  std::string restored = directory.file("restored.db");
  std::string lines = directory.file("otlp.jsonl");
};

// Without the line that has this in it.
std::string without(const std::string& text, const std::string& what) {
  std::istringstream in(text);
  std::string out;
  for (std::string line; std::getline(in, line);) {
    if (line.find(what) == std::string::npos) out += line + "\n";
  }
  return out;
}

TEST_F(ExchangeOtlp, what_otlp_has_a_place_for_comes_back) {
  {
    SqliteStore store({.path = database});
    fill_with_everything(store);
  }
  done({"export", database, "--to", "otlp-json", "-o", lines});
  EXPECT_THAT(done({"import", lines, restored}), HasSubstr(" are in " + restored + " now.\n"));
  SqliteStore a({.path = database, .read_only = true});
  SqliteStore b({.path = restored, .read_only = true});
  // A trace that is running has no span to travel in yet; one that began elsewhere has the times of its first span, and
  // a span whose trace nobody knows stands for it.
  EXPECT_EQ(without(without(text(a.query_traces({})), "running"), "T3 "),
            without(without(text(b.query_traces({})), "T3 "), "T9 "));
  EXPECT_THAT(text(b.query_traces({})), HasSubstr("T3 callee 3 completed 200..240 {} root=S3 graph= partial"));
  EXPECT_EQ(text(a.query_spans({})), text(b.query_spans({})));
  EXPECT_EQ(text(a.query_events({})), text(b.query_events({})));
  EXPECT_EQ(text(a.query_graphs({})), text(b.query_graphs({})));
  EXPECT_EQ(a.query_metrics({}).size(), b.query_metrics({}).size());
}

TEST_F(ExchangeOtlp, each_line_is_a_request_of_one_signal) {
  {
    SqliteStore store({.path = database});
    fill_with_everything(store);
  }
  std::istringstream out(done({"export", database, "--format", "otlp-json"}));
  std::size_t count = 0;
  for (std::string line; std::getline(out, line); ++count) {
    const Object request = parse_json(line).as_object();
    ASSERT_EQ(request.size(), 1U) << line;
    EXPECT_THAT(request.begin()->key, ::testing::AnyOf("resourceSpans", "resourceMetrics", "resourceLogs"));
  }
  EXPECT_GE(count, 3U);
}

TEST_F(ExchangeOtlp, what_otlp_has_no_place_for_is_said_and_is_a_failure) {
  {
    SqliteStore store({.path = database});
    write(store, [](BatchBuilder& builder) {
      Metric metric = make_metric(1, "requests", 1);
      metric.aggregation_type = AggregationType::counter;
      metric.value = -1;
      builder.add(metric);
      builder.add(make_event(1, "kept", 1));
    });
  }
  const ChildResult result = run_sparktel({"export", database, "--to", "otlp-json", "-o", lines});
  EXPECT_EQ(result.exit_code, 1);
  EXPECT_EQ(result.error, "sparktel: left out: 1 record that cannot be said in OTLP\n");
  EXPECT_THAT(result.out, HasSubstr("Exported 0 traces, 0 spans, 1 event, 1 metric"));
  EXPECT_TRUE(std::filesystem::exists(lines));
}

TEST_F(ExchangeOtlp, a_mistake_in_a_file_names_its_line_and_changes_nothing) {
  const std::string good =
      R"({"resourceSpans":[{"scopeSpans":[{"spans":[{"traceId":"0af7651916cd43dd8448eb211c80319c","spanId":"00f067aa0ba902b7",)"
      R"("name":"a","startTimeUnixNano":"1","endTimeUnixNano":"2"}]}]}]})";
  write_file(lines, good + "\n" + R"({"resourceSpans":7})" + "\n");
  const ChildResult result = run_sparktel({"import", lines, restored});
  EXPECT_EQ(result.exit_code, 1);
  EXPECT_THAT(result.error, HasSubstr(lines + " line 2: "));
  EXPECT_FALSE(std::filesystem::exists(restored));
  write_file(lines, good + "\n{\"spans\":[]}\n");
  EXPECT_THAT(run_sparktel({"import", lines, restored}).error, HasSubstr("line 2: expected OTLP/JSON"));
}

TEST_F(ExchangeOtlp, what_cannot_be_stored_is_left_out_and_said) {
  write_file(
      lines,
      R"({"resourceSpans":[{"scopeSpans":[{"spans":[{"traceId":"0af7651916cd43dd8448eb211c80319c","spanId":"00f067aa0ba902b7",)"
      R"("name":"a","startTimeUnixNano":"1","endTimeUnixNano":"2"},{"traceId":"00","spanId":"07","name":"b"}]}]}]})"
      "\n");
  const std::string out = done({"import", lines, restored});
  EXPECT_THAT(out, HasSubstr("Left out: 1 item that cannot be stored: "));
  EXPECT_THAT(out, HasSubstr("spans[1]"));
}

}  // namespace
}  // namespace spark::testing
