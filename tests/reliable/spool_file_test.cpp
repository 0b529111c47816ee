// One file of a spool: what it keeps, its bound, its lock, and files that are none.
#include "backends/reliable/spool_file.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/file.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <csignal>
#include <filesystem>
#include <fstream>
#include <functional>
#include <sstream>
#include <string>

#include "backends/raw_database.h"
#include "backends/reliable/spool.h"
#include "backends/temporary_directory.h"
#include "spark/base/error.h"

namespace {

// What happens between the opening of a lock file and its locking.
std::function<void()>& before_locking() {
  static std::function<void()> action;
  return action;
}

}  // namespace

// In place of the C library's.
extern "C" int flock(int file, int operation) noexcept {
  if (before_locking()) before_locking()();
  return static_cast<int>(::syscall(SYS_flock, file, operation));
}

namespace spark::detail::reliable {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;

constexpr Counts one_event{0, 0, 0, 1};

class SpoolFiles : public ::testing::Test {
 protected:
  [[nodiscard]] std::unique_ptr<SpoolFile> open(SpoolFileOptions options = {}) const {
    options.path = path;
    if (options.bytes == 0) options.bytes = 64 << 20;
    return SpoolFile::open(options, true);
  }
  [[nodiscard]] std::string error_of_opening() const {
    try {
      (void)open();
    } catch (const Error& error) {
      return std::string(to_string(error.code())) + ": " + error.what();
    }
    return "none";
  }
  // Takes all that is in it: the batches, with spaces between them.
  static std::string drained(SpoolFile& file) {
    std::string all;
    for (auto rows = file.front({}); !rows.empty(); rows = file.front({})) {
      all += (all.empty() ? "" : " ") + rows[0].batch;
      EXPECT_TRUE(file.remove(rows));
    }
    return all;
  }
  [[nodiscard]] std::string content() const {
    std::stringstream bytes;
    bytes << std::ifstream(path, std::ios::binary).rdbuf();
    return bytes.str();
  }

