#include "apps/sparktel/commands/store_argument.h"

#include <CLI/CLI.hpp>
#include <array>
#include <chrono>
#include <fstream>
#include <string_view>

#include "spark/backends/sqlite.h"
#include "spark/base/error.h"

namespace spark::sparktel {

namespace {

// A person waits for a large file, or interrupts.
constexpr Seconds time_limit = std::chrono::minutes(10);

// Before a lock file is made, which would stay beside what is not ours. The store itself cannot look so: closing a file
// takes away the locks that SQLite has on it in this process. Here it has none yet.
void refuse_other_formats(const std::string& path) {
  constexpr std::string_view magic("SQLite format 3\0", 16);  // of every database that is not empty
  std::array<char, magic.size()> begin{};
  std::ifstream file(path, std::ios::binary);
  const auto size = static_cast<std::size_t>(file.read(begin.data(), begin.size()).gcount());
  if (size == 0 || std::string_view(begin.data(), size) == magic) return;
  throw Error(ErrorCode::invalid_argument, path + " is not a SQLite database; name another file");
}

}  // namespace

void add_store_argument(CLI::App& command, std::string& where) {
  command.add_option("FILE,--db", where, "The SQLite file to read (default: telemetry.db)");
}

std::string path_of(const std::string& where) {
  if (where.empty()) throw Error(ErrorCode::invalid_argument, "expected the name of a SQLite file, found an empty one");
  constexpr std::string_view prefix = "sqlite:";
  const std::string path = where.starts_with(prefix) ? where.substr(prefix.size()) : where;
  if (path.find("://") != std::string::npos) {
    // The text may hold a password, so the message does not repeat it.
    throw Error(ErrorCode::unsupported, "cannot read from a server: only SQLite files can be read");
  }
  return path;
}

std::unique_ptr<Store> open_for_reading(const std::string& where) {
  try {
    return std::make_unique<SqliteStore>(
        SqliteOptions{.path = path_of(where), .query_time_limit = time_limit, .read_only = true});
  } catch (const Error& error) {
    if (error.code() != ErrorCode::not_found) throw;
    throw Error(error.code(), std::string(error.what()) +
                                  "; name the file that a program records to (sparktel COMMAND FILE), or make one with "
                                  "sparktel demo");
  }
}

std::unique_ptr<SqliteStore> open_for_writing(const std::string& where) {
  refuse_other_formats(path_of(where));
  return std::make_unique<SqliteStore>(SqliteOptions{.path = path_of(where)});
}

}  // namespace spark::sparktel
