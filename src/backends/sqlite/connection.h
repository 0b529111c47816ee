// The two resources of SQLite as objects: a Connection to one file and a Statement prepared on it. Both are
// move-only, end with their scope, belong to one thread at a time, and throw Error naming the file, what was
// attempted and SQLite's message. A Statement must end before its Connection.
#pragma once

#include <sqlite3.h>

#include <cstdint>
#include <string>
#include <string_view>

#include "spark/base/clock.h"

namespace spark::detail::sqlite {

enum class Access : std::uint8_t { read_only, read_write_create };

class Connection {
 public:
  // Opens without looking at the file's content yet. Never checkpoints by itself, neither on commit nor on
  // close, and never maps the file: the writer does the first under its lock, and a truncated file must not
  // become SIGBUS.
  Connection(std::string path, Access access, Seconds busy_timeout);
  Connection(Connection&& other) noexcept;
  Connection& operator=(Connection&&) = delete;
  ~Connection();

  [[nodiscard]] sqlite3* handle() const noexcept { return handle_; }
  [[nodiscard]] const std::string& path() const noexcept { return path_; }

  // Runs SQL that returns no rows anybody wants.
  void execute(const char* sql);
  // The first column of the first row, or 0 without a row.
  [[nodiscard]] std::int64_t query_integer(const char* sql);

  // Throws for a result code of SQLite. `attempted` reads on from "cannot", for example "write spans".
  [[noreturn]] void fail(int result, std::string_view attempted) const;

 private:
  std::string path_;
  Access access_;
  sqlite3* handle_ = nullptr;
};

class Statement {
 public:
  // `attempted` must be a literal; it goes into messages as in Connection::fail.
  Statement(Connection& connection, std::string_view sql, const char* attempted);
  Statement(Statement&& other) noexcept;
  Statement& operator=(Statement&&) = delete;
  ~Statement();

  // Parameters count from 1 and stay bound over resets. Text and blobs are not copied: they must live until
  // run() or reset().
  void bind(int index, std::int64_t value) { check(sqlite3_bind_int64(handle_, index, value)); }
  void bind(int index, double value) { check(sqlite3_bind_double(handle_, index, value)); }
  void bind(int index, std::string_view text) {
    // A null pointer would bind NULL, and an empty view may have one.
    check(sqlite3_bind_text64(handle_, index, text.data() != nullptr ? text.data() : "", text.size(), SQLITE_STATIC,
                              SQLITE_UTF8));
  }
  void bind_blob(int index, const void* data, std::size_t size) {
    check(sqlite3_bind_blob64(handle_, index, data, size, SQLITE_STATIC));
  }
  void bind_null(int index) { check(sqlite3_bind_null(handle_, index)); }
  // NULL for what is empty or zero, which is smaller than either.
  void bind_or_null(int index, std::string_view text) { text.empty() ? bind_null(index) : bind(index, text); }

  // True if there is a row. After the last row, or an error, the statement is reset.
  bool step();
  // Runs to the end.
  void run() {
    while (step()) {
    }
  }
  void reset() noexcept { sqlite3_reset(handle_); }

  // Columns count from 0; views live until the next step.
  [[nodiscard]] bool is_null(int column) const noexcept { return sqlite3_column_type(handle_, column) == SQLITE_NULL; }
  [[nodiscard]] std::int64_t integer(int column) const noexcept { return sqlite3_column_int64(handle_, column); }
  [[nodiscard]] double number(int column) const noexcept { return sqlite3_column_double(handle_, column); }
  // Of text or a blob; empty for NULL.
  [[nodiscard]] std::string_view text(int column) const noexcept;

 private:
  void check(int result) const {
    if (result != SQLITE_OK) connection_->fail(result, attempted_);
  }

  Connection* connection_;
  const char* attempted_;
  sqlite3_stmt* handle_ = nullptr;
};

// Resets a statement that may not have been read to its end, so that it holds no snapshot.
class ResetAtExit {
 public:
  explicit ResetAtExit(Statement& statement) noexcept : statement_(statement) {}
  ResetAtExit(const ResetAtExit&) = delete;
  ResetAtExit& operator=(const ResetAtExit&) = delete;
  ~ResetAtExit() { statement_.reset(); }

 private:
  Statement& statement_;
};

// A transaction that is rolled back unless it was committed.
class Transaction {
 public:
  // `begin` is "BEGIN IMMEDIATE" for writers: a deferred transaction that begins to write later fails at once
  // if somebody else wrote in between, whatever the busy timeout. "BEGIN" is for readers that need one
  // snapshot for several statements.
  Transaction(Connection& connection, const char* begin) : connection_(connection) { connection_.execute(begin); }
  Transaction(const Transaction&) = delete;
  Transaction& operator=(const Transaction&) = delete;
  ~Transaction() {
    // SQLite rolls back by itself after some errors; a second ROLLBACK would only fail.
    if (sqlite3_get_autocommit(connection_.handle()) == 0) {
      sqlite3_exec(connection_.handle(), "ROLLBACK", nullptr, nullptr, nullptr);
    }
  }
  void commit() { connection_.execute("COMMIT"); }

 private:
  Connection& connection_;
};

}  // namespace spark::detail::sqlite
