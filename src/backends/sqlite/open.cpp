#include "backends/sqlite/open.h"

#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <filesystem>
#include <fstream>
#include <string_view>
#include <system_error>

#include "spark/base/error.h"

namespace spark::detail::sqlite {

std::string resolve_path(const std::string& path, bool is_read_only) {
  std::error_code ignored;
  const auto absolute = std::filesystem::absolute(path);
  if (std::filesystem::is_directory(absolute, ignored)) {
    throw Error(ErrorCode::invalid_argument,
                "SQLite database " + path + ": cannot open it: it is a directory; name a file in it");
  }
  // A file that is there is not opened: closing it again would take from the process the locks that SQLite has on it.
  if (!is_read_only && !std::filesystem::exists(absolute, ignored)) {
    // A link to a file that is not there yet cannot be resolved. Where this fails, opening fails too, and says why,
    // except that SQLite does not tell a link into a missing directory from other troubles.
    const int file = open(absolute.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0644);
    if (file >= 0) {
      close(file);
    } else if (errno == ENOENT && std::filesystem::is_symlink(absolute, ignored)) {
      throw Error(ErrorCode::not_found,
                  "SQLite database " + path + ": cannot open it: the directory that this link leads to does not exist");
    }
  }
  const auto canonical = std::filesystem::weakly_canonical(absolute, ignored);
  return canonical.empty() ? absolute.string() : canonical.string();
}

namespace {

// Before the lock file is made, which would stay beside what is not ours. What cannot be read is SQLite's to refuse.
void refuse_other_formats(const std::string& path) {
  constexpr std::string_view magic("SQLite format 3\0", 16);  // of every database that is not empty
  std::array<char, magic.size()> begin{};
  std::ifstream file(path, std::ios::binary);
  const auto size = static_cast<std::size_t>(file.read(begin.data(), begin.size()).gcount());
  if (size == 0 || std::string_view(begin.data(), size) == magic) return;
  throw Error(ErrorCode::corrupt,
              "SQLite database " + path + ": cannot open it: file is not a database (code 26); name another file");
}

}  // namespace

Connection open_for_writing(const std::string& path, LockFile& lock, Seconds busy_timeout,
                            std::span<const Migration> migrations) {
  refuse_other_formats(path);
  const auto held = lock.lock(busy_timeout);
  Connection connection(path, Access::read_write_create, busy_timeout);
  // SQLite opens a file that must not be written read-only, and says nothing.
  if (sqlite3_db_readonly(connection.handle(), "main") == 1) {
    throw Error(ErrorCode::permission_denied, "SQLite database " + path +
                                                  ": cannot open it for writing: the file is read-only for this user; "
                                                  "make it writable, or open it read-only");
  }
  prepare_database(connection, migrations);
  return connection;
}

void check_readable(const std::string& path, Seconds busy_timeout) {
  std::error_code error;
  const bool is_there = std::filesystem::exists(path, error);
  if (error) {
    throw Error(ErrorCode::permission_denied, "SQLite database " + path + ": cannot open it: " + error.message() +
                                                  "; this user needs the right to enter its directory");
  }
  if (!is_there) {
    throw Error(ErrorCode::not_found, "SQLite database " + path + ": cannot open it: the file does not exist");
  }
  Connection connection(path, Access::read_only, busy_timeout);
  check_database(connection);
}

}  // namespace spark::detail::sqlite
