// What becomes of batches that come twice, come at once from many, or hold rows that the server refuses.
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <filesystem>
#include <set>
#include <thread>

#include "fakes/forked_child.h"
#include "postgresql/cutting_proxy.h"
#include "postgresql/fixture.h"

namespace spark::testing {
namespace {

using PostgresqlWriter = PostgresqlTest;

TEST_F(PostgresqlWriter, a_batch_that_is_there_in_part_is_completed) {
  PostgresqlStore store(options());
  write_spans(store, 1, 101);
  write_spans(store, 51, 151);
  EXPECT_EQ(value("SELECT count(*) FROM spans"), "150");
  EXPECT_EQ(value("SELECT count(DISTINCT span_id) FROM spans"), "150");
}

TEST_F(PostgresqlWriter, a_row_twice_in_one_batch_is_there_once) {
  PostgresqlStore store(options());
  write(store, [](BatchBuilder& batch) {
    batch.add(make_span(1, "s", 1, 2));
    batch.add(make_span(1, "s", 1, 2));
  });
  EXPECT_EQ(ids(store.query_spans({})), "S1");
}

TEST_F(PostgresqlWriter, a_trace_is_tried_in_one_way_alone_when_it_begins_and_when_it_ends_later) {
  PostgresqlStore store(options());
  static_cast<void>(store.query_traces({}));  // makes the tables
  // Sequences do not roll back: an attempt that failed would have its number.
  run_sql(uri_,
          "CREATE SEQUENCE attempts; CREATE FUNCTION attempt() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN PERFORM "
          "nextval('attempts'); RETURN NULL; END $$; CREATE TRIGGER attempt BEFORE INSERT ON traces_data "
          "FOR EACH STATEMENT EXECUTE FUNCTION attempt()");
  write(store, [](BatchBuilder& batch) {
    batch.add(make_trace(1, "goes on", 1, {}));
    batch.add(make_trace(2, "is over", 2, {}));
    batch.add(make_trace(2, "is over", 2, 3));
  });
  EXPECT_EQ(value("SELECT last_value FROM attempts"), "1");
  write(store, [](BatchBuilder& batch) { batch.add(make_trace(1, "goes on", 1, 4)); });
  EXPECT_EQ(value("SELECT last_value FROM attempts"), "2");
  EXPECT_EQ(value("SELECT string_agg(name || ' ' || status, ', ' ORDER BY name) FROM traces"),
            "goes on completed, is over completed");
}

TEST_F(PostgresqlWriter, rows_larger_than_what_is_sent_at_once_arrive_whole_among_small_ones) {
  PostgresqlStore store(options());
  const auto size_of = [](std::uint64_t i) { return i % 50 == 7 ? 300'000 + i : i; };
  write(store, [&](BatchBuilder& batch) {
    for (std::uint64_t i = 1; i <= 200; ++i) {
      batch.add(make_span(i, "s", 1, 2, {{"text", std::string(size_of(i), static_cast<char>('a' + i % 26))}}));
    }
  });
  const Page<Span> spans = store.query_spans({.limit = 1'000});
  ASSERT_EQ(spans.size(), 200U);
  for (const Span& span : spans) {
    const std::uint64_t i = span.span_id.value & 0xFFFF;  // above that is the top bit
    EXPECT_EQ(span.attributes.at("text"), Value(std::string(size_of(i), static_cast<char>('a' + i % 26)))) << i;
  }
}

TEST_F(PostgresqlWriter, a_commit_of_unknown_outcome_may_be_repeated) {
  CuttingProxy proxy(server().port());
  PostgresqlStore store(
      {.connection_string = "host=127.0.0.1 user=spark port=" + std::to_string(proxy.port()) + " dbname=" + database_});
  write_spans(store, 1, 11);
  proxy.cut_commits(1);
  const Thrown lost = thrown_by([&] { write_spans(store, 11, 21); });
  EXPECT_EQ(lost.code, "unavailable");
  EXPECT_TRUE(lost.is_retryable) << lost.message;
  EXPECT_EQ(proxy.cut(), 1);
  EXPECT_EQ(value("SELECT count(*) FROM spans"), "20") << "the server has committed it";
  write_spans(store, 11, 21);
  write_spans(store, 21, 31);
  EXPECT_EQ(value("SELECT count(*) FROM spans"), "30");
}

TEST_F(PostgresqlWriter, a_server_process_that_dies_in_the_transaction_loses_nothing) {
  PostgresqlStore store(options());
  write_spans(store, 1, 2);
  run_sql(uri_,
          "CREATE FUNCTION die() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN PERFORM "
          "pg_terminate_backend(pg_backend_pid()); RETURN NULL; END $$; CREATE TRIGGER die AFTER INSERT ON spans_data "
          "FOR EACH STATEMENT EXECUTE FUNCTION die()");
  const Thrown lost = thrown_by([&] { write_spans(store, 2, 12); });
  EXPECT_EQ(lost.code, "unavailable");
  EXPECT_TRUE(lost.is_retryable) << lost.message;
  run_sql(uri_, "DROP TRIGGER die ON spans_data");
  write_spans(store, 2, 12);
  EXPECT_EQ(value("SELECT count(*) FROM spans"), "11");
}

TEST_F(PostgresqlWriter, a_server_that_was_stopped_takes_the_batch_when_it_is_back) {
  PostgresqlStore store(options());
  write_spans(store, 1, 11);
  EXPECT_EQ(store.query_spans({}).size(), 10U);
  server().stop(PostgresServer::Stop::immediate);
  const Thrown lost = thrown_by([&] { write_spans(store, 11, 21); });
  EXPECT_TRUE(lost.is_retryable) << lost.message;
  const Thrown refused = thrown_by([&] { write_spans(store, 11, 21); });
  EXPECT_TRUE(refused.is_retryable) << refused.message;
  EXPECT_EQ(thrown_by([&] { static_cast<void>(store.query_spans({})); }).code, "unavailable");
  server().start();
  write_spans(store, 11, 21);
  EXPECT_EQ(store.query_spans({}).size(), 20U);
}

TEST_F(PostgresqlWriter, an_idle_connection_that_was_lost_costs_a_query_nothing) {
  PostgresqlStore store(options());
  write_spans(store, 1, 11);
  EXPECT_EQ(store.query_spans({}).size(), 10U);
  EXPECT_EQ(store.put("k", "i", 1, 0), 1U);
  const std::string kill =
      "SELECT count(pg_terminate_backend(pid, 5000)) FROM pg_stat_activity WHERE datname = current_database() AND pid "
      "<> pg_backend_pid()";
  EXPECT_EQ(value(kill), "2");
  EXPECT_EQ(store.query_spans({}).size(), 10U);
  EXPECT_EQ(value(kill), "1");
  EXPECT_EQ(store.put("k", "i", 2, 1), 2U);
}

// Forks, so it has no threads.
TEST_F(PostgresqlWriter, ten_processes_make_the_tables_at_once) {
  constexpr int processes = 10;
  std::vector<pid_t> children;
  for (int i = 0; i < processes; ++i) {
    const pid_t child = ::fork();
    if (child == 0) {
      try {
        PostgresqlStore store(options());
        const auto from = static_cast<std::uint64_t>(1 + 10 * i);
        write_spans(store, from, from + 10);
        ::_exit(0);
      } catch (const std::exception& error) {
        std::fprintf(stderr, "%s\n", error.what());
        ::_exit(1);
      }
    }
    children.push_back(child);
  }
  for (const pid_t child : children) {
    int status = -1;
    ::waitpid(child, &status, 0);
    EXPECT_EQ(status, 0);
  }
  EXPECT_EQ(value("SELECT count(*) FROM spans"), "100");
  EXPECT_EQ(value("SELECT value FROM spark_meta WHERE key = 'version'"), "1");
}

// One of each way in which the server refuses a row that gets past us.
TEST_F(PostgresqlWriter, rows_that_the_server_refuses_are_set_aside_and_their_neighbours_stored) {
  PostgresqlStore store(options());
  write_spans(store, 1'000, 1'001);
  run_sql(uri_, "ALTER TABLE spans_data ADD CONSTRAINT by_hand CHECK (name <> 'forbidden')");
  write(store, [](BatchBuilder& batch) {
    for (std::uint64_t i = 1; i <= 7; ++i) batch.add(make_span(i, "fine", static_cast<std::int64_t>(i), 9));
    batch.add(make_span(8, std::string("zero\0inside", 11), 8, 9));
    batch.add(make_span(9, "not \xFF UTF-8", 9, 9));
    batch.add(make_span(10, "fine", 10, 10, {{"key", std::string("a\0b", 3)}}));
    batch.add(make_span(11, "forbidden", 11, 11));
    batch.add(make_metric(1, std::string("\0", 1), 1));
    batch.add(make_metric(2, "fine", 1));
    Trace trace = make_trace(5, std::string("\0", 1), 1, {});
    batch.add(trace);
    trace.end_time = at(2);
    batch.add(trace);
    batch.add(make_trace(6, "fine", 1, 2));
  });
  const Refusals refusals = store.take_refusals();
  const auto rejected = [&](RecordKind kind) { return refusals.rejected[static_cast<std::size_t>(kind)]; };
  EXPECT_EQ(rejected(RecordKind::span), 4U);
  EXPECT_EQ(rejected(RecordKind::metric), 1U);
  EXPECT_EQ(rejected(RecordKind::trace_start), 1U);
  EXPECT_EQ(rejected(RecordKind::trace_end), 1U);
  EXPECT_NE(refusals.message.find("dead_letters"), std::string::npos) << refusals.message;
  EXPECT_EQ(value("SELECT count(*) FROM spans WHERE name = 'fine'"), "7");
  EXPECT_EQ(ids(store.query_metrics({})), "R2");
  EXPECT_EQ(ids(store.query_traces({})), "T6");
  EXPECT_EQ(value("SELECT count(*) FROM dead_letters"), "6");
  EXPECT_EQ(value("SELECT record::jsonb ->> 'name' FROM dead_letters WHERE reason LIKE '%by_hand%'"), "forbidden");
  write_spans(store, 2'000, 2'001);
  const Refusals none = store.take_refusals();
  EXPECT_EQ(none.message, "");
}

TEST_F(PostgresqlWriter, a_database_that_is_not_there_is_said_so) {
  PostgresqlStore store({.connection_string = server().uri("nowhere")});
  const Thrown thrown = thrown_by([&] { write_spans(store, 1, 2); });
  EXPECT_NE(thrown.message.find("nowhere"), std::string::npos) << thrown.message;
  EXPECT_NE(thrown.message.find("does not exist"), std::string::npos) << thrown.message;
}

TEST_F(PostgresqlWriter, a_forked_child_cannot_use_its_parents_store) {
  PostgresqlStore store(options());
  write_spans(store, 1, 2);
  static_cast<void>(store.query_spans({}));
  const pid_t child = ::fork();
  if (child == 0) {
    const bool is_refused = thrown_by([&] { write_spans(store, 2, 3); }).code == "unsupported";
    ::_exit(is_refused ? 0 : 1);
  }
  int status = -1;
  ::waitpid(child, &status, 0);
  EXPECT_EQ(status, 0);
  write_spans(store, 2, 3);
  EXPECT_EQ(store.query_spans({}).size(), 2U);
}

// The sockets of this process, by their inodes.
std::set<std::string> sockets() {
  std::set<std::string> found;
  for (const auto& entry : std::filesystem::directory_iterator("/proc/self/fd")) {
    std::error_code error;
    const std::string target = std::filesystem::read_symlink(entry.path(), error).string();
    if (target.starts_with("socket:")) found.insert(target);
  }
  return found;
}

TEST_F(PostgresqlWriter, a_forked_child_keeps_no_session_open_and_ends_none) {
  const std::set<std::string> before = sockets();
  PostgresqlStore store(options());
  write_spans(store, 1, 2);
  static_cast<void>(store.query_spans({}));
  std::set<std::string> ours;
  for (const std::string& socket : sockets()) {
    if (!before.contains(socket)) ours.insert(socket);
  }
  EXPECT_EQ(ours.size(), 2U);
  EXPECT_EQ(fakes::in_child([&] {
              std::string kept;
              for (const std::string& socket : sockets()) {
                if (ours.contains(socket)) kept += socket;
              }
              static_cast<void>(store.abandon());
              return kept;
            }),
            "");
  write_spans(store, 2, 3);
  EXPECT_EQ(store.query_spans({}).size(), 2U);
}

// A stopped process is to its server as one whose machine has lost its power.
TEST_F(PostgresqlWriter, the_locks_of_a_writer_that_is_gone_are_gone_soon) {
  PostgresqlStore store(options());
  write_spans(store, 1, 2);
  run_sql(
      uri_,
      "CREATE FUNCTION wait() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN PERFORM pg_sleep(2); RETURN NULL; END $$; "
      "CREATE TRIGGER wait AFTER INSERT ON spans_data FOR EACH STATEMENT EXECUTE FUNCTION wait()");
  const pid_t child = ::fork();
  if (child == 0) {
    PostgresqlStore own({.connection_string = uri_ + "?application_name=stopped", .write_time_limit = Seconds(4)});
    write_spans(own, 2, 3);
    ::_exit(0);
  }
  const auto count = [&](const std::string& condition) {
    return value("SELECT count(*) FROM pg_stat_activity WHERE application_name = 'stopped'" + condition);
  };
  while (count(" AND wait_event = 'PgSleep'") != "1") std::this_thread::yield();
  ::kill(child, SIGSTOP);
  while (count(" AND state = 'idle in transaction'") != "1") std::this_thread::yield();
  const auto patience = std::chrono::steady_clock::now() + std::chrono::seconds(60);
  while (count("") != "0" && std::chrono::steady_clock::now() < patience) std::this_thread::yield();
  EXPECT_EQ(count(""), "0");
  ::kill(child, SIGKILL);
  ::waitpid(child, nullptr, 0);
  run_sql(uri_, "BEGIN; LOCK TABLE spans_data IN ACCESS EXCLUSIVE MODE NOWAIT; COMMIT");
}

}  // namespace
}  // namespace spark::testing
