// What batch_codec.h says of the format, as both directions need it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace spark::detail::reliable {

inline constexpr std::string_view batch_magic = "SPKB";
inline constexpr std::uint8_t batch_version = 1;
inline constexpr std::size_t checksum_bytes = 8;

}  // namespace spark::detail::reliable
