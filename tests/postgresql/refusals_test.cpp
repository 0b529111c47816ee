// Rows that the server refuses for reasons of somebody else's making, and databases that somebody has to put right:
// what is lost is what was refused, and nothing with it.
#include "postgresql/fixture.h"

namespace spark::testing {
namespace {

using namespace std::chrono_literals;

class PostgresqlRefusals : public PostgresqlTest {
 protected:
  // A store whose tables are there.
  [[nodiscard]] std::unique_ptr<PostgresqlStore> open(PostgresqlOptions options) const {
    auto store = std::make_unique<PostgresqlStore>(std::move(options));
    write_spans(*store, 1'000'000, 1'000'001);
    return store;
  }
  [[nodiscard]] std::unique_ptr<PostgresqlStore> open() const { return open(options()); }

  // What a trigger does with a row.
  void make_trigger(const std::string& when, const std::string& body) const {
    run_sql(uri_, "CREATE OR REPLACE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN " + body +
                      " RETURN NEW; END $$; CREATE " + when + " EXECUTE FUNCTION refuse()");
  }
  // A role that may read and write the tables of a database, and what a store of its has.
  [[nodiscard]] PostgresqlOptions make_role() const {
    const std::string role = "role_of_" + database_;
    run_sql(uri_, "CREATE ROLE " + role +
                      " LOGIN; GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA "
                      "public TO " +
                      role);
    return {.connection_string = server().uri(database_, role), .manage_schema = false};
  }
  [[nodiscard]] std::string names() const {
    return value("SELECT string_agg(name, ' ' ORDER BY name) FROM spans WHERE name <> 's'");
  }
};

// Eight that are fine, a to h, with one that is not in the middle.
void write_one_forbidden(Store& store) {
  write(store, [](BatchBuilder& batch) {
    std::uint64_t number = 0;
    for (const char* name : {"a", "b", "c", "d", "forbidden", "e", "f", "g", "h"}) {
      ++number;
      batch.add(make_span(number, name, static_cast<std::int64_t>(number), 20));
    }
  });
}

std::uint64_t rejected_spans(Store& store) {
  return store.take_refusals().rejected[static_cast<std::size_t>(RecordKind::span)];
}

TEST_F(PostgresqlRefusals, a_refusal_that_comes_with_the_commit_is_of_one_row) {
  const auto store = open();
  make_trigger("CONSTRAINT TRIGGER late AFTER INSERT ON spans_data DEFERRABLE INITIALLY DEFERRED FOR EACH ROW",
               "IF NEW.name = 'forbidden' THEN RAISE 'no such thing'; END IF;");
  write_one_forbidden(*store);
  EXPECT_EQ(rejected_spans(*store), 1U);
  EXPECT_EQ(names(), "a b c d e f g h");
  EXPECT_EQ(value("SELECT string_agg(record::jsonb ->> 'name', ' ') FROM dead_letters"), "forbidden");
}

TEST_F(PostgresqlRefusals, a_trigger_may_refuse_with_any_state) {
  const auto store = open();
  for (const std::string state : {"ZZ001", "XX000", "0A000"}) {
    run_sql(uri_, "DELETE FROM spans_data; DELETE FROM dead_letters; DROP TRIGGER IF EXISTS odd ON spans_data");
    make_trigger("TRIGGER odd BEFORE INSERT ON spans_data FOR EACH ROW",
                 "IF NEW.name = 'forbidden' THEN RAISE 'odd' USING ERRCODE = '" + state + "'; END IF;");
    write_one_forbidden(*store);
    EXPECT_EQ(rejected_spans(*store), 1U) << state;
    EXPECT_EQ(names(), "a b c d e f g h") << state;
    EXPECT_EQ(value("SELECT reason FROM dead_letters"), "odd (SQLSTATE " + state + ")");
  }
}

TEST_F(PostgresqlRefusals, a_policy_refuses_a_row_and_no_other) {
  static_cast<void>(open());
  const PostgresqlOptions as_role = make_role();
  run_sql(uri_,
          "ALTER TABLE spans_data ENABLE ROW LEVEL SECURITY; CREATE POLICY by_name ON spans_data USING (true) WITH "
          "CHECK (name <> 'forbidden')");
  PostgresqlStore store(as_role);
  write_one_forbidden(store);
  EXPECT_EQ(rejected_spans(store), 1U);
  EXPECT_EQ(names(), "a b c d e f g h");
  EXPECT_EQ(value("SELECT count(*) FROM dead_letters WHERE reason LIKE '%row-level security%'"), "1");
}

TEST_F(PostgresqlRefusals, a_disk_that_fails_and_a_statement_of_unknown_outcome_are_tried_again) {
  const auto store = open();
  for (const std::string state : {"58030", "40003", "XX001"}) {
    run_sql(uri_, "DROP TRIGGER IF EXISTS odd ON spans_data");
    make_trigger("TRIGGER odd BEFORE INSERT ON spans_data FOR EACH ROW",
                 "RAISE 'odd' USING ERRCODE = '" + state + "';");
    const Thrown thrown = thrown_by([&] { write_one_forbidden(*store); });
    EXPECT_TRUE(thrown.is_retryable) << thrown.message;
  }
  EXPECT_EQ(value("SELECT count(*) FROM dead_letters"), "0");
}

TEST_F(PostgresqlRefusals, what_is_refused_is_set_aside_once_however_often_it_is_written) {
  const auto store = open();
  run_sql(uri_, "ALTER TABLE spans_data ADD CONSTRAINT by_hand CHECK (name <> 'forbidden')");
  write_one_forbidden(*store);
  EXPECT_EQ(rejected_spans(*store), 1U);
  const auto other = open();
  write_one_forbidden(*other);
  EXPECT_EQ(rejected_spans(*other), 1U);
  write(*store, [](BatchBuilder& batch) { batch.add(make_span(77, "forbidden", 1, 2)); });
  EXPECT_EQ(value("SELECT count(*) FROM dead_letters"), "2");
}

TEST_F(PostgresqlRefusals, what_cannot_be_set_aside_either_is_counted) {
  const auto store = open();
  run_sql(uri_,
          "ALTER TABLE spans_data ADD CONSTRAINT by_hand CHECK (name <> 'forbidden'); ALTER TABLE dead_letters ADD "
          "CHECK (kind <> 'span')");
  write_one_forbidden(*store);
  const Refusals refusals = store->take_refusals();
  EXPECT_EQ(refusals.rejected[static_cast<std::size_t>(RecordKind::span)], 1U);
  EXPECT_NE(refusals.message.find("dead_letters refuses it, too"), std::string::npos) << refusals.message;
  EXPECT_EQ(names(), "a b c d e f g h");
}

TEST_F(PostgresqlRefusals, what_the_databases_encoding_lacks_is_set_aside_in_ascii) {
  const std::string latin = "latin_" + database_;
  run_sql(uri_, "CREATE DATABASE " + latin + " ENCODING 'LATIN1' TEMPLATE template0 LC_COLLATE 'C' LC_CTYPE 'C'");
  PostgresqlStore store({.connection_string = server().uri(latin)});
  write(store, [](BatchBuilder& batch) {
    batch.add(make_span(1, "fine", 1, 2));
    batch.add(make_span(2, "\u65E5", 1, 2));
  });
  EXPECT_EQ(rejected_spans(store), 1U);
  EXPECT_EQ(store.query_spans({}).size(), 1U);
  EXPECT_EQ(value_of(server().uri(latin), "SELECT count(*) FROM dead_letters WHERE position('\\u65e5' in record) > 0"),
            "1");
}

TEST_F(PostgresqlRefusals, the_reason_is_the_servers_whole_sentence) {
  const auto store = open();
  write(*store, [](BatchBuilder& batch) { batch.add(make_span(1, std::string("a\0b", 3), 1, 2)); });
  EXPECT_EQ(value("SELECT reason FROM dead_letters"),
            "invalid byte sequence for encoding \"UTF8\": 0x00 (SQLSTATE 22021)");
}

// Each statement is quick enough, and all of them together are not.
TEST_F(PostgresqlRefusals, many_refusals_take_longer_than_one_write_may) {
  const auto store = open({.connection_string = uri_, .write_time_limit = 2s});
  make_trigger("TRIGGER slow BEFORE INSERT ON spans_data FOR EACH STATEMENT", "PERFORM pg_sleep(0.06);");
  run_sql(uri_, "ALTER TABLE spans_data ADD CONSTRAINT by_hand CHECK (name <> 's')  NOT VALID");
  const Thrown thrown = thrown_by([&] { write_spans(*store, 1, 41); });
  EXPECT_EQ(thrown.code, "nothing") << thrown.message;
  EXPECT_EQ(rejected_spans(*store), 40U);
  EXPECT_EQ(value("SELECT count(*) FROM dead_letters"), "40");
}

TEST_F(PostgresqlRefusals, what_was_set_aside_has_a_bound) {
  const auto store = open();
  run_sql(uri_,
          "ALTER TABLE spans_data ADD CONSTRAINT by_hand CHECK (name <> 's') NOT VALID; INSERT INTO dead_letters "
          "(digest, kind, reason, record) SELECT gen_random_uuid(), 'span', '', '' FROM generate_series(1, 99999)");
  write_spans(*store, 1, 4);
  const Refusals refusals = store->take_refusals();
  EXPECT_EQ(refusals.rejected[static_cast<std::size_t>(RecordKind::span)], 3U);
  EXPECT_NE(refusals.message.find("which is the most"), std::string::npos) << refusals.message;
  EXPECT_EQ(value("SELECT count(*) FROM dead_letters"), "100000");
}

TEST_F(PostgresqlRefusals, what_was_set_aside_goes_with_its_age) {
  const auto store = open();
  run_sql(uri_,
          "INSERT INTO dead_letters (digest, kind, reason, record, set_aside_at) VALUES (gen_random_uuid(), 'span', "
          "'', 'old', '2025-01-15 10:00:00Z'), (gen_random_uuid(), 'span', '', 'young', '2025-01-15 10:00:02Z')");
  const PostgresqlPruneResult expected{.dead_letters = 1};
  EXPECT_EQ(store->prune(at(1'000)), expected);
  EXPECT_EQ(value("SELECT record FROM dead_letters"), "young");
}

TEST_F(PostgresqlRefusals, tables_that_are_not_there_yet_are_waited_for) {
  PostgresqlStore store({.connection_string = uri_, .manage_schema = false});
  const Thrown thrown = thrown_by([&] { write_spans(store, 1, 11); });
  EXPECT_EQ(thrown.code, "not_found");
  EXPECT_TRUE(thrown.is_retryable) << thrown.message;
  static_cast<void>(open());
  write_spans(store, 1, 11);
  EXPECT_EQ(value("SELECT count(*) FROM spans"), "11");
}

TEST_F(PostgresqlRefusals, tables_that_are_dropped_are_made_again) {
  const auto store = open();
  run_sql(uri_, "DROP SCHEMA public CASCADE; CREATE SCHEMA public");
  const Thrown thrown = thrown_by([&] { write_spans(*store, 1, 11); });
  EXPECT_TRUE(thrown.is_retryable) << thrown.message;
  write_spans(*store, 1, 11);
  EXPECT_EQ(value("SELECT count(*) FROM spans"), "10");
}

TEST_F(PostgresqlRefusals, a_right_that_is_missing_refuses_no_row) {
  static_cast<void>(open());
  const PostgresqlOptions as_role = make_role();
  const std::string role = "role_of_" + database_;
  PostgresqlStore store(as_role);
  for (const std::string table : {"spans_data", "resources"}) {
    run_sql(uri_, "REVOKE INSERT ON " + table + " FROM " + role);
    const Thrown thrown = thrown_by([&] { write_one_forbidden(store); });
    EXPECT_EQ(thrown.code, "permission_denied");
    EXPECT_TRUE(thrown.is_retryable) << thrown.message;
    run_sql(uri_, "GRANT INSERT ON " + table + " TO " + role);
  }
  write_one_forbidden(store);
  EXPECT_EQ(names(), "a b c d e f forbidden g h");
  EXPECT_EQ(value("SELECT count(*) FROM dead_letters"), "0");
}

}  // namespace
}  // namespace spark::testing
