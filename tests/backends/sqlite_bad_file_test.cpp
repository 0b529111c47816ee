// Files that cannot be used, and disks that are full: a clear error of one line, and nothing changed or lost that was
// there.
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <iterator>

#include "backends/as_nobody.h"
#include "backends/file_content.h"
#include "backends/raw_database.h"
#include "backends/records.h"
#include "backends/temporary_directory.h"
#include "fakes/load.h"
#include "spark/backends/sqlite.h"
#include "spark/base/error.h"

namespace spark::testing {
namespace {

using namespace std::chrono_literals;

std::string opening_and_reading(const SqliteOptions& options) {
  try {
    SqliteStore store(options);
    static_cast<void>(store.query_traces({}));
  } catch (const Error& error) {
    EXPECT_EQ(std::string(error.what()).find('\n'), std::string::npos);
    return std::string(to_string(error.code())) + ": " + error.what();
  }
  return "no error";
}

void write_big_trace(Store& store, std::uint64_t number) {
  write(store, [&](BatchBuilder& batch) {
    batch.add(Trace{.trace_id = trace_id(number), .name = "t", .start_time = at(0)});
    for (std::uint64_t span = 1; span <= 50; ++span) {
      batch.add(Span{.span_id = span_id(span),
                     .trace_id = trace_id(number),
                     .name = "s",
                     .start_time = at(0),
                     .end_time = at(1),
                     .attributes = {{"payload", std::string(200, 'x')}}});
    }
  });
}

class SqliteBadFile : public ::testing::Test {
 protected:
  // A file with some hundred kilobytes in it and nothing in its log.
  void make_good_file() {
    {
      SqliteStore store({.path = path_, .checkpoint_bytes = 1});
      for (std::uint64_t number = 1; number <= 20; ++number) write_big_trace(store, number);
    }
    RawDatabase(path_).run("PRAGMA wal_checkpoint(TRUNCATE)");
    std::filesystem::remove(path_ + "-wal");
    std::filesystem::remove(path_ + "-shm");
  }

