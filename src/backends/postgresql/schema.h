// What a database of ours holds, and how it becomes so: tables, indexes and views in the first schema of the session's
// search path. A change is a new migration, never an edit of an old one.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string>

#include "backends/postgresql/connection.h"
#include "spark/backends/postgresql.h"

namespace spark::detail::postgresql {

inline constexpr std::int64_t schema_version = 1;

// What was decided when the tables were made.
struct Layout {
  Partitioning partitioning = Partitioning::none;
  bool gin = true;
};

// The statements that lead from one version to the next.
using Migration = std::string (*)(const Layout& layout);
[[nodiscard]] std::string create_version_1(const Layout& layout);
// [n] leads from version n to n + 1; a database without tables is of version 0.
inline constexpr std::array<Migration, schema_version> schema_migrations = {create_version_1};

// Makes the tables, or brings them to this version, or checks that they are of this version, and gives their layout.
// Under an advisory lock and in one transaction: of many processes one works and the others find it done. Throws Error:
// too_new, not_found or unsupported (there is something to do, and manage_schema is off), unsupported (the server is
// older than PostgreSQL 14, whose numeric knows infinity, as sums of our numbers may be), permission_denied,
// invalid_argument (another partitioning is asked for); and what Connection does. `migrations` is another list in
// tests only.
[[nodiscard]] Layout prepare_database(Connection& connection, const PostgresqlOptions& options, Deadline deadline,
                                      std::span<const Migration> migrations = schema_migrations);

// The statements that make the views. Dropped and made again by every migration.
[[nodiscard]] std::string views_sql();

}  // namespace spark::detail::postgresql
