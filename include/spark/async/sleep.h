// Waiting for time to pass, on the clock of the executor that runs the task (outside of our executors: the
// system's). The deadline is taken when the task is awaited. Throws Error(cancelled) if the task is cancelled,
// before or during the wait (spark/async/cancellation.h), or if the wait is by Asio's means.
#pragma once

#include <chrono>

#include "spark/async/task.h"
#include "spark/base/clock.h"

namespace spark {

// Zero, a negative duration and NaN do not suspend, but do throw in a cancelled task. Longer than a hundred years is a
// hundred years.
[[nodiscard]] Task<void> sleep_for(Seconds duration);

// Until the clock's steady_now() is at least `steady`. A time that has passed does not suspend.
[[nodiscard]] Task<void> sleep_until(std::chrono::nanoseconds steady);

}  // namespace spark
