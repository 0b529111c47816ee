// The parts of examine_postgresql(). Each asks one thing of the server, changes nothing, and adds what it found. They
// throw Error where the server does not answer.
#pragma once

#include <algorithm>
#include <cstdint>
#include <string>
#include <vector>

#include "apps/sparktel/doctor/examine.h"
#include "apps/sparktel/postgresql/session.h"
#include "apps/sparktel/terminal/text.h"

namespace spark::sparktel {

// What the tables say of themselves.
struct TablesFound {
  std::int64_t version = 0;  // 0: there are none
  bool is_native = false;
  bool has_gin = false;
};

// A count that the server gives, where -1 says that it does not know.
inline std::string counted(std::int64_t number, const char* noun) {
  return format_count(static_cast<std::uint64_t>(std::max<std::int64_t>(number, 0)), noun);
}

// check_server.cpp
void check_server(Session& session, std::vector<Finding>& findings);
void check_encryption(Session& session, std::vector<Finding>& findings);
void check_connections(Session& session, std::vector<Finding>& findings);
// The server's clock against this one.
void check_server_clock(Session& session, Clock& clock, std::vector<Finding>& findings);
void check_rights(Session& session, const TablesFound& tables, std::vector<Finding>& findings);

// check_tables.cpp; but for the first, tables are there.
[[nodiscard]] TablesFound check_schema(Session& session, std::vector<Finding>& findings);
void check_indexes(Session& session, const TablesFound& tables, std::vector<Finding>& findings);
// Whether the entries of B-trees agree with their tables, where the server's extension amcheck is installed.
void check_index_entries(Session& session, std::vector<Finding>& findings);
void check_partitions(Session& session, const TablesFound& tables, std::vector<Finding>& findings);
void check_dead_letters(Session& session, std::vector<Finding>& findings);
void check_sizes(Session& session, std::vector<Finding>& findings);

}  // namespace spark::sparktel
