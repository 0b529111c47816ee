#include "spark/base/glob.h"

#include <algorithm>

#include "base/utf8_sequence.h"
#include "spark/base/error.h"

namespace spark {
namespace {

struct Character {
  std::uint32_t code;
  std::size_t size;  // in bytes
};

// The character at text[position]. An ill-formed part gets a code of its own above Unicode, made of its bytes, so that
// it equals itself and is in no range anybody would write.
Character character_at(std::string_view text, std::size_t position) noexcept {
  const auto byte = [&](std::size_t offset) { return static_cast<std::uint8_t>(text[position + offset]); };
  if (byte(0) < 0x80) return {byte(0), 1};
  const auto sequence = detail::utf8_sequence_at(text, position);
  if (!sequence.well_formed) {
    std::uint32_t code = 1;
    for (std::size_t i = 0; i < sequence.size; ++i) code = code << 8 | byte(i);
    return {code | 0x8000'0000, sequence.size};
  }
  // The first byte of a sequence of n has n ones, then a zero, then the highest bits of the code.
  std::uint32_t code = byte(0) & (0x7FU >> sequence.size);
  for (std::size_t i = 1; i < sequence.size; ++i) code = code << 6 | (byte(i) & 0x3FU);
  return {code, sequence.size};
}

[[noreturn]] void refuse(std::string_view pattern, const char* why) {
  constexpr std::size_t most_quoted = 200;
  const std::string quoted(pattern.substr(0, most_quoted));
  throw Error(ErrorCode::invalid_argument, "the glob \"" + quoted + (pattern.size() > most_quoted ? "…" : "") + "\" " +
                                               why +
                                               "; what is meant literally goes into [ ], as glob_escape() does it");
}

}  // namespace

Glob::Glob(std::string_view pattern) {
  if (pattern.size() > max_glob_bytes) refuse(pattern, "is too long");
  parse(pattern);
  if (!std::all_of(parts_.begin(), parts_.end(), [](const Part& part) { return part.kind == Kind::character; })) return;
  // Without a variable part the pattern is its text once the backslashes are gone.
  literal_.emplace();
  for (std::size_t i = 0; i < pattern.size(); ++i) {
    if (pattern[i] == '\\') ++i;
    literal_->push_back(pattern[i]);
  }
}

void Glob::parse(std::string_view pattern) {
  for (std::size_t position = 0; position < pattern.size();) {
    switch (pattern[position]) {
      case '*':
        // Several stars in a row mean what one means.
        if (parts_.empty() || parts_.back().kind != Kind::any_characters) {
          parts_.push_back({.kind = Kind::any_characters});
        }
        ++position;
        break;
      case '?':
        parts_.push_back({.kind = Kind::any_character});
        ++position;
        break;
      case '[':
        position = parse_set(pattern, position + 1);
        break;
      case '\\':
        if (++position == pattern.size()) refuse(pattern, "ends in a backslash");
        [[fallthrough]];
      default: {
        const Character character = character_at(pattern, position);
        parts_.push_back({.kind = Kind::character, .character = character.code});
        position += character.size;
      }
    }
  }
}

std::size_t Glob::parse_set(std::string_view pattern, std::size_t position) {
  Part part{.kind = Kind::set, .character = static_cast<std::uint32_t>(ranges_.size())};
  const auto has_more = [&] { return position < pattern.size(); };
  const auto take = [&] {
    if (has_more() && pattern[position] == '\\') ++position;
    if (!has_more()) refuse(pattern, "has a [ without its ]");
    const Character character = character_at(pattern, position);
    position += character.size;
    return character.code;
  };

  if (has_more() && (pattern[position] == '!' || pattern[position] == '^')) {
    part.negated = true;
    ++position;
  }
  for (bool is_first = true; is_first || !has_more() || pattern[position] != ']'; is_first = false) {
    const std::uint32_t from = take();
    std::uint32_t to = from;
    const bool is_range = position + 1 < pattern.size() && pattern[position] == '-' && pattern[position + 1] != ']';
    if (is_range) {
      ++position;
      to = take();
      if (to < from) refuse(pattern, "has a range that ends before it begins");
    }
    ranges_.emplace_back(from, to);
    ++part.ranges;
  }
  parts_.push_back(part);
  return position + 1;
}

bool Glob::matches_one(const Part& part, std::uint32_t character) const noexcept {
  switch (part.kind) {
    case Kind::character:
      return part.character == character;
    case Kind::any_character:
      return true;
    case Kind::any_characters:
      return false;
    case Kind::set:
      break;
  }
  const auto first = ranges_.begin() + part.character;
  const bool in_set = std::any_of(first, first + part.ranges, [&](const Range& range) {
    return character >= range.first && character <= range.second;
  });
  return in_set != part.negated;
}

bool Glob::matches(std::string_view text) const noexcept {
  if (literal_) return text == *literal_;
  // On a mismatch the last star takes one character more. Earlier stars need not be tried again: what they took was the
  // shortest, which leaves the most for those behind.
  constexpr std::size_t none = static_cast<std::size_t>(-1);
  std::size_t part = 0, position = 0, star = none, star_position = 0;
  while (position < text.size()) {
    if (part < parts_.size() && parts_[part].kind == Kind::any_characters) {
      star = ++part;
      star_position = position;
      if (star == parts_.size()) return true;
      continue;
    }
    const Character character = character_at(text, position);
    if (part < parts_.size() && matches_one(parts_[part], character.code)) {
      ++part;
      position += character.size;
    } else if (star != none) {
      star_position += character_at(text, star_position).size;
      part = star;
      position = star_position;
    } else {
      return false;
    }
  }
  while (part < parts_.size() && parts_[part].kind == Kind::any_characters) ++part;
  return part == parts_.size();
}

std::string glob_escape(std::string_view text) {
  std::string pattern;
  pattern.reserve(text.size());
  for (const char c : text) {
    if (c == '*' || c == '?' || c == '[' || c == ']' || c == '\\') pattern.push_back('\\');
    pattern.push_back(c);
  }
  return pattern;
}

bool glob_matches(std::string_view pattern, std::string_view text) { return Glob(pattern).matches(text); }

}  // namespace spark
