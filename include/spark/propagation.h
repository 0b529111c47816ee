// Everything of propagation/: what of a trace crosses a process' border, and how.
#pragma once

#include "spark/propagation/baggage.h"
#include "spark/propagation/propagate.h"
#include "spark/propagation/remote_context.h"
#include "spark/propagation/trace_parent.h"
#include "spark/propagation/trace_state.h"
