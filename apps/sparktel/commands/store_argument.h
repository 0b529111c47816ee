// The argument of all commands that use telemetry: which file or database. For the main thread.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "apps/sparktel/sources/location.h"
#include "apps/sparktel/sources/open.h"

namespace CLI {
class App;
class Option;
}  // namespace CLI

namespace spark::sparktel {

// FILE|DSN or --db FILE|DSN, both into `where`, whose value is the default. What is no location is a wrong argument.
void add_store_argument(CLI::App& command, Location& where);
// One after the other, FILE|DSN... or --db FILE|DSN for each, to the end of `where`.
void add_store_arguments(CLI::App& command, std::vector<Location>& where);
// The same to write to, made if it is not there.
void add_target_argument(CLI::App& command, Location& where);
// Under other names, and without a default.
CLI::Option* add_location_argument(CLI::App& command, const std::string& names, std::optional<Location>& where,
                                   const std::string& description);

}  // namespace spark::sparktel
