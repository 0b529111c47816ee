// The documents of a GraphCatalog in a store:
//
//   graph_catalog / <graph id>                the versions, what is active, and the newest events: one write, one truth
//   graph_versions / <graph id>/<version>     a version; written once
//   graph_events / <graph id>/<000001>        older events, in blocks of event_block; written once
//
// A block of events is written before the catalog's document lets go of them, so that a process killed in between
// leaves events twice, and never none: the numbers tell.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "spark/rsi/graph_catalog.h"

namespace spark::rsi {

inline constexpr std::string_view catalog_kind = "graph_catalog", version_kind = "graph_versions",
                                  events_kind = "graph_events";
inline constexpr std::size_t event_block = 100;

struct CatalogDocument {
  std::vector<std::string> versions = {};  // in the order in which they were added
  GraphCatalog::Entry entry = {};
  std::vector<CatalogEvent> events = {};  // those that are in no block
  std::uint64_t event_count = 0;
  std::uint64_t revision = 0;  // 0: not there

  [[nodiscard]] bool has_version(std::string_view version) const noexcept;
  // Gives it the next number.
  void append(CatalogEvent event);
};

// Throws Error(corrupt) for what is no such document. One that is not there is empty.
[[nodiscard]] CatalogDocument read_document(Store& store, std::string_view graph_id);
// Reads, changes and writes it; again and again, if somebody else writes in between. Writes nothing if `change` gives
// false. Passes on what it throws.
void update_document(Store& store, std::string_view graph_id, const std::function<bool(CatalogDocument&)>& change);
[[nodiscard]] std::vector<CatalogEvent> read_history(Store& store, std::string_view graph_id);

// False if there is one of this name.
bool put_version(Store& store, const GraphVersion& version);
[[nodiscard]] std::optional<GraphVersion> get_version(Store& store, std::string_view graph_id,
                                                      std::string_view version);

}  // namespace spark::rsi
