// Globs as PostgreSQL's regular expressions (the manual, "POSIX Regular Expressions"), whose characters are code points
// as a glob's are.

#include <cstdint>

#include "backends/postgresql/select.h"
#include "base/utf8_sequence.h"
#include "spark/base/glob.h"

namespace spark::detail::postgresql {
namespace {

constexpr std::uint32_t last_code = 0x10'FFFF;
constexpr std::uint32_t no_code = 0xFFFF'FFFF;  // of what the server cannot hold: U+0000 and what is not UTF-8

class Translator {
 public:
  explicit Translator(std::string_view glob) : glob_(glob) {}

  // Empty if nothing that the server can hold matches.
  [[nodiscard]] std::string regex() {
    std::string out = "^";
    while (position_ < glob_.size()) {
      const char c = glob_[position_];
      if (c == '*' || c == '?') {
        ++position_;
        // Several stars in a row would make it slow.
        if (c == '?' || !out.ends_with(".*")) out += c == '*' ? ".*" : ".";
      } else if (c == '[') {
        ++position_;
        out += set();
      } else {
        if (c == '\\') ++position_;
        const std::uint32_t code = take();
        if (code == no_code) return {};
        out += escaped(code);
      }
    }
    return out + "$";
  }

 private:
  static std::string escaped(std::uint32_t code) {
    constexpr char digits[] = "0123456789abcdef";
    std::string out = "\\U";
    for (int shift = 28; shift >= 0; shift -= 4) out.push_back(digits[(code >> shift) & 15]);
    return out;
  }

  std::uint32_t take() {
    const auto byte = [&](std::size_t offset) { return static_cast<std::uint8_t>(glob_[position_ + offset]); };
    const auto sequence = utf8_sequence_at(glob_, position_);
    std::uint32_t code = no_code;
    if (sequence.size == 1 && byte(0) < 0x80 && byte(0) != 0) code = byte(0);
    if (sequence.size > 1 && sequence.well_formed) {
      code = byte(0) & (0x7FU >> sequence.size);
      for (std::size_t i = 1; i < sequence.size; ++i) code = code << 6 | (byte(i) & 0x3FU);
    }
    position_ += sequence.size;
    return code;
  }
  std::uint32_t take_in_set() {
    if (glob_[position_] == '\\') ++position_;
    return take();
  }

  // As Glob::parse_set, of a set that it has accepted.
  std::string set() {
    const bool is_negated = glob_[position_] == '!' || glob_[position_] == '^';
    if (is_negated) ++position_;
    std::string ranges;
    for (bool is_first = true; is_first || glob_[position_] != ']'; is_first = false) {
      const bool is_zero = glob_[position_] == '\0';
      std::uint32_t from = take_in_set(), to = from;
      if (position_ + 1 < glob_.size() && glob_[position_] == '-' && glob_[position_ + 1] != ']') {
        ++position_;
        to = take_in_set();
        if (is_zero) from = 1;
        // A range that ends in what is not UTF-8 ends behind all that is.
        if (from != no_code && to == no_code) to = last_code;
      }
      if (from != no_code && to != no_code && from <= to) ranges += escaped(from) + "-" + escaped(to);
    }
    ++position_;
    if (ranges.empty()) return is_negated ? "." : "[^" + escaped(1) + "-" + escaped(last_code) + "]";
    return (is_negated ? "[^" : "[") + ranges + "]";
  }

  const std::string_view glob_;
  std::size_t position_ = 0;
};

}  // namespace

std::string glob_condition(Parameters& parameters, const std::string& column, const std::string& glob) {
  const Glob parsed(glob);
  if (parsed.literal()) {
    const std::string& text = *parsed.literal();
    return is_storable(std::string_view(text)) ? column + " = " + parameters.bind(std::string_view(text)) : "false";
  }
  const std::string regex = Translator(glob).regex();
  if (regex.empty()) return "false";
  return column + " ~ " + parameters.bind(std::string_view(regex));
}

}  // namespace spark::detail::postgresql
