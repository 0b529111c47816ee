#include "backends/sqlite/connection.h"

#include <algorithm>
#include <utility>

#include "spark/base/error.h"

namespace spark::detail::sqlite {
namespace {

ErrorCode code_of(int result) noexcept {
  switch (result & 0xFF) {
    case SQLITE_NOTADB:
    case SQLITE_CORRUPT:
    case SQLITE_FORMAT:
      return ErrorCode::corrupt;
    case SQLITE_READONLY:
    case SQLITE_PERM:
    case SQLITE_AUTH:
      return ErrorCode::permission_denied;
    case SQLITE_INTERRUPT:
      return ErrorCode::timeout;
    case SQLITE_TOOBIG:
    case SQLITE_RANGE:
      return ErrorCode::invalid_argument;
    // A table or column that our own SQL names is not there, or a constraint of ours does not hold.
    case SQLITE_ERROR:
    case SQLITE_CONSTRAINT:
    case SQLITE_MISMATCH:
      return ErrorCode::corrupt;
    default:
      return ErrorCode::unavailable;
  }
}

// What its user can do about it; empty where nobody knows.
std::string_view advice_for(int result, Access access) noexcept {
  switch (result & 0xFF) {
    case SQLITE_NOTADB:
      return "; name another file";
    case SQLITE_CORRUPT:
      return "; move the file away together with its -wal, then restore a copy or begin a new one";
    case SQLITE_READONLY:
    case SQLITE_PERM:
    case SQLITE_CANTOPEN:
      // Whoever reads makes the -shm file if it is not there.
      return access == Access::read_only ? "; this user needs the right to read the file and its -wal and -shm, and to "
                                           "write its directory where "
                                           "one of those is missing"
                                         : "; this user needs the right to write the file and its directory";
    case SQLITE_FULL:
      return "; make room on its disk, what comes later is then stored";
    case SQLITE_IOERR:
      return "; look whether its disk is full, limited for this process, or faulty";
    default:
      return "";
  }
}

}  // namespace

Connection::Connection(std::string path, Access access, Seconds busy_timeout)
    : path_(std::move(path)), access_(access) {
  const int flags = (access == Access::read_only ? SQLITE_OPEN_READONLY : SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE) |
                    SQLITE_OPEN_NOMUTEX;
  const int opened = sqlite3_open_v2(path_.c_str(), &handle_, flags, nullptr);
  try {
    if (opened != SQLITE_OK) fail(opened, "open it");
    sqlite3_extended_result_codes(handle_, 1);
    sqlite3_db_config(handle_, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, nullptr);
    sqlite3_busy_timeout(handle_, static_cast<int>(std::clamp(busy_timeout.count(), 0.0, 86'400.0) * 1000));
    sqlite3_wal_autocheckpoint(handle_, 0);
    execute("PRAGMA mmap_size = 0");
  } catch (...) {
    sqlite3_close_v2(handle_);
    throw;
  }
}

Connection::Connection(Connection&& other) noexcept
    : path_(std::move(other.path_)), access_(other.access_), handle_(std::exchange(other.handle_, nullptr)) {}

Connection::~Connection() { sqlite3_close_v2(handle_); }

void Connection::execute(const char* sql) {
  const int result = sqlite3_exec(handle_, sql, nullptr, nullptr, nullptr);
  if (result != SQLITE_OK) fail(result, std::string_view(sql).substr(0, 60));
}

std::int64_t Connection::query_integer(const char* sql) {
  Statement statement(*this, sql, sql);
  return statement.step() ? statement.integer(0) : 0;
}

void Connection::fail(int result, std::string_view attempted) const {
  std::string message = "SQLite database " + path_ + ": cannot ";
  message += attempted;
  message += ": ";
  // Without a handle, or when the last error is another one, the code's own text is what there is.
  message += handle_ != nullptr && (sqlite3_errcode(handle_) & 0xFF) == (result & 0xFF) ? sqlite3_errmsg(handle_)
                                                                                        : sqlite3_errstr(result);
  message += " (code " + std::to_string(result) + ")";
  message += advice_for(result, access_);
  throw Error(code_of(result), message);
}

Statement::Statement(Connection& connection, std::string_view sql, const char* attempted)
    : connection_(&connection), attempted_(attempted) {
  check(sqlite3_prepare_v3(connection.handle(), sql.data(), static_cast<int>(sql.size()), SQLITE_PREPARE_PERSISTENT,
                           &handle_, nullptr));
}

Statement::Statement(Statement&& other) noexcept
    : connection_(other.connection_), attempted_(other.attempted_), handle_(std::exchange(other.handle_, nullptr)) {}

Statement::~Statement() { sqlite3_finalize(handle_); }

bool Statement::step() {
  const int result = sqlite3_step(handle_);
  if (result == SQLITE_ROW) return true;
  if (result != SQLITE_DONE) {
    // The message belongs to the connection and resetting keeps it only if the code is the same one.
    try {
      connection_->fail(result, attempted_);
    } catch (...) {
      sqlite3_reset(handle_);
      throw;
    }
  }
  sqlite3_reset(handle_);
  return false;
}

std::string_view Statement::text(int column) const noexcept {
  const void* data = sqlite3_column_blob(handle_, column);
  if (data == nullptr) return {};
  return {static_cast<const char*>(data), static_cast<std::size_t>(sqlite3_column_bytes(handle_, column))};
}

}  // namespace spark::detail::sqlite
