#include <algorithm>
#include <chrono>
#include <string>

#include "apps/sparktel/postgresql/checks.h"
#include "apps/sparktel/terminal/text.h"

namespace spark::sparktel {

namespace {

using namespace std::chrono_literals;

// The clocks of machines that keep time differ by less.
constexpr auto tolerated_difference = 5s;
constexpr std::int64_t oldest_version = 140'000;
// Of the connections that the server allows.
constexpr double many_connections = 0.8;
constexpr double too_many_connections = 0.95;

}  // namespace

void check_server(Session& session, std::vector<Finding>& findings) {
  const Session::Result row = session.query(
      "SELECT current_setting('server_version'), current_setting('server_version_num')::bigint, "
      "current_setting('fsync') = 'on' AND current_setting('full_page_writes') = 'on', pg_is_in_recovery()",
      "ask for its version");
  const std::string text = "PostgreSQL " + text_at(row, 0, 0) + " answers at " + session.target().description;
  Finding finding{"server", Health::good, text, ""};
  if (row.integer(0, 1) < oldest_version) {
    finding.health = Health::bad;
    finding.advice = "This library needs PostgreSQL 14 or later.";
  } else if (row.boolean(0, 3)) {
    finding.message += "; it is a standby";
    finding.advice = "It can be read; records are written to its primary.";
  } else if (!row.boolean(0, 2)) {
    finding.health = Health::doubtful;
    finding.message += "; fsync or full_page_writes is off";
    finding.advice = "After a crash of its machine the database may be damaged. Turn both on in postgresql.conf.";
  }
  findings.push_back(std::move(finding));
}

void check_encryption(Session& session, std::vector<Finding>& findings) {
  const Session::Result row = session.query(
      "SELECT inet_server_addr() IS NULL OR inet_server_addr() <<= '127.0.0.0/8' OR inet_server_addr() = '::1', "
      "coalesce((SELECT version || ', ' || cipher FROM pg_stat_ssl WHERE pid = pg_backend_pid() AND ssl), '')",
      "ask for the encryption");
  const std::string cipher = text_at(row, 0, 1);
  if (!cipher.empty()) {
    findings.push_back({"encryption", Health::good, cipher, ""});
  } else if (row.boolean(0, 0)) {
    findings.push_back({"encryption", Health::good, "none; the connection does not leave this machine", ""});
  } else {
    findings.push_back({"encryption", Health::doubtful, "none: records can be read on the way",
                        "Turn ssl on in the server, and say sslmode=verify-full in the connection string."});
  }
}

void check_rights(Session& session, const TablesFound& tables, std::vector<Finding>& findings) {
  constexpr const char* asking = "ask for rights";
  const Session::Result schema = session.query(
      "SELECT coalesce(current_schema(), ''), coalesce(has_schema_privilege(current_schema(), 'CREATE'), false), "
      "pg_is_in_recovery(), current_setting('transaction_read_only') = 'on' AND (SELECT reset_val = 'on' FROM "
      "pg_settings WHERE name = 'default_transaction_read_only')",
      asking);
  const std::string name = text_at(schema, 0, 0);
  const bool may_create = schema.boolean(0, 1);
  const bool is_read_only = schema.boolean(0, 2) || schema.boolean(0, 3);
  // What this role may not read; where it may not do what a writer does (docs/postgresql.md, "Roles"); whether it may
  // delete, as retention and prune do, and owns all.
  const Session::Result lists = session.query(
      "SELECT coalesce(string_agg(name, ', ' ORDER BY name) FILTER (WHERE NOT has_table_privilege(id, 'SELECT')), ''), "
      "coalesce(string_agg(name, ', ' ORDER BY name) FILTER (WHERE (writes AND NOT has_table_privilege(id, 'INSERT')) "
      "OR (changes AND NOT has_table_privilege(id, 'UPDATE'))), ''), "
      "coalesce(bool_and(has_table_privilege(id, 'DELETE')), false), "
      "coalesce(bool_and(pg_has_role(relowner, 'USAGE')), false), count(*) "
      "FROM (VALUES ('spark_meta', false, false), ('documents', false, false), ('traces_data', true, true), "
      "('implied_traces', true, true), ('spans_data', true, false), ('events_data', true, false), "
      "('metrics_data', true, false), ('graphs_data', true, false), ('resources', true, false), "
      "('dead_letters', true, false)) AS t (name, writes, changes), "
      "LATERAL (SELECT oid AS id, relowner FROM pg_class WHERE oid = to_regclass(name)) AS c",
      asking);
  const std::string unreadable = text_at(lists, 0, 0);
  const std::string unwritable = text_at(lists, 0, 1);
  const bool may_delete = lists.boolean(0, 2);
  const bool is_owner = lists.boolean(0, 3);
  const auto add = [&](Health health, const std::string& message, const std::string& advice) {
    findings.push_back({"rights", health, message, advice});
  };
  if (lists.integer(0, 4) == 0) {
    if (may_create && !is_read_only) return add(Health::good, "this role may make the tables in schema " + name, "");
    return add(Health::bad,
               "this role may not make tables" +
                   (name.empty() ? ": no schema of its search_path is there" : " in schema " + name),
               "Let a role that may (GRANT CREATE ON SCHEMA …) open the database once, then grant on its tables.");
  }
  if (!unreadable.empty()) {
    return add(Health::bad, "this role may not read " + unreadable, "GRANT SELECT on them to it.");
  }
  if (is_read_only) return add(Health::doubtful, "this role can only read here", "Nothing can be recorded with it.");
  if (!unwritable.empty()) {
    return add(Health::doubtful, "this role may not write " + unwritable,
               "Reading works; to record with it, give it the rights of a writer (docs/postgresql.md, \"Roles\").");
  }
  if (tables.is_native && !(may_create && is_owner)) {
    return add(Health::doubtful, "this role may read and write, but make no partitions",
               "Rows of days without one go to the default partitions. Let a member of the owning role make them, or "
               "record with one.");
  }
  if (!may_delete) {
    return add(Health::good, "this role may record and read; what deletes, retention and prune, another one has to do",
               "");
  }
  add(Health::good,
      may_create && is_owner ? "this role may read, write, and bring the tables to a later version"
                             : "this role may read and write; a later version of the tables another one "
                               "has to make",
      "");
}

void check_connections(Session& session, std::vector<Finding>& findings) {
  const Session::Result row = session.query(
      "SELECT (SELECT count(*) FROM pg_stat_activity WHERE backend_type = 'client backend'), "
      "current_setting('max_connections')::bigint - current_setting('superuser_reserved_connections')::bigint, "
      "(SELECT count(*) FROM pg_stat_activity WHERE application_name = 'spark-telemetry'), "
      "coalesce((SELECT rolconnlimit FROM pg_roles WHERE rolname = current_user), -1)",
      "count connections");
  const std::int64_t used = row.integer(0, 0);
  const std::int64_t most = row.integer(0, 1);
  const double share = static_cast<double>(used) / static_cast<double>(std::max<std::int64_t>(most, 1));
  Finding finding{"connections", Health::good,
                  format_count(static_cast<std::uint64_t>(used)) + " of " + counted(most, "connection") + " in use, " +
                      format_count(static_cast<std::uint64_t>(row.integer(0, 2))) + " by this library",
                  ""};
  if (share >= many_connections) {
    finding.health = share >= too_many_connections ? Health::bad : Health::doubtful;
    finding.advice =
        "Each process that records has one, and up to max_size for its queries: lower max_size in the connection "
        "string, "
        "raise max_connections, or put a pooler in session mode before the server.";
  }
  findings.push_back(std::move(finding));
}

void check_server_clock(Session& session, Clock& clock, std::vector<Finding>& findings) {
  const Timestamp before = clock.wall_now();
  const Session::Result row =
      session.query("SELECT (extract(epoch FROM clock_timestamp()) * 1000000)::bigint", "ask for the time");
  const Timestamp after = clock.wall_now();
  // It answered somewhere in between.
  const Timestamp there{std::chrono::microseconds(row.integer(0, 0))};
  const auto early = before - there;
  const auto late = there - after;
  const auto difference = std::max({early, late, decltype(early)::zero()});
  if (difference <= tolerated_difference) {
    findings.push_back({"server clock", Health::good, "the server's clock and this one agree", ""});
    return;
  }
  findings.push_back(
      {"server clock", Health::doubtful,
       "the server's clock is " + format_duration(difference) + (late > early ? " ahead" : " behind"),
       "Look at both (timedatectl). Records have the times of the machines that recorded them; tail goes by "
       "the server's."});
}

}  // namespace spark::sparktel
