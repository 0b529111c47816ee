// The ways in which a server can refuse one row of a batch, each with neighbours that must be stored, the row kept in
// dead_letters and counted. A database that is in use is not ours alone: people add constraints, triggers, indexes and
// policies to it.
#include <gmock/gmock.h>

#include "backends/postgresql/json_column.h"
#include "backends/temporary_directory.h"
#include "postgresql/fixture.h"
#include "spark/base/random.h"
#include "spark/telemetry/manager.h"

namespace spark::testing {
namespace {

using namespace std::chrono_literals;
using ::testing::HasSubstr;
using PostgresqlPoison = PostgresqlTest;

// What a B-tree cannot compress until it fits.
std::string noise(std::size_t size) {
  Random random(1);
  std::string text;
  while (text.size() < size) text.push_back(static_cast<char>('a' + random.next() % 26));
  return text;
}

// One of the ways: SQL that prepares the tables, and the name of the span that is then refused, with words of the
// reason.
struct Way {
  const char* what;
  std::string sql;
  std::string name;
  std::string reason;
};
void PrintTo(const Way& way, std::ostream* out) { *out << way.what; }

const Way ways[] = {
    {"check", "ALTER TABLE spans_data ADD CONSTRAINT by_hand CHECK (name <> 'poison')", "poison", "by_hand"},
    {"unique", "CREATE UNIQUE INDEX by_hand ON spans_data (name) WHERE name = 'first'", "first", "by_hand"},
    {"exclusion",
     "ALTER TABLE spans_data ADD CONSTRAINT by_hand EXCLUDE USING btree (name WITH =) WHERE (name = 'first')", "first",
     "by_hand"},
    {"foreign_key",
     "CREATE TABLE names (name text PRIMARY KEY); INSERT INTO names VALUES ('first'), ('fine'); ALTER TABLE spans_data "
     "ADD CONSTRAINT by_hand FOREIGN KEY (name) REFERENCES names",
     "poison", "by_hand"},
    {"deferred_foreign_key",
     "CREATE TABLE names (name text PRIMARY KEY); INSERT INTO names VALUES ('first'), ('fine'); ALTER TABLE spans_data "
     "ADD CONSTRAINT by_hand FOREIGN KEY (name) REFERENCES names DEFERRABLE INITIALLY DEFERRED",
     "poison", "by_hand"},
    {"not_null",
     "ALTER TABLE spans_data ADD COLUMN extra text GENERATED ALWAYS AS (nullif(name, 'poison')) STORED NOT NULL",
     "poison", "extra"},
    {"index_row_size", "CREATE INDEX by_hand ON spans_data (name)", noise(10'000), "index row"},
    {"shorter_type", "DROP VIEW spans; ALTER TABLE spans_data ALTER name TYPE varchar(20)",
     "longer than twenty characters", "too long"},
    {"expression", "CREATE INDEX by_hand ON spans_data ((1 / (length(name) - 6)))", "poison", "division by zero"},
    {"trigger",
     "CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF NEW.name = 'poison' THEN RAISE "
     "EXCEPTION 'not here: %', NEW.name; END IF; RETURN NEW; END $$; CREATE TRIGGER refuse BEFORE INSERT ON spans_data "
     "FOR EACH ROW EXECUTE FUNCTION refuse()",
     "poison", "not here: poison"},
    {"trigger_with_a_state_of_its_own",
     "CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF NEW.name = 'poison' THEN RAISE "
     "EXCEPTION 'not here' USING ERRCODE = 'ZZ001'; END IF; RETURN NEW; END $$; CREATE TRIGGER refuse BEFORE INSERT ON "
     "spans_data FOR EACH ROW EXECUTE FUNCTION refuse()",
     "poison", "ZZ001"},
    {"trigger_at_the_end",
     "CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF NEW.name = 'poison' THEN RAISE "
     "EXCEPTION 'not here'; END IF; RETURN NEW; END $$; CREATE CONSTRAINT TRIGGER refuse AFTER INSERT ON spans_data "
     "DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION refuse()",
     "poison", "not here"},
};

class PostgresqlPoisonOf : public PostgresqlTest, public ::testing::WithParamInterface<Way> {
 protected:
  void SetUp() override {
    PostgresqlTest::SetUp();
    PostgresqlStore store(options());
    write(store, [](BatchBuilder& batch) { batch.add(make_span(1'000, "first", 0, 1)); });
    run_sql(uri_, GetParam().sql);
  }
  void expect_one_dead_letter() const {
    EXPECT_EQ(value("SELECT count(*) FROM spans_data WHERE name = 'fine'"), "9");
    EXPECT_EQ(value("SELECT count(*) FROM spans_data"), "10");
    EXPECT_EQ(value("SELECT count(*) FROM dead_letters"), "1");
    EXPECT_EQ(value("SELECT record::jsonb ->> 'name' FROM dead_letters"), GetParam().name);
    EXPECT_THAT(value("SELECT reason FROM dead_letters"), HasSubstr(GetParam().reason));
  }
};

TEST_P(PostgresqlPoisonOf, is_set_aside_and_its_neighbours_are_stored) {
  PostgresqlStore store(options());
  write(store, [](BatchBuilder& batch) {
    for (std::uint64_t i = 1; i <= 10; ++i) {
      batch.add(make_span(i, i == 4 ? GetParam().name : "fine", static_cast<std::int64_t>(i), 9));
    }
  });
  const Refusals refusals = store.take_refusals();
  EXPECT_EQ(refusals.rejected[static_cast<std::size_t>(RecordKind::span)], 1U);
  EXPECT_THAT(refusals.message, HasSubstr("dead_letters"));
  expect_one_dead_letter();
}

TEST_P(PostgresqlPoisonOf, is_dropped_as_rejected_in_a_managers_ledger) {
  for (const bool has_spool : {false, true}) {
    SCOPED_TRACE(has_spool);
    const TemporaryDirectory directory;
    TelemetryConfig config = TelemetryConfig::create_postgresql(uri_);
    // Longer names than usual.
    config.limits.string_bytes = 64 << 10;
    if (has_spool) config.reliable.spool_path = directory.file("spool");
    TelemetryManager manager(config);
    run_sql(uri_, "DELETE FROM spans_data WHERE name = 'fine'; TRUNCATE dead_letters");
    for (int i = 1; i <= 10; ++i) {
      manager.start_span(i == 4 ? GetParam().name : std::string("fine"), TraceId{1, 1}).end();
    }
    EXPECT_FALSE(manager.flush(60s).complete()) << "it says that something was refused";
    manager.shutdown(60s);
    const Stats stats = manager.stats();
    EXPECT_TRUE(stats.balanced());
    const SinkRow& spans = stats.sinks.at(0).rows[static_cast<std::size_t>(RecordKind::span)];
    EXPECT_EQ(spans.exported, 9U);
    EXPECT_EQ(spans.dropped[static_cast<std::size_t>(DropReason::rejected)], 1U);
    EXPECT_EQ(stats.dropped(), 1U);
    EXPECT_THAT(stats.sinks.at(0).last_error, HasSubstr("set aside in dead_letters"));
    expect_one_dead_letter();
  }
}

INSTANTIATE_TEST_SUITE_P(Each, PostgresqlPoisonOf, ::testing::ValuesIn(ways),
                         [](const auto& info) { return std::string(info.param.what); });

std::uint64_t rejected(const Refusals& refusals, RecordKind kind) {
  return refusals.rejected[static_cast<std::size_t>(kind)];
}

void write_named(Store& store, const std::vector<std::string>& names) {
  write(store, [&](BatchBuilder& batch) {
    for (std::uint64_t i = 0; i < names.size(); ++i) {
      batch.add(make_span(i + 1, names[i], static_cast<std::int64_t>(i), 9));
    }
  });
}

// Whoever has policies of rows cannot COPY, either.
TEST_F(PostgresqlPoison, of_a_policy_of_rows_is_set_aside) {
  const std::string role = "tenant_" + database_;
  { PostgresqlStore(options()).put("k", "makes the tables", 1, 0); }
  run_sql(uri_, "CREATE ROLE " + role + " LOGIN; GRANT ALL ON ALL TABLES IN SCHEMA public TO " + role +
                    "; GRANT ALL ON ALL SEQUENCES IN SCHEMA public TO " + role +
                    "; ALTER TABLE spans_data ENABLE ROW LEVEL SECURITY; CREATE POLICY by_hand ON spans_data USING "
                    "(name <> 'poison')");
  PostgresqlStore store({.connection_string = server().uri(database_, role)});
  write_named(store, {"fine", "poison", "fine"});
  EXPECT_EQ(rejected(store.take_refusals(), RecordKind::span), 1U);
  EXPECT_EQ(value("SELECT count(*) FROM spans"), "2");
  EXPECT_THAT(value("SELECT reason FROM dead_letters"), HasSubstr("row-level security"));
}

TEST_F(PostgresqlPoison, that_the_databases_encoding_lacks_is_set_aside_in_ascii) {
  const std::string latin = "latin_" + database_;
  run_sql(uri_, "CREATE DATABASE " + latin + " ENCODING 'LATIN1' TEMPLATE template0 LC_COLLATE 'C' LC_CTYPE 'C'");
  const std::string uri = server().uri(latin);
  PostgresqlStore store({.connection_string = uri});
  write_named(store, {"fine", "caf\u00E9", "\u65E5\u672C", "\U0001F30D", "fine"});
  EXPECT_EQ(rejected(store.take_refusals(), RecordKind::span), 2U);
  EXPECT_EQ(store.query_spans({}).size(), 3U);
  EXPECT_EQ(store.query_spans({.name = "caf\u00E9"}).size(), 1U);
  EXPECT_THAT(value_of(uri, "SELECT record FROM dead_letters ORDER BY number"), HasSubstr("\\u65e5\\u672c"));
  EXPECT_THAT(value_of(uri, "SELECT record FROM dead_letters ORDER BY number DESC"), HasSubstr("\\ud83c\\udf0d"));
}

TEST_F(PostgresqlPoison, that_dead_letters_refuses_as_well_is_counted_and_its_neighbours_are_stored) {
  PostgresqlStore store(options());
  write_named(store, {"fine"});
  run_sql(uri_,
          "ALTER TABLE dead_letters ADD CHECK (false); ALTER TABLE spans_data ADD CONSTRAINT by_hand CHECK (name <> "
          "'poison')");
  write_named(store, {"fine", "poison", "fine"});
  const Refusals refusals = store.take_refusals();
  EXPECT_EQ(rejected(refusals, RecordKind::span), 1U);
  EXPECT_THAT(refusals.message, HasSubstr("dead_letters refuses it"));
  EXPECT_EQ(value("SELECT count(*) FROM spans"), "2");
}

TEST_F(PostgresqlPoison, for_which_there_is_no_partition_is_set_aside) {
  PostgresqlStore store({.connection_string = uri_, .partitioning = Partitioning::native});
  write_named(store, {"fine"});
  run_sql(uri_, "DROP TABLE spans_data_default");
  write(store, [](BatchBuilder& batch) {
    batch.add(make_span(2, "fine", 2, 9));
    for (const std::int64_t seconds : {-9'000'000'000, 9'000'000'000}) {
      Span span = make_span(3, "far away", 3, 9);
      span.start_time = Timestamp(std::chrono::seconds(seconds));
      batch.add(span);
    }
  });
  EXPECT_EQ(rejected(store.take_refusals(), RecordKind::span), 2U);
  EXPECT_EQ(value("SELECT count(*) FROM spans WHERE name = 'fine'"), "2");
  EXPECT_THAT(value("SELECT reason FROM dead_letters"), HasSubstr("no partition"));
}

// The views show what the columns hold.
TEST_F(PostgresqlPoison, is_no_time_however_far_away) {
  PostgresqlStore store(options());
  write(store, [](BatchBuilder& batch) {
    for (std::uint64_t i = 1; i <= 4; ++i) {
      Span span = make_span(i, "far away", 0, 0);
      span.start_time = i % 2 == 0 ? Timestamp::min() : Timestamp::max();
      span.end_time = i > 2 ? Timestamp::min() : Timestamp::max();
      batch.add(span);
    }
  });
  EXPECT_EQ(rejected(store.take_refusals(), RecordKind::span), 0U);
  EXPECT_EQ(value("SELECT count(*) FROM (SELECT start_time, end_time, duration FROM spans) AS s"), "4");
  EXPECT_EQ(value("SELECT max(start_time)::date FROM spans"), "2262-04-11");
}

TEST_F(PostgresqlPoison, that_an_index_of_ours_cannot_hold_is_set_aside) {
  PostgresqlStore store(options());
  write(store, [](BatchBuilder& batch) {
    batch.add(GraphDefinition{.hash = "fine", .graph_id = "g", .version = "1"});
    batch.add(GraphDefinition{.hash = noise(10'000), .graph_id = "g", .version = "2"});
  });
  EXPECT_EQ(rejected(store.take_refusals(), RecordKind::graph), 1U);
  EXPECT_EQ(value("SELECT version FROM graphs"), "1");
}

// As long as everything that a row could be is refused, no row is at fault.
TEST_F(PostgresqlPoison, is_not_looked_for_where_the_table_is_another) {
  PostgresqlStore store(options());
  write_named(store, {"fine"});
  run_sql(uri_, "DROP VIEW spans; ALTER TABLE spans_data ALTER name TYPE integer USING 1");
  const Thrown thrown = thrown_by([&] { write_named(store, {"fine", "fine"}); });
  EXPECT_EQ(thrown.code, "corrupt") << thrown.message;
  EXPECT_FALSE(thrown.is_retryable);
  EXPECT_EQ(value("SELECT count(*) FROM dead_letters"), "0");
}

TEST_F(PostgresqlPoison, larger_than_a_jsonb_can_be_is_set_aside) {
  if (std::getenv("SPARK_TEST_FULL") == nullptr) GTEST_SKIP() << "takes 3 GB of memory; run with SPARK_TEST_FULL=1";
  PostgresqlStore store(options());
  write(store, [](BatchBuilder& batch) {
    batch.add(make_span(1, "fine", 1, 9));
    batch.add(make_span(2, "large", 2, 9, {{"text", std::string(270'000'000, 'x')}}));
    batch.add(make_span(3, "fine", 3, 9));
  });
  const Refusals refusals = store.take_refusals();
  EXPECT_EQ(rejected(refusals, RecordKind::span), 1U);
  EXPECT_THAT(refusals.message, HasSubstr("jsonb"));
  EXPECT_EQ(value("SELECT count(*) FROM spans"), "2");
  EXPECT_EQ(value("SELECT length(record) FROM dead_letters"), "65536");
}

TEST(PostgresqlAscii, escapes_as_json_does) {
  EXPECT_EQ(detail::postgresql::in_ascii("a\u00E9\u65E5\U0001F30D\"\\n"), "a\\u00e9\\u65e5\\ud83c\\udf0d\"\\n");
}

}  // namespace
}  // namespace spark::testing
