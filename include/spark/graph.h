// Everything of graph/: nodes, graphs that run them, what a node is given, and what decides how they run.
#pragma once

#include "spark/graph/condition.h"
#include "spark/graph/edges.h"
#include "spark/graph/execution_context.h"
#include "spark/graph/graph.h"
#include "spark/graph/graph_spec.h"
#include "spark/graph/node.h"
#include "spark/graph/node_policy.h"
#include "spark/graph/node_registry.h"
#include "spark/graph/run_state.h"
#include "spark/graph/tunable.h"
