#include "ingest/json_scalars.h"

#include <charconv>
#include <cmath>
#include <limits>

namespace spark::detail::ingest {
namespace {

int hex_digit(char c) noexcept {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

constexpr std::size_t escape_size = 6;  // of \uXXXX, in bytes

// The code unit of the escape at `at`; 0 if there is none.
unsigned escaped_unit(std::string_view json, std::size_t at) noexcept {
  if (json.size() < at + escape_size || json[at] != '\\' || json[at + 1] != 'u') return 0;
  unsigned unit = 0;
  for (std::size_t i = at + 2; i < at + escape_size; ++i) {
    const int digit = hex_digit(json[i]);
    if (digit < 0) return 0;
    unit = unit << 4 | static_cast<unsigned>(digit);
  }
  return unit;
}
bool is_high_surrogate(unsigned unit) noexcept { return unit >= 0xD800 && unit <= 0xDBFF; }
bool is_low_surrogate(unsigned unit) noexcept { return unit >= 0xDC00 && unit <= 0xDFFF; }

int base64_digit(char c) noexcept {
  if (c >= 'A' && c <= 'Z') return c - 'A';
  if (c >= 'a' && c <= 'z') return c - 'a' + 26;
  if (c >= '0' && c <= '9') return c - '0' + 52;
  if (c == '+' || c == '-') return 62;
  return c == '/' || c == '_' ? 63 : -1;
}

}  // namespace

std::optional<double> parse_double(std::string_view text) noexcept {
  constexpr double infinity = std::numeric_limits<double>::infinity();
  if (text == "NaN") return std::numeric_limits<double>::quiet_NaN();
  if (text == "Infinity") return infinity;
  if (text == "-Infinity") return -infinity;
  double value = 0;
  const char* const end = text.data() + text.size();
  const auto [rest, error] = std::from_chars(text.data(), end, value);
  if (rest != end || text.empty()) return std::nullopt;
  if (error == std::errc()) return std::isfinite(value) ? std::optional(value) : std::nullopt;
  if (error != std::errc::result_out_of_range) return std::nullopt;
  // Too large or too small: the exponent says which.
  const std::size_t exponent = text.find_first_of("eE");
  const bool is_small = exponent != std::string_view::npos && exponent + 1 < text.size() && text[exponent + 1] == '-';
  const double magnitude = is_small ? 0.0 : infinity;
  return text.front() == '-' ? -magnitude : magnitude;
}

template <class Integer>
std::optional<Integer> parse_integer(std::string_view text) noexcept {
  Integer value = 0;
  const char* const end = text.data() + text.size();
  const auto [rest, error] = std::from_chars(text.data(), end, value);
  if (error == std::errc() && rest == end) return value;
  if (text.find_first_of(".eE") == std::string_view::npos) return std::nullopt;
  const std::optional<double> number = parse_double(text);
  if (!number || std::trunc(*number) != *number) return std::nullopt;
  // 2^bits is a double, the largest integer need not be.
  const double above = std::ldexp(1.0, std::numeric_limits<Integer>::digits);
  const double below = std::numeric_limits<Integer>::is_signed ? -above : 0.0;
  if (!(*number >= below && *number < above)) return std::nullopt;
  return static_cast<Integer>(*number);
}

template std::optional<std::int64_t> parse_integer(std::string_view) noexcept;
template std::optional<std::uint64_t> parse_integer(std::string_view) noexcept;
template std::optional<std::int32_t> parse_integer(std::string_view) noexcept;
template std::optional<std::uint32_t> parse_integer(std::string_view) noexcept;

bool replace_lone_surrogates(std::string& json) {
  bool is_changed = false;
  for (std::size_t at = json.find('\\'); at != std::string::npos; at = json.find('\\', at)) {
    const unsigned unit = escaped_unit(json, at);
    if (is_high_surrogate(unit) && is_low_surrogate(escaped_unit(json, at + escape_size))) {
      at += 2 * escape_size;
    } else if (is_high_surrogate(unit) || is_low_surrogate(unit)) {
      json.replace(at, escape_size, "\\ufffd");
      is_changed = true;
      at += escape_size;
    } else {
      at += 2;  // the backslash and what it escapes
    }
  }
  return is_changed;
}

bool append_hex(std::string& out, std::string_view digits) {
  if (digits.size() % 2 != 0) return false;
  for (std::size_t i = 0; i < digits.size(); i += 2) {
    const int high = hex_digit(digits[i]), low = hex_digit(digits[i + 1]);
    if (high < 0 || low < 0) return false;
    out.push_back(static_cast<char>(high << 4 | low));
  }
  return true;
}

bool append_base64_octets(std::string& out, std::string_view text) {
  for (int padding = 0; padding < 2 && text.ends_with('='); ++padding) text.remove_suffix(1);
  if (text.size() % 4 == 1) return false;
  std::uint32_t group = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const int digit = base64_digit(text[i]);
    if (digit < 0) return false;
    group = group << 6 | static_cast<std::uint32_t>(digit);
    if (i % 4 == 1) out.push_back(static_cast<char>(group >> 4));
    if (i % 4 == 2) out.push_back(static_cast<char>(group >> 2));
    if (i % 4 == 3) out.push_back(static_cast<char>(group));
  }
  return true;
}

}  // namespace spark::detail::ingest
