// Everything of rsi/: versions of graphs, and changes that lead from one to another.
#pragma once

#include "spark/rsi/change.h"
#include "spark/rsi/change_validator.h"
#include "spark/rsi/graph_catalog.h"
