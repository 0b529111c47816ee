#include "spark/analysis/normalized_message.h"

#include <algorithm>
#include <array>

#include "spark/base/utf8.h"

namespace spark::analysis {
namespace {

bool is_digit(char c) noexcept { return c >= '0' && c <= '9'; }
bool is_letter(char c) noexcept { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }
bool is_hex(char c) noexcept { return is_digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F'); }
// Bytes of characters beyond ASCII count as letters.
bool is_word(char c) noexcept {
  return is_digit(c) || is_letter(c) || c == '_' || static_cast<unsigned char>(c) >= 0x80;
}
// What a path in running text ends at.
bool ends_path(char c) noexcept {
  return static_cast<unsigned char>(c) <= ' ' ||
         std::string_view("\"'`<>|()[]{},;:*?").find(c) != std::string_view::npos;
}

class Normalizer {
 public:
  explicit Normalizer(std::string_view text) : text_(text) {}

  std::string run() {
    while (at_ < text_.size()) {
      if (take_quoted() || take_path() || take_uuid() || take_hex() || take_number()) continue;
      out_ += text_[at_++];
    }
    return std::move(out_);
  }

 private:
  [[nodiscard]] char peek(std::size_t place) const noexcept { return place < text_.size() ? text_[place] : '\0'; }
  [[nodiscard]] bool follows_word() const noexcept { return at_ > 0 && is_word(text_[at_ - 1]); }

  bool replace(std::size_t end, std::string_view placeholder) {
    out_ += placeholder;
    at_ = end;
    return true;
  }

  // A quote opens where no word stands before it and closes where none stands behind it, so that "can't" has none.
  bool take_quoted() {
    constexpr std::string_view quotes = "\"'`";
    const std::size_t kind = quotes.find(text_[at_]);
    if (kind == std::string_view::npos || follows_word() || has_no_more_[kind]) return false;
    for (std::size_t end = at_ + 1;; ++end) {
      end = text_.find(quotes[kind], end);
      if (end == std::string_view::npos) {
        // Remembered, so that a text of nothing but opening quotes is read once.
        has_no_more_[kind] = true;
        return false;
      }
      if (!is_word(peek(end + 1))) return replace(end + 1, "<text>");
    }
  }

  bool take_path() {
    std::size_t begin = at_;
    bool is_in_url = false;
    if (text_.substr(at_, 3) == "://") {
      out_ += "://";
      for (begin = at_ += 3; begin < text_.size() && !ends_path(text_[begin]) && text_[begin] != '/'; ++begin) {
      }
      // The host, which may be one with a number, is read as any other text; its path is found when it is over.
      url_path_ = begin;
      return true;
    }
    if (text_[at_] == '/') {
      is_in_url = at_ == url_path_;
      if (!is_in_url && (at_ > 0 && (is_word(text_[at_ - 1]) || text_[at_ - 1] == '/'))) return false;
    } else if (follows_word()) {
      return false;
    } else if (text_.substr(at_, 2) == "./" || text_.substr(at_, 2) == "~/") {
      begin += 1;
    } else if (text_.substr(at_, 3) == "../") {
      begin += 2;
    } else if (is_letter(text_[at_]) && peek(at_ + 1) == ':' && peek(at_ + 2) == '\\') {
      begin += 2;
    } else {
      return false;
    }
    std::size_t end = begin + 1;
    while (end < text_.size() && !ends_path(text_[end])) ++end;
    // A full stop ends the sentence.
    while (end > begin + 1 && (text_[end - 1] == '.' || text_[end - 1] == '!')) --end;
    return (end > begin + 1 || is_in_url) && replace(end, "<path>");
  }

  bool take_uuid() {
    constexpr std::array<std::size_t, 5> groups{8, 4, 4, 4, 12};
    if (follows_word()) return false;
    std::size_t end = at_;
    for (std::size_t group = 0; group < groups.size(); ++group) {
      if (group > 0 && peek(end++) != '-') return false;
      for (std::size_t i = 0; i < groups[group]; ++i) {
        if (!is_hex(peek(end++))) return false;
      }
    }
    return !is_word(peek(end)) && replace(end, "<uuid>");
  }

  bool take_hex() {
    constexpr std::size_t shortest = 8;
    if (follows_word()) return false;
    const bool has_prefix =
        text_[at_] == '0' && (peek(at_ + 1) == 'x' || peek(at_ + 1) == 'X') && is_hex(peek(at_ + 2));
    std::size_t end = has_prefix ? at_ + 2 : at_;
    bool has_digit = false, has_letter = false;
    for (; is_hex(peek(end)); ++end) (is_digit(text_[end]) ? has_digit : has_letter) = true;
    if (!has_prefix && (end - at_ < shortest || !has_digit || !has_letter || is_word(peek(end)))) return false;
    return replace(end, "<hex>");
  }

  bool take_number() {
    if (!is_digit(text_[at_])) return false;
    std::size_t end = at_;
    while (is_digit(peek(end)) || (peek(end) == '.' && is_digit(peek(end + 1)))) ++end;
    return replace(end, "<number>");
  }

  std::string_view text_;
  std::size_t at_ = 0;
  std::size_t url_path_ = std::string_view::npos;  // where the path of the last URL begins, if it has one
  std::array<bool, 3> has_no_more_{};
  std::string out_;
};

}  // namespace

std::string normalized_message(std::string_view message) {
  std::string result = Normalizer(utf8_prefix(message, max_normalized_bytes)).run();
  result.resize(utf8_prefix(result, max_normalized_bytes).size());
  return result;
}

}  // namespace spark::analysis
