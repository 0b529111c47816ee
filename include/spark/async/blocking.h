// run_blocking moves work that blocks (a query, a file, a library without coroutines) away from the threads
// that run tasks. The work runs on one of a few threads that the process keeps for this, in the caller's
// telemetry context; the task resumes on its own executor with the result or the exception.
//
// Work that runs cannot be interrupted: a cancelled task gets its result all the same and learns of the
// cancellation when it waits next. The work itself may ask is_cancelled(). Work that has not begun when the task is
// cancelled does not begin; that is Error(cancelled).
#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <type_traits>
#include <utility>

#include "spark/async/task.h"

namespace spark {

inline constexpr std::size_t blocking_threads = 4;
// Work waiting for a thread, beyond which run_blocking throws Error(unavailable).
inline constexpr std::size_t max_blocking_jobs = 10'000;

namespace detail {

// Runs `work` on the pool. A task destroyed while it waits leaves its work behind, to run or be finished
// unobserved.
Task<void> run_on_blocking_pool(std::function<void()> work);

template <class Function>
Task<std::invoke_result_t<Function&>> run_blocking_copy(Function function) {
  using Result = std::invoke_result_t<Function&>;
  // Shared with the work, because a task that is destroyed while it waits does not take its work with it.
  if constexpr (std::is_void_v<Result>) {
    auto shared = std::make_shared<Function>(std::move(function));
    std::function<void()> work = [shared] { (*shared)(); };
    co_await run_on_blocking_pool(std::move(work));
  } else {
    struct State {
      explicit State(Function work) : function(std::move(work)) {}
      Function function;
      std::optional<Result> result;
    };
    auto state = std::make_shared<State>(std::move(function));
    std::function<void()> work = [state] { state->result.emplace(state->function()); };
    co_await run_on_blocking_pool(std::move(work));
    co_return std::move(*state->result);
  }
}

}  // namespace detail

// `function` is copied, and the copy called once, from another thread. A lambda that captures by value must
// be a variable.
template <class Function>
[[nodiscard]] Task<std::invoke_result_t<std::decay_t<Function>&>> run_blocking(Function&& function) {
  static_assert(detail::is_safe_to_await_with<Function>,
                "name this function in a variable: g++ 12 destroys such a temporary twice in an expression "
                "with co_await");
  return detail::run_blocking_copy(std::decay_t<Function>(std::forward<Function>(function)));
}

}  // namespace spark
