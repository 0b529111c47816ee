// What a file of ours looks like, and how one becomes so. The format is described in docs/sqlite-format.md; a
// change of it is a new migration, never an edit of an old one.
#pragma once

#include <cstdint>
#include <string>

#include "backends/sqlite/connection.h"

namespace spark::detail::sqlite {

// "Sprk", in the file's header: the `file` command and we tell our databases from others by it.
inline constexpr std::int64_t application_id = 0x5370726B;
inline constexpr std::int64_t schema_version = 1;

// Makes a new file, or brings an older one to this version, or checks that it is of this version. The lock is
// held by the caller, so that many processes may do this at once. Throws Error: corrupt (not a database),
// invalid_argument (of another program), too_new.
void prepare_database(Connection& connection);

// The check alone, for those who only look. An empty file is Error(invalid_argument) here.
void check_database(Connection& connection);

// The statements that make the views. Dropped and made again by every migration.
[[nodiscard]] std::string views_sql();

}  // namespace spark::detail::sqlite
