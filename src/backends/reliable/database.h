// The two resources of SQLite that a spool needs: a Database, opened, and a Query, prepared on it. Both end with their
// scope, belong to one thread at a time, and throw Error with the file's name, what was attempted and SQLite's message.
// A Query must end before its Database.
#pragma once

#include <sqlite3.h>

#include <cstdint>
#include <string>
#include <string_view>

namespace spark::detail::reliable {

class Database {
 public:
  // The file must be there. Looks at nothing in it yet.
  explicit Database(const std::string& path);
  Database(const Database&) = delete;
  Database& operator=(const Database&) = delete;
  ~Database();

  void execute(const char* sql);
  // The first column of the first row, or 0 without a row.
  [[nodiscard]] std::int64_t integer(const char* sql);
  [[nodiscard]] bool is_in_transaction() const noexcept { return sqlite3_get_autocommit(handle_) == 0; }
  [[nodiscard]] bool is_read_only() const noexcept { return sqlite3_db_readonly(handle_, "main") == 1; }

 private:
  friend class Query;
  // `attempted` reads on from "cannot".
  [[noreturn]] void fail(int result, std::string_view attempted) const;

  std::string path_;
  sqlite3* handle_ = nullptr;
};

class Query {
 public:
  // `attempted` must be a literal.
  Query(Database& database, std::string_view sql, const char* attempted);
  Query(const Query&) = delete;
  Query& operator=(const Query&) = delete;
  ~Query();

  // Parameters count from 1. Blobs must live until the last step.
  void bind(int index, std::int64_t value) { check(sqlite3_bind_int64(handle_, index, value)); }
  void bind(int index, std::string_view blob) {
    check(sqlite3_bind_blob64(handle_, index, blob.data(), blob.size(), SQLITE_STATIC));
  }
  // True if there is a row.
  bool step();
  void run() {
    while (step()) {
    }
  }
  // Columns count from 0; views live until the next step.
  [[nodiscard]] std::int64_t integer(int column) const noexcept { return sqlite3_column_int64(handle_, column); }
  [[nodiscard]] std::string_view blob(int column) const noexcept;

 private:
  void check(int result) const {
    if (result != SQLITE_OK) database_.fail(result, attempted_);
  }

  Database& database_;
  const char* attempted_;
  sqlite3_stmt* handle_ = nullptr;
};

// Rolled back unless it was committed.
class Transaction {
 public:
  explicit Transaction(Database& database) : database_(database) { database_.execute("BEGIN IMMEDIATE"); }
  Transaction(const Transaction&) = delete;
  Transaction& operator=(const Transaction&) = delete;
  ~Transaction();
  void commit() { database_.execute("COMMIT"); }

 private:
  Database& database_;
};

}  // namespace spark::detail::reliable
