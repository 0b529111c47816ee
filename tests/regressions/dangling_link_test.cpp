// A symbolic link to a database that was not there yet got a lock file of its own, so that those who opened the file by
// link and those who opened it by name did not exclude each other.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/file.h>
#include <unistd.h>

#include <filesystem>
#include <string>

#include "backends/temporary_directory.h"
#include "spark/backends/sqlite.h"
#include "spark/base/error.h"

namespace spark::testing {
namespace {

TEST(DanglingLink, shares_the_lock_file_of_the_file_it_leads_to) {
  const TemporaryDirectory directory;
  std::filesystem::create_directory(directory.path() / "data");
  std::filesystem::create_symlink("data/real.db", directory.path() / "link.db");
  std::filesystem::create_symlink("link.db", directory.path() / "second.db");
  SqliteStore by_link({.path = directory.file("second.db"), .busy_timeout = Seconds{0.01}});
  EXPECT_TRUE(std::filesystem::exists(directory.path() / "data/real.db"));
  EXPECT_TRUE(std::filesystem::exists(directory.path() / "data/real.db-lock"));
  EXPECT_FALSE(std::filesystem::exists(directory.path() / "link.db-lock"));
  EXPECT_FALSE(std::filesystem::exists(directory.path() / "second.db-lock"));

  const std::string real = directory.file("data/real.db");
  SqliteStore by_name({.path = real});
  EXPECT_EQ(by_link.put("kind", "id", Value("by link"), 0), 1U);
  EXPECT_EQ(by_name.put("kind", "id", Value("by name"), 1), 2U);

  const int other = ::open((real + "-lock").c_str(), O_RDWR);
  ASSERT_GE(other, 0);
  ASSERT_EQ(::flock(other, LOCK_EX), 0);
  EXPECT_THROW(by_link.put("kind", "id", Value("locked out"), 2), Error);
  ::close(other);
  EXPECT_EQ(by_link.put("kind", "id", Value("free again"), 2), 3U);
}

TEST(DanglingLink, into_a_directory_that_is_missing_is_not_found) {
  const TemporaryDirectory directory;
  std::filesystem::create_symlink("missing/real.db", directory.path() / "link.db");
  try {
    SqliteStore store({.path = directory.file("link.db")});
    ADD_FAILURE() << "opened";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::not_found) << error.what();
  }
}

}  // namespace
}  // namespace spark::testing
