// The order in which a graph's nodes are shown, as a tree: what comes after a node alone stands below it in the same
// column, what it branches into stands indented, and what its branches lead to together is again in its column.
//
//   load
//   ├─ count
//   └─ rank
//      sort
//   report
//
// That is the tree of dominators, in which a node hangs on the last one that every way to it goes through (Cooper,
// Harvey and Kennedy, "A Simple, Fast Dominance Algorithm", 2001). Values in, values out.
#pragma once

#include <cstddef>
#include <vector>

#include "apps/sparktel/views/graph_run.h"

namespace spark::sparktel {

struct GraphLine {
  std::size_t node = 0;     // of GraphRun::nodes
  std::size_t depth = 0;    // at most one more than that of the line before
  bool is_branch = false;   // it begins a branch of the last line above that has a lesser depth
  bool is_obvious = false;  // the line above, or the one it branches from, is what leads to it, and nothing else does

  bool operator==(const GraphLine&) const = default;
};

// The first `most` nodes as they were declared, each once, whatever the edges are: those that close a cycle (which only
// damaged data has, but for loops) are not followed.
[[nodiscard]] std::vector<GraphLine> graph_order(const GraphRun& run, std::size_t most);

}  // namespace spark::sparktel
