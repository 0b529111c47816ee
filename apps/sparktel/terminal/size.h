// Sizes in bytes, written and typed. Functions without state, safe from any thread.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace spark::sparktel {

// Three digits and a unit of 1000: "512 B", "1.20 kB", "34.5 MB".
[[nodiscard]] std::string format_size(std::uint64_t bytes);
// A number and a unit: "500MB", "1.5 GB", "64MiB", "1024B". Throws Error(invalid_argument) that says what was expected.
[[nodiscard]] std::uint64_t parse_size(std::string_view text);

}  // namespace spark::sparktel
