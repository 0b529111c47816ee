#include "backends/sqlite/open.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>
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

Connection open_for_writing(const std::string& path, LockFile& lock, Seconds busy_timeout,
                            std::span<const Migration> migrations) {
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
