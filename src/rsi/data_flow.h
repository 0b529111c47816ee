// What flows along the edges of a graph, by what the types of its nodes declare.
#pragma once

#include <string>
#include <vector>

#include "spark/graph/graph_spec.h"
#include "spark/graph/node_registry.h"

namespace spark::rsi {

// What the nodes of `after` would miss: a node that got something it reads in `before` and gets it no more. Where it is
// not known what a node whose edges differ reads, or what one before it gives, that is a fault too: nothing is proven
// by saying nothing. Both can be built.
[[nodiscard]] std::vector<std::string> flow_faults(const GraphSpec& before, const GraphSpec& after,
                                                   const NodeRegistry& registry);

}  // namespace spark::rsi