  TemporaryDirectory directory_;
  const std::string path_ = directory_.file("telemetry.db");
};

TEST_F(SqliteBadFile, that_was_cut_short_is_refused_and_left_alone) {
  make_good_file();
  const std::string whole = content_of(path_);
  ASSERT_GT(whole.size(), 200'000U);
  // A last page that lacks its end is found when it is read. SQLite takes a file of one byte for an empty one: on some
  // systems it writes that byte itself.
  for (const std::size_t length :
       {std::size_t{2}, std::size_t{15}, std::size_t{99}, std::size_t{100}, std::size_t{511}, std::size_t{4'096},
        std::size_t{8'192}, std::size_t{8'193}, std::size_t{65'536}, whole.size() - 8'192}) {
    std::ofstream(path_, std::ios::binary | std::ios::trunc) << whole.substr(0, length);
    const std::string before = content_of(path_);
    ASSERT_EQ(before.size(), length);
    const std::string error = opening_and_reading({.path = path_});
    EXPECT_EQ(error.substr(0, 8 + 17 + path_.size()), "corrupt: SQLite database " + path_) << length;
    EXPECT_NE(error.find("cannot open it: "), std::string::npos) << length << ": " << error;
    EXPECT_TRUE(error.ends_with("name another file") || error.ends_with("restore a copy or begin a new one")) << error;
    EXPECT_EQ(opening_and_reading({.path = path_, .read_only = true}), error) << length;
    EXPECT_TRUE(content_of(path_) == before) << length;
  }
}

TEST_F(SqliteBadFile, whose_pages_are_garbage_says_so_when_they_are_read) {
  make_good_file();
  std::string content = content_of(path_);
  for (std::size_t i = 8'192; i < content.size(); ++i) content[i] = static_cast<char>(i * 31 % 251);
  std::ofstream(path_, std::ios::binary | std::ios::trunc) << content;
  const std::string error = opening_and_reading({.path = path_});
  EXPECT_EQ(error.substr(0, 8), "corrupt:") << error;
  EXPECT_TRUE(error.ends_with("move the file away together with its -wal, then restore a copy or begin a new one"))
      << error;
  EXPECT_TRUE(content_of(path_) == content);
}

TEST_F(SqliteBadFile, that_is_a_directory_is_refused_without_a_lock_file) {
  std::filesystem::create_directory(path_);
  EXPECT_EQ(opening_and_reading({.path = path_}),
            "invalid_argument: SQLite database " + path_ + ": cannot open it: it is a directory; name a file in it");
  EXPECT_EQ(opening_and_reading({.path = path_, .read_only = true}), opening_and_reading({.path = path_}));
  EXPECT_FALSE(std::filesystem::exists(path_ + "-lock"));
}

// The process's limit for the size of files, which behaves like a disk that is full and later is not.
class FileSizeLimit {
 public:
  FileSizeLimit() {
    // Its default action ends the process.
    old_action_ = ::signal(SIGXFSZ, SIG_IGN);
    if (::getrlimit(RLIMIT_FSIZE, &old_limit_) != 0) throw std::runtime_error("cannot read the limit");
  }
  FileSizeLimit(const FileSizeLimit&) = delete;
  FileSizeLimit& operator=(const FileSizeLimit&) = delete;
  ~FileSizeLimit() {
    lift();
    ::signal(SIGXFSZ, old_action_);
  }
  void set(std::uint64_t bytes) {
    struct rlimit limit = old_limit_;
    limit.rlim_cur = bytes;
    if (::setrlimit(RLIMIT_FSIZE, &limit) != 0) throw std::runtime_error("cannot set the limit");
  }
  void lift() { ::setrlimit(RLIMIT_FSIZE, &old_limit_); }

 private:
  struct rlimit old_limit_ {};
  void (*old_action_)(int) = nullptr;
};

// A manager records while there is room, while there is none, and when there is again.
void record_through_a_full_disk(const std::string& path, const std::function<void()>& fill,
                                const std::function<void()>& make_room, std::string_view expected_error) {
  TelemetryManager manager(TelemetryConfig::create_sqlite(path));
  fakes::Calls calls = fakes::put_load(manager, 1'000, 0);
  ASSERT_TRUE(manager.flush(60s).complete());
  fill();
  const fakes::Calls lost_calls = fakes::put_load(manager, 5'000, 1);
  const FlushResult failed = manager.flush(60s);
  EXPECT_FALSE(failed.complete());
  ASSERT_EQ(failed.sinks.size(), 1U);
  EXPECT_EQ(failed.sinks[0].error.substr(0, 16 + path.size()), "SQLite database " + path);
  EXPECT_NE(failed.sinks[0].error.find(expected_error), std::string::npos) << failed.sinks[0].error;
  const Stats in_between = manager.stats();
  EXPECT_TRUE(in_between.balanced());
  make_room();
  calls += lost_calls;
  calls += fakes::put_load(manager, 1'000, 2);
  EXPECT_TRUE(manager.flush(60s).complete());

  const Stats stats = manager.stats();
  EXPECT_TRUE(stats.balanced());
  const SinkRow& spans = stats.sinks.at(0).rows[static_cast<std::size_t>(RecordKind::span)];
  EXPECT_EQ(stats[RecordKind::span].recorded, calls.spans);
  EXPECT_GT(spans.dropped[static_cast<std::size_t>(DropReason::sink_error)], 0U);
  EXPECT_EQ(sum(spans.dropped), spans.dropped[static_cast<std::size_t>(DropReason::sink_error)]);
  EXPECT_GE(spans.exported, 2'000U);
  RawDatabase raw(path);
  EXPECT_EQ(raw.run("SELECT count(*) FROM spans"), std::to_string(spans.exported) + "\n");
  EXPECT_EQ(raw.run("SELECT count(*) FROM events WHERE source = 'recorded'"),
            std::to_string(stats.sinks[0].rows[static_cast<std::size_t>(RecordKind::event)].exported) + "\n");
  EXPECT_EQ(raw.run("PRAGMA integrity_check"), "ok\n");
}

TEST_F(SqliteBadFile, that_reaches_the_processs_limit_loses_what_is_counted_and_stays_sound) {
  FileSizeLimit limit;
  record_through_a_full_disk(
      path_, [&] { limit.set(std::filesystem::file_size(path_ + "-wal") + 100'000); }, [&] { limit.lift(); },
      "; look whether its disk is full, limited for this process, or faulty");
}

// A small file system in memory; only root may make one.
class SmallDisk {
 public:
  SmallDisk(std::string path, const char* size) : path_(std::move(path)) {
    std::filesystem::create_directory(path_);
    is_mounted_ = ::mount("none", path_.c_str(), "tmpfs", 0, size) == 0;
  }
  SmallDisk(const SmallDisk&) = delete;
  SmallDisk& operator=(const SmallDisk&) = delete;
  ~SmallDisk() {
    if (is_mounted_) ::umount2(path_.c_str(), MNT_DETACH);
  }
  [[nodiscard]] bool is_mounted() const noexcept { return is_mounted_; }
  [[nodiscard]] std::string file(const char* name) const { return path_ + "/" + name; }

 private:
  std::string path_;
  bool is_mounted_ = false;
};

void fill_up(const std::string& path, std::uint64_t leave_bytes) {
  const std::uint64_t free = std::filesystem::space(std::filesystem::path(path).parent_path()).available;
  std::ofstream(path, std::ios::binary) << std::string(free - leave_bytes, 'x') << std::flush;
}

TEST_F(SqliteBadFile, on_a_full_disk_loses_what_is_counted_and_stays_sound) {
  const SmallDisk disk(directory_.file("disk"), "size=16m");
  if (!disk.is_mounted()) GTEST_SKIP() << "needs the right to mount a tmpfs";
  record_through_a_full_disk(
      disk.file("telemetry.db"), [&] { fill_up(disk.file("filler"), 100'000); },
      [&] { std::filesystem::remove(disk.file("filler")); },
      "database or disk is full (code 13); make room on its disk, what comes later is then stored");
}

TEST_F(SqliteBadFile, on_a_full_disk_cannot_be_made_and_can_later) {
  const SmallDisk disk(directory_.file("disk"), "size=16m");
  if (!disk.is_mounted()) GTEST_SKIP() << "needs the right to mount a tmpfs";
  fill_up(disk.file("filler"), 0);
  const std::string path = disk.file("telemetry.db");
  const std::string error = opening_and_reading({.path = path});
  EXPECT_EQ(error.substr(0, 13 + 16 + path.size()), "unavailable: SQLite database " + path);
  EXPECT_TRUE(error.ends_with("; make room on its disk, what comes later is then stored") ||
              error.ends_with("; look whether its disk is full, limited for this process, or faulty"))
      << error;
  EXPECT_EQ(content_of(path), "");
  std::filesystem::remove(disk.file("filler"));
  EXPECT_EQ(opening_and_reading({.path = path}), "no error");
}

TEST_F(SqliteBadFile, that_must_not_be_written_is_left_alone) {
  make_good_file();
  std::filesystem::remove(path_ + "-lock");
  const std::string before = content_of(path_);
  ASSERT_EQ(::chmod(path_.c_str(), 0444), 0);
  ASSERT_EQ(::chmod(directory_.path().c_str(), 0777), 0);
  std::string error;
  {
    const AsNobody nobody;
    error = opening_and_reading({.path = path_});
  }
  EXPECT_EQ(error, "permission_denied: SQLite database " + path_ +
                       ": cannot open it for writing: the file is read-only for this user; make it writable, or open "
                       "it read-only");
  EXPECT_TRUE(content_of(path_) == before);
}

TEST_F(SqliteBadFile, in_a_directory_that_must_not_be_written_is_left_alone) {
  make_good_file();
  std::filesystem::remove(path_ + "-lock");
  const std::string before = content_of(path_);
  ASSERT_EQ(::chmod(path_.c_str(), 0666), 0);
  ASSERT_EQ(::chmod(directory_.path().c_str(), 0555), 0);
  std::string error, read_error;
  {
    const AsNobody nobody;
    error = opening_and_reading({.path = path_});
    read_error = opening_and_reading({.path = path_, .read_only = true});
  }
  ASSERT_EQ(::chmod(directory_.path().c_str(), 0755), 0);
  EXPECT_EQ(error, "permission_denied: SQLite database " + path_ + ": cannot open it: cannot create the lock file " +
                       path_ + "-lock: Permission denied");
  // A database in WAL mode needs its -shm even for reading; SQLite may neither find nor make one here.
  EXPECT_TRUE(read_error == "no error" || read_error.find("; this user needs the right to read the file and its -wal "
                                                          "and -shm, and to write its directory where one of those is "
                                                          "missing") != std::string::npos)
      << read_error;
  EXPECT_TRUE(content_of(path_) == before);
}

}  // namespace
}  // namespace spark::testing
