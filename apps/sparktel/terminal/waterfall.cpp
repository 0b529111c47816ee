#include "apps/sparktel/terminal/waterfall.h"

#include <algorithm>
#include <utility>

#include "apps/sparktel/terminal/text.h"

namespace spark::sparktel {

namespace {

constexpr std::size_t gap = 2;
constexpr std::size_t level_width = 3;
constexpr std::size_t least_bar_cells = 8;
constexpr std::size_t least_label_width = 16;
constexpr std::size_t least_bar_beside_self = 30;

struct Line {
  std::string label;          // with the branches of the tree
  std::string note_branches;  // before the notes below it
  std::string duration;
  std::string self;
};

struct Layout {
  std::size_t label = 0;
  std::size_t status = 0;
  std::size_t duration = 0;
  std::size_t self = 0;  // zero: no such column, and no header
  std::size_t bar = 0;
};

// Branches of the levels 1 to the row's own, of which at most `most` are drawn: a tree may be deeper than a
// line is wide.
std::string branches(const std::vector<bool>& goes_on, std::size_t depth, std::size_t most) {
  std::string out;
  const std::size_t first = depth > most ? depth - most + 1 : 1;
  if (first > 1) out += "…  ";
  for (std::size_t level = first; level <= depth; ++level) out += goes_on[level] ? "│  " : "   ";
  return out;
}

// From the last row to the first, because a branch goes on if a later row hangs on it.
std::vector<Line> make_lines(std::span<const WaterfallRow> rows, std::size_t most_levels) {
  std::vector<Line> lines(rows.size());
  std::vector<bool> goes_on;  // by level: whether a row below the current one continues it
  for (std::size_t i = rows.size(); i-- > 0;) {
    const std::size_t depth = rows[i].depth;
    const bool has_children = i + 1 < rows.size() && rows[i + 1].depth > depth;
    goes_on.resize(std::max(goes_on.size(), depth + 1), false);
    Line& line = lines[i];
    line.note_branches = branches(goes_on, depth, most_levels + 1) + (has_children ? "│  " : "   ");
    if (depth > 0) {
      line.label = branches(goes_on, depth - 1, most_levels) + (goes_on[depth] ? "├─ " : "└─ ");
      goes_on[depth] = true;
    }
    line.label += printable(rows[i].label);
    line.duration = format_duration(rows[i].duration);
    if (rows[i].self) line.self = format_duration(*rows[i].self);
    goes_on.resize(depth + 1);
  }
  return lines;
}

Layout make_layout(std::span<const WaterfallRow> rows, const std::vector<Line>& lines, std::size_t width) {
  Layout layout;
  std::size_t label = 0;
  for (std::size_t i = 0; i < rows.size(); ++i) {
    label = std::max(label, display_width(lines[i].label));
    layout.status = std::max(layout.status, display_width(rows[i].status));
    layout.duration = std::max(layout.duration, display_width(lines[i].duration));
    layout.self = std::max(layout.self, display_width(lines[i].self));
  }
  const std::size_t fixed = layout.duration + gap + (layout.status > 0 ? layout.status + gap : 0);
  layout.label = std::min(label, std::max(least_label_width, width * 2 / 5));
  std::size_t used = layout.label + fixed + gap;
  if (layout.self > 0 && used + gap + layout.self + least_bar_beside_self > width) layout.self = 0;
  if (layout.self > 0) used += gap + layout.self;
  if (used + least_bar_cells <= width) {
    layout.bar = width - used;
  } else {
    layout.label = std::min(label, std::max(least_label_width, width > fixed ? width - fixed : 0));
  }
  return layout;
}

void append_notes(std::string& out, const WaterfallRow& row, const Line& line, const Canvas& canvas) {
  const std::size_t used = display_width(line.note_branches);
  const std::size_t room = canvas.width > used + least_bar_cells ? canvas.width - used : least_bar_cells;
  for (const Note& note : row.notes) {
    const std::string text = printable(note.text);
    const auto texts = note.is_wrapped ? wrap(text, room) : std::vector<std::string>{fit(text, room)};
    for (const std::string& part : texts) {
      out += paint(line.note_branches, Style::dim, canvas) + paint(part, note.style, canvas) + "\n";
    }
  }
}

// From the first start to the last end of all rows.
class Scale {
 public:
  explicit Scale(std::span<const WaterfallRow> rows) : begin_(rows.front().start), end_(begin_) {
    for (const WaterfallRow& row : rows) {
      begin_ = std::min(begin_, Seconds(row.start));
      end_ = std::max(end_, end_of(row));
    }
  }

  // Of a double, because times of a file may lie so far apart that the difference of two does not fit.
  [[nodiscard]] static Seconds end_of(const WaterfallRow& row) { return Seconds(row.start) + row.duration; }
  [[nodiscard]] double share(Seconds time) const { return end_ > begin_ ? (time - begin_) / (end_ - begin_) : 0; }

 private:
  Seconds begin_;
  Seconds end_;
};

std::string draw_bar(const WaterfallRow& row, const Scale& scale, std::size_t cells) {
  const double begin = scale.share(row.start);
  const double end = scale.share(Scale::end_of(row));
  if (!row.solid) return bar(begin, end, cells);
  std::vector<std::pair<double, double>> solid;
  for (const Stretch& stretch : *row.solid) solid.emplace_back(scale.share(stretch.start), scale.share(stretch.end));
  return shaded_bar(begin, end, cells, solid);
}

std::string draw_header(const Layout& layout, const Canvas& canvas) {
  std::string header = pad_right("span", layout.label) + std::string(gap, ' ');
  if (layout.status > 0) header += std::string(layout.status + gap, ' ');
  header += pad_left("time", layout.duration) + std::string(gap, ' ') + pad_left("self", layout.self);
  return paint(header, Style::dim, canvas) + "\n";
}

}  // namespace

std::string draw_waterfall(std::span<const WaterfallRow> rows, const Canvas& canvas) {
  if (rows.empty()) return {};
  const std::size_t most_levels = std::max<std::size_t>(canvas.width / 5 / level_width, 2);
  const std::vector<Line> lines = make_lines(rows, most_levels);
  const Layout layout = make_layout(rows, lines, canvas.width);
  const Scale scale(rows);

  std::string out;
  if (layout.self > 0) out += draw_header(layout, canvas);
  for (std::size_t i = 0; i < rows.size(); ++i) {
    const WaterfallRow& row = rows[i];
    out += pad_right(fit(lines[i].label, layout.label), layout.label) + std::string(gap, ' ');
    if (layout.status > 0) {
      out += paint(pad_right(row.status, layout.status), row.style, canvas) + std::string(gap, ' ');
    }
    out += pad_left(lines[i].duration, layout.duration);
    if (layout.self > 0) out += std::string(gap, ' ') + pad_left(lines[i].self, layout.self);
    if (layout.bar > 0) {
      const std::string drawn = draw_bar(row, scale, layout.bar);
      const std::size_t indent = drawn.find_first_not_of(' ');
      out += std::string(gap + indent, ' ') + paint(drawn.substr(indent), row.style, canvas);
    }
    out += "\n";
    append_notes(out, row, lines[i], canvas);
  }
  return out;
}

}  // namespace spark::sparktel
