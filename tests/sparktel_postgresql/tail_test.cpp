// sparktel tail on a database in a server: the follower, poll by poll, and the command beside a writer.
#include <libpq-fe.h>
#include <signal.h>

#include <chrono>
#include <thread>
#include <variant>

#include "apps/sparktel/sources/open.h"
#include "apps/sparktel/tail/follower.h"
#include "sparktel_postgresql/fixture.h"

namespace spark::testing {
namespace {

using sparktel::Changes;
using sparktel::Follower;
using sparktel::Source;
using ::testing::HasSubstr;
using ::testing::Not;

// Times are so many milliseconds after now: only what starts within the last hour is noticed as new.
class Tail : public WithServer {
 protected:
  [[nodiscard]] Timestamp time(std::int64_t ms) const { return start + std::chrono::milliseconds(ms); }
  [[nodiscard]] Span span(std::uint64_t number, std::uint64_t trace, std::int64_t from, std::int64_t to) const {
    Span result = make_span(number, "span " + std::to_string(number), 0, 0);
    result.trace_id = trace_id(trace);
    result.start_time = time(from);
    result.end_time = time(to);
    return result;
  }
  [[nodiscard]] Trace trace(std::uint64_t number, const std::string& name, std::int64_t from,
                            std::optional<std::int64_t> to) const {
    Trace result = make_trace(number, name, 0, to ? std::optional<std::int64_t>(0) : std::nullopt);
    result.start_time = time(from);
    if (to) result.end_time = time(*to);
    return result;
  }
  static std::string poll(Follower& follower) {
    std::string out;
    for (const Follower::Ended& ended : follower.poll()) {
      std::visit([&](const auto& record) { out += (out.empty() ? "" : ", ") + record.name; }, ended);
    }
    return out;
  }
  template <class AnyRecord>
  static void write_one(Store& store, const AnyRecord& record) {
    write(store, [&](BatchBuilder& builder) { builder.add(record); });
  }

  const Timestamp start = system_clock().wall_now();
};

TEST_F(Tail, WhatWasThereIsNotGivenAndWhatEndsLaterIs) {
  PostgresqlStore writer({.connection_string = dsn});
  write(writer, [&](BatchBuilder& builder) {
    builder.add(trace(1, "long", 0, std::nullopt));
    builder.add(span(1, 1, 10, 20));
  });
  const std::unique_ptr<Source> source = sparktel::open_source(dsn);
  const std::unique_ptr<Changes> changes = source->follow();
  Follower follower(source->store(), *changes, {});
  EXPECT_EQ(poll(follower), "");
  write(writer, [&](BatchBuilder& builder) {
    builder.add(span(2, 1, 1, 500));
    builder.add(span(3, 2, 100, 200));  // whose trace has no row
  });
  EXPECT_EQ(poll(follower), "span 3, span 2");
  EXPECT_EQ(poll(follower), "");
  write_one(writer, trace(1, "long", 0, 600));
  EXPECT_EQ(poll(follower), "long");
  write_one(writer, span(4, 1, 550, 700));
  EXPECT_EQ(poll(follower), "span 4");
  // Of a watched trace whenever it began.
  write_one(writer, span(5, 1, -100'000'000, 800));
  EXPECT_EQ(poll(follower), "span 5");
}

// Another program's transaction was under way at the last look, and ends later than one that began after it.
TEST_F(Tail, ATransactionThatTakesLongIsNotMissed) {
  PostgresqlStore writer({.connection_string = dsn});
  write_one(writer, trace(1, "first", 0, 1));
  const std::unique_ptr<Source> source = sparktel::open_source(dsn);
  const std::unique_ptr<Changes> changes = source->follow();
  Follower follower(source->store(), *changes, {});
  const std::unique_ptr<PGconn, decltype(&PQfinish)> slow(PQconnectdb(dsn.c_str()), &PQfinish);
  const auto run = [&](const std::string& sql) {
    const std::unique_ptr<PGresult, decltype(&PQclear)> result(PQexec(slow.get(), sql.c_str()), &PQclear);
    ASSERT_EQ(PQresultStatus(result.get()), PGRES_COMMAND_OK) << PQerrorMessage(slow.get());
  };
  run("BEGIN");
  run("INSERT INTO traces_data SELECT '00000000-0000-0000-0000-0000000000ff', start_ns, end_ns, duration_ns, 'slow', "
      "status, "
      "root_span_id, graph_hash, resource, attributes FROM traces_data");
  EXPECT_EQ(poll(follower), "");
  write_one(writer, trace(2, "quick", 2, 3));
  EXPECT_EQ(poll(follower), "quick");
  EXPECT_EQ(poll(follower), "");
  run("COMMIT");
  EXPECT_EQ(poll(follower), "slow");
}

TEST_F(Tail, FollowsADatabaseWhoseTablesAreMadeLaterUntilItIsInterrupted) {
  RunningSparktel tail({"tail", dsn, "--name", "span*", "--json"});
  while (tail.error().find("waiting for the tables of " + name()) == std::string::npos) std::this_thread::yield();
  PostgresqlStore writer({.connection_string = dsn});
  write(writer, [&](BatchBuilder& builder) {
    builder.add(span(1, 1, 0, 5));
    builder.add(trace(2, "other", 0, 1));
  });
  while (tail.out().find('\n') == std::string::npos) std::this_thread::yield();
  write_one(writer, span(2, 1, 1, 6));
  while (tail.out().find("span 2") == std::string::npos) std::this_thread::yield();
  tail.send(SIGINT);
  const ChildResult result = tail.wait();
  EXPECT_EQ(result.exit_code, 0) << result.error;
  EXPECT_THAT(result.out, HasSubstr("\"name\":\"span 1\""));
  EXPECT_THAT(result.out, Not(HasSubstr("other")));
}

TEST_F(Tail, GoesOnWhenTheServerIsThereAgain) {
  auto writer = std::make_unique<PostgresqlStore>(PostgresqlOptions{.connection_string = dsn});
  write_one(*writer, span(1, 1, 0, 5));
  RunningSparktel tail({"tail", dsn});
  while (tail.error().find("following " + name()) == std::string::npos) std::this_thread::yield();
  server->stop(PostgresServer::Stop::fast);
  while (tail.error().find("waiting for it") == std::string::npos) std::this_thread::yield();
  server->start();
  writer = std::make_unique<PostgresqlStore>(PostgresqlOptions{.connection_string = dsn});
  write_one(*writer, span(2, 1, 1, 6));
  while (tail.out().find("span 2") == std::string::npos) std::this_thread::yield();
  tail.send(SIGINT);
  const ChildResult result = tail.wait();
  EXPECT_EQ(result.exit_code, 0) << result.error;
  EXPECT_THAT(result.out, Not(HasSubstr("span 1")));
}

}  // namespace
}  // namespace spark::testing
