// Table draws rows of cells in aligned columns, no wider than the canvas: first the columns that may shrink do, and
// columns that are optional come in, in the order in which they were declared, only if they fit. Where that is not
// enough, what may shrink shrinks to 4 cells, then columns are left out from the right; the first stays. A plain value
// for one thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "apps/sparktel/terminal/style.h"

namespace spark::sparktel {

enum class Align : std::uint8_t { left, right };

struct Column {
  std::string header = {};
  Align align = Align::left;
  std::size_t least_width = 0;  // more than zero: may be cut to this many cells, the last such column first
  bool is_optional = false;
};

struct Cell {
  Cell(std::string content,
       Style its_style = Style::plain)  // NOLINT: implicit, so that a row reads as its texts
      : text(std::move(content)), style(its_style) {}
  Cell(const char* content) : text(content) {}  // NOLINT

  std::string text;
  Style style = Style::plain;
};

class Table {
 public:
  explicit Table(std::vector<Column> columns) : columns_(std::move(columns)) {}

  // Missing cells are empty, further ones are left out. Text is made printable.
  void add_row(std::vector<Cell> cells);

  // Whether all columns fit as wide as their widest cells.
  [[nodiscard]] bool fits(const Canvas& canvas) const;

  // How many columns have no room.
  [[nodiscard]] std::size_t left_out(const Canvas& canvas) const;

  // The header, a rule, and a line for each row, each with a line end and without spaces before it.
  [[nodiscard]] std::string draw(const Canvas& canvas) const;

 private:
  // Of each column: its widest cell, the header included.
  [[nodiscard]] std::vector<std::size_t> wanted_widths() const;
  // Of each column; zero: left out.
  [[nodiscard]] std::vector<std::size_t> widths(const Canvas& canvas) const;

  std::vector<Column> columns_;
  std::vector<std::vector<Cell>> rows_;
};

}  // namespace spark::sparktel
