// The views that make a file readable in the sqlite3 shell: the specification's columns, in plain SQL.
// Numbers are looked up by subqueries, not joins: a column that a query does not use costs nothing, so that
// count(*) of a view reads one table.

#include <string>

#include "backends/sqlite/schema.h"

namespace spark::detail::sqlite {
namespace {

// ISO 8601 of nanoseconds. The remainder is taken so that it is never negative, for times before 1970 too.
std::string iso_time(const std::string& ns) {
  const std::string rest = "((" + ns + " % 1000000000 + 1000000000) % 1000000000)";
  return "strftime('%Y-%m-%dT%H:%M:%S', (" + ns + " - " + rest + ") / 1000000000, 'unixepoch') || printf('.%09dZ', " +
         rest + ")";
}

// 16 hex digits; the top bit is flipped back (see encoding.h), in the only arithmetic that SQLite has for it.
std::string hex_id(const std::string& column) {
  return "printf('%016x', (" + column + " & 9223372036854775807) | (~" + column + " & (-9223372036854775807 - 1)))";
}

std::string uuid(const std::string& hex) {
  const auto part = [&](const char* range) { return "substr(" + hex + ", " + range + ")"; };
  return part("1, 8") + " || '-' || " + part("9, 4") + " || '-' || " + part("13, 4") + " || '-' || " + part("17, 4") +
         " || '-' || " + part("21, 12");
}

// NULL for number 0, which stands for no trace.
std::string trace_uuid() {
  return "(SELECT " + uuid("lower(hex(trace_id))") + " FROM trace_ids WHERE number = d.trace)";
}

// NULL for NULL.
std::string text_of(const std::string& column) { return "(SELECT text FROM names WHERE number = " + column + ")"; }

std::string span_id_or_null(const std::string& column) {
  return "CASE WHEN " + column + " IS NOT NULL THEN " + hex_id(column) + " END";
}

std::string record_uuid() { return uuid("(" + hex_id("d.id_high") + " || " + hex_id("d.id_low") + ")"); }

std::string trace_status(const std::string& column) {
  return "CASE " + column + " WHEN 0 THEN 'started' WHEN 1 THEN 'completed' WHEN 2 THEN 'failed' ELSE 'cancelled' END";
}

std::string traces_view() {
  const std::string common = "SELECT " + trace_uuid() + " AS trace_id, " + text_of("d.name") + " AS name, " +
                             iso_time("d.start_ns") + " AS start_time, " + iso_time("d.end_ns") +
                             " AS end_time, (d.end_ns - d.start_ns) / 1e9 AS duration, " + trace_status("d.status") +
                             " AS status, ";
  const std::string root = span_id_or_null("d.root_span") + " AS root_span_id, ";
  return "CREATE VIEW traces AS " + common + "d.attributes AS attributes, " + root + text_of("d.graph") +
         " AS graph_hash, 0 AS partial FROM traces_data AS d UNION ALL " + common + "'{}', " + root +
         "NULL, 1 FROM implied_traces AS d WHERE NOT EXISTS (SELECT 1 FROM traces_data AS t WHERE t.trace = "
         "d.trace);\n";
}

std::string spans_view() {
  return "CREATE VIEW spans AS SELECT " + hex_id("d.span") + " AS span_id, " + trace_uuid() + " AS trace_id, " +
         span_id_or_null("d.parent") + " AS parent_span_id, " + text_of("d.name") +
         " AS name, CASE d.kind WHEN 0 THEN 'INTERNAL' WHEN 1 THEN 'CLIENT' WHEN 2 THEN 'SERVER' WHEN 3 THEN "
         "'PRODUCER' "
         "ELSE 'CONSUMER' END AS kind, " +
         iso_time("d.start_ns") + " AS start_time, " + iso_time("(d.start_ns + d.duration_ns)") +
         " AS end_time, d.duration_ns / 1e9 AS duration, CASE d.status WHEN 0 THEN 'completed' WHEN 1 THEN "
         "'failed' ELSE "
         "'cancelled' END AS status, d.status_message AS status_message, " +
         text_of("d.error_type") + " AS error_type, d.attributes AS attributes FROM spans_data AS d;\n";
}

std::string events_view() {
  return "CREATE VIEW events AS SELECT " + record_uuid() + " AS event_id, " + trace_uuid() + " AS trace_id, " +
         span_id_or_null("d.span") + " AS span_id, " + text_of("d.type") + " AS type, " + text_of("d.name") +
         " AS name, " + iso_time("d.time_ns") +
         " AS timestamp, CASE d.source WHEN 0 THEN 'recorded' ELSE 'span' END AS source, d.attributes AS "
         "attributes "
         "FROM events_data AS d;\n";
}

// SQLite has no NaN and stores NULL for it; the column is NULL for nothing else.
std::string metrics_view() {
  return "CREATE VIEW metrics AS SELECT " + record_uuid() + " AS metric_id, " + trace_uuid() + " AS trace_id, " +
         span_id_or_null("d.span") + " AS span_id, " + text_of("d.name") +
         " AS name, coalesce(d.value, 'NaN') AS value, " + text_of("d.unit") +
         " AS unit, CASE d.aggregation_type WHEN 0 THEN 'gauge' WHEN 1 THEN 'counter' ELSE 'histogram' END "
         "AS "
         "aggregation_type, " +
         iso_time("d.time_ns") +
         " AS timestamp, d.attributes AS attributes, d.distribution AS distribution FROM metrics_data AS "
         "d;\n";
}

}  // namespace

std::string views_sql() {
  return traces_view() + spans_view() + events_view() + metrics_view() +
         "CREATE VIEW graphs AS SELECT hash, graph_id, version, content FROM graphs_data;\n";
}

}  // namespace spark::detail::sqlite
