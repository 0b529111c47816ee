// Tables: how they are made and by whom, partitions, retention, and the views that people read.
#include <array>

#include "backends/postgresql/schema.h"
#include "postgresql/fixture.h"
#include "spark/base/clock.h"

namespace spark::testing {
namespace {

using namespace std::chrono_literals;
using PostgresqlSchema = PostgresqlTest;

constexpr std::int64_t day = 86'400'000;

Span span_at(std::uint64_t number, std::int64_t ms) { return make_span(number, "s", ms, ms + 1); }

TEST_F(PostgresqlSchema, a_role_without_the_right_to_make_tables_uses_those_that_are_there) {
  const std::string role = "role_of_" + database_;
  run_sql(uri_, "CREATE ROLE " + role + " LOGIN");
  const PostgresqlOptions as_role{.connection_string = server().uri(database_, role)};
  PostgresqlOptions least = as_role;
  least.manage_schema = false;

  const Thrown refused = thrown_by([&] { write_spans(*std::make_unique<PostgresqlStore>(as_role), 1, 2); });
  EXPECT_EQ(refused.code, "permission_denied") << refused.message;
  EXPECT_EQ(thrown_by([&] { static_cast<void>(PostgresqlStore(least).query_spans({})); }).code, "not_found");

  PostgresqlStore owner({.connection_string = uri_, .partitioning = Partitioning::native});
  write_spans(owner, 1, 2);
  run_sql(uri_, "GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO " + role);
  for (const PostgresqlOptions& options : {as_role, least}) {
    PostgresqlStore store(options);
    write_spans(store, 1, 11);
    write(store, [](BatchBuilder& batch) {
      batch.add(span_at(7, 40 * day));  // no partition, and none can be made
      batch.add(make_trace(1, "t", 0, 1));
      batch.add(make_metric(1, "m", 1));
    });
    EXPECT_EQ(store.put("kind", least.manage_schema == options.manage_schema ? "a" : "b", 1, 0), 1U);
    EXPECT_EQ(store.query_spans({}).size(), 11U);
  }
  EXPECT_EQ(value("SELECT count(*) FROM spans_data_default"), "1");
}

TEST_F(PostgresqlSchema, a_later_version_is_refused) {
  write_spans(*std::make_unique<PostgresqlStore>(options()), 1, 2);
  run_sql(uri_, "UPDATE spark_meta SET value = '999' WHERE key = 'version'");
  PostgresqlStore store(options());
  EXPECT_EQ(thrown_by([&] { write_spans(store, 2, 3); }).code, "too_new");
  EXPECT_EQ(thrown_by([&] { static_cast<void>(store.query_spans({})); }).code, "too_new");
}

TEST_F(PostgresqlSchema, an_older_version_is_migrated_and_a_failed_migration_changes_nothing) {
  namespace postgresql = detail::postgresql;
  PostgresqlStore store(options());
  write_spans(store, 1, 2);
  const auto settings = postgresql::resolve_settings(options());
  const postgresql::StopSignal stop;
  const Deadline deadline = Deadline::clock::now() + 60s;
  postgresql::Connection connection(settings.target, stop, deadline);
  const auto add = [](const postgresql::Layout&) -> std::string {
    return "ALTER TABLE spans_data ADD COLUMN extra int; ";
  };
  const auto fail = [](const postgresql::Layout&) -> std::string { return "SELECT 1 / 0; "; };
  const std::array<postgresql::Migration, 3> failing{postgresql::create_version_1, add, fail};
  EXPECT_NE(
      thrown_by([&] { static_cast<void>(prepare_database(connection, settings.options, deadline, failing)); }).code,
      "nothing");
  EXPECT_EQ(value("SELECT value FROM spark_meta WHERE key = 'version'"), "1");
  EXPECT_EQ(store.query_spans({}).size(), 1U);
  const std::array<postgresql::Migration, 2> good{postgresql::create_version_1, add};
  static_cast<void>(prepare_database(connection, settings.options, deadline, good));
  EXPECT_EQ(value("SELECT value FROM spark_meta WHERE key = 'version'"), "2");
  EXPECT_EQ(value("SELECT count(*) FROM spans"), "1");
}

TEST_F(PostgresqlSchema, another_partitioning_than_that_of_the_tables_is_refused) {
  write_spans(*std::make_unique<PostgresqlStore>(options()), 1, 2);
  PostgresqlStore store({.connection_string = uri_ + "?partitioning=native"});
  const Thrown thrown = thrown_by([&] { write_spans(store, 2, 3); });
  EXPECT_EQ(thrown.code, "invalid_argument");
  EXPECT_NE(thrown.message.find("partitioning none, not native"), std::string::npos) << thrown.message;
}

TEST_F(PostgresqlSchema, the_gin_index_is_there_if_it_is_wanted) {
  write_spans(*std::make_unique<PostgresqlStore>(options()), 1, 2);
  const char* count = "SELECT count(*) FROM pg_indexes WHERE indexdef LIKE '%USING gin%'";
  EXPECT_EQ(value(count), "4");
  const std::string other = server().uri(server().make_database());
  PostgresqlStore without({.connection_string = other + "?gin=off"});
  write_spans(without, 1, 2);
  EXPECT_EQ(value_of(other, count), "0");
}

TEST_F(PostgresqlSchema, native_partitions_are_made_by_day_and_dropped_by_retention) {
  PostgresqlStore store({.connection_string = uri_, .partitioning = Partitioning::native});
  write(store, [](BatchBuilder& batch) {
    for (const std::int64_t at_day : {0, 1, 2}) {
      const auto number = static_cast<std::uint64_t>(1 + at_day);
      Span span = span_at(number, at_day * day);
      Event event = make_event(number, "e", at_day * day);
      Metric metric = make_metric(number, "m", at_day * day);
      span.trace_id = event.trace_id = metric.trace_id = trace_id(at_day == 2 ? 2 : 1);
      batch.add(span);
      batch.add(event);
      batch.add(metric);
    }
    Span wrong_clock = make_span(4, "s", 0, 1);
    wrong_clock.start_time = wrong_clock.end_time = Timestamp(1ns);
    batch.add(wrong_clock);
    batch.add(make_trace(1, "t", 0, 1));
    batch.add(make_trace(2, "t", 2 * day, 2 * day + 1));
  });
  // 2025-01-15 and so on, and the next day.
  const char* partitions =
      "SELECT string_agg(right(relname, 8), ' ' ORDER BY relname) FROM pg_class WHERE relname LIKE "
      "'spans\\_data\\_p2%' "
      "AND relkind = 'r'";
  EXPECT_EQ(value(partitions), "20250115 20250116 20250117 20250118");
  EXPECT_EQ(value("SELECT count(*) FROM spans_data_p20250116"), "1");
  EXPECT_EQ(value("SELECT count(*) FROM spans_data_default"), "1");

  const PostgresqlPruneResult result = store.prune(at(2 * day - 3'600'000));  // 2025-01-17T09:00
  EXPECT_EQ(result.partitions, 6U);
  EXPECT_EQ(result.traces, 1U);
  EXPECT_EQ(result.spans, 1U) << "that of the wrong clock";
  EXPECT_EQ(value(partitions), "20250117 20250118");
  EXPECT_EQ(ids(store.query_spans({})), "S3");
  EXPECT_EQ(ids(store.query_events({})), "R3");
  EXPECT_EQ(ids(store.query_metrics({})), "R3");
  EXPECT_EQ(ids(store.query_traces({})), "T2");

  write(store, [](BatchBuilder& batch) { batch.add(span_at(1, 0)); });
  EXPECT_EQ(ids(store.query_spans({})), "S3 S1") << "what comes late is stored nevertheless";
}

// Gives the days of the partitions of a table.
constexpr const char* partitions_of_spans =
    "SELECT coalesce(string_agg(right(relname, 8), ' ' ORDER BY relname), 'none') FROM pg_class WHERE relname LIKE "
    "'spans\\_data\\_p2%' AND relkind = 'r'";

TEST_F(PostgresqlSchema, the_next_days_partition_is_always_made) {
  PostgresqlStore store({.connection_string = uri_, .partitioning = Partitioning::native});
  for (std::uint64_t i = 0; i < 3; ++i) {
    write(store, [&](BatchBuilder& batch) { batch.add(span_at(1 + i, static_cast<std::int64_t>(i) * day)); });
    const std::string next = std::to_string(20250116 + i);
    EXPECT_EQ(value("SELECT to_regclass('spans_data_p" + next + "') IS NOT NULL"), "t") << next;
  }
}

TEST_F(PostgresqlSchema, busy_tables_are_left_alone_for_a_minute) {
  VirtualClock clock;
  PostgresqlStore store({.connection_string = uri_, .partitioning = Partitioning::native, .clock = &clock});
  write(store, [](BatchBuilder& batch) { batch.add(span_at(1, 0)); });
  const std::string first = value(partitions_of_spans);
  {
    const auto settings = detail::postgresql::resolve_settings(options());
    const detail::postgresql::StopSignal stop;
    const Deadline deadline = Deadline::clock::now() + 60s;
    detail::postgresql::Connection reader(settings.target, stop, deadline);
    reader.execute("BEGIN; SELECT count(*) FROM spans_data", deadline, "read for long");
    write(store, [](BatchBuilder& batch) { batch.add(span_at(2, 10 * day)); });
  }
  write(store, [](BatchBuilder& batch) { batch.add(span_at(3, 20 * day)); });
  EXPECT_EQ(value(partitions_of_spans), first) << "it was busy a moment ago";
  clock.advance(61s);
  write(store, [](BatchBuilder& batch) { batch.add(span_at(4, 30 * day)); });
  EXPECT_EQ(value(partitions_of_spans), first + " 20250214 20250215");
  EXPECT_EQ(store.query_spans({}).size(), 4U);
}

TEST_F(PostgresqlSchema, without_the_schemas_management_no_partition_is_made_or_dropped) {
  write_spans(*std::make_unique<PostgresqlStore>(PostgresqlOptions{.connection_string = uri_ + "?partitioning=native"}),
              1, 2);
  const std::string role = "role_of_" + database_;
  run_sql(uri_, "CREATE ROLE " + role +
                    " LOGIN; GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO " + role);
  // Somebody who owns the tables has made days ahead.
  run_sql(uri_, "SELECT spark_make_partitions('2025-02-24', 2)");
  const std::string partitions = value(partitions_of_spans);
  EXPECT_EQ(partitions, "20250115 20250116 20250224 20250225");
  PostgresqlStore as_owner({.connection_string = uri_, .manage_schema = false});
  PostgresqlStore as_role({.connection_string = server().uri(database_, role)});
  std::uint64_t number = 10;
  for (PostgresqlStore* store : {&as_owner, &as_role}) {
    write(*store, [&](BatchBuilder& batch) {
      batch.add(span_at(++number, 20 * day));
      batch.add(span_at(++number, 40 * day));
    });
    EXPECT_EQ(value(partitions_of_spans), partitions);
  }
  EXPECT_EQ(value("SELECT count(*) FROM spans_data_default"), "2");
  EXPECT_EQ(value("SELECT count(*) FROM spans_data_p20250224"), "2");
  for (PostgresqlStore* store : {&as_role, &as_owner}) {
    const PostgresqlPruneResult result = store->prune(at((store == &as_role ? 39 : 50) * day));
    EXPECT_EQ(result.spans, store == &as_role ? 3U : 2U);
    EXPECT_EQ(result.partitions, 0U);
    EXPECT_EQ(value(partitions_of_spans), partitions);
  }
}

TEST_F(PostgresqlSchema, a_role_that_reads_repeatably_makes_the_tables_with_others) {
  const std::string role = "repeatable_" + database_;
  run_sql(uri_, "CREATE ROLE " + role + " LOGIN SUPERUSER; ALTER ROLE " + role +
                    " SET default_transaction_isolation = 'repeatable read'");
  const auto settings = detail::postgresql::resolve_settings({.connection_string = server().uri(database_, role)});
  const detail::postgresql::StopSignal stop;
  const Deadline deadline = Deadline::clock::now() + 60s;
  detail::postgresql::Connection connection(settings.target, stop, deadline);
  const auto shown = connection.query("SHOW transaction_isolation", {}, deadline, "look");
  EXPECT_EQ(shown.octets(0, 0), "read committed");
}

TEST_F(PostgresqlSchema, retention_deletes_traces_with_what_belongs_to_them) {
  PostgresqlStore store(options());
  write(store, [](BatchBuilder& batch) {
    batch.add(make_trace(1, "ended early", 0, 1'000));
    batch.add(make_trace(2, "ended late", 0, 90'000));
    batch.add(make_trace(3, "young", 90'000, 91'000));
    for (const std::uint64_t trace : {1, 2, 3}) {
      Span span = make_span(trace, "s", 0, 1);
      Event event = make_event(trace, "e", 0);
      Metric metric = make_metric(trace, "m", 0);
      span.trace_id = event.trace_id = metric.trace_id = trace_id(trace);
      batch.add(span);
      batch.add(event);
      batch.add(metric);
    }
    Span root = make_span(4, "implied", 0, 1);
    root.trace_id = trace_id(4);
    add_local_root(batch, root);
    Span orphan = make_span(5, "without a trace", 0, 1);
    orphan.trace_id = trace_id(5);
    batch.add(orphan);
    Event loose = make_event(6, "loose", 0);
    loose.trace_id = {};
    batch.add(loose);
  });
  const PostgresqlPruneResult expected{.traces = 2, .spans = 3, .events = 2, .metrics = 1};
  EXPECT_EQ(store.prune(at(60'000)), expected);
  EXPECT_EQ(ids(store.query_traces({})), "T3 T2");
  EXPECT_EQ(ids(store.query_spans({})), "S3 S2");
  EXPECT_EQ(ids(store.query_events({})), "R3 R2");
  EXPECT_EQ(ids(store.query_metrics({})), "R3 R2");
}

TEST_F(PostgresqlSchema, a_store_with_a_retention_age_deletes_by_itself) {
  PostgresqlStore store({.connection_string = uri_, .retention_age = 24h});
  write(store, [](BatchBuilder& batch) { batch.add(make_trace(1, "of 2025", 0, 1)); });
  EXPECT_EQ(ids(store.query_traces({})), "");
}

TEST_F(PostgresqlSchema, the_views_show_what_people_read) {
  PostgresqlStore store(options());
  write(store, [](BatchBuilder& batch) {
    Trace trace = make_trace(1, "load", 0, 1'500, {{"user", "ann"}});
    trace.root_span_id = span_id(1);
    batch.add(trace);
    Span span = make_span(9, "query", 1, 251, {{"n", 1}});
    span.parent_span_id = span_id(1);
    span.kind = SpanKind::CLIENT;
    span.status = SpanStatus::failed;
    span.error_type = "Timeout";
    batch.add(span);
    Event event = make_event(1, "e", 2);
    event.trace_id = {};
    batch.add(event);
    Metric metric = make_metric(1, "m", 3);
    metric.value = 2.5;
    batch.add(metric);
  });
  EXPECT_EQ(
      value("SELECT concat_ws('|', trace_id, name, start_time, end_time, duration, status, attributes ->> 'user', "
            "root_span_id, partial, service_name) FROM traces"),
      "01946953-8a00-7000-0000-000000000001|load|2025-01-15 10:00:00+00|2025-01-15 10:00:01.5+00|1.5|completed|"
      "ann|0000000000000001|f|shop");
  EXPECT_EQ(value("SELECT concat_ws('|', span_id, parent_span_id, name, kind, start_time, end_time, duration, status, "
                  "coalesce(status_message, 'none'), error_type, attributes) FROM spans"),
            "8000000000000009|0000000000000001|query|CLIENT|2025-01-15 10:00:00.001+00|2025-01-15 10:00:00.251+00|0.25|"
            "failed|none|Timeout|{\"n\": 1}");
  EXPECT_EQ(value("SELECT concat_ws('|', coalesce(trace_id::text, 'none'), coalesce(type, 'none'), name, timestamp, "
                  "source) FROM events"),
            "none|none|e|2025-01-15 10:00:00.002+00|recorded");
  EXPECT_EQ(value("SELECT concat_ws('|', name, value, aggregation_type, timestamp) FROM metrics"),
            "m|2.5|gauge|2025-01-15 10:00:00.003+00");
}

}  // namespace
}  // namespace spark::testing
