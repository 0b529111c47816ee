// Everything of Spark Telemetry. Programs that only record include spark/telemetry.h, which needs no
// third-party header.
#pragma once

#include "spark/agents.h"
#include "spark/analysis.h"
#include "spark/async.h"
#include "spark/graph.h"
#include "spark/propagation.h"
#include "spark/rpc.h"
#include "spark/rsi.h"
#include "spark/telemetry.h"
