// The views are an interface for people and scripts: their columns and values are compared with literals.
#include <gtest/gtest.h>

#include <algorithm>

#include "backends/raw_database.h"
#include "backends/records.h"
#include "backends/temporary_directory.h"
#include "spark/backends/sqlite.h"

namespace spark::testing {
namespace {

class SqliteViews : public ::testing::Test {
 protected:
  std::string columns(const char* view) {
    return raw_.run(std::string("SELECT group_concat(name, ' ') FROM pragma_table_info('") + view + "')");
  }

  TemporaryDirectory directory_;
  SqliteStore store_{{.path = directory_.file("views.db")}};
  RawDatabase raw_{directory_.file("views.db")};
};

TEST_F(SqliteViews, traces) {
  write(store_, [](BatchBuilder& batch) {
    batch.add(Trace{.trace_id = trace_id(9),
                    .name = "production_workflow",
                    .start_time = at(0),
                    .end_time = at(5'123),
                    .status = TraceStatus::completed,
                    .attributes = {{"environment", "production"}},
                    .root_span_id = span_id(9),
                    .graph_hash = "h1"});
    batch.add(Trace{.trace_id = trace_id(2),
                    .name = "running",
                    .start_time = at(1) + std::chrono::nanoseconds(7),
                    .end_time = {},
                    .attributes = {},
                    .root_span_id = span_id(2),
                    .graph_hash = {}});
    add_local_root(batch, Span{.span_id = span_id(3),
                               .trace_id = trace_id(3),
                               .parent_span_id = {},
                               .name = "served",
                               .start_time = at(2),
                               .end_time = at(3),
                               .status = SpanStatus::failed,
                               .status_message = {},
                               .error_type = {},
                               .attributes = {}});
  });
  EXPECT_EQ(columns("traces"),
            "trace_id name start_time end_time duration status attributes root_span_id graph_hash partial\n");
  EXPECT_EQ(raw_.run("SELECT * FROM traces ORDER BY start_time"),
            "01946953-8a00-7000-8000-000000000009|production_workflow|2025-01-15T10:00:00.000000000Z|"
            "2025-01-15T10:00:05.123000000Z|5.123|completed|{\"environment\":\"production\"}|8000000000000009|h1|"
            "0\n"
            "01946953-8a00-7000-0000-000000000002|running|2025-01-15T10:00:00.001000007Z|NULL|NULL|started|{}|"
            "0000000000000002|NULL|0\n"
            "01946953-8a00-7000-0000-000000000003|served|2025-01-15T10:00:00.002000000Z|2025-01-15T10:00:00."
            "003000000Z|"
            "0.001|failed|{}|0000000000000003|NULL|1\n");
}

TEST_F(SqliteViews, spans) {
  write(store_, [](BatchBuilder& batch) {
    batch.add(Span{.span_id = span_id(8),
                   .trace_id = trace_id(1),
                   .parent_span_id = span_id(9),
                   .name = "TransformNode",
                   .kind = SpanKind::CLIENT,
                   .start_time = at(1'000),
                   .end_time = at(2'234),
                   .status = SpanStatus::failed,
                   .status_message = "no such file",
                   .error_type = "std::runtime_error",
                   .attributes = {{"input_size", 1024}}});
    batch.add(Span{.span_id = span_id(1),
                   .trace_id = trace_id(1),
                   .parent_span_id = {},
                   .name = "before 1970",
                   .start_time = Timestamp(std::chrono::nanoseconds(-1)),
                   .end_time = Timestamp(std::chrono::nanoseconds(1)),
                   .status_message = {},
                   .error_type = {},
                   .attributes = {}});
  });
  EXPECT_EQ(columns("spans"),
            "span_id trace_id parent_span_id name kind start_time end_time duration status status_message "
            "error_type "
            "attributes\n");
  EXPECT_EQ(raw_.run("SELECT * FROM spans ORDER BY start_time DESC"),
            "8000000000000008|01946953-8a00-7000-0000-000000000001|8000000000000009|TransformNode|CLIENT|"
            "2025-01-15T10:00:01.000000000Z|2025-01-15T10:00:02.234000000Z|1.234|failed|no such file|"
            "std::runtime_error|{\"input_size\":1024}\n"
            "0000000000000001|01946953-8a00-7000-0000-000000000001|NULL|before 1970|INTERNAL|"
            "1969-12-31T23:59:59.999999999Z|1970-01-01T00:00:00.000000001Z|2.0e-09|completed|NULL|NULL|{}\n");
}

TEST_F(SqliteViews, events) {
  write(store_, [](BatchBuilder& batch) {
    const Event of_span{.event_id = record_id(9),
                        .trace_id = trace_id(1),
                        .span_id = span_id(8),
                        .type = {},
                        .name = "retry",
                        .timestamp = at(0),
                        .source = EventSource::span,
                        .attributes = {{"n", 1}}};
    batch.add(Span{.span_id = span_id(8),
                   .trace_id = trace_id(1),
                   .parent_span_id = {},
                   .name = "s",
                   .start_time = at(0),
                   .end_time = at(1),
                   .status_message = {},
                   .error_type = {},
                   .attributes = {}},
              std::span(&of_span, 1));
    batch.add(Event{.event_id = record_id(2),
                    .trace_id = {},
                    .span_id = {},
                    .type = "milestone",
                    .name = "checkpoint_reached",
                    .timestamp = at(1),
                    .attributes = {}});
  });
  EXPECT_EQ(columns("events"), "event_id trace_id span_id type name timestamp source attributes\n");
  EXPECT_EQ(raw_.run("SELECT * FROM events ORDER BY timestamp"),
            "12345678-9abc-8def-8000-000000000009|01946953-8a00-7000-0000-000000000001|8000000000000008|NULL|retry|"
            "2025-01-15T10:00:00.000000000Z|span|{\"n\":1}\n"
            "12345678-9abc-8def-4000-000000000002|NULL|NULL|milestone|checkpoint_reached|"
            "2025-01-15T10:00:00.001000000Z|recorded|{}\n");
}

TEST_F(SqliteViews, metrics) {
  write(store_, [](BatchBuilder& batch) {
    Metric metric{.metric_id = record_id(1),
                  .trace_id = trace_id(1),
                  .span_id = span_id(8),
                  .name = "node_execution_count",
                  .value = 42,
                  .unit = "count",
                  .aggregation_type = AggregationType::counter,
                  .timestamp = at(0),
                  .attributes = {{"node_id", "transform_1"}},
                  .distribution = {}};
    batch.add(metric);
    metric = {
        .metric_id = record_id(2),
        .trace_id = {},
        .span_id = {},
        .name = "ratio",
        .value = std::numeric_limits<double>::quiet_NaN(),
        .unit = {},
        .timestamp = at(1),
        .attributes = {},
        .distribution = Distribution{.count = 1, .sum = 2, .positive = {.offset = 0, .counts = {1}}, .negative = {}}};
    batch.add(metric);
  });
  EXPECT_EQ(columns("metrics"),
            "metric_id trace_id span_id name value unit aggregation_type timestamp attributes distribution\n");
  EXPECT_EQ(raw_.run("SELECT * FROM metrics ORDER BY timestamp"),
            "12345678-9abc-8def-4000-000000000001|01946953-8a00-7000-0000-000000000001|8000000000000008|"
            "node_execution_count|42.0|count|counter|2025-01-15T10:00:00.000000000Z|{\"node_id\":\"transform_1\"}|"
            "NULL\n"
            "12345678-9abc-8def-4000-000000000002|NULL|NULL|ratio|NaN|NULL|gauge|2025-01-15T10:00:00.001000000Z|{}|"
            "{\"count\":1,\"negative\":{\"counts\":[],\"offset\":0},\"positive\":{\"counts\":[1],\"offset\":0},"
            "\"scale\":0,\"sum\":2.0,\"zero_count\":0}\n");
}

TEST_F(SqliteViews, graphs) {
  write(store_, [](BatchBuilder& batch) {
    batch.add(GraphDefinition{.hash = "h1", .graph_id = "etl", .version = "1.0.0", .content = {{"nodes", Array{}}}});
  });
  EXPECT_EQ(columns("graphs"), "hash graph_id version content\n");
  EXPECT_EQ(raw_.run("SELECT * FROM graphs"), "h1|etl|1.0.0|{\"nodes\":[]}\n");
}

TEST_F(SqliteViews, counting_a_view_reads_one_table) {
  const auto plan = [this](const char* sql) {
    const std::string steps = raw_.run(std::string("EXPLAIN QUERY PLAN ") + sql);
    return steps.substr(steps.find_last_of('|') + 1) + std::to_string(std::count(steps.begin(), steps.end(), '\n'));
  };
  EXPECT_EQ(plan("SELECT count(*) FROM spans"), "SCAN spans_data\n1");
  EXPECT_EQ(plan("SELECT count(*) FROM events"), "SCAN events_data\n1");
  EXPECT_EQ(plan("SELECT count(*) FROM metrics"), "SCAN metrics_data\n1");
}

TEST_F(SqliteViews, a_process_is_stored_once_and_rows_name_it) {
  for (const std::uint64_t id : {1, 2}) {
    write(store_, [&](BatchBuilder& batch) {
      batch.add(Span{.span_id = span_id(id),
                     .trace_id = trace_id(1),
                     .parent_span_id = {},
                     .name = "s",
                     .start_time = at(0),
                     .end_time = at(1),
                     .status_message = {},
                     .error_type = {},
                     .attributes = {}});
    });
  }
  EXPECT_EQ(raw_.run("SELECT number, resource FROM resources"),
            "1|{\"host_name\":\"host\",\"metadata\":{\"environment\":\"test\"},\"process_id\":42,"
            "\"producer_id\":\"fedcba9876543210\",\"service_name\":\"shop\",\"service_version\":\"1.2\"}\n");
  EXPECT_EQ(raw_.run("SELECT resource, count(*) FROM spans_data GROUP BY resource"), "1|2\n");
}

}  // namespace
}  // namespace spark::testing
