// sparktel tail: the follower, poll by poll, and the command beside a writer.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>

#include <filesystem>
#include <thread>
#include <variant>

#include "apps/child_process.h"
#include "apps/exchange_fixture.h"
#include "apps/sparktel/sources/sqlite_source.h"
#include "apps/sparktel/tail/follower.h"
#include "apps/sparktel/terminal/stop_signal.h"

namespace spark::testing {
namespace {

using sparktel::Database;
using sparktel::Follower;
using sparktel::SqliteChanges;
using ::testing::HasSubstr;

class Tail : public ::testing::Test {
 protected:
  Span span(std::uint64_t number, std::uint64_t trace, std::int64_t start, std::int64_t end) {
    Span result = make_span(number, "span " + std::to_string(number), start, end);
    result.trace_id = trace_id(trace);
    return result;
  }
  // The names of what has ended since the last call.
  static std::string poll(Follower& follower) {
    std::string out;
    for (const Follower::Ended& ended : follower.poll()) {
      std::visit([&](const auto& record) { out += (out.empty() ? "" : ", ") + record.name; }, ended);
    }
    return out;
  }

  TemporaryDirectory directory;
  std::string path = directory.file("telemetry.db");
};

TEST_F(Tail, WhatWasThereIsNotGivenAndWhatEndsLaterIs) {
  SqliteStore writer({.path = path});
  write(writer, [&](BatchBuilder& builder) {
    builder.add(make_trace(1, "long", 0, std::nullopt));
    builder.add(span(1, 1, 10, 20));
  });
  SqliteStore reader({.path = path, .read_only = true});
  Database database(path);
  SqliteChanges changes(database);
  Follower follower(reader, changes, {});
  EXPECT_EQ(poll(follower), "");
  // A span that began before all that is known, in a trace that was there; and one of a new trace.
  write(writer, [&](BatchBuilder& builder) {
    builder.add(span(2, 1, 1, 500));
    builder.add(span(3, 2, 100, 200));
  });
  EXPECT_EQ(poll(follower), "span 3, span 2");
  EXPECT_EQ(poll(follower), "");
  write(writer, [&](BatchBuilder& builder) { builder.add(make_trace(1, "long", 0, 600)); });
  EXPECT_EQ(poll(follower), "long");
  // A trace that has ended still gets a span, of another process.
  write(writer, [&](BatchBuilder& builder) { builder.add(span(4, 1, 550, 700)); });
  EXPECT_EQ(poll(follower), "span 4");
}

TEST_F(Tail, ARunningTraceIsWatchedHoweverManyOthersEnd) {
  SqliteStore writer({.path = path});
  write(writer, [&](BatchBuilder& builder) { builder.add(make_trace(1, "long", 0, std::nullopt)); });
  SqliteStore reader({.path = path, .read_only = true});
  Database database(path);
  SqliteChanges changes(database);
  Follower follower(reader, changes, {});
  write(writer, [&](BatchBuilder& builder) {
    for (std::uint64_t i = 2; i < 2 + 2 * Follower::most_idle; ++i) builder.add(make_trace(i, "short", 1, 2));
  });
  EXPECT_EQ(follower.poll().size(), 2 * Follower::most_idle);
  EXPECT_EQ(follower.watched(), Follower::most_idle + 1);
  write(writer, [&](BatchBuilder& builder) { builder.add(span(1, 1, 0, 900)); });
  EXPECT_EQ(poll(follower), "span 1");
}

TEST_F(Tail, FollowsAFileThatAppearsLaterUntilItIsInterrupted) {
  RunningSparktel tail({"tail", path, "--name", "span*", "--json"});
  while (tail.error().find("waiting for") == std::string::npos) std::this_thread::yield();
  SqliteStore writer({.path = path});
  Span first = span(1, 1, 0, 5);
  write(writer, [&](BatchBuilder& builder) {
    builder.add(first);
    builder.add(make_trace(2, "other", 0, 1));
  });
  while (tail.out().find('\n') == std::string::npos) std::this_thread::yield();
  first = span(2, 1, 1, 6);
  write(writer, [&](BatchBuilder& builder) { builder.add(first); });
  while (tail.out().find("span 2") == std::string::npos) std::this_thread::yield();
  tail.send(SIGINT);
  const ChildResult result = tail.wait();
  EXPECT_EQ(result.exit_code, 0) << result.error;
  EXPECT_THAT(result.out, HasSubstr("\"name\":\"span 1\""));
  EXPECT_THAT(result.out, ::testing::Not(HasSubstr("other")));
}

// All of a young database is in its -wal, so that its own size tells nothing.
TEST_F(Tail, BeginsWithWhatEndsAfterIt) {
  SqliteStore writer({.path = path});
  const Span old = span(1, 1, 0, 5);
  write(writer, [&](BatchBuilder& builder) { builder.add(old); });
  RunningSparktel tail({"tail", path, "--json"});
  while (tail.error().find("following") == std::string::npos) std::this_thread::yield();
  const Span fresh = span(2, 1, 1, 6);
  write(writer, [&](BatchBuilder& builder) { builder.add(fresh); });
  while (tail.out().find("span 2") == std::string::npos) std::this_thread::yield();
  tail.send(SIGINT);
  EXPECT_THAT(tail.wait().out, ::testing::Not(HasSubstr("span 1")));
}

// A writer makes an empty file first; what it then records is new.
TEST_F(Tail, FollowsAnEmptyFileFromItsFirstRecord) {
  write_file(path, "");
  RunningSparktel tail({"tail", path, "--json"});
  while (tail.error().find("waiting for") == std::string::npos) std::this_thread::yield();
  SqliteStore writer({.path = path});
  const Span first = span(1, 1, 0, 5);
  write(writer, [&](BatchBuilder& builder) { builder.add(first); });
  while (tail.out().find('\n') == std::string::npos) std::this_thread::yield();
  tail.send(SIGINT);
  EXPECT_THAT(tail.wait().out, HasSubstr("\"name\":\"span 1\""));
}

TEST_F(Tail, SaysThatTheFileIsAnotherOne) {
  { SqliteStore writer({.path = path}); }
  RunningSparktel tail({"tail", path});
  while (tail.error().find("following") == std::string::npos) std::this_thread::yield();
  std::filesystem::rename(path, directory.file("moved.db"));
  const ChildResult result = tail.wait();
  EXPECT_EQ(result.exit_code, 1);
  EXPECT_THAT(result.error, HasSubstr(path + " was moved away or replaced by another file; run tail again"));
}

// As nohup has it.
TEST(StopSignal, LeavesIgnoredWhatWasIgnored) {
  struct sigaction before {};
  struct sigaction ignored {};
  ignored.sa_handler = SIG_IGN;
  ASSERT_EQ(::sigaction(SIGHUP, &ignored, &before), 0);
  {
    const sparktel::StopSignal stop;
    ASSERT_EQ(::raise(SIGHUP), 0);
    EXPECT_FALSE(stop.requested());
    ASSERT_EQ(::raise(SIGTERM), 0);
    EXPECT_TRUE(stop.requested());
  }
  ::sigaction(SIGHUP, &before, nullptr);
}

TEST_F(Tail, EndsByItselfAndDoesNotMakeAFile) {
  EXPECT_EQ(run_sparktel({"tail", path, "--for", "1ms"}).exit_code, 0);
  EXPECT_FALSE(std::filesystem::exists(path));
  EXPECT_EQ(run_sparktel({"tail", path, "--name", "["}).exit_code, 2);
  write_file(path, std::string(9'000, 'x'));
  EXPECT_EQ(run_sparktel({"tail", path, "--for", "1ms"}).exit_code, 1);
}

}  // namespace
}  // namespace spark::testing
