#include "apps/sparktel/terminal/text.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <span>

#include "spark/base/utf8.h"

namespace spark::sparktel {

namespace {

struct Character {
  char32_t code = 0;
  std::size_t bytes = 1;
};

// Of well-formed UTF-8, which printable() makes of everything. Never reads past the end.
Character first_character(std::string_view text) {
  const auto lead = static_cast<unsigned char>(text.front());
  const std::size_t bytes = lead < 0x80 ? 1 : lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : 4;
  if (bytes == 1 || bytes > text.size()) return {lead, 1};
  char32_t code = lead & (0x7FU >> bytes);
  for (std::size_t i = 1; i < bytes; ++i) code = (code << 6) | (static_cast<unsigned char>(text[i]) & 0x3FU);
  return {code, bytes};
}

struct Range {
  char32_t first;
  char32_t last;
};

bool is_in(std::span<const Range> ranges, char32_t code) {
  return std::any_of(ranges.begin(), ranges.end(),
                     [&](Range range) { return code >= range.first && code <= range.last; });
}

// Blocks of Unicode 15's East_Asian_Width W and F that terminals agree on.
constexpr std::array<Range, 14> wide{{{0x1100, 0x115F},
                                      {0x2E80, 0x303E},
                                      {0x3041, 0x33FF},
                                      {0x3400, 0x4DBF},
                                      {0x4E00, 0x9FFF},
                                      {0xA000, 0xA4CF},
                                      {0xAC00, 0xD7A3},
                                      {0xF900, 0xFAFF},
                                      {0xFE30, 0xFE6F},
                                      {0xFF00, 0xFF60},
                                      {0xFFE0, 0xFFE6},
                                      {0x1F300, 0x1F64F},
                                      {0x1F680, 0x1FAFF},
                                      {0x20000, 0x3FFFD}}};
constexpr std::array<Range, 6> zero_width{
    {{0x0300, 0x036F}, {0x1AB0, 0x1AFF}, {0x200B, 0x200D}, {0x20D0, 0x20FF}, {0xFE00, 0xFE0F}, {0xFE20, 0xFE2F}}};
// C0, DEL and C1 controls; marks, embeddings, overrides and isolates of the writing direction; line
// separators.
constexpr std::array<Range, 6> unsafe{
    {{0x00, 0x1F}, {0x7F, 0x9F}, {0x061C, 0x061C}, {0x200E, 0x200F}, {0x2028, 0x202E}, {0x2066, 0x2069}}};

std::size_t width_of(char32_t code) {
  if (code < 0x0300) return 1;
  if (is_in(zero_width, code)) return 0;
  return is_in(wide, code) ? 2 : 1;
}

// The number of leading bytes that take at most `width` cells.
std::size_t bytes_within(std::string_view text, std::size_t width) {
  std::size_t position = 0;
  std::size_t used = 0;
  while (position < text.size()) {
    const Character character = first_character(text.substr(position));
    used += width_of(character.code);
    if (used > width) break;
    position += character.bytes;
  }
  return position;
}

}  // namespace

std::string printable(std::string_view text) {
  std::string repaired;
  append_storable_utf8(repaired, text);
  std::string out;
  out.reserve(repaired.size());
  for (std::string_view rest = repaired; !rest.empty();) {
    const Character character = first_character(rest);
    if (character.code == '\n' || character.code == '\t' || character.code == '\r') {
      out += ' ';
    } else if (is_in(unsafe, character.code)) {
      out += "\xEF\xBF\xBD";
    } else {
      out += rest.substr(0, character.bytes);
    }
    rest.remove_prefix(character.bytes);
  }
  return out;
}

std::string harmless(std::string_view text, bool has_styles) {
  std::string repaired;
  append_storable_utf8(repaired, text);
  std::string out;
  out.reserve(repaired.size());
  for (std::string_view rest = repaired; !rest.empty();) {
    const Character character = first_character(rest);
    const bool is_layout = character.code == '\n' || character.code == '\t' || character.code == '\r';
    if (is_layout || (has_styles && character.code == 0x1B) || !is_in(unsafe, character.code)) {
      out += rest.substr(0, character.bytes);
    } else {
      out += fmt::format("\\u{:04x}", static_cast<unsigned>(character.code));
    }
    rest.remove_prefix(character.bytes);
  }
  return out;
}

std::size_t display_width(std::string_view text) {
  std::size_t width = 0;
  while (!text.empty()) {
    const Character character = first_character(text);
    width += width_of(character.code);
    text.remove_prefix(character.bytes);
  }
  return width;
}

std::string fit(std::string_view text, std::size_t width) {
  if (display_width(text) <= width) return std::string(text);
  if (width == 0) return {};
  return std::string(text.substr(0, bytes_within(text, width - 1))) + "…";
}

std::string fit_end(std::string_view text, std::size_t width) {
  std::size_t left = display_width(text);
  if (left <= width) return std::string(text);
  if (width == 0) return {};
  while (left > width - 1) {
    const Character character = first_character(text);
    left -= width_of(character.code);
    text.remove_prefix(character.bytes);
  }
  return "…" + std::string(text);
}

std::string pad_right(std::string_view text, std::size_t width) {
  const std::size_t used = display_width(text);
  return std::string(text) + std::string(width > used ? width - used : 0, ' ');
}

std::string pad_left(std::string_view text, std::size_t width) {
  const std::size_t used = display_width(text);
  return std::string(width > used ? width - used : 0, ' ') + std::string(text);
}

std::vector<std::string> wrap(std::string_view text, std::size_t width) {
  width = std::max<std::size_t>(width, 2);  // a wide character must fit
  std::vector<std::string> lines;
  while (true) {
    while (!text.empty() && text.front() == ' ') text.remove_prefix(1);
    std::size_t cut = bytes_within(text, width);
    if (cut < text.size() && text[cut] != ' ') {
      const std::size_t space = text.substr(0, cut).rfind(' ');
      if (space != std::string_view::npos) cut = space;
    }
    std::string_view line = text.substr(0, cut);
    while (!line.empty() && line.back() == ' ') line.remove_suffix(1);
    if (!line.empty() || lines.empty()) lines.emplace_back(line);
    text.remove_prefix(cut);
    if (text.empty()) return lines;
  }
}

std::string paragraph(std::string_view text, std::size_t width) {
  std::string out;
  for (const std::string& line : wrap(text, width)) out += line + "\n";
  return out;
}

std::string format_duration(std::chrono::nanoseconds duration) {
  struct Unit {
    double nanoseconds;
    const char* name;
  };
  constexpr std::array<Unit, 4> units{{{1, "ns"}, {1e3, "µs"}, {1e6, "ms"}, {1e9, "s"}}};
  const auto count = static_cast<double>(duration.count());
  for (const Unit& unit : units) {
    const double value = count / unit.nanoseconds;
    // The bounds are where rounding would give a fourth digit.
    if (value >= 999.5) continue;
    const int digits = unit.nanoseconds == 1 || value >= 99.95 ? 0 : value >= 9.995 ? 1 : 2;
    return fmt::format("{:.{}f} {}", value, digits, unit.name);
  }
  const auto seconds = static_cast<std::int64_t>(std::llround(count / 1e9));
  if (seconds < 3600) return fmt::format("{}m {:02}s", seconds / 60, seconds % 60);
  return fmt::format("{}h {:02}m", seconds / 3600, seconds / 60 % 60);
}

std::string format_count(std::uint64_t count) {
  std::string digits = fmt::format("{}", count);
  for (std::size_t i = digits.size(); i > 3; i -= 3) digits.insert(i - 3, ",");
  return digits;
}

std::string format_number(double number) { return std::isnan(number) ? "-" : fmt::format("{:.6g}", number); }

std::string format_share(double share) {
  const double percent = share * 100;
  if (percent > 0 && percent < 0.1) return "<0.1 %";
  if (percent > 99.9 && percent < 100) return ">99.9 %";
  if (percent < 9.95 || (percent > 99 && percent < 100)) return fmt::format("{:.{}f} %", percent, percent == 0 ? 0 : 1);
  return fmt::format("{:.0f} %", percent);
}

std::string format_seconds(Seconds seconds) {
  if (std::isnan(seconds.count())) return "-";
  const double longest = 9e9;  // what nanoseconds in 64 bits hold
  const Seconds bounded(std::clamp(seconds.count(), -longest, longest));
  return format_duration(std::chrono::round<std::chrono::nanoseconds>(bounded));
}

std::string format_count(std::uint64_t count, std::string_view noun) {
  return format_count(count) + " " + std::string(noun) + (count == 1 ? "" : "s");
}

std::string format_time(Timestamp time) {
  std::string text = to_iso8601(time).substr(0, 19);
  std::replace(text.begin(), text.end(), 'T', ' ');
  return text;
}

std::string bar(double begin, double end, std::size_t cells) {
  if (cells == 0) return {};
  constexpr std::array<const char*, 8> eighths{"", "▏", "▎", "▍", "▌", "▋", "▊", "▉"};
  const auto width = static_cast<double>(cells);
  begin = std::clamp(begin, 0.0, 1.0);
  end = std::clamp(end, begin, 1.0);
  const auto first = std::min(static_cast<std::size_t>(begin * width), cells - 1);
  const auto last = static_cast<std::size_t>(std::llround(end * width * 8));
  std::size_t length = last > first * 8 ? last - first * 8 : 0;
  // What is shorter than a cell is drawn as short as it is, wherever in its cell it begins.
  const auto own = static_cast<std::size_t>(std::llround((end - begin) * width * 8));
  if (own < 8) length = std::min(length, own);
  length = std::max<std::size_t>(length, 1);
  std::string out(first, ' ');
  for (std::size_t i = 0; i < length / 8; ++i) out += "█";
  return out + eighths[length % 8];
}

std::string shaded_bar(double begin, double end, std::size_t cells, std::span<const std::pair<double, double>> solid) {
  if (cells == 0) return {};
  const auto width = static_cast<double>(cells);
  const auto cell_of = [&](double share) {
    return std::min(static_cast<std::size_t>(std::clamp(share, 0.0, 1.0) * width), cells - 1);
  };
  const std::size_t first = cell_of(begin);
  // An end on the border of a cell is none of its own.
  const std::size_t past =
      std::max(first + 1, static_cast<std::size_t>(std::ceil(std::clamp(end, 0.0, 1.0) * width - 1e-9)));
  std::vector<bool> is_solid(cells, false);
  for (const auto& [from, to] : solid) {
    const std::size_t from_cell = cell_of(from);
    const auto to_cell = static_cast<std::size_t>(std::ceil(std::clamp(to, 0.0, 1.0) * width - 1e-9));
    for (std::size_t i = from_cell; i < std::max(from_cell + 1, to_cell) && i < cells; ++i) is_solid[i] = true;
  }
  std::string out(first, ' ');
  for (std::size_t i = first; i < std::min(past, cells); ++i) out += is_solid[i] ? "█" : "░";
  return out;
}

}  // namespace spark::sparktel
