// The one decoder of UTF-8 sequences, for the checks of utf8.h and the writer of json.h. Free functions
// without state.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace spark::detail {

inline constexpr std::string_view replacement_character = "\xEF\xBF\xBD";  // U+FFFD

struct Utf8Sequence {
  std::size_t size;  // of the well-formed sequence, or of the maximal ill-formed subpart; 1 or more
  bool well_formed;
};

// What begins at text[position]; position < text.size(). The table is Unicode 15, table 3-7, which excludes
// overlong forms, surrogates and what is above U+10FFFF by the range of the second byte.
[[nodiscard]] inline Utf8Sequence utf8_sequence_at(std::string_view text, std::size_t position) noexcept {
  const auto byte = [&](std::size_t offset) { return static_cast<std::uint8_t>(text[position + offset]); };
  const std::uint8_t first = byte(0);
  if (first < 0x80) return {1, true};
  std::size_t size = 0;
  std::uint8_t low = 0x80, high = 0xBF;
  if (first >= 0xC2 && first <= 0xDF) {
    size = 2;
  } else if (first >= 0xE0 && first <= 0xEF) {
    size = 3;
    if (first == 0xE0) low = 0xA0;
    if (first == 0xED) high = 0x9F;
  } else if (first >= 0xF0 && first <= 0xF4) {
    size = 4;
    if (first == 0xF0) low = 0x90;
    if (first == 0xF4) high = 0x8F;
  } else {
    return {1, false};
  }
  const std::size_t available = text.size() - position;
  for (std::size_t i = 1; i < size; ++i) {
    if (i == available || byte(i) < low || byte(i) > high) return {i, false};
    low = 0x80;
    high = 0xBF;
  }
  return {size, true};
}

}  // namespace spark::detail
