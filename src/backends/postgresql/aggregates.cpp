#include "backends/postgresql/aggregates.h"

#include <charconv>
#include <cmath>
#include <limits>
#include <utility>

#include "backends/postgresql/conditions.h"
#include "spark/base/error.h"
#include "spark/base/json.h"
#include "telemetry/aggregate_state.h"
#include "telemetry/group_key.h"
#include "telemetry/record_json.h"

namespace spark::detail::postgresql {
namespace {

using Field = GroupBy::Field;

constexpr const char* answering_aggregate = "answer an aggregate";

enum class Measured : std::uint8_t { nothing, nanoseconds, number };

// A table as aggregates see it.
struct Table {
  std::string name;
  std::string time;
  std::string measured = "NULL::float8";
  Measured what = Measured::nothing;
  std::string status = "NULL::smallint";
  std::string distribution = "NULL::jsonb";
};

// The beginning of the bucket that a time lies in, as bucket_begin() has it.
std::string bucket_of(const std::string& time, std::int64_t width_ns) {
  const std::string width = "(" + std::to_string(width_ns) + "::bigint)";
  const std::string since = "((" + time + " % " + width + " + " + width + ") % " + width + ")";
  return "CASE WHEN " + time + " < (-9223372036854775808)::bigint + " + since +
         " THEN (-9223372036854775808)::bigint ELSE " + time + " - " + since + " END";
}

// A JSON number, or infinity, as a double; -0 is 0.
std::string number_in(const std::string& json) {
  return "CASE WHEN jsonb_typeof(" + json + ") = 'number' THEN (" + json + " #>> '{}')::float8 + 0 WHEN " + json +
         " = '{\"$double\": \"Infinity\"}' THEN 'Infinity'::float8 WHEN " + json +
         " = '{\"$double\": \"-Infinity\"}' THEN '-Infinity'::float8 END";
}

class Sql {
 public:
  Sql(const AggregatePlan& plan, const Aggregation& aggregation, Parameters& parameters)
      : plan_(plan), aggregation_(aggregation), parameters_(parameters) {}

  // The rows that are grouped: k0, k1, …, status, m, distribution.
  [[nodiscard]] std::string rows(const Table& table, const std::string& where) {
    std::string sql = "SELECT ";
    for (std::size_t i = 0; i < plan_.keys().size(); ++i) sql += key(table, i) + " AS " + name(i) + ", ";
    const std::string measured =
        plan_.measure() != nullptr ? number_in(attribute_at(parameters_, aggregation_.measure)) : table.measured;
    return sql + table.status + " AS status, " + measured + " AS m, " + table.distribution + " AS distribution FROM " +
           table.name + where;
  }

  // One row a group: its keys, count, errors, measured, sum, min, max, p50, p90, p95, p99, distributions.
  [[nodiscard]] std::string groups(const std::string& rows, Measured what, std::int64_t failed_status) const {
    const bool is_ns = what == Measured::nanoseconds;
    const std::string keys = names();
    const std::string sum = is_ns ? "(sum(m) * 0.000000001)::text" : "sum(m::text::numeric)::text";
    const std::string to_seconds = is_ns ? " / 1e9::float8" : "";
    std::string sql = "SELECT " + keys + "c, e, n, s";
    for (const char* column : {"low", "high", "p[1]", "p[2]", "p[3]", "p[4]"}) {
      sql += std::string(", ") + column + to_seconds;
    }
    sql += ", d FROM (SELECT " + keys +
           "count(*) AS c, count(*) FILTER (WHERE status = " + std::to_string(failed_status) +
           ") AS e, count(m) AS n, " + sum + " AS s, min(m) AS low, max(m) AS high, " +
           "percentile_disc(ARRAY[0.5, 0.9, 0.95, 0.99]) WITHIN GROUP (ORDER BY m) AS p, count(distribution) AS d " +
           "FROM (" + rows + ") AS r";
    if (!keys.empty()) sql += " GROUP BY " + keys.substr(0, keys.size() - 2);
    return sql + " LIMIT " + std::to_string(max_aggregate_groups + 1) + ") AS g";
  }

  // All rows of the groups that hold a distribution: their keys, status, m, distribution.
  [[nodiscard]] std::string rows_with_distributions(const std::string& rows) const {
    const std::string keys = names();
    const std::string by = keys.empty() ? "" : "PARTITION BY " + keys.substr(0, keys.size() - 2);
    return "SELECT " + keys + "status, m, distribution FROM (SELECT r.*, count(distribution) OVER (" + by +
           ") AS d FROM (" + rows + ") AS r) AS w WHERE d > 0";
  }

