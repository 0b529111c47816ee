// Location is what an argument FILE|DSN names: a SQLite file, or a PostgreSQL database by a connection string of
// libpq's.
//
//   telemetry.db, sqlite:telemetry.db            a file
//   postgresql://user@host:5432/telemetry        a database, as is postgres://…
//   host=db dbname=telemetry, service=telemetry  a database: keywords and values, of which libpq knows at least one
//   ./host=db                                    a file again
//
// A connection string may hold a password. So nothing of it is ever shown but what name() says, and this type does not
// convert to a text. A value.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "spark/base/secret.h"

namespace spark::sparktel {

class Location {
 public:
  // Throws Error(invalid_argument), which does not repeat the text: it is empty, of another kind of server, or no
  // connection string that libpq understands.
  Location(const std::string& text);                           // NOLINT: implicit, so that options have defaults
  Location(const char* text) : Location(std::string(text)) {}  // NOLINT

  [[nodiscard]] bool is_server() const noexcept { return !connection_string_.empty(); }
  // Of a file; empty for a server.
  [[nodiscard]] const std::string& path() const noexcept { return path_; }
  // Of a server; empty for a file.
  [[nodiscard]] const Secret& connection_string() const noexcept { return connection_string_; }
  // For people: the path as it was typed, or "postgresql host:port/database as user".
  [[nodiscard]] const std::string& name() const noexcept { return name_; }

 private:
  std::string path_;
  Secret connection_string_;
  std::string name_;
};

// Whether the text is a connection string by its form. A file of such a name is given as ./name.
[[nodiscard]] bool is_connection_string(std::string_view text);

// The text with "(a connection string)" for each of the arguments in it that is one, or that might have been meant as
// one: for messages about arguments, which repeat them.
[[nodiscard]] std::string without_connection_strings(std::string text, std::span<char* const> arguments);

}  // namespace spark::sparktel
