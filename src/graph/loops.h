// What a loop edge runs again: the nodes on the ways from its target to its source. They must be entered at the target
// and left at the source alone, so that it is always clear what is inside.
#pragma once

#include <vector>

#include "graph/plan.h"

namespace spark::detail {

// Of all loop edges, and tells each node which loops it is in. Throws Error(invalid_argument) naming the edge that
// enters or leaves a loop elsewhere.
[[nodiscard]] std::vector<PlannedLoop> find_loops(std::vector<PlannedNode>& nodes, std::vector<PlannedEdge>& edges,
                                                  const std::vector<std::int64_t>& max_iterations);

}  // namespace spark::detail
