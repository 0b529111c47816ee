// What the demo's nodes do with a text: read, tokenize, count. Functions without state, safe from any thread.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace spark::sparktel {

inline constexpr std::size_t largest_document_bytes = 64 << 20;

// Blocks. Throws Error saying which file and why: it is missing, unreadable, not a regular file, too large,
// empty, or no UTF-8 text.
[[nodiscard]] std::string read_document(const std::string& path);

struct Tokens {
  std::vector<std::vector<std::string>> sentences = {};  // their words in lower case (ASCII); none is empty
  std::size_t lines = 0;                                 // the last one need not be terminated
};

// A word is a run of letters, digits and characters beyond ASCII other than punctuation; an apostrophe
// between two of them belongs to it. A sentence ends at . ! or ? before a space or the end (closing quotes and brackets
// may stand between), and at an empty line.
[[nodiscard]] Tokens tokenize(std::string_view text);

struct WordCounts {
  std::size_t words = 0;
  std::size_t distinct = 0;
  std::vector<std::pair<std::string, std::size_t>> top = {};  // most frequent first; of equal ones the alphabet decides
};

[[nodiscard]] WordCounts count_words(const std::vector<std::string_view>& words, std::size_t top);

// What readability is computed from.
struct TextSize {
  std::size_t words = 0;
  std::size_t sentences = 0;
  std::size_t syllables = 0;
};

// Flesch's reading ease, about 0 (very difficult) to 100 (very easy), and beyond both for unusual texts:
//
//   206.835 - 1.015 * words / sentences - 84.6 * syllables / words
//
// Rudolf Flesch, "A new readability yardstick", Journal of Applied Psychology 32 (3), 1948, pages 221 to 233. Of a text
// without words or sentences: 0.
[[nodiscard]] double flesch_reading_ease(const TextSize& size) noexcept;
// Flesch's name for it: "very difficult" below 30, "difficult", "fairly difficult", "standard", "fairly easy", "easy"
// and from 90 on "very easy". Static storage.
[[nodiscard]] std::string_view describe_reading_ease(double ease) noexcept;

// An estimate for English, at least 1: runs of vowels (y is one), without an e at the end, except in "-le" after a
// consonant.
[[nodiscard]] std::size_t count_syllables(std::string_view word) noexcept;

}  // namespace spark::sparktel
