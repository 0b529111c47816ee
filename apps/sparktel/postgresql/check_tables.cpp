#include <algorithm>
#include <string>

#include "apps/sparktel/postgresql/checks.h"
#include "apps/sparktel/terminal/size.h"
#include "apps/sparktel/terminal/text.h"
#include "backends/postgresql/schema.h"

namespace spark::sparktel {

namespace {

// Rows of the default partitions are counted up to here.
constexpr std::int64_t most_counted = 100'000;
// Planning a query looks at each.
constexpr std::int64_t many_partitions = 1'000;

}  // namespace

TablesFound check_schema(Session& session, std::vector<Finding>& findings) {
  constexpr const char* asking = "read the version of its tables";
  constexpr std::int64_t ours = detail::postgresql::schema_version;
  TablesFound found;
  if (!session.query("SELECT to_regclass('spark_meta') IS NOT NULL", asking).boolean(0, 0)) {
    findings.push_back({"schema", Health::bad, "it has no tables of telemetry",
                        "The first program that records to it makes them, as does sparktel import; or its search_path "
                        "does not lead to their schema."});
    return found;
  }
  const Session::Result rows = session.query("SELECT key, value FROM spark_meta", asking);
  for (int row = 0; row < rows.rows(); ++row) {
    const std::string key = text_at(rows, row, 0);
    const std::string value = text_at(rows, row, 1);
    if (key == "version") found.version = std::strtoll(value.c_str(), nullptr, 10);
    if (key == "partitioning") found.is_native = value == "native";
    if (key == "gin") found.has_gin = value == "on";
  }
  const std::string layout = std::string(found.is_native ? "a partition for each day" : "no partitions") + ", " +
                             (found.has_gin ? "attributes have an index" : "attributes have no index");
  const std::string version = "version " + std::to_string(found.version);
  if (found.version > ours) {
    findings.push_back({"schema", Health::bad,
                        "its tables are of " + version + ", this program knows up to " + std::to_string(ours),
                        "Update this program."});
  } else if (found.version < ours) {
    findings.push_back({"schema", Health::doubtful,
                        "its tables are of " + version + ", this program's of " + std::to_string(ours),
                        "The next program of this version that records brings them there, if its role may."});
  } else {
    findings.push_back({"schema", Health::good, version + ", as this program writes it; " + layout, ""});
  }
  return found;
}

void check_indexes(Session& session, const TablesFound& tables, std::vector<Finding>& findings) {
  // Those that must be there by name, and those of our tables and their partitions that the server does not use, as
  // CREATE INDEX CONCURRENTLY leaves them when it fails.
  std::string names =
      "'traces_by_start', 'implied_traces_by_start', 'spans_data_by_time', 'events_data_by_time', "
      "'metrics_data_by_time'";
  if (tables.has_gin) {
    names += ", 'traces_data_attributes', 'spans_data_attributes', 'events_data_attributes', 'metrics_data_attributes'";
  }
  const Session::Result row = session.query(
      "WITH ours AS (SELECT t.relid FROM unnest(ARRAY['traces_data', 'implied_traces', 'graphs_data', 'spans_data', "
      "'events_data', 'metrics_data']) AS n, pg_partition_tree(to_regclass(n)) AS t UNION SELECT to_regclass(n) FROM "
      "unnest(ARRAY['traces_data', 'implied_traces', 'graphs_data', 'spans_data', 'events_data', 'metrics_data']) AS "
      "n), "
      "have AS (SELECT c.relname, i.indisvalid AND i.indisready AS is_valid, i.indisprimary, i.indrelid FROM pg_index "
      "AS i "
      "JOIN pg_class AS c ON c.oid = i.indexrelid WHERE i.indrelid IN (SELECT relid FROM ours)) SELECT "
      "coalesce((SELECT string_agg(n, ', ') FROM unnest(ARRAY[" +
          names +
          "]) AS n WHERE n NOT IN (SELECT relname FROM have)), ''), coalesce((SELECT string_agg(relname, ', ') FROM "
          "have "
          "WHERE NOT is_valid), ''), coalesce((SELECT string_agg(relid::regclass::text, ', ') FROM ours WHERE relid "
          "NOT IN "
          "(SELECT indrelid FROM have WHERE indisprimary)), ''), (SELECT count(*) FROM have)",
      "list indexes");
  const std::string missing = text_at(row, 0, 0);
  const std::string invalid = text_at(row, 0, 1);
  const std::string keyless = text_at(row, 0, 2);
  if (!keyless.empty()) {
    findings.push_back({"indexes", Health::bad, "without a primary key: " + keyless,
                        "Records may be there twice. Make it as docs/postgresql.md has the tables."});
  } else if (!invalid.empty()) {
    findings.push_back({"indexes", Health::doubtful, "not valid, and used by no query: " + invalid,
                        "REINDEX INDEX CONCURRENTLY each of them."});
  } else if (!missing.empty()) {
    findings.push_back({"indexes", Health::doubtful, "missing: " + missing,
                        "Queries that need them read whole tables. Make them as docs/postgresql.md has them."});
  } else {
    findings.push_back(
        {"indexes", Health::good,
         "all " + format_count(static_cast<std::uint64_t>(row.integer(0, 3))) + " indexes are there and valid", ""});
  }
}

void check_index_entries(Session& session, std::vector<Finding>& findings) {
  constexpr const char* checking = "check the entries of indexes";
  if (!session.query("SELECT EXISTS (SELECT 1 FROM pg_extension WHERE extname = 'amcheck')", checking).boolean(0, 0)) {
    findings.push_back({"integrity", Health::unknown, "the server's extension amcheck is not installed",
                        "CREATE EXTENSION amcheck, as a superuser; then --full checks that indexes agree with their "
                        "tables."});
    return;
  }
  const Session::Result row = session.query(
      "SELECT count(bt_index_check(i.indexrelid, true)::text) FROM pg_index AS i JOIN pg_class AS c ON c.oid = "
      "i.indexrelid JOIN pg_am AS a ON a.oid = c.relam WHERE a.amname = 'btree' AND c.relkind = 'i' AND i.indisvalid "
      "AND "
      "i.indrelid IN (SELECT t.relid FROM unnest(ARRAY['traces_data', 'implied_traces', 'graphs_data', 'spans_data', "
      "'events_data', 'metrics_data']) AS n, pg_partition_tree(to_regclass(n)) AS t UNION SELECT to_regclass(n) FROM "
      "unnest(ARRAY['traces_data', 'implied_traces', 'graphs_data', 'spans_data', 'events_data', 'metrics_data']) AS "
      "n)",
      checking);
  findings.push_back(
      {"integrity", Health::good, counted(row.integer(0, 0), "B-tree") + " agree with their tables", ""});
}

void check_partitions(Session& session, const TablesFound& tables, std::vector<Finding>& findings) {
  constexpr const char* looking = "look at its partitions";
  if (!tables.is_native) {
    findings.push_back({"partitions", Health::good, "none", ""});
    return;
  }
  const Session::Result row = session.query(
      "SELECT (SELECT count(*) FROM pg_inherits WHERE inhparent = 'spans_data'::regclass), "
      "to_regclass('spans_data_p' || to_char(now() AT TIME ZONE 'UTC', 'YYYYMMDD')) IS NOT NULL, "
      "to_regclass('spans_data_p' || to_char(now() AT TIME ZONE 'UTC' + interval '1 day', 'YYYYMMDD')) IS NOT NULL",
      looking);
  std::int64_t stray = 0;
  for (const std::string table : {"spans_data", "events_data", "metrics_data"}) {
    stray += session
                 .query("SELECT count(*) FROM (SELECT 1 FROM " + table + "_default LIMIT " +
                            std::to_string(most_counted) + ") AS rows",
                        looking)
                 .integer(0, 0);
  }
  const std::int64_t days = row.integer(0, 0) - 1;  // without the default one
  const std::string text = "a table for each of " + counted(days, "day");
  if (stray > 0) {
    findings.push_back(
        {"partitions", Health::doubtful,
         text + "; " + counted(stray, "row") + (stray >= most_counted ? " or more" : "") +
             (stray == 1 ? " lies" : " lie") + " in the default partitions",
         "They are of days without a table: the clock of a machine was wrong, or a role may not make "
         "partitions. Retention deletes them row by row; move them by hand to have a day's table made."});
  } else if (days > many_partitions) {
    findings.push_back(
        {"partitions", Health::doubtful, text, "Queries take longer to plan. sparktel prune drops days."});
  } else {
    findings.push_back({"partitions", Health::good,
                        text + (row.boolean(0, 2)   ? "; tomorrow's is made"
                                : row.boolean(0, 1) ? "; tomorrow's is made with its first row"
                                                    : "; today's is made with its first row"),
                        ""});
  }
}

void check_dead_letters(Session& session, std::vector<Finding>& findings) {
  const Session::Result row = session.query(
      "SELECT count(*), coalesce(to_char(max(set_aside_at) AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI:SS'), ''), "
      "coalesce((SELECT reason FROM dead_letters GROUP BY reason ORDER BY count(*) DESC, reason LIMIT 1), '') FROM "
      "dead_letters",
      "count dead letters");
  if (row.integer(0, 0) == 0) {
    findings.push_back({"dead letters", Health::good, "no row was refused", ""});
    return;
  }
  findings.push_back(
      {"dead letters", Health::doubtful,
       counted(row.integer(0, 0), "row") + " that the server refused, the last at " + text_at(row, 0, 1) +
           " UTC; most often: " + text_at(row, 0, 2),
       "They are whole in the table dead_letters. Take away what refuses them, such as a constraint that "
       "was added by hand, and delete them there when they are no longer needed."});
}

void check_sizes(Session& session, std::vector<Finding>& findings) {
  std::string list;
  for (const std::string table : {"traces_data", "spans_data", "events_data", "metrics_data"}) {
    const Session::Result row = session.query(
        "SELECT pg_total_relation_size('" + table +
            "'::regclass) + coalesce((SELECT sum(pg_total_relation_size(inhrelid)) FROM pg_inherits WHERE "
            "inhparent = '" +
            table + "'::regclass), 0)::bigint",
        "measure its tables");
    list += (list.empty() ? "" : ", ") + table.substr(0, table.find('_')) + " " +
            format_size(static_cast<std::uint64_t>(row.integer(0, 0)));
  }
  const Session::Result row = session.query("SELECT pg_database_size(current_database())", "measure the database");
  findings.push_back({"disk", Health::good,
                      "the database has " + format_size(static_cast<std::uint64_t>(row.integer(0, 0))) +
                          ", with their indexes " + list,
                      "How much room is left only the server's machine can tell (df)."});
}

}  // namespace spark::sparktel
