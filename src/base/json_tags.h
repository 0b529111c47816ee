// The names of the tagged objects that json.h describes, shared by writer and parser.
#pragma once

#include <string_view>

namespace spark::detail {

inline constexpr std::string_view double_tag = "$double";
inline constexpr std::string_view bytes_tag = "$bytes";
inline constexpr std::string_view object_tag = "$object";

inline constexpr std::string_view not_a_number = "NaN";
inline constexpr std::string_view infinity = "Infinity";
inline constexpr std::string_view negative_infinity = "-Infinity";

[[nodiscard]] constexpr bool looks_like_tag(std::string_view key) noexcept { return key.starts_with('$'); }

}  // namespace spark::detail
