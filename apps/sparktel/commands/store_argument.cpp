#include "apps/sparktel/commands/store_argument.h"

#include <CLI/CLI.hpp>

#include "apps/sparktel/commands/arguments.h"

namespace spark::sparktel {

void add_store_argument(CLI::App& command, Location& where) {
  add_parsed_option(
      command, "FILE,--db", [&where](const std::string& text) { where = Location(text); },
      "The SQLite file to read, or a PostgreSQL database: postgresql://… (default: telemetry.db)");
}

void add_store_arguments(CLI::App& command, std::vector<Location>& where) {
  const auto take = [&where](const std::string& text) { where.emplace_back(text); };
  // Two options, because --db takes one at a time, and what stands behind its value may be another argument.
  add_parsed_arguments(command, "FILE", take,
                       "The SQLite files to read, or PostgreSQL databases: postgresql://… (default: telemetry.db)");
  add_repeated_option(command, "--db", take, "The same; may be given several times");
}

void add_target_argument(CLI::App& command, Location& where) {
  add_parsed_option(
      command, "FILE,--db", [&where](const std::string& text) { where = Location(text); },
      "The SQLite file, or a PostgreSQL database: postgresql://…; made if it is not there (default: telemetry.db)");
}

CLI::Option* add_location_argument(CLI::App& command, const std::string& names, std::optional<Location>& where,
                                   const std::string& description) {
  return add_parsed_option(
      command, names, [&where](const std::string& text) { where.emplace(text); }, description);
}

}  // namespace spark::sparktel
