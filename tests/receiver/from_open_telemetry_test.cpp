// A program instrumented with OpenTelemetry's JavaScript SDK sends to our receiver: everything arrives, and sparktel
// shows it.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <set>
#include <string>

#include "apps/child_process.h"
#include "backends/temporary_directory.h"
#include "ingest/receiver.h"
#include "otlp/line_process.h"
#include "spark/backends/sqlite.h"
#include "spark/base/json.h"

namespace spark::testing {
namespace {

using ::testing::HasSubstr;

class FromOpenTelemetry : public ::testing::TestWithParam<const char*> {
 protected:
  void SetUp() override {
    const bool is_there = std::string(SPARK_NODE) != "" &&
                          std::filesystem::exists(std::string(SPARK_JS) + "/node_modules/@opentelemetry/api");
    if (is_there) return;
    if (SPARK_JS_IS_REQUIRED)
      FAIL() << "OpenTelemetry's JavaScript packages are not installed: run the test js.install";
    GTEST_SKIP() << "no Node with OpenTelemetry's JavaScript packages";
  }

  // What the program said it sent.
  Object send(int spans) {
    detail::ingest::ReceiverOptions options;
    options.http.port = 0;
    detail::ingest::Receiver receiver(store, options);
    LineProcess client(
        {SPARK_NODE, std::string(SPARK_JS) + "/client.mjs", receiver.url(), GetParam(), std::to_string(spans)});
    Object summary = parse_json(client.next_line()).as_object();
    client.finish();
    EXPECT_EQ(client.exit_code(), 0);
    EXPECT_EQ(to_json(summary.at("errors")), "[]");
    receiver.stop(Seconds{30});
    EXPECT_EQ(receiver.stats().items_rejected, 0U);
    EXPECT_EQ(receiver.stats().requests_refused, 0U);
    return summary;
  }

  TemporaryDirectory directory;
  std::string path = directory.file("received.db");
  SqliteStore store{SqliteOptions{.path = path}};
};

TEST_P(FromOpenTelemetry, every_span_event_and_log_arrives) {
  const Object summary = send(1'000);
  std::map<std::string, std::int64_t> names;
  std::set<std::string> traces;
  store.each_span({}, [&](const Span& span) {
    ++names[span.name];
    std::string digits = span.trace_id.to_string();
    std::erase(digits, '-');
    traces.insert(digits);
    return true;
  });
  Object found;
  for (const auto& [name, count] : names) found.set(name, count);
  EXPECT_EQ(found, summary.at("span_names").as_object());
  for (const Value& trace : summary.at("trace_ids").as_array()) EXPECT_TRUE(traces.contains(trace.as_string()));
  EXPECT_EQ(traces.size(), summary.at("trace_ids").as_array().size());

  std::int64_t of_spans = 0, recorded = 0;
  for (const Event& event : store.query_events({.limit = 10'000})) {
    ++(event.source == EventSource::span ? of_spans : recorded);
  }
  EXPECT_EQ(of_spans, summary.at("events").as_int());
  EXPECT_EQ(recorded, summary.at("logs").as_int());
}

TEST_P(FromOpenTelemetry, metrics_arrive_with_their_values) {
  const Object summary = send(8);
  std::map<std::string, double> sums;
  std::map<std::string, std::uint64_t> counts;
  for (const Metric& metric : store.query_metrics({.limit = 1'000})) {
    if (metric.distribution) counts[metric.name] += metric.distribution->count;
    // The flush and the shutdown each send everything: a counter's second point adds nothing, a gauge's says the same.
    if (metric.aggregation_type == AggregationType::counter) {
      sums[metric.name] += metric.value;
    } else if (!metric.distribution) {
      sums[metric.name] = metric.value;
    }
  }
  EXPECT_EQ(sums["requests"], 7.5);
  EXPECT_EQ(sums["jobs"], 7);
  EXPECT_EQ(sums["connections"], 3);
  EXPECT_EQ(sums["temperature"], 21.5);
  EXPECT_EQ(sums["uptime"], 42);
  EXPECT_EQ(counts["latency"], 5U);
  EXPECT_EQ(counts["size"], 5U);
}

TEST_P(FromOpenTelemetry, sparktel_shows_a_trace) {
  const Object summary = send(8);
  const std::string trace = summary.at("trace_ids").as_array().at(0).as_string();
  const ChildResult shown = run_sparktel({"show", trace, "--db", path});
  EXPECT_EQ(shown.exit_code, 0) << shown.error;
  for (const auto& member : summary.at("span_names").as_object()) EXPECT_THAT(shown.out, HasSubstr(member.key));
  EXPECT_THAT(shown.out, HasSubstr("division by zero"));
  const ChildResult listed = run_sparktel({"traces", "--db", path});
  EXPECT_THAT(listed.out, HasSubstr("GET /workflow"));
}

INSTANTIATE_TEST_SUITE_P(, FromOpenTelemetry, ::testing::Values("http/protobuf", "http/json"),
                         [](const auto& parameter) {
                           return std::string(parameter.param) == "http/json" ? "json" : "protobuf";
                         });

}  // namespace
}  // namespace spark::testing
