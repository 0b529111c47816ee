// The views that people and Grafana read: the specification's columns, with timestamptz, seconds and jsonb; and behind
// them the time as the tables have it, since the server uses indexes and leaves out partitions for a condition on that
// alone.

#include <string>

#include "backends/postgresql/schema.h"

namespace spark::detail::postgresql {
namespace {

// Of nanoseconds, by addition: as a double it would be known to 0.2 µs only.
std::string timestamp(const std::string& ns) {
  return "(timestamptz '1970-01-01 00:00:00+00' + " + ns + " / 1000 * interval '1 microsecond')";
}

std::string end_of_duration(const std::string& start, const std::string& duration) {
  return "(" + timestamp(start) + " + " + duration + " / 1000 * interval '1 microsecond')";
}

// 16 hex digits; the top bit is flipped back (wire.h). NULL for NULL.
std::string hex_id(const std::string& column) {
  return "lpad(to_hex(" + column + " # (-9223372036854775808)), 16, '0')";
}

std::string choice(const std::string& column, std::initializer_list<const char*> names) {
  std::string sql = "CASE " + column;
  int number = 0;
  for (const char* name : names) sql += " WHEN " + std::to_string(number++) + " THEN '" + name + "'";
  return sql + " END";
}

constexpr const char* trace_or_null = "nullif(trace_id, '00000000-0000-0000-0000-000000000000') AS trace_id";

std::string traces_view() {
  const std::string common =
      "SELECT trace_id, name, " + timestamp("start_ns") + " AS start_time, " + timestamp("end_ns") + " AS end_time, ";
  const std::string status = choice("status", {"started", "completed", "failed", "cancelled"}) + " AS status, ";
  const std::string root = hex_id("root_span_id") + " AS root_span_id, ";
  const std::string service =
      ", (SELECT r.resource ->> 'service_name' FROM resources AS r WHERE r.number = d.resource) AS service_name, "
      "start_ns";
  return "CREATE VIEW traces AS " + common + "CASE WHEN end_ns IS NOT NULL THEN duration_ns / 1e9::float8 END AS " +
         "duration, " + status + "attributes, " + root + "nullif(graph_hash, '') AS graph_hash, false AS partial" +
         service + " FROM traces_data AS d UNION ALL " + common +
         "(end_ns::numeric - start_ns)::float8 / 1e9::float8, " + status + "'{}'::jsonb, " + root + "NULL, true" +
         service +
         " FROM implied_traces AS d WHERE NOT EXISTS (SELECT 1 FROM traces_data AS t WHERE t.trace_id = "
         "d.trace_id);\n";
}

std::string spans_view() {
  return "CREATE VIEW spans AS SELECT " + hex_id("span_id") + " AS span_id, trace_id, " + hex_id("parent_id") +
         " AS parent_span_id, name, " + choice("kind", {"INTERNAL", "CLIENT", "SERVER", "PRODUCER", "CONSUMER"}) +
         " AS kind, " + timestamp("start_ns") + " AS start_time, " + end_of_duration("start_ns", "duration_ns") +
         " AS end_time, duration_ns / 1e9::float8 AS duration, " +
         choice("status", {"completed", "failed", "cancelled"}) +
         " AS status, nullif(status_message, '') AS status_message, nullif(error_type, '') AS error_type, attributes, "
         "start_ns FROM spans_data;\n";
}

std::string events_view() {
  return std::string("CREATE VIEW events AS SELECT event_id, ") + trace_or_null + ", " + hex_id("span_id") +
         " AS span_id, nullif(type, '') AS type, name, " + timestamp("time_ns") + " AS timestamp, " +
         choice("source", {"recorded", "span"}) + " AS source, attributes, time_ns FROM events_data;\n";
}

std::string metrics_view() {
  return std::string("CREATE VIEW metrics AS SELECT metric_id, ") + trace_or_null + ", " + hex_id("span_id") +
         " AS span_id, name, value, nullif(unit, '') AS unit, " +
         choice("aggregation_type", {"gauge", "counter", "histogram"}) + " AS aggregation_type, " +
         timestamp("time_ns") + " AS timestamp, attributes, distribution, time_ns FROM metrics_data;\n";
}

}  // namespace

std::string views_sql() {
  return traces_view() + spans_view() + events_view() + metrics_view() +
         "CREATE VIEW graphs AS SELECT hash, graph_id, version, content FROM graphs_data;\n";
}

}  // namespace spark::detail::postgresql
