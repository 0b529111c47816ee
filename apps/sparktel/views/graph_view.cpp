#include "apps/sparktel/views/graph_view.h"

#include <fmt/format.h>

#include <algorithm>
#include <string_view>
#include <utility>
#include <vector>

#include "apps/sparktel/terminal/table.h"
#include "apps/sparktel/terminal/text.h"
#include "apps/sparktel/views/graph_definition.h"
#include "apps/sparktel/views/graph_order.h"

namespace spark::sparktel {

namespace {

constexpr std::size_t branch_width = 3;
constexpr std::size_t most_condition_cells = 60;
constexpr std::size_t most_id_cells = 40;  // in a note
constexpr std::size_t least_note_cells = 24;

// The branches of the tree before a line and before the notes below it.
struct Branches {
  std::string line;
  std::string notes;
};

// Of the levels 1 to `depth`, of which at most `most` are drawn: a graph may branch deeper than a line is wide.
std::string levels(const std::vector<bool>& goes_on, std::size_t depth, std::size_t most) {
  std::string out;
  const std::size_t first = depth > most ? depth - most + 1 : 1;
  if (first > 1) out += "…  ";
  for (std::size_t level = first; level <= depth; ++level) out += goes_on[level] ? "│  " : "   ";
  return out;
}

// From the last line to the first, because a level goes on if a later branch begins in it.
std::vector<Branches> branches_of(const std::vector<GraphLine>& lines, std::size_t most_levels) {
  std::vector<Branches> result(lines.size());
  std::vector<bool> goes_on;
  for (std::size_t i = lines.size(); i-- > 0;) {
    const std::size_t depth = lines[i].depth;
    goes_on.resize(std::max(goes_on.size(), depth + 1), false);
    const bool forks = i + 1 < lines.size() && lines[i + 1].depth > depth;
    result[i].notes = levels(goes_on, depth, most_levels) + (forks ? "│  " : "   ");
    if (lines[i].is_branch) {
      result[i].line = levels(goes_on, depth - 1, most_levels) + (goes_on[depth] ? "├─ " : "└─ ");
      goes_on[depth] = true;
    } else {
      result[i].line = levels(goes_on, depth, most_levels);
    }
    goes_on.resize(depth + 1);
  }
  return result;
}

std::string times(std::size_t count) { return count > 0 ? format_count(count) + "×" : "not taken"; }

std::string condition_of(const DeclaredEdge& edge) {
  if (edge.condition.empty()) return "";
  const std::string text = fit(printable(edge.condition), most_condition_cells);
  return text == "otherwise" ? " otherwise" : " if " + text;
}

std::string id_of(const DeclaredNode& node) { return fit(printable(node.id), most_id_cells); }

// The edges into each node but for loops, and the loops that begin at each.
struct NodeEdges {
  std::vector<const DeclaredEdge*> in;
  std::vector<const DeclaredEdge*> loops;
};

std::vector<NodeEdges> edges_of(const GraphRun& run) {
  std::vector<NodeEdges> edges(run.nodes.size());
  for (const DeclaredEdge& edge : run.edges) {
    if (edge.kind == EdgeKind::loop) {
      edges[edge.from].loops.push_back(&edge);
    } else {
      edges[edge.to].in.push_back(&edge);
    }
  }
  return edges;
}

std::string source_of(const DeclaredEdge& edge, const GraphRun& run) {
  return id_of(run.nodes[edge.from]) + (edge.kind == EdgeKind::error ? " on error" : "") + condition_of(edge);
}

// Those that were taken first.
std::string text_of_incoming(const std::vector<const DeclaredEdge*>& edges, const GraphRun& run) {
  std::string text = "← ";
  std::size_t count = 0;
  for (const DeclaredEdge* edge : edges) {
    if (edge->taken == 0 || count == most_drawn_edges) continue;
    text += (count++ > 0 ? ", " : "") + source_of(*edge, run) + " " + times(edge->taken);
  }
  const std::size_t taken = count;
  for (const DeclaredEdge* edge : edges) {
    if (edge->taken > 0 || count == most_drawn_edges) continue;
    text += count > taken ? ", " : taken > 0 ? "; not taken: " : "not taken: ";
    text += source_of(*edge, run);
    ++count;
  }
  if (edges.size() > count) text += fmt::format(", and {} more", format_count(edges.size() - count));
  return text;
}

bool is_any(const Value& join) { return join.is_object() && text_at(join.as_object(), "when") == "any"; }

// A first run is one edge taken, unless the node is the start.
bool is_as_often(const DeclaredEdge& edge, const NodeTally& tally) {
  return edge.taken == tally.runs - tally.retried + tally.cache_hits + tally.not_ended;
}

std::vector<std::string> notes_of(const GraphLine& line, const NodeEdges& edges, const GraphRun& run) {
  const DeclaredNode& node = run.nodes[line.node];
  std::vector<std::string> notes;
  if (std::string policy = policy_text(node.policy); !policy.empty()) notes.push_back(std::move(policy));
  if (is_any(node.join)) notes.emplace_back("waits for the first of those that lead to it");
  const bool is_told = line.is_obvious && (edges.in.empty() || is_as_often(*edges.in.front(), node.tally));
  if (!is_told) notes.push_back(edges.in.empty() ? "nothing leads to it" : text_of_incoming(edges.in, run));
  for (std::size_t i = 0; i < std::min(edges.loops.size(), most_drawn_edges); ++i) {
    const DeclaredEdge& loop = *edges.loops[i];
    notes.push_back("↺ back to " + id_of(run.nodes[loop.to]) + condition_of(loop) + " " + times(loop.taken) +
                    (loop.max_iterations > 0
                         ? fmt::format(" (limit {}×)", format_count(static_cast<std::size_t>(loop.max_iterations)))
                         : ""));
  }
  return notes;
}

// A column for each kind of thing that happened at all.
struct TallyColumn {
  const char* header;
  std::size_t NodeTally::*count;
  Style style;
};
constexpr TallyColumn tally_columns[] = {{"failed", &NodeTally::failed, Style::red},
                                         {"cancelled", &NodeTally::cancelled, Style::yellow},
                                         {"timed out", &NodeTally::timed_out, Style::red},
                                         {"retried", &NodeTally::retried, Style::yellow},
                                         {"cached", &NodeTally::cache_hits, Style::green}};

Cell runs_of(const NodeTally& tally) {
  if (tally.not_ended > 0) {
    const std::string ended = tally.runs > 0 ? format_count(tally.runs) + " + " : "";
    return {ended + format_count(tally.not_ended) + " not ended", Style::yellow};
  }
  if (tally.runs == 0 && tally.cache_hits == 0) return {"not run", Style::dim};
  return {format_count(tally.runs)};
}

Table make_table(const GraphRun& run, const std::vector<GraphLine>& lines, const std::vector<Branches>& branches) {
  std::vector<TallyColumn> shown;
  for (const TallyColumn& column : tally_columns) {
    const bool is_used = std::any_of(run.nodes.begin(), run.nodes.end(),
                                     [&](const DeclaredNode& node) { return node.tally.*column.count > 0; });
    if (is_used) shown.push_back(column);
  }
  std::vector<Column> columns{{.header = "node", .least_width = 16},
                              {.header = "type", .least_width = 8, .is_optional = true},
                              {.header = "runs", .align = Align::right}};
  for (const TallyColumn& column : shown) columns.push_back({.header = column.header, .align = Align::right});
  columns.push_back({.header = "time", .align = Align::right});
  Table table(std::move(columns));
  for (std::size_t i = 0; i < lines.size(); ++i) {
    const DeclaredNode& node = run.nodes[lines[i].node];
    const NodeTally& tally = node.tally;
    std::vector<Cell> cells{branches[i].line + node.id,
                            {node.type + (node.graph_id.empty() ? "" : " " + node.graph_id), Style::dim},
                            runs_of(tally)};
    for (const TallyColumn& column : shown) {
      const std::size_t count = tally.*column.count;
      cells.emplace_back(count > 0 ? format_count(count) : "", column.style);
    }
    cells.emplace_back(tally.runs > 0 ? format_duration(tally.duration) : "");
    table.add_row(std::move(cells));
  }
  return table;
}

void append_notes(std::string& out, const std::vector<std::string>& notes, const std::string& before,
                  const Canvas& canvas) {
  const std::size_t used = display_width(before);
  const std::size_t room = canvas.width > used + least_note_cells ? canvas.width - used : least_note_cells;
  for (const std::string& note : notes) {
    for (const std::string& part : wrap(printable(note), room)) {
      out += paint(before + part, Style::dim, canvas) + "\n";
    }
  }
}

std::string draw_header(const GraphRun& run, const Canvas& canvas) {
  const auto ran =
      static_cast<std::size_t>(std::count_if(run.nodes.begin(), run.nodes.end(), [](const DeclaredNode& node) {
        return node.tally.runs + node.tally.cache_hits + node.tally.not_ended > 0;
      }));
  std::string title = printable("Graph " + run.graph_id);
  std::string rest = fmt::format("  version {}  {} of {} nodes ran", printable(run.version), format_count(ran),
                                 format_count(run.nodes.size()));
  if (run.runs > 1) rest += fmt::format("  in {} runs", format_count(run.runs));
  title = fit(title, canvas.width);
  rest = fit(rest, canvas.width - display_width(title));
  return paint(title, Style::bold, canvas) + paint(rest, Style::dim, canvas) + "\n\n";
}

std::string draw_remarks(const GraphRun& run, const Canvas& canvas) {
  std::string out;
  const auto add = [&](const std::string& remark) {
    for (const std::string& line : wrap(remark, canvas.width)) out += line + "\n";
  };
  if (run.nodes.size() > most_drawn_nodes) {
    add(fmt::format("… and {} more nodes; --json has them all.", format_count(run.nodes.size() - most_drawn_nodes)));
  }
  if (run.malformed > 0) {
    add(fmt::format("Left out, because they make no sense: {} of the declared nodes and edges.",
                    format_count(run.malformed)));
  }
  if (run.undeclared > 0) {
    add(fmt::format("Left out, because they are not declared: {} runs of nodes and edges taken.",
                    format_count(run.undeclared)));
  }
  return out;
}

}  // namespace

std::string draw_graph(const GraphRun& run, const Canvas& canvas) {
  std::string out = draw_header(run, canvas);
  if (run.nodes.empty()) return out + "Its definition has no nodes.\n" + draw_remarks(run, canvas);
  const std::vector<GraphLine> lines = graph_order(run, most_drawn_nodes);
  const std::vector<Branches> branches = branches_of(lines, std::max<std::size_t>(canvas.width / 5 / branch_width, 2));
  const std::vector<NodeEdges> edges = edges_of(run);
  // The table's lines: the header and its rule, and then one for each node.
  const std::string table = make_table(run, lines, branches).draw(canvas);
  std::size_t end = table.find('\n', table.find('\n') + 1) + 1;
  out += table.substr(0, end);
  for (std::size_t i = 0; i < lines.size(); ++i) {
    const std::size_t begin = std::exchange(end, table.find('\n', end) + 1);
    out += table.substr(begin, end - begin);
    append_notes(out, notes_of(lines[i], edges[lines[i].node], run), branches[i].notes, canvas);
  }
  return out + draw_remarks(run, canvas);
}

}  // namespace spark::sparktel
