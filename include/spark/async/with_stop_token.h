// with_stop_token cancels a task when a stop is requested: the way from std::stop_source into tasks. The task runs as a
// branch of its own (spark/async/task_group.h), in the telemetry context of the task that awaits.
//
// Stop may be requested from any thread, at any time, before the task and after its end too. The task is then cancelled
// (spark/async/cancellation.h) and waited for: it usually ends with Error(cancelled). One that ends all the same gives
// its result or throws its own exception; one that has not begun does not begin. Cancelling the waiting task cancels
// the task. A request returns without waiting for anything of the task.
#pragma once

#include <optional>
#include <stop_token>
#include <utility>

#include "spark/async/detail/result.h"
#include "spark/async/task.h"

namespace spark {

namespace detail {

Task<void> run_with_stop_token(Task<void> task, std::stop_token stop);

}  // namespace detail

template <class T>
[[nodiscard]] Task<T> with_stop_token(Task<T> task, std::stop_token stop) {
  std::optional<detail::Stored<T>> result;
  co_await detail::run_with_stop_token(detail::store_result<T>(std::move(task), result), std::move(stop));
  co_return detail::take_result<T>(result);
}

}  // namespace spark
