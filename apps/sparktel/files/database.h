// Database is a read-only connection of our own to a SQLite file, for what the library's queries do not offer: SQL of
// the user, the list of trace ids, checks. It obeys the rules of docs/sqlite-format.md: it never checkpoints, on
// closing neither, maps nothing, and cannot write: the file is opened read-only, query_only is set, and an authorizer
// refuses what would write, attach another file, load code or change a setting.
//
// A QueryRows must end before its Database. Both belong to one thread and must not be used in a forked child. They
// throw Error naming the file.
#pragma once

#include <sys/types.h>

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "spark/base/clock.h"
#include "spark/base/ids.h"
#include "spark/base/value.h"

struct sqlite3;
struct sqlite3_stmt;

namespace spark::sparktel {

class Database {
 public:
  // The file should have been checked by open_for_reading, which says best what is wrong with one.
  explicit Database(std::string path);
  Database(const Database&) = delete;
  Database& operator=(const Database&) = delete;
  ~Database();

  // Statements that run longer from now on throw Error(timeout).
  void set_time_limit(Seconds limit);
  // The first column of the first row; 0 without a row.
  [[nodiscard]] std::int64_t integer(std::string_view sql);
  // At most `count` ids after this one, ascending, of everything that any record names.
  [[nodiscard]] std::vector<TraceId> trace_ids_after(TraceId id, std::size_t count);
  // Those whose numbers are larger, in the order in which the file came to know them; `number` becomes the last one's.
  [[nodiscard]] std::vector<TraceId> trace_ids_since(std::int64_t& number, std::size_t count);
  // That name this trace. Looks at each of them, but reads no attributes.
  [[nodiscard]] std::int64_t count_spans(TraceId id);

  // Whether the path now leads to another file than the one that is open, or to none.
  [[nodiscard]] bool is_replaced() const;

  [[nodiscard]] sqlite3* handle() const noexcept { return handle_; }
  [[nodiscard]] const std::string& path() const noexcept { return path_; }
  [[noreturn]] void fail(int result, const std::string& attempted) const;

 private:
  static int is_out_of_time(void* database);

  std::string path_;
  sqlite3* handle_ = nullptr;
  dev_t device_ = 0;
  ino_t inode_ = 0;
  std::int64_t deadline_ns_ = 0;  // of the steady clock; 0: none
};

class QueryRows {
 public:
  // Exactly one statement. Throws Error: invalid_argument (not SQL, or several statements, or none),
  // permission_denied (it would write).
  QueryRows(Database& database, std::string_view sql);
  QueryRows(const QueryRows&) = delete;
  QueryRows& operator=(const QueryRows&) = delete;
  ~QueryRows();

  void bind(int index, std::int64_t value);  // from 1
  void bind(int index, TraceId id);
  // To run it again with other values.
  void reset();
  bool step();
  [[nodiscard]] int columns() const;
  [[nodiscard]] std::string name(int column) const;
  [[nodiscard]] std::int64_t integer(int column) const;
  [[nodiscard]] std::string text(int column) const;
  // null, int, double, string or bytes, as SQLite keeps it.
  [[nodiscard]] Value value(int column) const;

 private:
  Database& database_;
  sqlite3_stmt* handle_ = nullptr;
};

}  // namespace spark::sparktel
