#include "backends/sqlite/aggregates.h"

#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "backends/sqlite/aggregate_function.h"
#include "backends/sqlite/conditions.h"
#include "backends/sqlite/encoding.h"
#include "backends/sqlite/select.h"
#include "spark/base/error.h"
#include "telemetry/aggregate_state.h"

namespace spark::detail::sqlite {
namespace {

using Field = GroupBy::Field;
using Measured = RowTally::Measured;

// A table as aggregates see it. An empty column is none.
struct Table {
  std::string name;
  std::string time;
  std::string measured;
  std::string status = "NULL";
  std::string distribution = "NULL";
  std::string attributes = "attributes";
  RowTally::Columns columns = {};
};

std::string column_of(const Table& table, Field field) {
  switch (field) {
    case Field::name:
      return "name";
    case Field::kind:
      return "kind";
    case Field::status:
      return table.status;
    case Field::error_type:
      return "error_type";
    case Field::event_type:
      return "type";
    case Field::unit:
      return "unit";
    case Field::trace_id:
      return "trace";
    case Field::attribute:
      return table.attributes;
    case Field::time:
      return table.time;
  }
  return "NULL";
}

void scan(Reader& reader, const Table& table, const Select& select, const AggregatePlan& plan, AggregateState& state) {
  const bool is_attribute = plan.measure() != nullptr;
  std::string sql = "SELECT spark_aggregate(" + table.status + ", " +
                    (is_attribute ? table.attributes : table.measured) + ", " +
                    (is_attribute ? "NULL" : table.distribution);
  for (const AggregatePlan::Key& key : plan.keys()) sql += ", " + column_of(table, key.field);
  sql += ") FROM " + table.name + " AS d" + select.where();
  RowTally tally(plan, state, table.columns);
  reader.aggregate_function().run(select.prepare(reader, sql), tally);
}

// Makes public keys of those in the tables.
class KeyResolver {
 public:
  KeyResolver(Reader& reader, RowKind kind, const AggregatePlan& plan) : reader_(reader), kind_(kind), plan_(plan) {}

  void operator()(std::vector<Value>& keys) {
    for (std::size_t i = 0; i < keys.size(); ++i) resolve(plan_.keys()[i].field, keys[i]);
  }

 private:
  void resolve(Field field, Value& key) {
    switch (field) {
      case Field::name:
      case Field::error_type:
      case Field::event_type:
      case Field::unit:
        key = name(key);
        return;
      case Field::kind:
        key = enumerator(key, SpanKind::CONSUMER);
        return;
      case Field::status:
        key =
            kind_ == RowKind::trace ? enumerator(key, TraceStatus::cancelled) : enumerator(key, SpanStatus::cancelled);
        return;
      case Field::trace_id:
        key = trace_id(key);
        return;
      case Field::attribute:
      case Field::time:
        return;
    }
  }
  // Of names there are few, and many groups may have the same.
  const Value& name(const Value& number) {
    if (number.is_null()) return empty_;
    const auto [position, is_new] = names_.try_emplace(number.as_int());
    if (is_new) position->second = look_up("SELECT text FROM names WHERE number = ?", number);
    return position->second;
  }
  template <class Enum>
  Value enumerator(const Value& number, Enum last) {
    const std::int64_t value = number.is_int() ? number.as_int() : -1;
    if (value < 0 || value > static_cast<std::int64_t>(last)) {
      throw Error(ErrorCode::corrupt, "SQLite database " + reader_.connection().path() +
                                          ": a row cannot be read: enumerator " + std::to_string(value) +
                                          " is unknown");
    }
    return to_string(static_cast<Enum>(value));
  }
  Value trace_id(const Value& number) {
    const TraceId id = trace_id_from_bytes(look_up("SELECT trace_id FROM trace_ids WHERE number = ?", number));
    return id.is_valid() ? Value(id.to_string()) : Value();
  }
  // Empty if it is not there.
  std::string look_up(const char* sql, const Value& number) {
    Statement& statement = reader_.statement(sql);
    const ResetAtExit reset(statement);
    statement.bind(1, number.as_int());
    return statement.step() ? std::string(statement.text(0)) : std::string();
  }

  Reader& reader_;
  const RowKind kind_;
  const AggregatePlan& plan_;
  const Value empty_ = "";
  std::unordered_map<std::int64_t, Value> names_;
};

// `scan_all` scans what there is. Names are looked up in the snapshot of the rows.
template <class Query, class ScanAll>
Groups run(Reader& reader, const Query& query, const Aggregation& aggregation, const TimeLimit& limit,
           const ScanAll& scan_all) {
  reader.functions().set(query.name, query.attributes);
  const AggregatePlan plan(kind_of(query), aggregation);
  AggregateState state(plan, aggregation);
  Transaction transaction(reader.connection(), "BEGIN");
  scan_all(plan, state);
  KeyResolver resolver(reader, kind_of(query), plan);
  Groups groups = state.take(limit, [&](std::vector<Value>& keys) { resolver(keys); });
  transaction.commit();
  return groups;
}

}  // namespace

Groups aggregate(Reader& reader, const TraceQuery& query, const Aggregation& aggregation, const TimeLimit& limit) {
  return run(reader, query, aggregation, limit, [&](const AggregatePlan& plan, AggregateState& state) {
    Table table{.name = "traces_data",
                .time = "start_ns",
                .measured = "CASE WHEN end_ns IS NOT NULL THEN " + std::string(trace_duration) + " END",
                .status = "status",
                .columns = {static_cast<std::int64_t>(TraceStatus::failed), Measured::nanoseconds}};
    Select select = trace_conditions(reader, query, false);
    select.attributes(query.attributes.size());
    scan(reader, table, select, plan, state);
    // Traces known from spans only have no attributes that a condition could hold for.
    if (!query.attributes.empty()) return;
    table.name = "implied_traces";
    table.attributes = "'{}'";
    scan(reader, table, trace_conditions(reader, query, true), plan, state);
  });
}

Groups aggregate(Reader& reader, const SpanQuery& query, const Aggregation& aggregation, const TimeLimit& limit) {
  return run(reader, query, aggregation, limit, [&](const AggregatePlan& plan, AggregateState& state) {
    const Table table{.name = "spans_data",
                      .time = "start_ns",
                      .measured = "duration_ns",
                      .status = "status",
                      .columns = {static_cast<std::int64_t>(SpanStatus::failed), Measured::nanoseconds}};
    Select select = span_conditions(reader, query);
    select.attributes(query.attributes.size());
    scan(reader, table, select, plan, state);
  });
}

Groups aggregate(Reader& reader, const EventQuery& query, const Aggregation& aggregation, const TimeLimit& limit) {
  return run(reader, query, aggregation, limit, [&](const AggregatePlan& plan, AggregateState& state) {
    const Table table{.name = "events_data", .time = "time_ns", .measured = "NULL"};
    Select select = event_conditions(reader, query);
    select.attributes(query.attributes.size());
    scan(reader, table, select, plan, state);
  });
}

Groups aggregate(Reader& reader, const MetricQuery& query, const Aggregation& aggregation, const TimeLimit& limit) {
  return run(reader, query, aggregation, limit, [&](const AggregatePlan& plan, AggregateState& state) {
    const Table table{.name = "metrics_data",
                      .time = "time_ns",
                      .measured = "value",
                      .distribution = "distribution",
                      .columns = {.measured = Measured::number}};
    Select select = metric_conditions(reader, query);
    select.attributes(query.attributes.size());
    scan(reader, table, select, plan, state);
  });
}

}  // namespace spark::detail::sqlite
