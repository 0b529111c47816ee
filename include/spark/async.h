// Everything of async/: tasks, the executors that run them, waiting, and telemetry's blocking calls to await.
#pragma once

#include "spark/async/blocking.h"
#include "spark/async/executor.h"
#include "spark/async/recording.h"
#include "spark/async/sleep.h"
#include "spark/async/sync_wait.h"
#include "spark/async/task.h"
