// The baseline of writing: SQLite alone, as fast as one would use it by hand. Rows with the columns and bytes
// of the store's table of spans, into a table by rowid without an index, prepared, 1,000 rows a transaction,
// WAL, synchronous NORMAL. Functions throw std::runtime_error with SQLite's message.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace spark::bench {

struct BareSpan {
  // trace, span, parent, name, kind, start_ns, duration_ns, status, error_type, resource.
  std::array<std::optional<std::int64_t>, 10> numbers;
  std::optional<std::string> status_message;
  std::string attributes;
};

// All spans of a file that a SqliteStore wrote.
[[nodiscard]] std::vector<BareSpan> read_spans(const std::string& path);

// Makes a new file and inserts the rows. How long the inserting took, in seconds.
[[nodiscard]] double insert_bare(const std::string& path, const std::vector<BareSpan>& rows);

}  // namespace spark::bench
