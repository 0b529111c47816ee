// Everything of async/: tasks, the executors that run them, branching, cancelling, waiting, and telemetry's blocking
// calls to await.
#pragma once

#include "spark/async/blocking.h"
#include "spark/async/cancellation.h"
#include "spark/async/executor.h"
#include "spark/async/recording.h"
#include "spark/async/sleep.h"
#include "spark/async/spawn.h"
#include "spark/async/sync_wait.h"
#include "spark/async/task.h"
#include "spark/async/task_group.h"
#include "spark/async/when_all.h"
#include "spark/async/when_any.h"
#include "spark/async/with_stop_token.h"
#include "spark/async/with_timeout.h"
