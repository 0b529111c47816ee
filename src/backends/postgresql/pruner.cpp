// Deleting what is old: days of partitions first, which costs next to nothing; then the oldest traces with what belongs
// to them; then what belongs to no trace, and what was set aside. A part of Writer.

#include <algorithm>
#include <string>

#include "backends/postgresql/sql_error.h"
#include "backends/postgresql/writer.h"

namespace spark::detail::postgresql {
namespace {

constexpr const char* deleting = "delete old rows";
constexpr int rows_at_once = 5'000;

// What counts as a trace's end is its start while it has none. Two who delete at once do not wait for each other.
std::string old_traces(const std::string& before, int traces_at_once) {
  return "WITH old AS (SELECT trace_id FROM traces_data WHERE start_ns < " + before +
         " AND greatest(start_ns, coalesce(end_ns, start_ns)) < " + before + " ORDER BY start_ns LIMIT " +
         std::to_string(traces_at_once) +
         " FOR UPDATE SKIP LOCKED), old_implied AS (SELECT trace_id FROM implied_traces AS i WHERE start_ns < " +
         before + " AND greatest(start_ns, end_ns) < " + before +
         " AND NOT EXISTS (SELECT 1 FROM traces_data AS t WHERE t.trace_id = i.trace_id) ORDER BY start_ns LIMIT " +
         std::to_string(traces_at_once) +
         " FOR UPDATE SKIP LOCKED), gone AS (SELECT trace_id FROM old UNION SELECT trace_id FROM old_implied), "
         "s AS (DELETE FROM spans_data WHERE trace_id IN (SELECT trace_id FROM gone) RETURNING 1), "
         "e AS (DELETE FROM events_data WHERE trace_id IN (SELECT trace_id FROM gone) RETURNING 1), "
         "m AS (DELETE FROM metrics_data WHERE trace_id IN (SELECT trace_id FROM gone) RETURNING 1), "
         "t AS (DELETE FROM traces_data WHERE trace_id IN (SELECT trace_id FROM gone) RETURNING 1), "
         "i AS (DELETE FROM implied_traces WHERE trace_id IN (SELECT trace_id FROM gone) RETURNING 1) "
         "SELECT (SELECT count(*) FROM gone), (SELECT count(*) FROM s), (SELECT count(*) FROM e), "
         "(SELECT count(*) FROM m), (SELECT count(*) FROM t), (SELECT count(*) FROM i)";
}

std::string orphans(const std::string& table, const std::string& time, const std::string& before) {
  return "DELETE FROM " + table + " WHERE (tableoid, ctid) IN (SELECT tableoid, ctid FROM " + table + " AS d WHERE " +
         time + " < " + before +
         " AND NOT EXISTS (SELECT 1 FROM traces_data AS t WHERE t.trace_id = d.trace_id)"
         " AND NOT EXISTS (SELECT 1 FROM implied_traces AS t WHERE t.trace_id = d.trace_id) LIMIT " +
         std::to_string(rows_at_once) + ")";
}

std::string old_letters(const std::string& before) {
  return "DELETE FROM dead_letters WHERE number IN (SELECT number FROM dead_letters WHERE set_aside_at < timestamptz "
         "'epoch' + " +
         before + " / 1000 * interval '1 microsecond' LIMIT " + std::to_string(rows_at_once) + ")";
}

}  // namespace

bool Writer::prune(std::int64_t before_ns, PostgresqlPruneResult& result) {
  const Deadline deadline = begin();
  try {
    Connection& connection = this->connection(deadline);
    if (layout_.partitioning == Partitioning::native && settings_.options.manage_schema) {
      result.partitions += partitions_.drop_before(connection, before_ns, deadline);
    }
    Parameters parameters;
    const std::string before = parameters.bind(before_ns);
    const Result gone = connection.query(old_traces(before, traces_at_once_), parameters, deadline, deleting);
    const auto number = [&](int column) { return static_cast<std::uint64_t>(gone.integer(0, column)); };
    result.traces += number(0);
    result.spans += number(1);
    result.events += number(2);
    result.metrics += number(3);
    if (number(0) > 0) return false;
    const auto delete_orphans = [&](const char* table, const char* time) {
      return connection.query(orphans(table, time, before), parameters, deadline, deleting).changed();
    };
    const std::uint64_t spans = delete_orphans("spans_data", "start_ns");
    const std::uint64_t events = delete_orphans("events_data", "time_ns");
    const std::uint64_t metrics = delete_orphans("metrics_data", "time_ns");
    result.spans += spans;
    result.events += events;
    result.metrics += metrics;
    const std::uint64_t letters = connection.query(old_letters(before), parameters, deadline, deleting).changed();
    result.dead_letters += letters;
    return spans + events + metrics + letters == 0;
  } catch (const StatementError& error) {
    roll_back(deadline);
    // Traces may have any number of spans.
    if (error.code() == ErrorCode::timeout) traces_at_once_ = std::max(1, traces_at_once_ / 2);
    rethrow(error);
  } catch (const RetryableError& error) {
    if (error.code() == ErrorCode::timeout) traces_at_once_ = std::max(1, traces_at_once_ / 2);
    throw;
  }
}

}  // namespace spark::detail::postgresql
