// Base64 with padding (RFC 4648, section 4).
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>

namespace spark::detail {

inline void append_base64(std::string& out, std::span<const std::uint8_t> octets) {
  constexpr char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  for (std::size_t i = 0; i < octets.size(); i += 3) {
    const std::size_t count = std::min<std::size_t>(3, octets.size() - i);
    std::uint32_t group = static_cast<std::uint32_t>(octets[i]) << 16;
    if (count > 1) group |= static_cast<std::uint32_t>(octets[i + 1]) << 8;
    if (count > 2) group |= octets[i + 2];
    const char text[] = {alphabet[group >> 18], alphabet[(group >> 12) & 63],
                         count > 1 ? alphabet[(group >> 6) & 63] : '=', count > 2 ? alphabet[group & 63] : '='};
    out.append(text, sizeof text);
  }
}

}  // namespace spark::detail