 private:
  [[nodiscard]] static std::string name(std::size_t key) { return "k" + std::to_string(key); }
  [[nodiscard]] std::string names() const {
    std::string names;
    for (std::size_t i = 0; i < plan_.keys().size(); ++i) names += name(i) + ", ";
    return names;
  }
  [[nodiscard]] std::string key(const Table& table, std::size_t index) {
    const AggregatePlan::Key& key = plan_.keys()[index];
    switch (key.field) {
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
        return "trace_id";
      case Field::attribute:
        return "coalesce(" + attribute_at(parameters_, aggregation_.by[index].path) + ", 'null'::jsonb)";
      case Field::time:
        return bucket_of(table.time, key.width_ns);
    }
    return "NULL";
  }

  const AggregatePlan& plan_;
  const Aggregation& aggregation_;
  Parameters& parameters_;
};

template <class Enum>
std::string_view enumerator(std::int64_t value, Enum last) {
  if (value < 0 || value > static_cast<std::int64_t>(last)) {
    throw Error(ErrorCode::corrupt, "a row cannot be read: enumerator " + std::to_string(value) + " is unknown");
  }
  return to_string(static_cast<Enum>(value));
}

// Adds the octets of a row's keys (group_key.h), which begin its columns; all values that are equal have the same.
void append_keys(std::string& out, const AggregatePlan& plan, RowKind kind, const Result& row) {
  int column = 0;
  for (const AggregatePlan::Key& key : plan.keys()) {
    switch (key.field) {
      case Field::name:
      case Field::error_type:
      case Field::event_type:
      case Field::unit:
        append_key_text(out, row.octets(0, column));
        break;
      case Field::kind:
        append_key_text(out, enumerator(row.integer(0, column), SpanKind::CONSUMER));
        break;
      case Field::status:
        append_key_text(out, kind == RowKind::trace ? enumerator(row.integer(0, column), TraceStatus::cancelled)
                                                    : enumerator(row.integer(0, column), SpanStatus::cancelled));
        break;
      case Field::trace_id: {
        const auto id = read_uuid<TraceId>(row.octets(0, column));
        id.is_valid() ? append_key_text(out, id.to_string()) : append_key_null(out);
        break;
      }
      case Field::attribute:
        append_key(out, parse_json(row.json(0, column), max_json_depth));
        break;
      case Field::time:
        append_key_integer(out, row.integer(0, column));
        break;
    }
    ++column;
  }
}

// The double next to a decimal; infinite where it is beyond the doubles.
double double_of(std::string_view decimal) {
  double value = 0;
  const auto read = std::from_chars(decimal.data(), decimal.data() + decimal.size(), value);
  if (read.ec != std::errc::result_out_of_range) return value;
  // Either too large or too small; what is too small begins with a zero.
  const bool is_negative = decimal.starts_with('-');
  if (decimal.substr(is_negative ? 1 : 0).starts_with('0')) return 0;
  return is_negative ? -std::numeric_limits<double>::infinity() : std::numeric_limits<double>::infinity();
}

Group read_group(const Result& row, int column) {
  Group group;
  const auto count = [&] { return static_cast<std::uint64_t>(row.integer(0, column++)); };
  group.count = count();
  group.errors = count();
  group.measured = count();
  const int sum_column = column++;
  if (group.measured == 0) return group;
  group.sum = double_of(row.octets(0, sum_column));
  group.mean = group.sum / static_cast<double>(group.measured);
  for (double* field : {&group.min, &group.max, &group.p50, &group.p90, &group.p95, &group.p99}) {
    *field = row.number(0, column++);
  }
  return group;
}

class Run {
 public:
  Run(Connection& connection, RowKind kind, const AggregatePlan& plan, const Parameters& parameters,
      const TimeLimit& limit)
      : connection_(connection), kind_(kind), plan_(plan), parameters_(parameters), limit_(limit) {}

  // The groups that the server has computed; those with a distribution are left out.
  void compute(const std::string& sql) {
    const int first_number = static_cast<int>(plan_.keys().size());
    stream(sql, [&](const Result& row) {
      check_group_count(groups_.size() + left_out_ + 1);
      key_.clear();
      append_keys(key_, plan_, kind_, row);
      check_key_bytes(key_bytes_ += key_.size());
      constexpr int distributions = 10;
      if (row.integer(0, first_number + distributions) > 0) {
        ++left_out_;
        return;
      }
      Group& group = groups_.emplace_back(read_group(row, first_number));
      group.keys = read_keys(key_);
    });
  }
  [[nodiscard]] bool has_distributions() const noexcept { return left_out_ > 0; }

  // The groups of rows that the server has not.
  void read(const std::string& sql) {
    const Aggregation all{.limit = max_aggregate_groups};
    AggregateState state(plan_, all);
    const int first_number = static_cast<int>(plan_.keys().size());
    stream(sql, [&](const Result& row) {
      key_.clear();
      append_keys(key_, plan_, kind_, row);
      AggregateState::Entry& entry = state.count(key_, false);
      if (!row.is_null(0, first_number + 2)) {
        state.measure(entry, distribution_from_json(row.json(0, first_number + 2)));
      } else if (!row.is_null(0, first_number + 1)) {
        state.measure(entry, row.number(0, first_number + 1));
      }
    });
    for (Group& group : state.take(limit_).rows) groups_.push_back(std::move(group));
  }

