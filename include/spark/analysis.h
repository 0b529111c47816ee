// Everything of analysis/: questions about what was recorded, answered through the queries that every Store has. All
// functions may be called from any thread, and at the same time; results are plain values that do not refer to the
// store.
#pragma once

#include "spark/analysis/bottlenecks.h"
#include "spark/analysis/compare_versions.h"
#include "spark/analysis/cost_summary.h"
#include "spark/analysis/critical_path.h"
#include "spark/analysis/error_groups.h"
#include "spark/analysis/failure_rate.h"
#include "spark/analysis/normalized_message.h"
#include "spark/analysis/proportions.h"
#include "spark/analysis/rank_test.h"
#include "spark/analysis/self_time.h"
#include "spark/analysis/span_tree.h"
#include "spark/analysis/trace_filter.h"
#include "spark/analysis/trend.h"
#include "spark/analysis/trend_test.h"
