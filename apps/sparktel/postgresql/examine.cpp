#include "apps/sparktel/postgresql/checks.h"
#include "apps/sparktel/postgresql/postgresql.h"

namespace spark::sparktel {

namespace {

// A check waits no longer for a server that hangs, or for a table that is locked; reading all entries of indexes may.
constexpr Seconds quick{20};
constexpr Seconds thorough{3600};

}  // namespace

std::vector<Finding> examine_postgresql(const Secret& connection_string, const ExamineOptions& options) {
  std::vector<Finding> findings;
  Session session(connection_string, quick);
  const auto check = [&](const char* name, const std::function<void()>& run) { guarded(name, findings, run); };
  check("server", [&] { check_server(session, findings); });
  // Nothing else can be asked of a server that does not answer.
  if (findings.back().health == Health::bad) return findings;
  check("encryption", [&] { check_encryption(session, findings); });
  TablesFound tables;
  check("schema", [&] { tables = check_schema(session, findings); });
  check("rights", [&] { check_rights(session, tables, findings); });
  if (tables.version > 0) {
    check("indexes", [&] { check_indexes(session, tables, findings); });
    if (options.full) {
      session.set_time_limit(thorough);
      check("integrity", [&] { check_index_entries(session, findings); });
      session.set_time_limit(quick);
    }
    check("partitions", [&] { check_partitions(session, tables, findings); });
    check("dead letters", [&] { check_dead_letters(session, findings); });
    check("drops", [&] { check_drops(*open_postgresql_for_reading(connection_string), "database", findings); });
    check("disk", [&] { check_sizes(session, findings); });
  }
  check("connections", [&] { check_connections(session, findings); });
  check("server clock", [&] { check_server_clock(session, *options.clock, findings); });
  if (tables.version > 0) {
    check("clock",
          [&] { check_clock(*open_postgresql_for_reading(connection_string), options.clock->wall_now(), findings); });
  }
  return findings;
}

}  // namespace spark::sparktel
