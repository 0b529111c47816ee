// Shows on a terminal what ran of a graph beside what was declared. Used by show and demo. Values in, text out.
#pragma once

#include <cstddef>
#include <string>

#include "apps/sparktel/terminal/style.h"
#include "apps/sparktel/views/graph_run.h"

namespace spark::sparktel {

inline constexpr std::size_t most_drawn_nodes = 200;  // those declared later are counted
inline constexpr std::size_t most_drawn_edges = 12;   // into one node; so are these

// A table with a line for each node, as a tree (graph_order.h), and below each what the tree does not say: how it is
// tried, which edges lead to it and how often each was taken (← a 1×; not taken: b if score >= 0.5), and the loops that
// begin there (↺ back to a). Lines are no wider than the canvas, as far as a Table can be. Text is made printable.
[[nodiscard]] std::string draw_graph(const GraphRun& run, const Canvas& canvas);

}  // namespace spark::sparktel
