#include "apps/sparktel/sources/open.h"

#include <array>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <string_view>
#include <system_error>

#include "apps/sparktel/postgresql/postgresql.h"
#include "apps/sparktel/sources/sqlite_source.h"
#include "spark/backends/sqlite.h"
#include "spark/base/error.h"

namespace spark::sparktel {

namespace {

enum class Begin : std::uint8_t { nothing, sqlite, other };

Begin begin_of(const std::string& path) {
  constexpr std::string_view magic("SQLite format 3\0", 16);  // of every database that is not empty
  std::array<char, magic.size()> begin{};
  std::ifstream file(path, std::ios::binary);
  const auto size = static_cast<std::size_t>(file.read(begin.data(), begin.size()).gcount());
  if (size == 0) return Begin::nothing;
  return std::string_view(begin.data(), size) == magic ? Begin::sqlite : Begin::other;
}

}  // namespace

bool is_sqlite_file(const std::string& path) {
  std::error_code ignored;
  return std::filesystem::is_regular_file(path, ignored) && begin_of(path) == Begin::sqlite;
}

std::unique_ptr<Store> open_for_reading(const Location& where) {
  if (where.is_server()) return open_postgresql_for_reading(where.connection_string());
  try {
    return std::make_unique<SqliteStore>(
        SqliteOptions{.path = where.path(), .query_time_limit = query_time_limit, .read_only = true});
  } catch (const Error& error) {
    if (error.code() != ErrorCode::not_found) throw;
    throw Error(error.code(), std::string(error.what()) +
                                  "; name the file that a program records to (sparktel COMMAND FILE), or make one with "
                                  "sparktel demo");
  }
}

std::unique_ptr<Source> open_source(const Location& where) {
  if (where.is_server()) return open_postgresql_source(where.connection_string());
  return std::make_unique<SqliteSource>(where);
}

std::unique_ptr<Store> open_for_writing(const Location& where) {
  if (where.is_server()) return open_postgresql_for_writing(where.connection_string());
  // Before a lock file is made, which would stay beside what is not ours. The store itself cannot look so: closing a
  // file takes away the locks that SQLite has on it in this process. Here it has none yet.
  if (begin_of(where.path()) == Begin::other) {
    throw Error(ErrorCode::invalid_argument, where.path() + " is not a SQLite database; name another file");
  }
  return std::make_unique<SqliteStore>(SqliteOptions{.path = where.path()});
}

}  // namespace spark::sparktel
