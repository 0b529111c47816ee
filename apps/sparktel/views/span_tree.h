// The order in which a trace's spans are shown: as a tree, each parent before its children, those by their
// start. Values in, values out.
#pragma once

#include <cstddef>
#include <vector>

#include "spark/telemetry/records.h"

namespace spark::sparktel {

struct TreeEntry {
  std::size_t index = 0;  // of the span
  std::size_t depth = 0;

  bool operator==(const TreeEntry&) const = default;
};

// Every span once. A span whose parent is not among them is a root, and so is one of a cycle, which only
// damaged data has.
[[nodiscard]] std::vector<TreeEntry> span_tree(const std::vector<Span>& spans);

}  // namespace spark::sparktel
