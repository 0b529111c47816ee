// Which known name somebody may have meant. Free functions without state.
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace spark::detail {

// The characters (bytes) that must be inserted, removed, replaced or exchanged with the next one to make b of a:
// optimal string alignment distance. Time is the product of the sizes.
[[nodiscard]] std::size_t edit_distance(std::string_view a, std::string_view b);

// Those that differ from the name only in capitals, or in a third of its characters; the nearest first, at most three.
// None for a name longer than 100 bytes.
[[nodiscard]] std::vector<std::string> near_names(std::string_view name, std::span<const std::string> known);

}  // namespace spark::detail
