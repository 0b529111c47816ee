#include "apps/sparktel/terminal/table.h"

#include <algorithm>

#include "apps/sparktel/terminal/text.h"

namespace spark::sparktel {

namespace {

constexpr std::size_t column_gap = 2;
constexpr std::size_t narrowest_column = 4;

std::size_t total(const std::vector<std::size_t>& widths) {
  std::size_t sum = 0;
  for (const std::size_t width : widths) {
    if (width > 0) sum += width + column_gap;
  }
  return sum > 0 ? sum - column_gap : 0;
}

// Appends one line; cells of columns without width are left out.
void append_line(std::string& out, const std::vector<Column>& columns, const std::vector<std::size_t>& widths,
                 const std::vector<Cell>& cells, const Canvas& canvas) {
  std::string line;
  std::size_t spaces = 0;  // owed, so that none is before a line end
  for (std::size_t i = 0; i < columns.size(); ++i) {
    if (widths[i] == 0) continue;
    const std::string text = fit(cells[i].text, widths[i]);
    const std::size_t unused = widths[i] - display_width(text);
    if (columns[i].align == Align::right) spaces += unused;
    if (!text.empty()) {
      line += std::string(spaces, ' ') + paint(text, cells[i].style, canvas);
      spaces = 0;
    }
    if (columns[i].align == Align::left) spaces += unused;
    spaces += column_gap;
  }
  out += line + "\n";
}

}  // namespace

void Table::add_row(std::vector<Cell> cells) {
  cells.resize(columns_.size(), Cell(""));
  for (Cell& cell : cells) cell.text = printable(cell.text);
  rows_.push_back(std::move(cells));
}

std::vector<std::size_t> Table::wanted_widths() const {
  std::vector<std::size_t> wanted(columns_.size());
  for (std::size_t i = 0; i < columns_.size(); ++i) {
    wanted[i] = std::max<std::size_t>(display_width(columns_[i].header), 1);
    for (const std::vector<Cell>& row : rows_) wanted[i] = std::max(wanted[i], display_width(row[i].text));
  }
  return wanted;
}

bool Table::fits(const Canvas& canvas) const { return total(wanted_widths()) <= canvas.width; }

std::vector<std::size_t> Table::widths(const Canvas& canvas) const {
  const std::vector<std::size_t> wanted = wanted_widths();
  // What is left when everything that may shrink has, decides about the optional columns.
  std::vector<std::size_t> least = wanted;
  for (std::size_t i = 0; i < columns_.size(); ++i) {
    if (columns_[i].least_width > 0) least[i] = std::min(wanted[i], columns_[i].least_width);
    if (columns_[i].is_optional) least[i] = 0;
  }
  std::vector<std::size_t> result = wanted;
  for (std::size_t i = 0; i < columns_.size(); ++i) {
    if (!columns_[i].is_optional) continue;
    least[i] = columns_[i].least_width > 0 ? std::min(wanted[i], columns_[i].least_width) : wanted[i];
    if (total(least) > canvas.width) least[i] = result[i] = 0;
  }

  const auto shrink_to = [&](const std::vector<std::size_t>& smallest) {
    for (std::size_t i = columns_.size(); i-- > 0;) {
      const std::size_t used = total(result);
      if (used <= canvas.width) break;
      result[i] -= std::min(used - canvas.width, result[i] - smallest[i]);
    }
  };
  shrink_to(least);
  // Narrower than it was made for: first what may be cut at all, then whole columns from the right.
  for (std::size_t i = 0; i < columns_.size(); ++i) {
    if (columns_[i].least_width > 0) least[i] = std::min(least[i], narrowest_column);
  }
  shrink_to(least);
  for (std::size_t i = columns_.size(); i-- > 1 && total(result) > canvas.width;) result[i] = 0;
  // Its room is the first one's, for what it was cut.
  const std::size_t used = total(result);
  if (!result.empty() && used < canvas.width) result[0] = std::min(wanted[0], result[0] + canvas.width - used);
  return result;
}

std::size_t Table::left_out(const Canvas& canvas) const {
  const std::vector<std::size_t> widths = this->widths(canvas);
  return static_cast<std::size_t>(std::count(widths.begin(), widths.end(), std::size_t{0}));
}

std::string Table::draw(const Canvas& canvas) const {
  const std::vector<std::size_t> widths = this->widths(canvas);
  std::string out;
  std::vector<Cell> header;
  for (const Column& column : columns_) header.emplace_back(column.header, Style::bold);
  append_line(out, columns_, widths, header, canvas);
  std::string rule;
  for (std::size_t i = 0; i < total(widths); ++i) rule += "─";
  out += paint(rule, Style::dim, canvas) + "\n";
  for (const std::vector<Cell>& row : rows_) append_line(out, columns_, widths, row, canvas);
  return out;
}

}  // namespace spark::sparktel
