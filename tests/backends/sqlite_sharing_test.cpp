// One file, many users: the lock file, checkpoints, and stores of several threads and processes.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/file.h>
#include <sys/wait.h>
#include <unistd.h>

#include <fstream>
#include <iterator>
#include <thread>

#include "backends/raw_database.h"
#include "backends/records.h"
#include "backends/temporary_directory.h"
#include "spark/backends/sqlite.h"
#include "spark/base/error.h"

namespace spark::testing {
namespace {

class SqliteSharing : public ::testing::Test {
 protected:
  // `count` spans of a trace of their own, with about 200 bytes each.
  static void write_spans(Store& store, std::uint64_t trace, std::uint64_t count) {
    write(store, [&](BatchBuilder& batch) {
      for (std::uint64_t id = 1; id <= count; ++id) {
        batch.add(Span{.span_id = {id},
                       .trace_id = trace_id(trace),
                       .parent_span_id = {},
                       .name = "s",
                       .start_time = at(0),
                       .end_time = at(1),
                       .status_message = {},
                       .error_type = {},
                       .attributes = {{"payload", std::string(150, 'x')}}});
      }
    });
  }
  static std::string content_of(const std::string& path) {
    std::ifstream file(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
  }

  TemporaryDirectory directory_;
  const std::string path_ = directory_.file("shared.db");
};

TEST_F(SqliteSharing, writes_wait_for_the_lock_file_and_give_up_in_time) {
  SqliteStore store({.path = path_, .busy_timeout = Seconds{0.01}});
  const int other = ::open((path_ + "-lock").c_str(), O_RDWR);
  ASSERT_GE(other, 0);
  ASSERT_EQ(::flock(other, LOCK_EX), 0);
  std::string message;
  try {
    write_spans(store, 1, 1);
  } catch (const Error& error) {
    message = std::string(to_string(error.code())) + ": " + error.what();
  }
  EXPECT_EQ(message, "unavailable: cannot lock " + path_ + "-lock within 0.010000 s: others are writing");
  EXPECT_EQ(ids(store.query_spans({})), "") << "queries need no lock";
  ASSERT_EQ(::flock(other, LOCK_UN), 0);
  write_spans(store, 1, 1);
  EXPECT_EQ(ids(store.query_spans({})), "S1");
  EXPECT_EQ(::flock(other, LOCK_EX | LOCK_NB), 0) << "the lock is not kept between writes";
  ::close(other);
}

TEST_F(SqliteSharing, closing_does_not_checkpoint) {
  std::string file_before, log_before;
  {
    SqliteStore store({.path = path_});
    write_spans(store, 1, 100);
    static_cast<void>(store.query_spans({}));  // so that a reader is closed too
    file_before = content_of(path_);
    log_before = content_of(path_ + "-wal");
  }
  EXPECT_GT(log_before.size(), 20'000U);
  EXPECT_EQ(content_of(path_), file_before);
  EXPECT_EQ(content_of(path_ + "-wal"), log_before);
}

TEST_F(SqliteSharing, the_log_is_copied_into_the_file_when_it_has_grown_enough) {
  SqliteStore store({.path = path_, .checkpoint_bytes = 256 << 10});
  for (std::uint64_t trace = 1; trace <= 100; ++trace) write_spans(store, trace, 100);
  EXPECT_GT(content_of(path_).size(), 1U << 20);
  EXPECT_LT(content_of(path_ + "-wal").size(), 1U << 20);
  EXPECT_EQ(store.query_spans({}).size(), 10'000U);
}

TEST_F(SqliteSharing, two_stores_of_one_process_write_and_checkpoint_side_by_side) {
  const auto write_many = [&](std::uint64_t first_trace) {
    SqliteStore store({.path = path_, .busy_timeout = Seconds{60}, .checkpoint_bytes = 64 << 10});
    for (std::uint64_t trace = first_trace; trace < first_trace + 100; ++trace) write_spans(store, trace, 20);
  };
  std::thread other([&] { write_many(1'001); });
  write_many(1);
  other.join();
  RawDatabase raw(path_);
  EXPECT_EQ(raw.run("SELECT count(*), count(DISTINCT trace_id) FROM spans"), "4000|200\n");
  EXPECT_EQ(raw.run("SELECT count(*) FROM names; SELECT count(*) FROM resources; PRAGMA integrity_check"),
            "1\n1\nok\n");
}

TEST_F(SqliteSharing, many_processes_may_make_the_file_at_once) {
  constexpr std::uint64_t processes = 8;
  std::vector<pid_t> children;
  for (std::uint64_t trace = 1; trace <= processes; ++trace) {
    const pid_t child = ::fork();
    ASSERT_GE(child, 0);
    if (child == 0) {
      int result = 0;
      try {
        SqliteStore store({.path = path_, .busy_timeout = Seconds{60}});
        write_spans(store, trace, 10);
      } catch (const std::exception& error) {
        result = 1;
        std::fprintf(stderr, "%s\n", error.what());
      }
      ::_exit(result);
    }
    children.push_back(child);
  }
  for (const pid_t child : children) {
    int status = 0;
    ASSERT_EQ(::waitpid(child, &status, 0), child);
    EXPECT_EQ(status, 0);
  }
  SqliteStore store({.path = path_});
  EXPECT_EQ(store.query_spans({}).size(), 80U);
}

TEST_F(SqliteSharing, documents_of_two_stores_never_overwrite_each_other) {
  SqliteStore one({.path = path_});
  SqliteStore two({.path = path_});
  const auto count_up = [](Store& store) {
    for (int i = 0; i < 20;) {
      const auto document = store.get("counter", "n");
      try {
        store.put("counter", "n", document ? document->content.as_int() + 1 : 1, document ? document->revision : 0);
        ++i;
      } catch (const Error& error) {
        ASSERT_EQ(error.code(), ErrorCode::conflict) << error.what();
      }
    }
  };
  std::thread other([&] { count_up(two); });
  count_up(one);
  other.join();
  EXPECT_EQ(one.get("counter", "n"), (Document{40, 40}));
}

TEST_F(SqliteSharing, a_symbolic_link_names_the_same_lock_file) {
  SqliteStore store({.path = path_});
  std::filesystem::create_symlink(path_, directory_.file("link.db"));
  SqliteStore linked({.path = directory_.file("link.db")});
  write_spans(linked, 1, 1);
  EXPECT_FALSE(std::filesystem::exists(directory_.file("link.db-lock")));
  EXPECT_EQ(ids(store.query_spans({})), "S1");
}

}  // namespace
}  // namespace spark::testing
