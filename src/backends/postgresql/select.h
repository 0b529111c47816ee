// Select puts a query's SQL together: conditions, with the values they compare with as parameters.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "backends/postgresql/json_column.h"
#include "backends/postgresql/parameters.h"
#include "spark/telemetry/query.h"
#include "telemetry/query_rules.h"

namespace spark::detail::postgresql {

// The condition that a column matches a glob, in the server's regular expressions. Throws Error(invalid_argument) for
// what is no glob.
[[nodiscard]] std::string glob_condition(Parameters& parameters, const std::string& column, const std::string& glob);
// The condition that a filter holds for the column `attributes`, exactly as attribute_filter.h says. Throws
// Error(invalid_argument) for a path that is empty or too long.
[[nodiscard]] std::string attribute_condition(Parameters& parameters, const AttributeFilter& filter);
// What a path leads to in the column `attributes`: a jsonb, or NULL if it is not there.
[[nodiscard]] std::string attribute_at(Parameters& parameters, const std::vector<std::string>& path);

class Select {
 public:
  explicit Select(Parameters& parameters) : parameters_(parameters) {}

  // Each adds a condition if the value is set.
  void trace(const std::optional<TraceId>& id) {
    if (id) add("trace_id = " + parameters_.bind_uuid(*id));
  }
  // A zero id asks for rows without one.
  void span(const std::string& column, const std::optional<SpanId>& id) {
    if (!id) return;
    add(id->is_valid() ? column + " = " + parameters_.bind(id_to_column(id->value)) : column + " IS NULL");
  }
  void record_id(const char* column, const std::optional<RecordId>& id) {
    if (id) add(std::string(column) + " = " + parameters_.bind_uuid(*id));
  }
  void text(const char* column, const std::optional<std::string>& text) {
    if (!text) return;
    // No row holds what the server could not store, and it refuses to compare with that.
    if (!is_storable(std::string_view(*text))) return add("false");
    add(std::string(column) + " = " + parameters_.bind(std::string_view(*text)));
  }
  void glob(const char* column, const std::optional<std::string>& glob) {
    if (glob) add(glob_condition(parameters_, column, *glob));
  }
  template <class Enum>
  void enumerator(const char* column, const std::optional<Enum>& value) {
    if (value) add(std::string(column) + " = " + parameters_.bind(static_cast<std::int64_t>(*value)));
  }
  void time(const char* column, const TimeRange& range) {
    const auto ns = [](Timestamp time) { return std::int64_t{time.time_since_epoch().count()}; };
    if (range.from) add(std::string(column) + " >= " + parameters_.bind(ns(*range.from)));
    if (range.to) add(std::string(column) + " < " + parameters_.bind(ns(*range.to)));
  }
  void duration(const std::string& column, const DurationRange& range) {
    const NanosecondRange ns(range);
    if (ns.from) add(column + " >= " + parameters_.bind(*ns.from));
    if (ns.to) add(column + " < " + parameters_.bind(*ns.to));
  }
  // NaN is above all numbers for the server, and in no range for us.
  void number(const char* column, const NumberRange& range) {
    if ((range.min && std::isnan(*range.min)) || (range.max && std::isnan(*range.max))) return add("false");
    if (range.min) add(std::string(column) + " >= " + parameters_.bind(*range.min));
    if (range.max) add(std::string(column) + " < " + parameters_.bind(*range.max));
    if (range.min || range.max) add(std::string(column) + " <> 'NaN'");
  }
  void attributes(const std::vector<AttributeFilter>& filters) {
    for (const AttributeFilter& filter : filters) add(attribute_condition(parameters_, filter));
  }
  // Rows behind a cursor, by the columns that order them.
  void after(const std::string& columns, const std::string& values, Order order) {
    add("(" + columns + ")" + (is_descending(order) ? " < (" : " > (") + values + ")");
  }

  void add(const std::string& condition) {
    where_ += where_.empty() ? " WHERE " : " AND ";
    where_ += condition;
  }
  [[nodiscard]] const std::string& where() const noexcept { return where_; }

 private:
  Parameters& parameters_;
  std::string where_;
};

[[nodiscard]] inline std::string order_by(std::initializer_list<std::string> columns, Order order) {
  std::string sql;
  for (const std::string& column : columns) {
    sql += (sql.empty() ? " ORDER BY " : ", ") + column + (is_descending(order) ? " DESC" : "");
  }
  return sql;
}

// One row more than wanted, which tells whether there is more.
[[nodiscard]] inline std::string limit_of(Parameters& parameters, std::size_t limit, std::size_t offset) {
  constexpr std::size_t most = std::numeric_limits<std::int64_t>::max() - 1;
  return " LIMIT " + parameters.bind(static_cast<std::int64_t>(std::min(limit, most)) + 1) + " OFFSET " +
         parameters.bind(static_cast<std::int64_t>(std::min(offset, most)));
}

}  // namespace spark::detail::postgresql