  [[nodiscard]] std::vector<Group> take() { return std::move(groups_); }

 private:
  template <class Visit>
  void stream(const std::string& sql, const Visit& visit) {
    connection_.stream(sql, parameters_, limit_.deadline() + std::chrono::milliseconds(100), answering_aggregate,
                       [&](const Result& row) {
                         visit(row);
                         return true;
                       });
  }

  Connection& connection_;
  const RowKind kind_;
  const AggregatePlan& plan_;
  const Parameters& parameters_;
  const TimeLimit& limit_;
  std::vector<Group> groups_;
  std::size_t left_out_ = 0;
  std::size_t key_bytes_ = 0;
  std::string key_;
};

// `rows` gives the SQL of what is grouped.
template <class Query, class Rows>
Groups run(Connection& connection, const Query& query, const Aggregation& aggregation, const TimeLimit& limit,
           Measured what, std::int64_t failed_status, const Rows& rows) {
  const AggregatePlan plan(kind_of(query), aggregation);
  Parameters parameters;
  Sql sql(plan, aggregation, parameters);
  const std::string grouped = rows(sql, parameters);
  const Measured measured = plan.measure() != nullptr ? Measured::number : what;
  Run run(connection, kind_of(query), plan, parameters, limit);
  const Deadline deadline = limit.deadline();
  // One snapshot for all that is read of it.
  const bool may_hold_distributions = kind_of(query) == RowKind::metric && plan.measure() == nullptr;
  if (may_hold_distributions) {
    connection.execute("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY", deadline, answering_aggregate);
  }
  try {
    run.compute(sql.groups(grouped, measured, failed_status));
    if (run.has_distributions()) run.read(sql.rows_with_distributions(grouped));
  } catch (...) {
    if (may_hold_distributions && connection.is_usable()) connection.execute("ROLLBACK", deadline, answering_aggregate);
    throw;
  }
  if (may_hold_distributions) connection.execute("COMMIT", deadline, answering_aggregate);
  Groups groups = ranked(run.take(), aggregation);
  limit.check();
  return groups;
}

constexpr std::int64_t never_failed = -1;

}  // namespace

Groups aggregate(Connection& connection, const TraceQuery& query, const Aggregation& aggregation,
                 const TimeLimit& limit) {
  const auto rows = [&](Sql& sql, Parameters& parameters) {
    Table table{.name = "traces_data",
                .time = "start_ns",
                .measured = "CASE WHEN end_ns IS NOT NULL THEN duration_ns END",
                .status = "status"};
    std::string text = sql.rows(table, conditions(parameters, query).where());
    // Traces known from spans only have no attributes that a condition could hold for.
    if (!query.attributes.empty()) return text;
    table.name = "(SELECT trace_id, name, status, start_ns, " + std::string(implied_duration) +
                 " AS duration_ns, '{}'::jsonb AS attributes FROM implied_traces" +
                 conditions(parameters, query, true).where() + ") AS i";
    table.measured = "duration_ns";
    return text + " UNION ALL " + sql.rows(table, "");
  };
  return run(connection, query, aggregation, limit, Measured::nanoseconds,
             static_cast<std::int64_t>(TraceStatus::failed), rows);
}

Groups aggregate(Connection& connection, const SpanQuery& query, const Aggregation& aggregation,
                 const TimeLimit& limit) {
  const auto rows = [&](Sql& sql, Parameters& parameters) {
    const Table table{.name = "spans_data", .time = "start_ns", .measured = "duration_ns", .status = "status"};
    return sql.rows(table, conditions(parameters, query).where());
  };
  return run(connection, query, aggregation, limit, Measured::nanoseconds,
             static_cast<std::int64_t>(SpanStatus::failed), rows);
}

Groups aggregate(Connection& connection, const EventQuery& query, const Aggregation& aggregation,
                 const TimeLimit& limit) {
  const auto rows = [&](Sql& sql, Parameters& parameters) {
    const Table table{.name = "events_data", .time = "time_ns"};
    return sql.rows(table, conditions(parameters, query).where());
  };
  return run(connection, query, aggregation, limit, Measured::nothing, never_failed, rows);
}

Groups aggregate(Connection& connection, const MetricQuery& query, const Aggregation& aggregation,
                 const TimeLimit& limit) {
  const auto rows = [&](Sql& sql, Parameters& parameters) {
    Table table{.name = "metrics_data",
                .time = "time_ns",
                .measured = "CASE WHEN distribution IS NULL THEN nullif(value, 'NaN') + 0 END"};
    // What is measured by an attribute is no distribution.
    if (aggregation.measure.empty()) table.distribution = "distribution";
    return sql.rows(table, conditions(parameters, query).where());
  };
  return run(connection, query, aggregation, limit, Measured::number, never_failed, rows);
}

}  // namespace spark::detail::postgresql
