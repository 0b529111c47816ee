#include "backends/reliable/database.h"

#include "spark/base/error.h"

namespace spark::detail::reliable {
namespace {

ErrorCode code_of(int result) noexcept {
  switch (result & 0xFF) {
    case SQLITE_NOTADB:
    case SQLITE_CORRUPT:
    case SQLITE_FORMAT:
    // A table or column that our own SQL names is not there.
    case SQLITE_ERROR:
      return ErrorCode::corrupt;
    case SQLITE_READONLY:
    case SQLITE_PERM:
    case SQLITE_AUTH:
      return ErrorCode::permission_denied;
    default:
      return ErrorCode::unavailable;
  }
}

std::string_view advice_for(int result) noexcept {
  switch (result & 0xFF) {
    case SQLITE_NOTADB:
      return "; it is not a spool: name another file";
    case SQLITE_CORRUPT:
    case SQLITE_ERROR:
      return "; move the file away, a new one is then begun";
    case SQLITE_READONLY:
    case SQLITE_PERM:
    case SQLITE_CANTOPEN:
      return "; this user needs the right to write the file and its directory";
    case SQLITE_FULL:
    case SQLITE_IOERR:
      return "; look whether its disk is full, limited for this process, or faulty";
    default:
      return "";
  }
}

}  // namespace

Database::Database(const std::string& path) : path_(path) {
  const int opened = sqlite3_open_v2(path_.c_str(), &handle_, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX, nullptr);
  try {
    if (opened != SQLITE_OK) fail(opened, "open it");
    sqlite3_extended_result_codes(handle_, 1);
    // Nobody else writes; somebody may look, with a shell.
    constexpr int patience_ms = 10'000;
    sqlite3_busy_timeout(handle_, patience_ms);
    // A file that somebody cuts short must not become SIGBUS.
    execute("PRAGMA mmap_size = 0");
  } catch (...) {
    sqlite3_close_v2(handle_);
    throw;
  }
}

Database::~Database() { sqlite3_close_v2(handle_); }

void Database::execute(const char* sql) {
  const int result = sqlite3_exec(handle_, sql, nullptr, nullptr, nullptr);
  if (result != SQLITE_OK) fail(result, std::string_view(sql).substr(0, 60));
}

std::int64_t Database::integer(const char* sql) {
  Query query(*this, sql, "read it");
  return query.step() ? query.integer(0) : 0;
}

void Database::fail(int result, std::string_view attempted) const {
  std::string message = "spool " + path_ + ": cannot ";
  message += attempted;
  message += ": ";
  // Without a handle, or when the last error is another one, the code's own text is what there is.
  message += handle_ != nullptr && (sqlite3_errcode(handle_) & 0xFF) == (result & 0xFF) ? sqlite3_errmsg(handle_)
                                                                                        : sqlite3_errstr(result);
  message += " (code " + std::to_string(result) + ")";
  message += advice_for(result);
  throw Error(code_of(result), message);
}

Query::Query(Database& database, std::string_view sql, const char* attempted)
    : database_(database), attempted_(attempted) {
  check(sqlite3_prepare_v2(database.handle_, sql.data(), static_cast<int>(sql.size()), &handle_, nullptr));
}

Query::~Query() { sqlite3_finalize(handle_); }

bool Query::step() {
  const int result = sqlite3_step(handle_);
  if (result != SQLITE_ROW && result != SQLITE_DONE) database_.fail(result, attempted_);
  return result == SQLITE_ROW;
}

std::string_view Query::blob(int column) const noexcept {
  const void* data = sqlite3_column_blob(handle_, column);
  if (data == nullptr) return {};
  return {static_cast<const char*>(data), static_cast<std::size_t>(sqlite3_column_bytes(handle_, column))};
}

Transaction::~Transaction() {
  // SQLite rolls back by itself after some errors; a second ROLLBACK would only fail.
  if (!database_.is_in_transaction()) return;
  try {
    database_.execute("ROLLBACK");
  } catch (const Error&) {
    // The next opening does it.
  }
}

}  // namespace spark::detail::reliable
