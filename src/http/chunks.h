// What both parsers of messages must know of Beast's way with chunks. A free function.
#pragma once

#include <cstddef>

namespace spark::http {

// Whether these bytes of a chunked body must wait for more. Its end, "0\r\n\r\n", has five bytes, and Beast 1.81
// asserts that it is given no fewer once it has seen the end begin.
template <class Parser>
[[nodiscard]] bool is_too_short(const Parser& parser, std::size_t bytes) noexcept {
  constexpr std::size_t size_of_end = 5;
  return parser.is_header_done() && parser.chunked() && bytes < size_of_end;
}

}  // namespace spark::http
