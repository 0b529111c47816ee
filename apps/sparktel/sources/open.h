// Opens what an argument FILE|DSN names. Each throws Error that names it and never holds a password; of a database in a
// server where this program was built without PostgreSQL: unsupported. For the main thread; they block.
#pragma once

#include <chrono>
#include <memory>
#include <string>

#include "apps/sparktel/sources/location.h"
#include "apps/sparktel/sources/source.h"
#include "spark/telemetry/sink.h"

namespace spark::sparktel {

// A query of a person: who waits for a large file, or interrupts.
inline constexpr Seconds query_time_limit = std::chrono::minutes(10);

// Without changing or creating anything: not_found if there is no such file, or if the database has no tables of ours.
[[nodiscard]] std::unique_ptr<Store> open_for_reading(const Location& where);
[[nodiscard]] std::unique_ptr<Source> open_source(const Location& where);
// Whether a file begins as SQLite's do. To be asked before anything is opened here: closing a file takes away the locks
// that SQLite has on it in this process. False for what is not there or no regular file.
[[nodiscard]] bool is_sqlite_file(const std::string& path);
// Makes the file, or the tables, if they are not there.
[[nodiscard]] std::unique_ptr<Store> open_for_writing(const Location& where);

}  // namespace spark::sparktel
