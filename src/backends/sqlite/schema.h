// What a file of ours looks like, and how one becomes so. The format is described in docs/sqlite-format.md; a
// change of it is a new migration, never an edit of an old one.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string>

#include "backends/sqlite/connection.h"

namespace spark::detail::sqlite {

// "Sprk", in the file's header: the `file` command and we tell our databases from others by it.
inline constexpr std::int64_t application_id = 0x5370726B;
inline constexpr std::int64_t schema_version = 1;

// Leads from one version to the next, inside a transaction. Must not touch the views, which are made anew afterwards.
using Migration = void (*)(Connection&);

// Makes the tables of version 1 in a file without any.
void create_version_1(Connection& connection);

// [n] leads from version n to n + 1; a new file is of version 0.
inline constexpr std::array<Migration, schema_version> schema_migrations = {create_version_1};

// Makes a new file, or brings an older one to this version, or checks that it is of this version. The lock is
// held by the caller, so that many processes may do this at once. All migrations are one transaction: a failing one,
// or a killed process, leaves the old version. Throws Error: corrupt (not a database), invalid_argument (of another
// program), too_new. `migrations` has one for each version, and is another list in tests only.
void prepare_database(Connection& connection, std::span<const Migration> migrations = schema_migrations);

// The check alone, for those who only look. An empty file is Error(invalid_argument) here.
void check_database(Connection& connection);

// For a writer that finds the epoch changed: throws Error(too_new) if somebody has migrated the file since.
void check_version(Connection& connection);

// The statements that make the views. Dropped and made again by every migration.
[[nodiscard]] std::string views_sql();

}  // namespace spark::detail::sqlite
