#include "spark/base/utf8.h"

#include <cstdint>
#include <cstring>

#include "base/utf8_sequence.h"

namespace spark {
namespace {

// The position of the first byte at or after `position` that is U+0000 or not ASCII; the size if there is
// none.
std::size_t skip_plain(std::string_view text, std::size_t position) noexcept {
  constexpr std::uint64_t ones = 0x0101010101010101ULL, highs = 0x8080808080808080ULL;
  for (; position + 8 <= text.size(); position += 8) {
    std::uint64_t word;
    std::memcpy(&word, text.data() + position, 8);
    // The second term has a high bit where a byte is zero, or only after such a byte.
    if (((word | (word - ones)) & highs) != 0) break;
  }
  while (position < text.size() && text[position] != '\0' && static_cast<std::uint8_t>(text[position]) < 0x80) {
    ++position;
  }
  return position;
}

// The position of the first thing that is not storable; the size if there is none.
std::size_t first_unstorable(std::string_view text, std::size_t position) noexcept {
  for (;;) {
    position = skip_plain(text, position);
    if (position == text.size() || text[position] == '\0') return position;
    const auto sequence = detail::utf8_sequence_at(text, position);
    if (!sequence.well_formed) return position;
    position += sequence.size;
  }
}

}  // namespace

bool is_storable_utf8(std::string_view text) noexcept { return first_unstorable(text, 0) == text.size(); }

void append_storable_utf8(std::string& out, std::string_view text) {
  std::size_t position = 0;
  for (;;) {
    const std::size_t bad = first_unstorable(text, position);
    out.append(text, position, bad - position);
    if (bad == text.size()) return;
    out.append(detail::replacement_character);
    // U+0000 is a well-formed sequence of one byte, so that its size is right too.
    position = bad + detail::utf8_sequence_at(text, bad).size;
  }
}

std::string_view utf8_prefix(std::string_view text, std::size_t max_bytes) noexcept {
  if (text.size() <= max_bytes) return text;
  // A character has at most four bytes, so its first byte is at most three before the cut.
  for (std::size_t back = 1; back <= 3 && back <= max_bytes; ++back) {
    const std::size_t start = max_bytes - back;
    if ((static_cast<std::uint8_t>(text[start]) & 0xC0) == 0x80) continue;
    const auto sequence = detail::utf8_sequence_at(text, start);
    const bool is_cut = sequence.well_formed && start + sequence.size > max_bytes;
    return text.substr(0, is_cut ? start : max_bytes);
  }
  return text.substr(0, max_bytes);
}

}  // namespace spark
