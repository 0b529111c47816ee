// fork() in the middle of exports to SQLite: parent and children write to one file, each under a producer id of its
// own.
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "backends/raw_database.h"
#include "backends/temporary_directory.h"
#include "fakes/recording_sink.h"
#include "spark/backends/sqlite.h"

namespace spark {
namespace {

using namespace std::chrono_literals;
using testing::RawDatabase;
using testing::TemporaryDirectory;

constexpr int events_of_a_child = 50, spans_of_a_child = 20;

// On a machine that is busy with other things, a write of the parent's may take more than the second that a fork waits;
// the child is then without telemetry, as documented, and ends with this.
constexpr int is_off = 6;

// Records under a name of the child's own; 0 if all of it has arrived.
int record_in_child(TelemetryManager& manager) {
  const std::string name = "child " + std::to_string(::getpid());
  for (int i = 0; i < events_of_a_child; ++i) manager.record_event({.name = name, .attributes = {{"i", i}}});
  for (int i = 0; i < spans_of_a_child; ++i) manager.start_span(name).end();
  const FlushResult flushed = manager.flush(60s);
  if (flushed.sinks.at(0).error == "telemetry is off in this forked child") return is_off;
  if (!flushed.complete()) return 3;
  const Stats stats = manager.stats();
  if (!stats.balanced() || stats.dropped() != 0) return 4;
  return manager.query_events({.limit = 1}).size() == 1 ? 0 : 5;
}

// Waits until the parent's sink is in the middle of a write. False: it was in none in all that time.
bool wait_for_an_export(const TelemetryManager& manager) {
  const auto is_in_export = [&] {
    const SinkStats sink = manager.stats().sinks.at(0);
    return sink.rows[static_cast<std::size_t>(RecordKind::event)].in_flight > 0;
  };
  const auto end = std::chrono::steady_clock::now() + fakes::patience;
  while (!is_in_export()) {
    if (std::chrono::steady_clock::now() >= end) return false;
    std::this_thread::sleep_for(100us);  // much less than a write takes
  }
  return true;
}

std::string why_dropped(const Stats& stats) {
  std::string why = "the last error: \"" + stats.sinks.at(0).last_error + "\"";
  for (std::size_t reason = 0; reason < drop_reasons; ++reason) {
    const auto front = stats[RecordKind::event].dropped[reason];
    const auto sink = stats.sinks[0].rows[static_cast<std::size_t>(RecordKind::event)].dropped[reason];
    if (front + sink > 0) why += ", " + std::string(to_string(DropReason(reason))) + " " + std::to_string(front + sink);
  }
  return why;
}

// Nothing may be lost, but a write of the parent's may take longer than the second that a fork waits for it, when a
// disk is busy: one child in twenty may be without telemetry. Were it many, a fork would cost what it promises to keep.
void expect_nearly_all_recorded(int recorded_children, int forks) {
  std::printf("%d children recorded, %d were without telemetry\n", recorded_children, forks - recorded_children);
  EXPECT_GE(recorded_children * 100, forks * 95);
}

TEST(ForkCampaign, children_of_a_busy_parent_record_to_its_file_under_ids_of_their_own) {
  const int forks = std::getenv("SPARK_TEST_FULL") != nullptr ? 300 : 60;
  const TemporaryDirectory directory;
  const std::string path = directory.file("forks.db");
  std::uint64_t parent_s_events = 0;
  int recorded_children = 0;
  {
    TelemetryManager manager(TelemetryConfig::create_sqlite(path, {.buffer_size = 10}));
    std::atomic<bool> is_done{false};
    std::atomic<std::uint64_t> recorded{0};
    std::vector<std::thread> threads;
    for (int i = 0; i < 2; ++i) {
      threads.emplace_back([&] {
        while (!is_done) {
          manager.record_event({.name = "parent", .attributes = {{"text", "some text to be written"}}});
          ++recorded;
          std::this_thread::sleep_for(200us);  // so that queries of the growing file stay short
        }
      });
    }
    // A reader too: queries are inside SQLite when the process forks.
    threads.emplace_back([&] {
      while (!is_done) (void)manager.query_events({.limit = 10});
    });
    bool is_in_time = true;
    for (int fork_number = 0; fork_number < forks; ++fork_number) {
      if (!(is_in_time = wait_for_an_export(manager))) break;
      const pid_t child = ::fork();
      if (child == 0) ::_exit(record_in_child(manager));
      int status = 0;
      EXPECT_EQ(::waitpid(child, &status, 0), child);
      const int result = WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
      EXPECT_TRUE(result == 0 || result == is_off) << "exit code " << result << " of fork " << fork_number;
      recorded_children += result == 0 ? 1 : 0;
    }
    is_done = true;
    for (auto& thread : threads) thread.join();
    ASSERT_TRUE(is_in_time) << "the parent exported nothing";
    ASSERT_TRUE(manager.flush(fakes::patience).complete());
    EXPECT_TRUE(manager.stats().balanced());
    EXPECT_EQ(manager.stats().dropped(), 0U) << why_dropped(manager.stats());
    parent_s_events = recorded;
  }
  RawDatabase raw(path);
  EXPECT_EQ(raw.run("PRAGMA integrity_check"), "ok\n");
  EXPECT_EQ(raw.run("SELECT count(*) FROM events WHERE name = 'parent'"), std::to_string(parent_s_events) + "\n");
  expect_nearly_all_recorded(recorded_children, forks);
  const std::string children = std::to_string(recorded_children);
  EXPECT_EQ(raw.run("SELECT count(*), min(n), max(n) FROM (SELECT count(*) AS n FROM spans GROUP BY name)"),
            children + "|20|20\n");
  // By producer: one for each process, none with another's name.
  EXPECT_EQ(
      raw.run("SELECT count(*), min(n), max(n), sum(names = 1) FROM (SELECT count(*) AS n, count(DISTINCT name) AS "
              "names FROM events_data WHERE name <> (SELECT number FROM names WHERE text = 'parent') GROUP BY "
              "id_high)"),
      children + "|50|50|" + children + "\n");
  EXPECT_EQ(raw.run("SELECT count(DISTINCT id_high) FROM events_data"), std::to_string(recorded_children + 1) + "\n");
}

// What a child that returns from main() does: it records to the process default, and exit() is all that flushes it.
// That gives up after 2 s, which a disk can take; the child then ends with this, and some of its events may be missing.
constexpr int is_late = 7;
TelemetryManager* exiting_child_s = nullptr;

// Registered before main() runs, and so called after everything that telemetry does at exit.
[[maybe_unused]] const int registered = std::atexit([] {
  if (exiting_child_s == nullptr) return;
  const SinkStats sink = exiting_child_s->stats().sinks.at(0);
  if (sink.rows[static_cast<std::size_t>(RecordKind::event)].exported != events_of_a_child) ::_exit(is_late);
});

[[noreturn]] void record_and_exit() {
  TelemetryManager& manager = TelemetryManager::get_instance();
  const std::string name = "child " + std::to_string(::getpid());
  for (int i = 0; i < events_of_a_child; ++i) manager.record_event({.name = name, .attributes = {{"i", i}}});
  const Stats stats = manager.stats();
  if (stats[RecordKind::event].dropped[static_cast<std::size_t>(DropReason::shut_down)] > 0) ::_exit(is_off);
  exiting_child_s = &manager;
  std::exit(0);
}

// The process default for a scope, however the scope is left.
struct ProcessDefault {
  explicit ProcessDefault(const TelemetryConfig& config) : manager(configured(config)) {}
  ProcessDefault(const ProcessDefault&) = delete;
  ProcessDefault& operator=(const ProcessDefault&) = delete;
  ~ProcessDefault() { TelemetryManager::reset_instance(); }
  TelemetryManager& manager;

