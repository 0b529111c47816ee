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
#include "spark/base/glob.h"
#include "spark/telemetry/query.h"
#include "telemetry/query_rules.h"

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
  // For columns that hold the number of a name. Empty texts are NULL where the writer binds name-or-null.
  void name(const char* column, const std::optional<std::string>& text, bool empty_is_null = false) {
    if (!text) return;
    if (empty_is_null && text->empty()) {
      add_text(std::string(column) + " IS NULL");
    } else {
      add(std::string(column) + " = (SELECT number FROM names WHERE text = ?)", std::string_view(*text));
    }
  }
  // A glob that varies is held against the names, which are few, once, and not against the rows.
  void name(const char* column, const std::optional<Glob>& glob) {
    if (!glob) return;
    if (glob->literal()) return name(column, glob->literal());
    add_text(std::string(column) + " IN (SELECT number FROM names WHERE spark_name(text))");
  }
  // After the cheap conditions, so that few rows get as far as these.
  void attributes(std::size_t count) {
    for (std::size_t i = 0; i < count; ++i) add_text("spark_attribute(attributes, " + std::to_string(i) + ")");
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
  void duration(const char* column, const DurationRange& range) {
    const NanosecondRange ns(range);
    if (ns.from) add(std::string(column) + " >= ?", *ns.from);
    if (ns.to) add(std::string(column) + " < ?", *ns.to);
  }
  void number(const char* column, const NumberRange& range) {
    if (range.min) add(std::string(column) + " >= ?", *range.min);
    if (range.max) add(std::string(column) + " < ?", *range.max);
  }

  // Rows behind a cursor, by the columns that order them.
  void after_span(const std::string& value, const RowKey& key, Order order) {
    add("(" + value + ", span, trace) " + beyond(order) + " (?, ?, " + trace_number + ")", key.value);
    parameters_.emplace_back(id_to_column(key.id.low));
    parameters_.emplace_back(to_bytes(key.trace_id));
  }
  void after_record(const RowKey& key, Order order) {
    add("(time_ns, id_high, id_low, trace) " + beyond(order) + " (?, ?, ?, " + trace_number + ")", key.value);
    parameters_.emplace_back(id_to_column(key.id.high));
    parameters_.emplace_back(id_to_column(key.id.low));
    parameters_.emplace_back(to_bytes(key.trace_id));
  }
  // The first condition is implied by the second, and what an index can use.
  void after_trace(const std::string& value, const RowKey& key, Order order) {
    const std::string than = beyond(order);
    add(value + " " + than + "= ?", key.value);
    add("(" + value + " " + than + " ? OR trace_ids.trace_id " + than + " ?)", key.value);
    parameters_.emplace_back(to_bytes({key.id.high, key.id.low}));
  }
  void after_number(const char* column, std::int64_t number) { add(std::string(column) + " < ?", number); }
  // Spans behind a place in the table's own order.
  void after_place(std::int64_t trace, std::int64_t span) {
    add("(trace, span) > (?, ?)", trace);
    parameters_.emplace_back(span);
  }

  void after_span_id(std::int64_t span) {
    if (span != std::numeric_limits<std::int64_t>::min()) add("span > ?", span);
  }

  void add_text(const std::string& condition) {
    where_ += where_.empty() ? " WHERE " : " AND ";
    where_ += condition;
  }

  [[nodiscard]] const std::string& where() const noexcept { return where_; }

  // The statement with every value bound. The values of the query must live as long as the statement runs.
  [[nodiscard]] Statement& prepare(Reader& reader, const std::string& sql) const {
    Statement& statement = reader.statement(sql);
    int index = 0;
    for (const Parameter& parameter : parameters_) {
      ++index;
      if (const auto* bytes = std::get_if<TraceIdBytes>(&parameter)) {
        statement.bind_blob(index, bytes->data(), bytes->size());
      } else if (const auto* text = std::get_if<std::string_view>(&parameter)) {
        statement.bind(index, *text);
      } else if (const auto* number = std::get_if<double>(&parameter)) {
        statement.bind(index, *number);
      } else {
        statement.bind(index, std::get<std::int64_t>(parameter));
      }
    }
    return statement;
  }
  // The same; its last two parameters are the limit, one more than asked for, which tells whether there is more, and
  // the offset.
  [[nodiscard]] Statement& prepare(Reader& reader, const std::string& sql, std::size_t limit,
                                   std::size_t offset) const {
    Statement& statement = prepare(reader, sql);
    const int index = static_cast<int>(parameters_.size());
    constexpr std::size_t most = std::numeric_limits<std::int64_t>::max() - 1;
    statement.bind(index + 1, static_cast<std::int64_t>(std::min(limit, most)) + 1);
    statement.bind(index + 2, static_cast<std::int64_t>(std::min(offset, most)));
    return statement;
  }

 private:
  using Parameter = std::variant<std::int64_t, double, std::string_view, TraceIdBytes>;
  // Of a trace id; without a trace 0, as in the tables.
  static constexpr const char* trace_number = "coalesce((SELECT number FROM trace_ids WHERE trace_id = ?), 0)";

  [[nodiscard]] static std::string beyond(Order order) { return is_descending(order) ? "<" : ">"; }

  void add(const std::string& condition, Parameter parameter) {
    add_text(condition);
    parameters_.push_back(parameter);
  }

  std::string where_;
  std::vector<Parameter> parameters_;
};

}  // namespace spark::detail::sqlite
