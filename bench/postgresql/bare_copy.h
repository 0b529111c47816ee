// The baseline of writing: PostgreSQL alone, as fast as one would use it by hand. Rows with the columns and bytes of
// the store's table of spans, by libpq and a binary COPY for each 10,000 of them, into a table without keys or indexes.
// Functions throw std::runtime_error with the server's message.
#pragma once

#include <string>
#include <vector>

namespace spark::bench {

struct BareRows {
  std::size_t count = 0;
  std::vector<std::string> copies;  // the data of each COPY
};

// All spans of a database that a PostgresqlStore wrote.
[[nodiscard]] BareRows read_bare_rows(const std::string& uri);

// Makes a new table and copies the rows into it. How long the copying took, in seconds.
[[nodiscard]] double copy_bare(const std::string& uri, const BareRows& rows);

}  // namespace spark::bench
