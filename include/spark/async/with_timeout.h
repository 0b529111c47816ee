// with_timeout gives a task a limited time, on the clock of the executor that runs it. The task runs as a branch of its
// own (spark/async/task_group.h), in the telemetry context of the task that awaits.
//
// When the time is up, the task is cancelled (spark/async/cancellation.h) and waited for; then, whatever it gives or
// throws, Error(timeout) names the duration. So a task that ignores the cancellation holds up the timeout: blocking
// work that runs is waited for, and so is one that computes; is_cancelled() tells it, even where no thread is free for
// the timer. A task that has ended in time gives its result or throws its own exception. One that
// ends at the very instant at which the time is up may do either. Cancelling the waiting task cancels the task.
#pragma once

#include <optional>
#include <string>
#include <utility>

#include "spark/async/detail/result.h"
#include "spark/async/task.h"
#include "spark/base/clock.h"

namespace spark {

namespace detail {

Task<void> run_with_timeout(Task<void> task, Seconds limit, std::string what);

}  // namespace detail

// The time counts from when this is awaited. With zero, a negative limit or NaN the time is up at once and the task
// does not begin. More than a hundred years is a hundred years. The error says "<what> did not end within <limit> s".
template <class T>
[[nodiscard]] Task<T> with_timeout(Task<T> task, Seconds limit, std::string what = "the task") {
  std::optional<detail::Stored<T>> result;
  co_await detail::run_with_timeout(detail::store_result<T>(std::move(task), result), limit, std::move(what));
  co_return detail::take_result<T>(result);
}

}  // namespace spark
