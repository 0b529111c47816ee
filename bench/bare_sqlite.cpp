#include "bare_sqlite.h"

#include <sqlite3.h>

#include <chrono>
#include <memory>
#include <stdexcept>

namespace spark::bench {
namespace {

struct Close {
  void operator()(sqlite3* database) const noexcept { sqlite3_close(database); }
  void operator()(sqlite3_stmt* statement) const noexcept { sqlite3_finalize(statement); }
};
using Database = std::unique_ptr<sqlite3, Close>;
using Statement = std::unique_ptr<sqlite3_stmt, Close>;

void check(sqlite3* database, int result) {
  if (result == SQLITE_OK || result == SQLITE_DONE || result == SQLITE_ROW) return;
  throw std::runtime_error(std::string("bare SQLite: ") + sqlite3_errmsg(database));
}

Database open_database(const std::string& path) {
  sqlite3* handle = nullptr;
  const int result = sqlite3_open(path.c_str(), &handle);
  Database database(handle);
  check(handle, result);
  return database;
}

void execute(const Database& database, const char* sql) {
  check(database.get(), sqlite3_exec(database.get(), sql, nullptr, nullptr, nullptr));
}

Statement prepare(const Database& database, const char* sql) {
  sqlite3_stmt* handle = nullptr;
  check(database.get(), sqlite3_prepare_v3(database.get(), sql, -1, SQLITE_PREPARE_PERSISTENT, &handle, nullptr));
  return Statement(handle);
}

constexpr const char* select_sql =
    "SELECT trace, span, parent, name, kind, start_ns, duration_ns, status, error_type, resource, "
    "status_message, "
    "attributes FROM spans_data";

constexpr const char* create_sql =
    "CREATE TABLE spans (trace INTEGER, span INTEGER, parent INTEGER, name INTEGER, kind INTEGER, start_ns "
    "INTEGER, "
    "duration_ns INTEGER, status INTEGER, error_type INTEGER, resource INTEGER, status_message TEXT, "
    "attributes TEXT)";

constexpr const char* insert_sql = "INSERT INTO spans VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)";

constexpr int message_column = 10, attributes_column = 11;

std::optional<std::string> text_at(sqlite3_stmt* statement, int column) {
  const auto* text = reinterpret_cast<const char*>(sqlite3_column_text(statement, column));
  if (text == nullptr) return std::nullopt;
  return std::string(text, static_cast<std::size_t>(sqlite3_column_bytes(statement, column)));
}

void bind(sqlite3_stmt* statement, int index, const std::string& text) {
  sqlite3_bind_text(statement, index, text.data(), static_cast<int>(text.size()), SQLITE_STATIC);
}

void insert(sqlite3_stmt* statement, const BareSpan& row) {
  int index = 0;
  for (const auto& number : row.numbers) {
    ++index;
    number ? sqlite3_bind_int64(statement, index, *number) : sqlite3_bind_null(statement, index);
  }
  if (row.status_message) {
    bind(statement, message_column + 1, *row.status_message);
  } else {
    sqlite3_bind_null(statement, message_column + 1);
  }
  bind(statement, attributes_column + 1, row.attributes);
  check(sqlite3_db_handle(statement), sqlite3_step(statement));
  sqlite3_reset(statement);
}

}  // namespace

std::vector<BareSpan> read_spans(const std::string& path) {
  const Database database = open_database(path);
  const Statement statement = prepare(database, select_sql);
  std::vector<BareSpan> rows;
  int result;
  while ((result = sqlite3_step(statement.get())) == SQLITE_ROW) {
    BareSpan& row = rows.emplace_back();
    for (std::size_t i = 0; i < row.numbers.size(); ++i) {
      const int column = static_cast<int>(i);
      if (sqlite3_column_type(statement.get(), column) == SQLITE_NULL) continue;
      row.numbers[i] = sqlite3_column_int64(statement.get(), column);
    }
    row.status_message = text_at(statement.get(), message_column);
    row.attributes = text_at(statement.get(), attributes_column).value_or("");
  }
  check(database.get(), result);
  return rows;
}

double insert_bare(const std::string& path, const std::vector<BareSpan>& rows) {
  constexpr std::size_t rows_per_transaction = 1'000;
  const Database database = open_database(path);
  execute(database, "PRAGMA journal_mode = WAL");
  execute(database, "PRAGMA synchronous = NORMAL");
  execute(database, create_sql);
  const Statement statement = prepare(database, insert_sql);
  const auto begin = std::chrono::steady_clock::now();
  for (std::size_t first = 0; first < rows.size(); first += rows_per_transaction) {
    execute(database, "BEGIN IMMEDIATE");
    for (std::size_t i = first; i < rows.size() && i < first + rows_per_transaction; ++i) {
      insert(statement.get(), rows[i]);
    }
    execute(database, "COMMIT");
  }
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
}

}  // namespace spark::bench
