// What an application needs of telemetry/: recording, configuration, records and queries. Includes the standard library
// and spark/ only. Those who write a backend include spark/telemetry/sink.h as well.
#pragma once

#include "spark/base/clock.h"
#include "spark/base/error.h"
#include "spark/base/glob.h"
#include "spark/base/ids.h"
#include "spark/base/json.h"
#include "spark/base/value.h"
#include "spark/telemetry/aggregate.h"
#include "spark/telemetry/attributes.h"
#include "spark/telemetry/config.h"
#include "spark/telemetry/context.h"
#include "spark/telemetry/instruments.h"
#include "spark/telemetry/manager.h"
#include "spark/telemetry/query.h"
#include "spark/telemetry/records.h"
#include "spark/telemetry/span.h"
#include "spark/telemetry/stats.h"
#include "spark/telemetry/trace.h"
