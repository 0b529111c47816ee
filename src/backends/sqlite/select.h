// Select puts a query's SQL together: conditions with the values bound to them. What a condition compares
// with is always a parameter, never part of the text; so hostile names are only names, and one text serves
// all values.
#pragma once

#include <algorithm>
#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "backends/sqlite/connection.h"
#include "backends/sqlite/encoding.h"
#include "backends/sqlite/reader.h"
#include "spark/base/error.h"
#include "spark/telemetry/query.h"

namespace spark::detail::sqlite {

class Select {
 public:
  // Each adds a condition if the value is set. Columns are those of the table alone, without a prefix.
  void trace(const std::optional<TraceId>& id) {
    if (!id) return;
    if (id->is_valid()) {
      add("trace = (SELECT number FROM trace_ids WHERE trace_id = ?)", to_bytes(*id));
    } else {
      add("trace = ?", std::int64_t{0});
    }
  }
  // A zero id asks for rows without one.
  void span(const char* column, const std::optional<SpanId>& id) {
    if (!id) return;
    if (id->is_valid()) {
      add(std::string(column) + " = ?", id_to_column(id->value));
    } else {
      add_text(std::string(column) + " IS NULL");
    }
  }
  void record_id(const std::optional<RecordId>& id) {
    if (!id) return;
    add("id_high = ?", id_to_column(id->high));
    add("id_low = ?", id_to_column(id->low));
  }
  // For columns that hold the number of a name. Empty names are NULL where the writer binds name-or-null.
  void name(const char* column, const std::optional<std::string>& text, bool empty_is_null = false) {
    if (!text) return;
    if (empty_is_null && text->empty()) {
      add_text(std::string(column) + " IS NULL");
    } else {
      add(std::string(column) + " = (SELECT number FROM names WHERE text = ?)", std::string_view(*text));
    }
  }
  void text(const char* column, const std::optional<std::string>& text) {
    if (text) add(std::string(column) + " = ?", std::string_view(*text));
  }
  template <class Enum>
  void enumerator(const char* column, const std::optional<Enum>& value) {
    if (value) add(std::string(column) + " = ?", static_cast<std::int64_t>(*value));
  }
  void time(const char* column, const TimeRange& range) {
    const auto ns = [](Timestamp time) { return std::int64_t{time.time_since_epoch().count()}; };
    if (range.from) add(std::string(column) + " >= ?", ns(*range.from));
    if (range.to) add(std::string(column) + " < ?", ns(*range.to));
  }
  void add_text(const std::string& condition) {
    where_ += where_.empty() ? " WHERE " : " AND ";
    where_ += condition;
  }

  [[nodiscard]] const std::string& where() const noexcept { return where_; }

  // The statement with every value bound; the last parameter is the limit, one more than asked for, which
  // tells whether there is more. The values of the query must live as long as the statement runs.
  [[nodiscard]] Statement& prepare(Reader& reader, const std::string& sql, std::size_t limit) const {
    Statement& statement = reader.statement(sql);
    int index = 0;
    for (const Parameter& parameter : parameters_) {
      ++index;
      if (const auto* bytes = std::get_if<TraceIdBytes>(&parameter)) {
        statement.bind_blob(index, bytes->data(), bytes->size());
      } else if (const auto* text = std::get_if<std::string_view>(&parameter)) {
        statement.bind(index, *text);
      } else {
        statement.bind(index, std::get<std::int64_t>(parameter));
      }
    }
    constexpr std::size_t most = std::numeric_limits<std::int64_t>::max() - 1;
    statement.bind(index + 1, static_cast<std::int64_t>(std::min(limit, most)) + 1);
    return statement;
  }

 private:
  using Parameter = std::variant<std::int64_t, std::string_view, TraceIdBytes>;

  void add(const std::string& condition, Parameter parameter) {
    add_text(condition);
    parameters_.push_back(parameter);
  }

  std::string where_;
  std::vector<Parameter> parameters_;
};

}  // namespace spark::detail::sqlite
