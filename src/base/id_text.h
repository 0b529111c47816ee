// The digits of ids, written in place: for whoever writes so many that a string for each would cost.
#pragma once

#include <cstddef>
#include <cstdint>

namespace spark::detail {

inline constexpr std::size_t uuid_size = 36, hex_128_size = 32, hex_64_size = 16;

// The last `count` hex digits of `value`, lower case.
inline void put_hex(char* out, std::uint64_t value, int count) noexcept {
  constexpr char digits[] = "0123456789abcdef";
  for (int i = count - 1; i >= 0; --i) {
    out[i] = digits[value & 15];
    value >>= 4;
  }
}

// uuid_size characters.
inline void put_uuid(char* out, std::uint64_t high, std::uint64_t low) noexcept {
  put_hex(out, high >> 32, 8);
  put_hex(out + 9, high >> 16, 4);
  put_hex(out + 14, high, 4);
  put_hex(out + 19, low >> 48, 4);
  put_hex(out + 24, low, 12);
  out[8] = out[13] = out[18] = out[23] = '-';
}

}  // namespace spark::detail
