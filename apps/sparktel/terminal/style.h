// What a drawing may use: the width of its lines and whether colours are wanted. Plain values; safe from any
// thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <string>
#include <string_view>

namespace spark::sparktel {

enum class Style : std::uint8_t { plain, bold, dim, red, green, yellow, cyan };

struct Canvas {
  std::size_t width = 120;  // of a line, in terminal cells
  bool has_color = false;
};

inline constexpr std::size_t narrowest_canvas = 40;
inline constexpr std::size_t widest_canvas = 240;

// For what is written to `stream`: the terminal's width, with colours unless NO_COLOR is set or TERM is dumb;
// in a pipe or a file 120 columns without colours. COLUMNS overrules the width.
[[nodiscard]] Canvas canvas_for(std::FILE* stream);

// The text between the escape sequences of a style, or alone where there are no colours.
[[nodiscard]] std::string paint(std::string_view text, Style style, const Canvas& canvas);

}  // namespace spark::sparktel
