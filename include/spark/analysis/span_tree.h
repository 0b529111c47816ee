// A trace's spans as a tree, whatever state they are in: in any order, with parents that were never written (the
// process was killed, a queue was full), twice, or in a circle, which only damaged data has. The tree holds positions
// and no spans, so the spans must stay as they are as long as it is used. A plain value.
//
// Nothing here recurses: a chain of a million spans is a tree as any other. O(n log n).
#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>
#include <string_view>
#include <vector>

#include "spark/telemetry/records.h"

namespace spark::analysis {

inline constexpr std::size_t no_parent = std::numeric_limits<std::size_t>::max();

// Why a span stands at the top:
//   none            It does not, its parent is among the spans.
//   top             It names no parent, or the trace itself (spark::root_span_id), as top-level spans do.
//   missing_parent  It names a parent that is not among the spans.
//   cycle           Its ancestors lead back to it. Of each circle the first span (see below) is cut off its parent.
enum class RootKind : std::uint8_t { none, top, missing_parent, cycle };

// The names as spelled above. Static storage.
[[nodiscard]] std::string_view to_string(RootKind kind) noexcept;

struct TreeNode {
  std::size_t span = 0;            // its place among the spans
  std::size_t parent = no_parent;  // its parent's place among the nodes
  std::size_t depth = 0;
  std::size_t end = 0;  // the node after its last descendant: the next sibling, if there is one
  RootKind root = RootKind::none;

  bool operator==(const TreeNode&) const = default;
};

struct SpanTree {
  // Each parent before its children. Roots, and the children of one parent, by their start; of equal starts the one
  // that ends last comes first, because the clock may give a child the start of its parent; then by span id, then in
  // the order given. The children of node i are i + 1, nodes[i + 1].end and so on below nodes[i].end.
  std::vector<TreeNode> nodes = {};
  // Spans (places among those given) with an id that another one has too: the first in the order above is in the tree,
  // the others are not. An id of zero is none, and makes no duplicates.
  std::vector<std::size_t> duplicates = {};
  std::size_t missing_parents = 0;  // roots of that kind
  std::size_t cycles = 0;           // roots of that kind

  bool operator==(const SpanTree&) const = default;
};

// Of the spans of one trace; their trace ids only tell which parent is the trace itself.
[[nodiscard]] SpanTree span_tree(std::span<const Span> spans);

}  // namespace spark::analysis