 private:
  static TelemetryManager& configured(const TelemetryConfig& config) {
    TelemetryManager::reset_instance();
    return TelemetryManager::configure(config);
  }
};

// What became of the children that several threads forked.
struct Children {
  std::mutex mutex;
  int recorded = 0;
  std::string late = "''";  // their names, as SQL has them in a list

  // Forks a child that records and exits. False: it ended as none may.
  bool fork_one() {
    const pid_t child = ::fork();
    if (child == 0) record_and_exit();
    int status = 0;
    if (::waitpid(child, &status, 0) != child || !WIFEXITED(status)) return false;
    const std::lock_guard lock(mutex);
    recorded += WEXITSTATUS(status) == 0 ? 1 : 0;
    if (WEXITSTATUS(status) == is_late) late += ", 'child " + std::to_string(child) + "'";
    return WEXITSTATUS(status) == 0 || WEXITSTATUS(status) == is_off || WEXITSTATUS(status) == is_late;
  }
};

TEST(ForkCampaign, the_process_default_of_a_program_whose_threads_fork_goes_on_in_children_that_exit) {
  const int forks_of_a_thread = std::getenv("SPARK_TEST_FULL") != nullptr ? 150 : 20;
  const TemporaryDirectory directory;
  const std::string path = directory.file("default.db");
  std::atomic<std::uint64_t> recorded{0};
  Children children;
  {
    const ProcessDefault process_default(TelemetryConfig::create_sqlite(path, {.buffer_size = 10}));
    TelemetryManager& manager = process_default.manager;
    std::atomic<bool> is_done{false};
    std::thread recording([&] {
      while (!is_done) {
        manager.record_event({.name = "parent"});
        ++recorded;
        std::this_thread::sleep_for(200us);
      }
    });
    std::vector<std::thread> forking;
    for (int thread = 0; thread < 2; ++thread) {
      forking.emplace_back([&] {
        for (int i = 0; i < forks_of_a_thread && !::testing::Test::HasFailure(); ++i) {
          EXPECT_TRUE(wait_for_an_export(manager)) << "the parent exported nothing";
          EXPECT_TRUE(children.fork_one()) << "fork " << i;
        }
      });
    }
    for (auto& thread : forking) thread.join();
    is_done = true;
    recording.join();
    ASSERT_TRUE(manager.flush(fakes::patience).complete());
  }
  expect_nearly_all_recorded(children.recorded, 2 * forks_of_a_thread);
  RawDatabase raw(path);
  EXPECT_EQ(raw.run("PRAGMA integrity_check"), "ok\n");
  EXPECT_EQ(raw.run("SELECT count(*) FROM events WHERE name = 'parent'"), std::to_string(recorded) + "\n");
  EXPECT_EQ(raw.run("SELECT count(*), min(n), max(n) FROM (SELECT count(*) AS n FROM events WHERE name <> 'parent' "
                    "AND name NOT IN (" +
                    children.late + ") GROUP BY name)"),
            std::to_string(children.recorded) + "|50|50\n");
  EXPECT_EQ(raw.run("SELECT count(DISTINCT id_high) FROM events_data WHERE name NOT IN (SELECT number FROM names WHERE "
                    "text IN (" +
                    children.late + "))"),
            std::to_string(children.recorded + 1) + "\n");
}

TEST(ForkedStore, of_the_parent_refuses_and_closes_nothing_in_the_child) {
  const TemporaryDirectory directory;
  const auto store = std::make_unique<SqliteStore>(SqliteOptions{.path = directory.file("store.db")});
  (void)store->put("kind", "id", 1, 0);
  const pid_t child = ::fork();
  if (child == 0) {
    int result = 1;
    try {
      (void)store->get("kind", "id");
    } catch (const Error& error) {
      result = error.code() == ErrorCode::unsupported ? 0 : 2;
    }
    if (result == 0) {
      SqliteStore own({.path = directory.file("store.db")});
      result = own.get("kind", "id").has_value() && own.put("kind", "id", 2, 1) == 2 ? 0 : 3;
    }
    ::_exit(result);
  }
  int status = 0;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  EXPECT_EQ(status, 0);
  EXPECT_EQ(store->get("kind", "id"), (Document{2, 2}));
}

}  // namespace
}  // namespace spark
