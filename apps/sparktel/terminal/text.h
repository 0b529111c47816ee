// Text for terminals: what is safe to print, how wide it is, cut, padded and wrapped; numbers and times for
// people. Functions without state, safe from any thread. Widths are in terminal cells.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "spark/base/clock.h"

namespace spark::sparktel {

// Recorded text may hold anything, escape sequences included. Line ends and tabs become spaces; control
// characters, overrides of the writing direction and what is not UTF-8 become U+FFFD.
[[nodiscard]] std::string printable(std::string_view text);
// Lines of JSON or CSV for a terminal: what printable() replaces becomes \uXXXX, which JSON reads as the same text.
// Line ends and tabs stay, and with `has_styles` the escape character of our own colours.
[[nodiscard]] std::string harmless(std::string_view text, bool has_styles);

// The functions below take printable text. Wide characters (East Asian, emoji) are two cells, combining ones
// none.
[[nodiscard]] std::size_t display_width(std::string_view text);
// At most `width` cells; what is cut is shown by a final "…".
[[nodiscard]] std::string fit(std::string_view text, std::size_t width);
// The last cells of the text; what is cut is shown by a first "…".
[[nodiscard]] std::string fit_end(std::string_view text, std::size_t width);
// With spaces up to `width`; a wider text is left as it is.
[[nodiscard]] std::string pad_right(std::string_view text, std::size_t width);
[[nodiscard]] std::string pad_left(std::string_view text, std::size_t width);
// Lines of at most `width` cells, broken at spaces; a word that is wider is broken anywhere. At least one
// line.
[[nodiscard]] std::vector<std::string> wrap(std::string_view text, std::size_t width);
// The same as one text, each line with its end.
[[nodiscard]] std::string paragraph(std::string_view text, std::size_t width);

// Three digits and a unit: "850 ns", "12.3 µs", "1.23 ms", "4.56 s"; from 1000 s on "16m 40s", from an hour
// on "1h 01m".
[[nodiscard]] std::string format_duration(std::chrono::nanoseconds duration);
// "12,345".
[[nodiscard]] std::string format_count(std::uint64_t count);
// Six digits at most: "0.25", "1.5e+09"; "-" of NaN, which stands for nothing measured.
[[nodiscard]] std::string format_number(double number);
// "0 %", "<0.1 %", "3.4 %", "41 %", ">99.9 %": of a share from 0 to 1.
[[nodiscard]] std::string format_share(double share);
// As above of seconds, which may be NaN: "-".
[[nodiscard]] std::string format_seconds(Seconds seconds);
// "1 trace", "12,345 traces".
[[nodiscard]] std::string format_count(std::uint64_t count, std::string_view noun);
// "2025-01-15 10:00:01", UTC.
[[nodiscard]] std::string format_time(Timestamp time);

// A bar from `begin` to `end`, shares (0 to 1) of `cells` cells. It begins at a whole cell, ends at an eighth
// of one, and is never empty. Without spaces at its end.
[[nodiscard]] std::string bar(double begin, double end, std::size_t cells);
// The same of whole cells, solid where a share of a cell lies in `solid` (each from, to; ascending) and light
// elsewhere.
[[nodiscard]] std::string shaded_bar(double begin, double end, std::size_t cells,
                                     std::span<const std::pair<double, double>> solid);

}  // namespace spark::sparktel
