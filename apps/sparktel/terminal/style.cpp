#include "apps/sparktel/terminal/style.h"

#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <cstdlib>

namespace spark::sparktel {

namespace {

// Zero unless the variable is a number.
std::size_t number_in_environment(const char* variable) {
  const char* const text = std::getenv(variable);
  if (text == nullptr) return 0;
  const std::string_view digits(text);
  std::size_t number = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), number);
  return error == std::errc() && end == digits.data() + digits.size() ? number : 0;
}

bool is_set(const char* variable) {
  const char* const text = std::getenv(variable);
  return text != nullptr && *text != '\0';
}

std::string_view escape_sequence(Style style) {
  switch (style) {
    case Style::plain:
      return "";
    case Style::bold:
      return "\x1b[1m";
    case Style::dim:
      return "\x1b[2m";
    case Style::red:
      return "\x1b[31m";
    case Style::green:
      return "\x1b[32m";
    case Style::yellow:
      return "\x1b[33m";
    case Style::cyan:
      return "\x1b[36m";
  }
  return "";
}

}  // namespace

Canvas canvas_for(std::FILE* stream) {
  Canvas canvas;
  const int descriptor = ::fileno(stream);
  if (::isatty(descriptor) == 1) {
    winsize size{};
    if (::ioctl(descriptor, TIOCGWINSZ, &size) == 0 && size.ws_col > 0) canvas.width = size.ws_col;
    const char* const terminal = std::getenv("TERM");
    const bool is_dumb = terminal == nullptr || std::string_view(terminal) == "dumb";
    canvas.has_color = !is_dumb && !is_set("NO_COLOR");
  }
  if (const std::size_t columns = number_in_environment("COLUMNS"); columns > 0) canvas.width = columns;
  canvas.width = std::clamp(canvas.width, narrowest_canvas, widest_canvas);
  return canvas;
}

std::string paint(std::string_view text, Style style, const Canvas& canvas) {
  if (!canvas.has_color || style == Style::plain || text.empty()) return std::string(text);
  return std::string(escape_sequence(style)) + std::string(text) + "\x1b[0m";
}

}  // namespace spark::sparktel
