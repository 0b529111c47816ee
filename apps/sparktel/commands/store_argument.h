// The argument of all commands that use telemetry: which file. For the main thread.
#pragma once

#include <memory>
#include <string>

#include "spark/backends/sqlite.h"
#include "spark/telemetry/sink.h"

namespace CLI {
class App;
}

namespace spark::sparktel {

// FILE or --db FILE, both into `where`, whose value is the default.
void add_store_argument(CLI::App& command, std::string& where);

// The path of a SQLite file, before which "sqlite:" may stand. Throws Error(unsupported) for a server.
[[nodiscard]] std::string path_of(const std::string& where);

// Opens a SQLite file ("sqlite:" may stand before it) without changing or creating it. Throws Error naming
// it.
[[nodiscard]] std::unique_ptr<Store> open_for_reading(const std::string& where);
// Makes it if it is not there.
[[nodiscard]] std::unique_ptr<SqliteStore> open_for_writing(const std::string& where);

}  // namespace spark::sparktel
