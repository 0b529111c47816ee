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
  std::vector<std::string> words = {};  // in lower case (ASCII), in their order
  std::size_t lines = 0;                // the last one need not be terminated
};

// A word is a run of letters, digits and characters beyond ASCII other than punctuation; an apostrophe
// between two of them belongs to it.
[[nodiscard]] Tokens tokenize(std::string_view text);

struct WordCounts {
  std::size_t words = 0;
  std::size_t distinct = 0;
  std::vector<std::pair<std::string, std::size_t>> top = {};  // most frequent first; of equal ones the alphabet decides
};

[[nodiscard]] WordCounts count_words(const std::vector<std::string_view>& words, std::size_t top);

}  // namespace spark::sparktel
