// The SQL functions that queries use, registered with one connection. They are what makes a query mean the same here as
// in every other store: globs and attribute filters are decided by the code that all stores share, on each row, inside
// SQLite.
//
//   spark_name(text)             whether the name matches the query's glob
//   spark_attribute(json, n)     whether the query's attribute filter number n holds
//   spark_duration(start, end)   nanoseconds, as duration_of(); 0 if end is NULL
//
// Owned by the Reader, whose connection keeps its address. The thread that borrowed the reader sets what the functions
// compare with before it runs a statement.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "backends/sqlite/connection.h"
#include "spark/base/glob.h"
#include "telemetry/attribute_condition.h"

namespace spark::detail::sqlite {

// Of text or a blob; empty for NULL. As a blob: asking for text would check and end it. Lives as long as the argument.
[[nodiscard]] std::string_view text_of(sqlite3_value* value) noexcept;

class Functions {
 public:
  explicit Functions(Connection& connection);
  Functions(const Functions&) = delete;
  Functions& operator=(const Functions&) = delete;

  // For the statements that run from now on. Throws Error(invalid_argument) for what can never be right.
  void set(const std::optional<std::string>& name, const std::vector<AttributeFilter>& attributes);
  [[nodiscard]] const std::optional<Glob>& name() const noexcept { return name_; }

 private:
  static void match_name(sqlite3_context* context, int count, sqlite3_value** arguments);
  static void match_attribute(sqlite3_context* context, int count, sqlite3_value** arguments);
  static void compute_duration(sqlite3_context* context, int count, sqlite3_value** arguments);

  std::optional<Glob> name_;
  std::vector<AttributeCondition> attributes_;
};

}  // namespace spark::detail::sqlite
