#include "apps/sparktel/files/database.h"

#include <sqlite3.h>
#include <sys/stat.h>

#include <algorithm>
#include <array>
#include <utility>

#include "spark/base/error.h"

namespace spark::sparktel {

namespace {

// Pragmas that only tell something. With an argument these name a table, or how many mistakes are listed.
constexpr std::array<std::string_view, 12> harmless_pragmas{
    "table_info",     "table_xinfo",      "table_list",  "index_list",      "index_info",      "page_count",
    "freelist_count", "foreign_key_list", "quick_check", "integrity_check", "compile_options", "collation_list"};
// These would set what they tell if they had an argument.
constexpr std::array<std::string_view, 5> told_pragmas{"user_version", "application_id", "page_size", "data_version",
                                                       "encoding"};

int authorize(void*, int action, const char* first, const char* second, const char*, const char*) {
  const auto is_in = [](const auto& names, const char* name) {
    return name != nullptr && std::find(names.begin(), names.end(), std::string_view(name)) != names.end();
  };
  switch (action) {
    case SQLITE_SELECT:
    case SQLITE_READ:
    case SQLITE_RECURSIVE:
      return SQLITE_OK;
    // A table-valued function such as json_each declares its columns so when it is first used. A statement that would
    // really make a table is no reading one, and refused for that.
    case SQLITE_CREATE_TABLE:
      return SQLITE_OK;
    case SQLITE_INSERT:
    case SQLITE_UPDATE:
      return first != nullptr && std::string_view(first) == "sqlite_master" ? SQLITE_OK : SQLITE_DENY;
    case SQLITE_FUNCTION:
      return second != nullptr && std::string_view(second) == "load_extension" ? SQLITE_DENY : SQLITE_OK;
    case SQLITE_PRAGMA:
      if (is_in(harmless_pragmas, first)) return SQLITE_OK;
      return is_in(told_pragmas, first) && second == nullptr ? SQLITE_OK : SQLITE_DENY;
    default:
      return SQLITE_DENY;
  }
}

ErrorCode code_of_result(int result) {
  switch (result & 0xFF) {
    case SQLITE_NOTADB:
    case SQLITE_CORRUPT:
      return ErrorCode::corrupt;
    case SQLITE_READONLY:
    case SQLITE_PERM:
    case SQLITE_AUTH:
      return ErrorCode::permission_denied;
    case SQLITE_INTERRUPT:
      return ErrorCode::timeout;
    case SQLITE_ERROR:
    case SQLITE_TOOBIG:
    case SQLITE_RANGE:
      return ErrorCode::invalid_argument;
    default:
      return ErrorCode::unavailable;
  }
}

std::int64_t steady_ns() { return system_clock().steady_now().count(); }

TraceId trace_id_of(const std::string& bytes) {
  TraceId id;
  if (bytes.size() != 16) return id;
  for (std::size_t i = 0; i < 8; ++i) {
    id.high = id.high << 8 | static_cast<std::uint8_t>(bytes[i]);
    id.low = id.low << 8 | static_cast<std::uint8_t>(bytes[8 + i]);
  }
  return id;
}

std::string bytes_of(TraceId id) {
  std::string bytes;
  for (const std::uint64_t half : {id.high, id.low}) {
    for (int shift = 56; shift >= 0; shift -= 8) bytes += static_cast<char>(static_cast<std::uint8_t>(half >> shift));
  }
  return bytes;
}

}  // namespace

Database::Database(std::string path) : path_(std::move(path)) {
  const int result = sqlite3_open_v2(path_.c_str(), &handle_, SQLITE_OPEN_READONLY | SQLITE_OPEN_NOMUTEX, nullptr);
  try {
    if (result != SQLITE_OK) fail(result, "open it");
    struct stat opened {};
    if (::stat(path_.c_str(), &opened) == 0) {
      device_ = opened.st_dev;
      inode_ = opened.st_ino;
    }
    sqlite3_extended_result_codes(handle_, 1);
    sqlite3_db_config(handle_, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, nullptr);
    sqlite3_db_config(handle_, SQLITE_DBCONFIG_DEFENSIVE, 1, nullptr);
    sqlite3_db_config(handle_, SQLITE_DBCONFIG_ENABLE_LOAD_EXTENSION, 0, nullptr);
    sqlite3_wal_autocheckpoint(handle_, 0);
    sqlite3_busy_timeout(handle_, 10'000);
    const int set = sqlite3_exec(handle_, "PRAGMA mmap_size = 0; PRAGMA query_only = 1", nullptr, nullptr, nullptr);
    if (set != SQLITE_OK) fail(set, "open it");
    sqlite3_set_authorizer(handle_, &authorize, nullptr);
  } catch (...) {
    sqlite3_close_v2(handle_);
    throw;
  }
}

Database::~Database() { sqlite3_close_v2(handle_); }

bool Database::is_replaced() const {
  struct stat now {};
  return ::stat(path_.c_str(), &now) != 0 || now.st_dev != device_ || now.st_ino != inode_;
}

void Database::set_time_limit(Seconds limit) {
  constexpr int instructions_between_looks = 10'000;
  deadline_ns_ = steady_ns() + std::chrono::duration_cast<std::chrono::nanoseconds>(limit).count();
  sqlite3_progress_handler(handle_, instructions_between_looks, &is_out_of_time, this);
}

int Database::is_out_of_time(void* database) { return steady_ns() > static_cast<Database*>(database)->deadline_ns_; }

std::int64_t Database::integer(std::string_view sql) {
  QueryRows rows(*this, sql);
  return rows.step() ? rows.integer(0) : 0;
}

std::vector<TraceId> Database::trace_ids_after(TraceId id, std::size_t count) {
  QueryRows rows(*this, "SELECT trace_id FROM trace_ids WHERE trace_id > ?1 ORDER BY trace_id LIMIT ?2");
  rows.bind(1, id);
  rows.bind(2, static_cast<std::int64_t>(count));
  std::vector<TraceId> ids;
  while (rows.step()) ids.push_back(trace_id_of(rows.text(0)));
  return ids;
}

std::vector<TraceId> Database::trace_ids_since(std::int64_t& number, std::size_t count) {
  QueryRows rows(*this, "SELECT number, trace_id FROM trace_ids WHERE number > ?1 ORDER BY number LIMIT ?2");
  rows.bind(1, number);
  rows.bind(2, static_cast<std::int64_t>(count));
  std::vector<TraceId> ids;
  while (rows.step()) {
    number = rows.integer(0);
    ids.push_back(trace_id_of(rows.text(1)));
  }
  return ids;
}

std::int64_t Database::count_spans(TraceId id) {
  QueryRows rows(*this,
                 "SELECT count(*) FROM spans_data WHERE trace = (SELECT number FROM trace_ids WHERE trace_id = ?1)");
  rows.bind(1, id);
  return rows.step() ? rows.integer(0) : 0;
}

void Database::fail(int result, const std::string& attempted) const {
  if ((result & 0xFF) == SQLITE_INTERRUPT) {
    throw Error(ErrorCode::timeout, "SQLite database " + path_ + ": cannot " + attempted +
                                        ": it took longer than its time limit; narrow it, or raise --time-limit");
  }
  const std::string_view message = handle_ != nullptr ? sqlite3_errmsg(handle_) : sqlite3_errstr(result);
  // A refused function is a plain error, told apart by its text only.
  if ((result & 0xFF) == SQLITE_AUTH || (result & 0xFF) == SQLITE_READONLY || message.starts_with("not authorized")) {
    throw Error(
        ErrorCode::permission_denied,
        "SQLite database " + path_ + ": cannot " + attempted +
            ": only reading is allowed here (SELECT, and pragmas that change nothing); write through the library");
  }
  throw Error(code_of_result(result),
              "SQLite database " + path_ + ": cannot " + attempted + ": " + std::string(message));
}

QueryRows::QueryRows(Database& database, std::string_view sql) : database_(database) {
  const char* rest = nullptr;
  const int result = sqlite3_prepare_v2(database.handle(), sql.data(), static_cast<int>(sql.size()), &handle_, &rest);
  if (result != SQLITE_OK) database.fail(result, "run that statement");
  const std::string_view tail = sql.substr(static_cast<std::size_t>(rest - sql.data()));
  const bool has_more = tail.find_first_not_of("; \t\r\n") != std::string_view::npos;
  if (handle_ == nullptr || has_more) {
    sqlite3_finalize(handle_);
    throw Error(ErrorCode::invalid_argument,
                "expected exactly one SQL statement, such as \"SELECT count(*) FROM spans\"");
  }
  if (sqlite3_stmt_readonly(handle_) == 0) {
    sqlite3_finalize(handle_);
    database.fail(SQLITE_AUTH, "run that statement");
  }
}

QueryRows::~QueryRows() { sqlite3_finalize(handle_); }

void QueryRows::bind(int index, std::int64_t value) { sqlite3_bind_int64(handle_, index, value); }

void QueryRows::bind(int index, TraceId id) {
  const std::string bytes = bytes_of(id);
  sqlite3_bind_blob64(handle_, index, bytes.data(), bytes.size(), SQLITE_TRANSIENT);
}

void QueryRows::reset() { sqlite3_reset(handle_); }

bool QueryRows::step() {
  const int result = sqlite3_step(handle_);
  if (result == SQLITE_ROW) return true;
  if (result != SQLITE_DONE) database_.fail(result, "run that statement");
  return false;
}

int QueryRows::columns() const { return sqlite3_column_count(handle_); }

std::string QueryRows::name(int column) const {
  const char* const name = sqlite3_column_name(handle_, column);
  return name != nullptr ? name : "";
}

std::int64_t QueryRows::integer(int column) const { return sqlite3_column_int64(handle_, column); }

std::string QueryRows::text(int column) const {
  const void* const data = sqlite3_column_blob(handle_, column);
  if (data == nullptr) return {};
  return {static_cast<const char*>(data), static_cast<std::size_t>(sqlite3_column_bytes(handle_, column))};
}

Value QueryRows::value(int column) const {
  switch (sqlite3_column_type(handle_, column)) {
    case SQLITE_NULL:
      return {};
    case SQLITE_INTEGER:
      return integer(column);
    case SQLITE_FLOAT:
      return sqlite3_column_double(handle_, column);
    case SQLITE_BLOB: {
      const std::string bytes = text(column);
      return Bytes{std::vector<std::uint8_t>(bytes.begin(), bytes.end())};
    }
    default:
      return text(column);
  }
}

}  // namespace spark::sparktel
