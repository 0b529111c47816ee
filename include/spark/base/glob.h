// Globs: patterns of names, as shells have them. They match the whole text, case sensitively.
//
//   *        any characters, none included        ?       one character (a Unicode code point)
//   [a-z_]   one of these                         [!a-z]  one other than these; [^a-z] is the same
//   \x       x itself, inside brackets too
//
// A `]` that comes first in brackets, and a `-` that comes first or last, stand for themselves. Nothing else has a
// meaning: a dot is a dot and a slash a slash. What is not UTF-8 counts as one character for each ill-formed part.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace spark {

inline constexpr std::size_t max_glob_bytes = 32 << 10;

// A pattern taken apart once, to be held against many texts. An immutable value, safe from any thread.
class Glob {
 public:
  // Throws Error(invalid_argument) quoting the pattern: brackets that are not closed, nothing after a backslash, a
  // range that ends before it begins, longer than max_glob_bytes.
  explicit Glob(std::string_view pattern);

  // Time is at most the product of both sizes, whatever the pattern. Does not allocate.
  [[nodiscard]] bool matches(std::string_view text) const noexcept;

  // The only text that matches, of a pattern in which nothing varies; so that a store can look it up.
  [[nodiscard]] const std::optional<std::string>& literal() const noexcept { return literal_; }

 private:
  enum class Kind : std::uint8_t { character, any_character, any_characters, set };
  struct Part {
    Kind kind = Kind::character;
    bool negated = false;
    std::uint32_t character = 0;  // of a character; of a set: its first range
    std::uint32_t ranges = 0;     // of a set
  };
  using Range = std::pair<std::uint32_t, std::uint32_t>;  // from and to, both included

  void parse(std::string_view pattern);
  // Begins behind the bracket and gives the position behind the closing one.
  [[nodiscard]] std::size_t parse_set(std::string_view pattern, std::size_t position);
  [[nodiscard]] bool matches_one(const Part& part, std::uint32_t character) const noexcept;

  std::vector<Part> parts_;
  std::vector<Range> ranges_;
  std::optional<std::string> literal_;
};

// The pattern that matches this text and nothing else: for names that come from data.
[[nodiscard]] std::string glob_escape(std::string_view text);

// As Glob(pattern).matches(text).
[[nodiscard]] bool glob_matches(std::string_view pattern, std::string_view text);

}  // namespace spark
