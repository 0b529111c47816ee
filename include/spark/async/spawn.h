// spawn starts a task in the background, as a branch of its own that begins in the caller's telemetry context, and
// gives a handle to wait for it and to cancel it.
//
// The caller owns the handle. A handle that is destroyed without having been joined cancels the task and does not wait:
// the task owns its frame and what it was given by value, and ends by itself, later; what it holds by reference must
// outlive it. Where the task uses what the caller owns, TaskGroup and with_task_group are the means. After join() or
// detach() the handle is empty: cancelling it does nothing, and nothing else may be done with it.
#pragma once

#include <memory>
#include <optional>
#include <utility>

#include "spark/async/detail/result.h"
#include "spark/async/task.h"
#include "spark/async/task_group.h"

namespace spark {

template <class T>
class [[nodiscard]] Spawned {
 public:
  // Private to spark: starts the task.
  Spawned(TaskGroup group, Task<T> task) : group_(std::move(group)) { group_.spawn(keep(std::move(task), result_)); }
  Spawned(Spawned&&) noexcept = default;
  Spawned& operator=(Spawned&&) = delete;

  // Waits for the end of the task and gives its result or throws what it threw; Error(cancelled) if it was dropped.
  // Cancelling the waiting task cancels this one too, and so does dropping what join() returned. To be awaited on the
  // executor that runs the task, otherwise Error(invalid_argument).
  [[nodiscard]] Task<T> join() && { return join_it(std::move(group_), std::move(result_)); }

  // Requests that the task stops (spark/async/cancellation.h). Safe from any thread.
  void cancel() noexcept { group_.cancel(); }

  [[nodiscard]] bool has_ended() const noexcept { return group_.running() == 0; }

  // Lets the task run on by itself; nobody sees its result or exception. Its executor's end destroys it.
  void detach() && noexcept { group_.let_go(); }

 private:
  using Result = std::optional<detail::Stored<T>>;

  // The result is the task's as much as the handle's: either may be gone first.
  static Task<void> keep(Task<T> task, std::shared_ptr<Result> result) {
    co_await detail::store_result<T>(std::move(task), *result);
  }
  static Task<T> join_it(TaskGroup group, std::shared_ptr<Result> result) {
    co_await group.join();
    co_return detail::take_result<T>(*result);
  }

  TaskGroup group_;
  std::shared_ptr<Result> result_ = std::make_shared<Result>();
};

// On the executor of the calling task; Error(invalid_argument) outside of any. Never runs any of the task before
// returning.
template <class T>
Spawned<T> spawn(Task<T> task) {
  return Spawned<T>(TaskGroup(), std::move(task));
}

// On this executor. Safe from any thread.
template <class T>
Spawned<T> spawn(Executor& executor, Task<T> task) {
  return Spawned<T>(TaskGroup(executor), std::move(task));
}

}  // namespace spark
