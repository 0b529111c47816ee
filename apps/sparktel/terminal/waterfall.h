// Draws spans as a tree with a waterfall beside it: a line for each with its name, status, duration, and a
// bar that shows when it ran. Values in, text out; safe from any thread.
#pragma once

#include <chrono>
#include <cstddef>
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

struct WaterfallRow {
  std::string label = {};
  std::size_t depth = 0;              // in the tree; at most one more than that of the row before
  std::string status = {};            // empty: nothing to say
  Style style = Style::cyan;          // of the bar and the status
  std::chrono::nanoseconds start{0};  // since anything that all rows share
  std::chrono::nanoseconds duration{0};
  std::vector<Note> notes = {};
};

// A tree's rows, each parent before its children. Lines are no wider than the canvas: labels are cut to two
// fifths of it, bars take what is left and are omitted where that is less than 8 cells. Text is made
// printable.
[[nodiscard]] std::string draw_waterfall(std::span<const WaterfallRow> rows, const Canvas& canvas);

}  // namespace spark::sparktel
