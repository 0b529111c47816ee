// How a store opens its file: the path made unambiguous, the file checked, and for writers made ours or brought to this
// version, all under the lock. Each function throws Error as SqliteStore's constructor says, and then has changed
// nothing.
#pragma once

#include <span>
#include <string>

#include "backends/sqlite/connection.h"
#include "backends/sqlite/lock_file.h"
#include "backends/sqlite/schema.h"

namespace spark::detail::sqlite {

// Absolute, so that changing the working directory later changes nothing, and without symbolic links, so that all who
// open the file by different names share one lock file. Makes an empty file if there is none, unless `is_read_only`.
[[nodiscard]] std::string resolve_path(const std::string& path, bool is_read_only);

[[nodiscard]] Connection open_for_writing(const std::string& path, LockFile& lock, Seconds busy_timeout,
                                          std::span<const Migration> migrations = schema_migrations);

// That readers can open the file and find this version in it.
void check_readable(const std::string& path, Seconds busy_timeout);

}  // namespace spark::detail::sqlite