  testing::TemporaryDirectory directory;
  std::string path = directory.file("spool");
};

TEST_F(SpoolFiles, a_batch_whose_pages_are_damaged_does_not_hide_the_ones_behind_it) {
  {
    const auto file = open();
    EXPECT_TRUE(file->append(std::string(20'000, 'x'), one_event).is_kept);
    EXPECT_TRUE(file->append("behind", one_event).is_kept);
  }
  std::string bytes = content();
  // The first page that is full of it is the first of a chain; without its link to the next one the rest is lost.
  const std::size_t full = bytes.find(std::string(4'000, 'x'));
  ASSERT_NE(full, std::string::npos);
  bytes.replace(full / 4'096 * 4'096, 4, 4, '\0');
  std::ofstream(path, std::ios::binary) << bytes;
  const auto file = open();
  const auto damaged = file->front({.records = 10, .bytes = 1 << 20});
  ASSERT_EQ(damaged.size(), 1U);
  EXPECT_TRUE(damaged[0].is_unreadable);
  EXPECT_EQ(damaged[0].records, one_event);
  EXPECT_TRUE(file->remove(damaged));
  EXPECT_EQ(drained(*file), "behind");
  EXPECT_EQ(file->bytes(), 0U);
}

// The list of free pages leads nowhere: nothing that has pages of its own can be deleted.
void damage_free_pages(const std::string& path) {
  std::fstream file(path, std::ios::in | std::ios::out | std::ios::binary);
  constexpr std::streamoff first_free_page = 32;  // of the database header; the number of them is behind it
  file.seekp(first_free_page);
  file.write("\x7F\xFF\xFF\xFF\0\0\0\x01", 8);
}

TEST_F(SpoolFiles, pass_over_what_cannot_be_deleted_and_are_set_aside_when_empty) {
  {
    const auto file = open();
    EXPECT_TRUE(file->append(std::string(20'000, 'x'), one_event).is_kept);
    EXPECT_TRUE(file->append("behind", one_event).is_kept);
  }
  damage_free_pages(path);
  const auto file = open();
  const auto rows = file->front({});
  ASSERT_THAT(rows.at(0).batch, StartsWith("x"));
  EXPECT_FALSE(file->remove(rows));
  EXPECT_TRUE(file->is_damaged());
  EXPECT_FALSE(file->set_aside(true).has_value()) << "there is something in it";
  EXPECT_EQ(drained(*file), "behind");
  EXPECT_EQ(file->bytes(), 0U);
  EXPECT_FALSE(file->has_rows());
  EXPECT_FALSE(file->shrink());
  EXPECT_EQ(file->set_aside(true), Counts{});
  EXPECT_TRUE(std::filesystem::exists(path + "-damaged"));
  EXPECT_FALSE(file->is_damaged());
  EXPECT_TRUE(file->append(std::string(20'000, 'y'), one_event).is_kept);
  EXPECT_THAT(drained(*file), StartsWith("y"));
}

TEST_F(SpoolFiles, say_what_is_lost_when_they_are_set_aside) {
  const auto file = open();
  for (const char* batch : {"a", "b", "c"}) EXPECT_TRUE(file->append(batch, one_event).is_kept);
  EXPECT_TRUE(file->remove(file->front({})));
  EXPECT_EQ(file->set_aside(false), (Counts{0, 0, 0, 2}));
  EXPECT_TRUE(file->front({}).empty());
  EXPECT_TRUE(file->append("d", one_event).is_kept);
  EXPECT_EQ(drained(*file), "d");
}

TEST_F(SpoolFiles, rows_that_somebody_else_deleted_are_not_waited_for) {
  const auto file = open();
  EXPECT_TRUE(file->append("a", one_event).is_kept);
  testing::RawDatabase(path).run("DELETE FROM batches");
  EXPECT_EQ(file->take_vanished(), Counts{}) << "nobody has looked yet";
  EXPECT_TRUE(file->front({}).empty());
  EXPECT_FALSE(file->has_rows());
  EXPECT_EQ(file->take_vanished(), one_event);
  EXPECT_EQ(file->take_vanished(), Counts{}) << "it is told once";
}

TEST_F(SpoolFiles, of_which_somebody_else_deleted_some_rows_tell_of_them_when_the_others_are_delivered) {
  const auto file = open();
  for (const char* batch : {"a", "b", "c"}) EXPECT_TRUE(file->append(batch, one_event).is_kept);
  testing::RawDatabase(path).run("DELETE FROM batches WHERE sequence = 2");
  EXPECT_EQ(drained(*file), "a c");
  EXPECT_EQ(file->take_vanished(), one_event);
  EXPECT_EQ(file->bytes(), 0U);
}

// Without a file of its own, since closing one that SQLite has open takes its locks away.
std::string text_of_journal(const std::string& path) {
  std::stringstream bytes;
  bytes << std::ifstream(path, std::ios::binary).rdbuf();
  return bytes.str();
}

TEST_F(SpoolFiles, that_are_set_aside_take_their_journals_with_them) {
  const auto file = open();
  EXPECT_TRUE(file->append("a", one_event).is_kept);
  std::ofstream(path + "-wal") << "a log";
  std::ofstream(path + "-damaged-journal") << "of an earlier one";
  std::filesystem::remove(path + "-journal");
  EXPECT_EQ(file->set_aside(false), one_event);
  EXPECT_TRUE(std::filesystem::exists(path + "-damaged"));
  EXPECT_EQ(text_of_journal(path + "-damaged-wal"), "a log");
  EXPECT_FALSE(std::filesystem::exists(path + "-wal"));
  EXPECT_FALSE(std::filesystem::exists(path + "-damaged-journal")) << "it is not this one's";
}

TEST_F(SpoolFiles, that_cannot_be_set_aside_keep_their_journals) {
  const auto file = open();
  EXPECT_TRUE(file->append("a", one_event).is_kept);
  std::ofstream(path + "-journal") << "a journal";
  std::filesystem::create_directory(path + "-damaged");
  std::string error;
  try {
    (void)file->set_aside(false);
  } catch (const Error& thrown) {
    error = thrown.what();
  }
  EXPECT_THAT(error, HasSubstr("cannot rename " + path + " to " + path + "-damaged: "));
  EXPECT_EQ(text_of_journal(path + "-journal"), "a journal");
  EXPECT_FALSE(std::filesystem::exists(path + "-damaged-journal"));
  EXPECT_TRUE(std::filesystem::exists(path));
}

TEST_F(SpoolFiles, give_back_what_they_were_given_in_its_order_also_after_reopening) {
  {
    const auto file = open();
    for (const char* batch : {"a", "b", "c"}) EXPECT_TRUE(file->append(batch, one_event).is_kept);
    EXPECT_EQ(file->front({}).at(0).batch, "a") << "it stays until it is removed";
    EXPECT_TRUE(file->remove(file->front({})));
    EXPECT_EQ(file->bytes(), 2U);
  }
  const auto file = open();
  EXPECT_EQ(file->found(), (Counts{0, 0, 0, 2}));
  EXPECT_TRUE(file->append("d", one_event).is_kept);
  EXPECT_EQ(drained(*file), "b c d");
  EXPECT_FALSE(file->has_rows());
  EXPECT_EQ(file->bytes(), 0U);
}

TEST_F(SpoolFiles, give_several_that_fit_together_in_their_order) {
  const auto file = open();
  for (const char* batch : {"a", "bb", "c", "d"}) EXPECT_TRUE(file->append(batch, one_event).is_kept);
  const auto together = [&](const SpoolFile::Most& most) {
    std::string all;
    for (const auto& row : file->front(most)) all += row.batch + " ";
    return all;
  };
  EXPECT_EQ(together({.records = 100, .bytes = 100}), "a bb c d ");
  EXPECT_EQ(together({.records = 2, .bytes = 100}), "a bb ");
  EXPECT_EQ(together({.records = 100, .bytes = 4}), "a bb c ");
  EXPECT_EQ(together({.records = 100, .bytes = 100, .last_sequence = 3}), "a bb c ");
  EXPECT_EQ(together({.records = 0, .bytes = 0}), "a ") << "the first goes whatever its size";
  EXPECT_TRUE(file->remove(file->front({.records = 2, .bytes = 100})));
  EXPECT_EQ(file->bytes(), 2U);
  EXPECT_EQ(drained(*file), "c d");
  EXPECT_EQ(file->bytes(), 0U);
}

TEST_F(SpoolFiles, drop_none_of_several_that_are_being_delivered) {
  const auto file = open({.bytes = 64 << 10, .policy = SpoolPolicy::drop_oldest});
  for (const char* batch : {"a", "b", "c"}) static_cast<void>(file->append(batch, one_event));
  const auto rows = file->front({.records = 2, .bytes = 100});
  Counts dropped{};
  while (dropped[3] < 3) dropped[3] += file->append(std::string(8'000, 'x'), one_event).dropped[3];
  EXPECT_EQ(file->front({}).at(0).batch, "a");
  EXPECT_TRUE(file->remove(rows));
  EXPECT_THAT(file->front({}).at(0).batch, StartsWith("x")) << "c was the oldest that could go";
}

TEST_F(SpoolFiles, are_for_their_user_alone) {
  const auto old_mask = ::umask(0);
  const auto file = open();
  static_cast<void>(file->append("a", one_event));
  ::umask(old_mask);
  for (const char* suffix : {"", "-lock", "-journal"}) {
    struct stat found {};
    ASSERT_EQ(::stat((path + suffix).c_str(), &found), 0) << suffix;
    EXPECT_EQ(found.st_mode & 0777, 0600U) << suffix;
  }
}

TEST_F(SpoolFiles, have_one_owner_at_a_time) {
  auto file = open();
  EXPECT_EQ(open(), nullptr);
  file = nullptr;
  EXPECT_NE(open(), nullptr);
}

TEST_F(SpoolFiles, have_one_owner_also_if_their_lock_is_replaced_while_it_is_taken) {
  std::unique_ptr<SpoolFile> other;
  before_locking() = [&] {
    before_locking() = nullptr;
    std::filesystem::remove(path + "-lock");
    other = open();
  };
  EXPECT_EQ(open(), nullptr) << "the other one has it";
  EXPECT_NE(other, nullptr);
}

TEST_F(SpoolFiles, whose_lock_is_deleted_while_it_is_taken_are_locked_by_the_next_one) {
  before_locking() = [&] {
    before_locking() = nullptr;
    std::filesystem::remove(path + "-lock");
  };
  const auto file = open();
  ASSERT_NE(file, nullptr);
  EXPECT_TRUE(std::filesystem::exists(path + "-lock"));
  EXPECT_EQ(open(), nullptr);
}

TEST_F(SpoolFiles, whose_lock_is_deleted_again_and_again_are_given_up) {
  before_locking() = [&] { std::filesystem::remove(path + "-lock"); };
  const std::string error = error_of_opening();
  before_locking() = nullptr;
  EXPECT_EQ(error, "unavailable: spool " + path + ": cannot lock " + path +
                       "-lock: it is deleted or replaced again and again");
}

TEST_F(SpoolFiles, stay_below_their_bound_and_drop_the_newest) {
  const auto file = open({.bytes = 1 << 20});
  int kept = 0;
  while (file->append(std::to_string(kept) + std::string(50'000, 'x'), one_event).is_kept) ++kept;
  EXPECT_GE(kept, 15);
  EXPECT_LE(std::filesystem::file_size(path), 1U << 20);
  EXPECT_THAT(file->front({}).at(0).batch, StartsWith("0x"));
  EXPECT_TRUE(file->remove(file->front({})));
  EXPECT_TRUE(file->append("there is room again", one_event).is_kept);
}

TEST_F(SpoolFiles, stay_below_their_bound_and_drop_the_oldest) {
  const auto file = open({.bytes = 1 << 20, .policy = SpoolPolicy::drop_oldest});
  Counts dropped{};
  for (int i = 0; i < 100; ++i) {
    const auto appended = file->append(std::to_string(i) + std::string(50'000, 'x'), one_event);
    EXPECT_TRUE(appended.is_kept);
    dropped[3] += appended.dropped[3];
  }
  EXPECT_LE(std::filesystem::file_size(path), 1U << 20);
  const std::uint64_t left = file->bytes() / 50'000;
  EXPECT_EQ(dropped[3] + left, 100U);
  EXPECT_THAT(file->front({}).at(0).batch, StartsWith(std::to_string(100 - left) + "x"));
}

TEST_F(SpoolFiles, do_not_drop_what_is_being_delivered_nor_anything_in_vain) {
  const auto file = open({.bytes = 64 << 10, .policy = SpoolPolicy::drop_oldest});
  static_cast<void>(file->append("a", one_event));
  static_cast<void>(file->append("b", one_event));
  const auto row = file->front({});
  const auto too_large = file->append(std::string(64 << 10, 'x'), one_event);
  EXPECT_FALSE(too_large.is_kept);
  EXPECT_EQ(too_large.dropped, Counts{});
  while (file->append(std::string(8'000, 'x'), one_event).dropped == Counts{}) {
  }
  EXPECT_EQ(file->front({}).at(0).batch, "a");
  EXPECT_TRUE(file->remove(row));
  EXPECT_THAT(file->front({}).at(0).batch, StartsWith("x")) << "b was the oldest that could go";
}

TEST_F(SpoolFiles, give_the_disk_back_when_they_are_empty) {
  const auto file = open();
  for (int i = 0; i < 100; ++i) static_cast<void>(file->append(std::string(100'000, 'x'), one_event));
  EXPECT_GT(std::filesystem::file_size(path), 10'000'000U);
  (void)drained(*file);
  while (file->shrink()) {
  }
  EXPECT_LT(std::filesystem::file_size(path), 32'000U);
}

TEST_F(SpoolFiles, that_are_another_program_s_are_left_as_they_are) {
  testing::RawDatabase(path).run("CREATE TABLE t (x); INSERT INTO t VALUES (1)");
  const std::string before = content();
  EXPECT_EQ(
      error_of_opening(),
      "invalid_argument: spool " + path +
          ": it is a database of another kind (its application_id is 0, a spool's is 1399878225); name another file");
  EXPECT_EQ(content(), before);
}

TEST_F(SpoolFiles, that_are_no_database_are_left_as_they_are) {
  std::ofstream(path) << std::string(5'000, 'n');
  EXPECT_EQ(error_of_opening(), "corrupt: spool " + path +
                                    ": cannot read it: file is not a database (code 26); it is not a spool: name "
                                    "another file");
  EXPECT_EQ(content(), std::string(5'000, 'n'));
}

TEST_F(SpoolFiles, of_a_later_version_are_left_as_they_are) {
  (void)open();
  testing::RawDatabase(path).run("PRAGMA user_version = 2");
  EXPECT_THAT(error_of_opening(), StartsWith("too_new: spool " + path + ": it was written by a later version"));
}

TEST_F(SpoolFiles, that_lost_their_table_are_corrupt) {
  (void)open();
  testing::RawDatabase(path).run("DROP TABLE batches");
  EXPECT_THAT(error_of_opening(), StartsWith("corrupt: spool " + path + ": cannot count what is in it: no such table"));
}

TEST_F(SpoolFiles, whose_pages_are_overwritten_are_corrupt_and_not_begun_anew) {
  {
    const auto file = open();
    for (int i = 0; i < 20; ++i) static_cast<void>(file->append(std::string(20'000, 'x'), one_event));
  }
  std::fstream file(path, std::ios::in | std::ios::out | std::ios::binary);
  for (const int page : {2, 3}) {
    file.seekp(page * 4096);
    file << std::string(4096, 'n');
  }
  file.close();
  const std::string before = content();
  EXPECT_THAT(error_of_opening(), StartsWith("corrupt: spool " + path));
  EXPECT_EQ(content(), before);
}

TEST_F(SpoolFiles, say_what_is_wrong_with_their_path) {
  path = directory.file("no/spool");
  EXPECT_EQ(error_of_opening(),
            "not_found: spool " + path + ": cannot open " + path + "-lock: No such file or directory");
  path = directory.path().string();
  EXPECT_EQ(error_of_opening(), "invalid_argument: spool " + path + ": it is no file; name a file");
}

TEST_F(SpoolFiles, survive_a_disk_that_is_full_for_a_while) {
  const auto file = open();
  EXPECT_TRUE(file->append("before", one_event).is_kept);
  auto* const old_action = ::signal(SIGXFSZ, SIG_IGN);  // its default action ends the process
  struct rlimit old_limit {};
  ASSERT_EQ(::getrlimit(RLIMIT_FSIZE, &old_limit), 0);
  struct rlimit limit = old_limit;
  limit.rlim_cur = 64 << 10;
  ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &limit), 0);
  std::string error;
  try {
    (void)file->append(std::string(200'000, 'x'), one_event);
  } catch (const Error& thrown) {
    error = thrown.what();
  }
  ::setrlimit(RLIMIT_FSIZE, &old_limit);
  ::signal(SIGXFSZ, old_action);
  EXPECT_THAT(error, HasSubstr("look whether its disk is full"));
  EXPECT_EQ(file->bytes(), 6U);
  EXPECT_TRUE(file->append("after", one_event).is_kept);
  EXPECT_EQ(drained(*file), "before after");
}

TEST_F(SpoolFiles, of_one_path_are_one_for_each_user_and_are_adopted_when_their_user_has_ended) {
  const ReliableOptions options{.spool_path = path};
  Spool first(options, Durability::process, "");
  auto second = std::make_unique<Spool>(options, Durability::process, "");
  static_cast<void>(second->own().append("left behind", {0, 0, 0, 5}));
  EXPECT_TRUE(std::filesystem::exists(path + ".2"));
  EXPECT_EQ(first.adopt().file, nullptr) << "it has an owner";
  second = nullptr;
  const Spool::Adopted adopted = first.adopt();
  ASSERT_NE(adopted.file, nullptr);
  EXPECT_EQ(adopted.file->found(), (Counts{0, 0, 0, 5}));
  const Spool third(options, Durability::process, "");
  EXPECT_TRUE(std::filesystem::exists(path + ".3")) << "who has adopted a file is its owner";
  EXPECT_EQ(drained(*adopted.file), "left behind");
}

TEST_F(SpoolFiles, beside_it_that_are_no_spool_are_passed_over_and_said_once) {
  Spool spool({.spool_path = path}, Durability::process, "");
  std::ofstream(path + ".2") << std::string(5'000, 'n');
  EXPECT_THAT(spool.adopt().trouble, HasSubstr("file is not a database"));
  EXPECT_EQ(spool.adopt().trouble, "");
}

TEST_F(SpoolFiles, are_the_same_by_another_name) {
  std::filesystem::create_directory_symlink(directory.path(), directory.file("link"));
  const Spool spool({.spool_path = directory.file("link/spool")}, Durability::process, "");
  EXPECT_EQ(open(), nullptr) << "it is locked";
}

TEST_F(SpoolFiles, with_something_for_one_destination_are_not_for_another) {
  {
    const auto file = open({.destination = "otlp http://a:4317"});
    EXPECT_TRUE(file->append("batch", one_event).is_kept);
  }
  EXPECT_EQ(open({.destination = "otlp http://a:4317"})->found(), one_event);
  try {
    (void)open({.destination = "otlp http://b:4317"});
    ADD_FAILURE();
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::conflict);
    EXPECT_EQ(std::string(error.what()),
              "spool " + path + ": it holds records for another destination, otlp http://a:4317, than this one, " +
                  "otlp http://b:4317; name another file, or, while no program uses it, delete " + path +
                  "-lock to send them here all the same");
  }
  std::filesystem::remove(path + "-lock");
  EXPECT_EQ(drained(*open({.destination = "otlp http://b:4317"})), "batch");
  EXPECT_NE(open({.destination = "otlp http://a:4317"}), nullptr) << "it is empty";
}

TEST_F(SpoolFiles, that_are_refused_are_left_as_they_were_with_nothing_beside_them) {
  std::ofstream(path) << "no database at all, but a text of some length";
  EXPECT_NE(error_of_opening(), "none");
  EXPECT_FALSE(std::filesystem::exists(path + "-lock"));
  std::ofstream(path + "-lock") << "";
  EXPECT_NE(error_of_opening(), "none");
  EXPECT_TRUE(std::filesystem::exists(path + "-lock")) << "it is not ours";
}

}  // namespace
}  // namespace spark::detail::reliable
