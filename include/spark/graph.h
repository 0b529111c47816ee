// Everything of graph/: nodes, graphs that run them, and what a node is given.
#pragma once

#include "spark/graph/execution_context.h"
#include "spark/graph/graph.h"
#include "spark/graph/node.h"
