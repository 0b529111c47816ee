// sync_wait runs a task to its end and gives its result: the way from ordinary code into coroutines. An
// exception of the task passes unchanged. The task inherits the caller's telemetry context.
//
// It blocks, so a thread that runs tasks must not call it: that is Error(would_deadlock), use co_await there.
// Error(cancelled): the task was destroyed before its end, because an operation it waited for dropped it.
#pragma once

#include <exception>
#include <optional>
#include <type_traits>
#include <utility>

#include "spark/async/detail/result.h"
#include "spark/async/executor.h"
#include "spark/async/task.h"

namespace spark {

namespace detail {

void run_to_end(Executor& executor, Task<void> task);
// On an executor that the calling thread keeps for this, if the options are the defaults.
void run_to_end(const ExecutorOptions& options, Task<void> task);

template <class T, class Where>
T wait_on(Where& where, Task<T> task) {
  if constexpr (std::is_void_v<T>) {
    run_to_end(where, std::move(task));
  } else {
    std::optional<T> result;
    run_to_end(where, store_result<T>(std::move(task), result));
    return std::move(*result);
  }
}

}  // namespace detail

// On an executor made for this call (without options: one that the thread keeps, so that a call costs
// little).
template <class T>
T sync_wait(Task<T> task, const ExecutorOptions& options = {}) {
  return detail::wait_on(options, std::move(task));
}

// On this executor. Without threads of its own, it runs one sync_wait after the other.
template <class T>
T sync_wait(Executor& executor, Task<T> task) {
  return detail::wait_on(executor, std::move(task));
}

}  // namespace spark
