// Draws spans as a tree with a waterfall beside it: a line for each with its name, status, duration, and a
// bar that shows when it ran. Values in, text out; safe from any thread.
#pragma once

#include <chrono>
#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "apps/sparktel/terminal/style.h"

namespace spark::sparktel {

// A line below a row.
struct Note {
  std::string text = {};
  Style style = Style::dim;
  bool is_wrapped = false;  // too long ones are continued on further lines, not cut
};

// Of a row's time, on the scale of its start.
struct Stretch {
  std::chrono::nanoseconds start{0};
  std::chrono::nanoseconds end{0};
};

struct WaterfallRow {
  std::string label = {};
  std::size_t depth = 0;              // in the tree; at most one more than that of the row before
  std::string status = {};            // empty: nothing to say
  Style style = Style::cyan;          // of the bar and the status
  std::chrono::nanoseconds start{0};  // since anything that all rows share
  std::chrono::nanoseconds duration{0};
  std::optional<std::chrono::nanoseconds> self = {};  // of the duration, what belongs to none of its children
  // What is solid of the bar, the first stretch first and none over another; the rest is light. Empty: all is solid.
  std::optional<std::vector<Stretch>> solid = {};
  std::vector<Note> notes = {};
};

// A tree's rows, each parent before its children. Lines are no wider than the canvas: labels are cut to two
// fifths of it, bars take what is left and are omitted where that is less than 8 cells. Self times, if there are any,
// are a column of their own below a header where the bars keep 30 cells beside it. Text is made printable.
[[nodiscard]] std::string draw_waterfall(std::span<const WaterfallRow> rows, const Canvas& canvas);

}  // namespace spark::sparktel
