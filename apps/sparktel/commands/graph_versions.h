// The versions of graphs that a file knows, and which of them a user means who typed the beginning of one. Functions
// without state.
#pragma once

#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "spark/telemetry/sink.h"

namespace spark::sparktel {

struct GraphVersion {
  std::string graph_id;
  std::string version;

  auto operator<=>(const GraphVersion&) const = default;
};

// Those declared, the last first; of all graphs if the id is empty. Throws what the store throws.
[[nodiscard]] std::vector<GraphVersion> graph_versions(Store& store, const std::string& graph_id);
// The versions that are this one, or else those that begin so.
[[nodiscard]] std::vector<GraphVersion> matching(const std::vector<GraphVersion>& known, std::string_view text);

// "a, b, …"
[[nodiscard]] std::string listed(const std::set<std::string>& names);
// For the end of a message: "; there are 1.0, 1.1", or ", nor any other".
[[nodiscard]] std::string there_are(const std::vector<GraphVersion>& known);

}  // namespace spark::sparktel
