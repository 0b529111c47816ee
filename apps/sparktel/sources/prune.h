// Deleting the oldest traces of a file or a database. Free functions; they block.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>

#include "apps/sparktel/sources/location.h"
#include "spark/base/clock.h"

namespace spark::sparktel {

struct PruneRequest {
  std::optional<Timestamp> before = {};  // what ended earlier goes
  std::uint64_t max_bytes = 0;           // then the oldest traces, until no more is in use; 0: no bound
  // Called now and then with the rows that went so far; false ends it. Null: nobody asks.
  std::function<bool(std::uint64_t rows)> progress = {};
};

// What would go by age, counted without changing anything.
struct PrunePreview {
  std::uint64_t traces = 0;
  std::uint64_t spans = 0;
  std::optional<std::uint64_t> bytes_in_use = {};  // of a file, without its free pages
};

struct Pruned {
  std::uint64_t traces = 0;
  std::uint64_t spans = 0;
  std::uint64_t events = 0;
  std::uint64_t metrics = 0;
  std::uint64_t partitions = 0;                    // dropped whole, their rows not counted
  std::optional<std::uint64_t> bytes_in_use = {};  // of a file, without its free pages
  bool complete = true;                            // false: `progress` ended it
};

// Throws Error; not_found for what is not there, unsupported for max_bytes of a server.
[[nodiscard]] PrunePreview preview_prune(const Location& where, const PruneRequest& request);
[[nodiscard]] Pruned prune(const Location& where, const PruneRequest& request);

}  // namespace spark::sparktel
