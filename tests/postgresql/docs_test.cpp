// The SQL of docs/postgresql.md (docs/sql): that each statement does what the page says, of records that are known.
#include <algorithm>
#include <filesystem>
#include <fstream>
#include <map>
#include <regex>
#include <sstream>

#include "postgresql/fixture.h"

namespace spark::testing {
namespace {

constexpr std::int64_t minute = 60'000;

std::string sql_of_docs(const std::string& file) {
  std::ifstream in(std::string(SPARK_SOURCE_DIR) + "/docs/sql/" + file);
  std::ostringstream out;
  out << in.rdbuf();
  EXPECT_FALSE(out.str().empty()) << file;
  return out.str();
}

// As Grafana does it for a dashboard from 10:00 to 10:10 with intervals of five minutes.
std::string with_macros_replaced(std::string sql) {
  const std::string from = "1736935200", to = "1736935800";
  const std::pair<const char*, std::string> macros[] = {
      {R"(\$__timeGroupAlias\((\w+), \$__interval\))", R"(floor(extract(epoch from $1)/300)*300 AS "time")"},
      {R"(\$__unixEpochNanoFilter\((\w+)\))", "$1 >= " + from + "000000000 AND $1 <= " + to + "000000000"},
      {R"(\$__timeFilter\((\w+)\))", "$1 BETWEEN '2025-01-15T10:00:00Z' AND '2099-01-01T00:00:00Z'"},
      {R"(\$__interval_ms)", "300000"},
      {R"(\$trace)", trace_id(1).to_string()},
  };
  for (const auto& [pattern, replacement] : macros) sql = std::regex_replace(sql, std::regex(pattern), replacement);
  EXPECT_EQ(sql.find('$'), std::string::npos) << "a macro that this test does not know: " << sql;
  return sql;
}

std::string text_of(const std::vector<std::vector<std::string>>& rows) {
  std::string text;
  for (const auto& row : rows) {
    for (std::size_t i = 0; i < row.size(); ++i) text += (i > 0 ? "|" : "") + row[i];
    text += "\n";
  }
  return text;
}

Trace run_of(std::uint64_t number, const std::string& name, std::int64_t start, std::int64_t end, TraceStatus status) {
  Trace trace = make_trace(number, name, start, end);
  trace.status = status;
  return trace;
}

Span node(std::uint64_t number, std::int64_t start, std::int64_t duration) {
  return make_span(number, "Load", start, start + duration, {{"node_id", "load"}});
}

Span model_call(std::uint64_t number, std::int64_t start, const char* model, std::int64_t tokens, Value cost) {
  return make_span(number, "chat", start, start + 10,
                   {{"gen_ai.request.model", model},
                    {"gen_ai.usage.input_tokens", tokens},
                    {"gen_ai.usage.output_tokens", tokens / 10},
                    {"llm.cost", std::move(cost)}});
}

void write_known_records(Store& store) {
  write(store, [](BatchBuilder& batch) {
    batch.add(run_of(1, "report", 0, 2'000, TraceStatus::completed));
    batch.add(run_of(2, "report", minute, minute + 4'500, TraceStatus::failed));
    batch.add(run_of(3, "report", 5 * minute, 5 * minute + 1'000, TraceStatus::completed));
    batch.add(run_of(4, "late", 60 * minute, 61 * minute, TraceStatus::failed));
    for (int i = 1; i <= 20; ++i) batch.add(node(static_cast<std::uint64_t>(i), i, 10 * i));
    batch.add(node(21, 5 * minute, 70));
    batch.add(node(22, 60 * minute, 1'000));
    batch.add(model_call(31, 100, "small", 100, 0.25));
    batch.add(model_call(32, 200, "small", 200, 0.5));
    batch.add(model_call(33, 300, "large", 1'000, 4.0));
    batch.add(model_call(34, 400, "large", 50, "unknown"));
    batch.add(model_call(35, 5 * minute, "small", 10, 1));
    Span failed = make_span(41, "Store", minute, minute + 5);
    failed.trace_id = trace_id(2);
    failed.parent_span_id = span_id(7);
    failed.status = SpanStatus::failed;
    failed.error_type = "TimeoutError";
    failed.status_message = "no answer";
    batch.add(failed);
    std::uint64_t number = 1;
    for (const auto& [at_ms, depth] : {std::pair{0, 3.0}, {1'000, 5.0}, {5 * 60'000, 7.0}, {60 * 60'000, 9.0}}) {
      Metric metric = make_metric(number++, "queue_depth", at_ms);
      metric.value = depth;
      batch.add(metric);
    }
  });
}

const std::map<std::string, std::string>& expected_of_grafana() {
  static const std::map<std::string, std::string> expected = {
      {"latency_by_node.sql", "1736935200|load|0.1|0.19|0.2\n1736935500|load|0.07|0.07|0.07\n"},
      {"error_rate.sql", "1736935200|report|0.5\n1736935500|report|0\n"},
      {"throughput.sql", "1736935200|report|0.00666666666666666667\n1736935500|report|0.00333333333333333333\n"},
      {"cost_by_model.sql", "1736935200|large|4\n1736935200|small|0.75\n1736935500|small|1\n"},
      {"tokens_by_model.sql", "1736935200|large|1050|105\n1736935200|small|300|30\n1736935500|small|10|1\n"},
      {"slowest_traces.sql",
       "01946953-8a00-7000-0000-000000000002|report|shop|2025-01-15 10:01:00+00|4.5|failed\n"
       "01946953-8a00-7000-0000-000000000001|report|shop|2025-01-15 10:00:00+00|2|completed\n"
       "01946953-8a00-7000-0000-000000000003|report|shop|2025-01-15 10:05:00+00|1|completed\n"},
      {"errors.sql", "Store|TimeoutError|1|2025-01-15 10:01:00+00|no answer\n"},
      {"gauge.sql", "1736935200|queue_depth|4\n1736935500|queue_depth|7\n"},
  };
  return expected;
}

using PostgresqlDocs = PostgresqlTest;

TEST_F(PostgresqlDocs, each_panel_shows_what_was_recorded_in_its_range) {
  PostgresqlStore store(options());
  write_known_records(store);
  for (const auto& [file, expected] : expected_of_grafana()) {
    const std::string sql = "SET timezone = 'UTC'; " + with_macros_replaced(sql_of_docs("grafana/" + file));
    EXPECT_EQ(text_of(run_sql(uri_, sql)), expected) << file;
  }
}

TEST_F(PostgresqlDocs, the_panel_of_a_trace_shows_its_spans_in_their_order) {
  PostgresqlStore store(options());
  write_known_records(store);
  const auto rows = run_sql(uri_, with_macros_replaced(sql_of_docs("grafana/spans_of_a_trace.sql")));
  ASSERT_EQ(rows.size(), 27U) << "all but that of another trace";
  EXPECT_EQ(rows[0][0], "0000000000000001");
  EXPECT_EQ(rows[0][2], "Load");
  EXPECT_EQ(rows[0][4], "0.01");
}

TEST_F(PostgresqlDocs, there_is_no_panel_that_is_not_tested) {
  std::vector<std::string> files, tested = {"refused.sql", "spans_of_a_trace.sql"};
  for (const auto& entry : std::filesystem::directory_iterator(SPARK_SOURCE_DIR "/docs/sql/grafana")) {
    files.push_back(entry.path().filename());
  }
  for (const auto& [file, expected] : expected_of_grafana()) tested.push_back(file);
  std::sort(files.begin(), files.end());
  std::sort(tested.begin(), tested.end());
  EXPECT_EQ(files, tested);
}

TEST_F(PostgresqlDocs, a_range_of_nanoseconds_leaves_partitions_out) {
  PostgresqlStore store({.connection_string = uri_, .partitioning = Partitioning::native});
  write_known_records(store);
  const std::string plan = text_of(run_sql(uri_, "EXPLAIN " + with_macros_replaced(sql_of_docs("grafana/errors.sql"))));
  EXPECT_NE(plan.find("spans_data_p20250115"), std::string::npos) << plan;
  EXPECT_EQ(plan.find("spans_data_p20250116"), std::string::npos) << plan;
}

// ---- roles ----

TEST_F(PostgresqlDocs, a_writer_records_and_a_reader_reads_and_neither_does_more) {
  run_sql(uri_, sql_of_docs("roles.sql"));
  run_sql(uri_, "ALTER DATABASE " + database_ + " OWNER TO telemetry_owner");
  const std::string owner = server().uri(database_, "telemetry_owner");
  const std::string writer = server().uri(database_, "telemetry_writer");
  const std::string reader = server().uri(database_, "telemetry_reader");
  EXPECT_EQ(thrown_by([&] { static_cast<void>(PostgresqlStore({.connection_string = writer}).query_spans({})); }).code,
            "permission_denied");
  static_cast<void>(PostgresqlStore({.connection_string = owner}).query_spans({}));
  run_sql(owner, sql_of_docs("grants.sql"));
  run_sql(owner, "ALTER TABLE spans_data ADD CHECK (name <> 'refused')");

  PostgresqlStore store({.connection_string = writer + "?manage_schema=off"});
  write_known_records(store);
  write(store, [](BatchBuilder& batch) {
    batch.add(make_trace(5, "running", 0, std::nullopt));
    batch.add(make_event(1, "e", 0));
    batch.add(GraphDefinition{.hash = "h", .graph_id = "g", .version = "1"});
    add_local_root(batch, make_span(50, "implied", 0, 1));
    batch.add(make_span(51, "refused", 0, 1));
  });
  // The same again, which is merged.
  write_known_records(store);
  EXPECT_EQ(store.query_spans({.limit = 1'000}).size(), 29U);
  EXPECT_EQ(store.put("kind", "id", 1, 0), 1U);
  EXPECT_EQ(value("SELECT count(*) FROM dead_letters"), "1");
  for (const char* forbidden : {"DELETE FROM spans_data", "UPDATE spans_data SET kind = 0", "DELETE FROM dead_letters",
                                "DELETE FROM traces_data", "CREATE TABLE t (i int)", "DROP VIEW spans"}) {
    EXPECT_THROW(run_sql(writer, forbidden), std::runtime_error) << forbidden;
  }

  const PostgresqlOptions reading{.connection_string = reader, .manage_schema = false};
  EXPECT_EQ(PostgresqlStore(reading).query_spans({.limit = 1'000}).size(), 29U);
  EXPECT_EQ(value_of(reader, "SELECT count(*) FROM traces"), "5");
  for (const char* forbidden : {"DELETE FROM spans_data",
                                "INSERT INTO dead_letters (kind, reason, record) VALUES ('', "
                                "'', '')",
                                "CREATE TABLE t (i int)"}) {
    EXPECT_THROW(run_sql(reader, forbidden), std::runtime_error) << forbidden;
  }
}

// ---- dead letters ----

TEST_F(PostgresqlDocs, refused_spans_are_shown_and_can_be_put_back) {
  PostgresqlStore store(options());
  write_spans(store, 1, 2);
  run_sql(uri_, "ALTER TABLE spans_data ADD CONSTRAINT short CHECK (length(name) < 6)");
  write(store, [](BatchBuilder& batch) {
    Span refused = make_span(9, "too long", 1, 251, {{"n", 1}});
    refused.start_time += std::chrono::nanoseconds(7);
    refused.status = SpanStatus::failed;
    refused.error_type = "Timeout";
    refused.status_message = "no answer";
    batch.add(refused);
    batch.add(make_span(10, "good", 2, 3));
  });
  EXPECT_EQ(text_of(run_sql(uri_, with_macros_replaced(sql_of_docs("grafana/refused.sql")))).substr(0, 14),
            "span|new row f");
  EXPECT_EQ(run_sql(uri_, sql_of_docs("dead_letters.sql"))[0][2], "1");

  run_sql(uri_, "ALTER TABLE spans_data DROP CONSTRAINT short");
  run_sql(uri_, sql_of_docs("put_back_spans.sql"));
  EXPECT_EQ(value("SELECT count(*) FROM dead_letters"), "0");
  EXPECT_EQ(text_of(run_sql(uri_,
                            "SELECT span_id, trace_id, name, start_ns, duration, status, status_message, error_type, "
                            "attributes FROM spans WHERE name = 'too long'")),
            "8000000000000009|01946953-8a00-7000-0000-000000000001|too long|1736935200001000007|0|failed|no answer|"
            "Timeout|{\"n\": 1}\n");
}

TEST_F(PostgresqlDocs, the_sizes_of_tables_are_shown_with_those_of_their_partitions) {
  PostgresqlStore store({.connection_string = uri_, .partitioning = Partitioning::native});
  write_spans(store, 1, 1'000);
  const auto rows = run_sql(uri_, sql_of_docs("sizes.sql"));
  ASSERT_FALSE(rows.empty());
  EXPECT_EQ(rows[0][0], "spans_data_p20250115");
}

}  // namespace
}  // namespace spark::testing
