// Looking things up in a GraphSpec, and saying what is there. Free functions without state.
#pragma once

#include <string>
#include <vector>

#include "spark/graph/graph_spec.h"

namespace spark::rsi {

// Throws Error(not_found) naming the graph and the node.
[[nodiscard]] const NodeSpec& find_node(const GraphSpec& spec, const std::string& id);
// Null if there is none.
[[nodiscard]] const NodeSpec* find_node_if_any(const GraphSpec& spec, const std::string& id) noexcept;
[[nodiscard]] std::vector<EdgeSpec> edges_from(const GraphSpec& spec, const std::string& id);
[[nodiscard]] std::vector<EdgeSpec> edges_to(const GraphSpec& spec, const std::string& id);

// "a → b", with kind and condition where they are not the usual ones.
[[nodiscard]] std::string name_of(const EdgeSpec& edge);
// As JSON, of which people see the first so many bytes; "(none)" for null.
[[nodiscard]] std::string shown(const Value& value, std::size_t most_bytes);
// "timeout 1 s → 2.5 s, attempts 1 → 3": what differs.
[[nodiscard]] std::string policy_text(const NodePolicy& before, const NodePolicy& after);

}  // namespace spark::rsi
