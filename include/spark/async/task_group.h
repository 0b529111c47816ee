// A TaskGroup runs tasks beside each other and waits for all of them. Each is a branch of its own: it begins in the
// telemetry context of whoever spawned it, and what it makes current is current in it alone. when_all, when_any, spawn
// and the like are made of groups.
//
// Whoever makes a group owns it and awaits join() on every way out, because the tasks may use what the owner has:
// with_task_group does so. A group that is destroyed with tasks still running cancels them and does not wait (a
// destructor cannot): they end by themselves, later, and nobody sees their exceptions. They own their frames and what
// they were given by value; what they hold by reference must outlive them.
//
// An executor that ends destroys the tasks that wait, in any order: a destructor in a task must not touch what another
// task owns.
//
// The members are safe from any thread while the group and its executor live, tasks of the group included.
#pragma once

#include <concepts>
#include <cstddef>
#include <exception>
#include <memory>
#include <type_traits>
#include <utility>

#include "spark/async/task.h"

namespace spark {

class Executor;

// Tasks of one group that have not ended, beyond which spawn throws Error(unavailable).
inline constexpr std::size_t max_group_tasks = 1'000'000;

// What a group does when one of its tasks throws.
enum class OnFailure {
  go_on,          // nothing: join() tells
  cancel_others,  // cancels the group with the first exception
};

namespace detail {
class GroupState;
}

class TaskGroup {
 public:
  // Its tasks run on the executor of the calling task; Error(invalid_argument) outside of any.
  explicit TaskGroup(OnFailure on_failure = OnFailure::go_on);
  explicit TaskGroup(Executor& executor, OnFailure on_failure = OnFailure::go_on);
  // Cancels what still runs.
  ~TaskGroup();
  // The group moved from must not be used again, except that cancelling it does nothing.
  TaskGroup(TaskGroup&& other) noexcept = default;
  TaskGroup& operator=(TaskGroup&& other) = delete;

  // Starts the task, in the caller's telemetry context. Never runs any of it before returning. In a cancelled group
  // the task does not begin and counts as ended by Error(cancelled).
  void spawn(Task<void> task);
  // Starts the task that the function gives, and keeps the function until that ends: the body of a coroutine that is a
  // lambda uses the lambda's captures.
  template <class Function>
  requires std::same_as<std::invoke_result_t<Function&>, Task<void>>
  void spawn(Function function) { spawn(await_call(std::move(function))); }

  // Waits until all tasks have ended, those included that are spawned meanwhile; then throws what was thrown first,
  // if anything was; other exceptions are dropped. A task that is dropped by what it waits for counts as one that
  // threw Error(cancelled). Cancelling the waiting task cancels the group, and the wait goes on.
  //
  // Awaited by one task at a time, not of the group, on the group's executor: Error(conflict), Error(invalid_argument)
  // otherwise; a task that waits for its own group waits for ever. The group can be used again afterwards.
  [[nodiscard]] Task<void> join();

  // Requests that all tasks stop (spark/async/cancellation.h), those included that are spawned later. Does not wait.
  void cancel() noexcept;
  [[nodiscard]] bool is_cancelled() const noexcept;

  // Tasks that have not ended.
  [[nodiscard]] std::size_t running() const noexcept;

  // Private to spark. From now on nobody cancels the tasks or waits for them.
  void let_go() noexcept { state_.reset(); }

 private:
  template <class Function>
  static Task<void> await_call(Function function) {
    co_await function();
  }

  std::shared_ptr<detail::GroupState> state_;
};

namespace detail {

template <class Function>
Task<void> run_in_group(Function body, OnFailure on_failure) {
  TaskGroup group(on_failure);
  std::exception_ptr exception;
  try {
    co_await body(group);
  } catch (...) {
    exception = std::current_exception();
    group.cancel();
  }
  try {
    co_await group.join();
  } catch (...) {
    if (!exception) exception = std::current_exception();
  }
  if (exception) std::rethrow_exception(exception);
}

}  // namespace detail

// Awaits body(group), on a copy of the function, and then all tasks of that group, whatever happens: they may use
// what the caller has by reference (not what the body has: it may end first). If the body throws, the group is
// cancelled, and that exception passes on.
template <class Function>
[[nodiscard]] Task<void> with_task_group(Function&& body, OnFailure on_failure = OnFailure::cancel_others) {
  static_assert(detail::is_safe_to_await_with<Function>,
                "name this function in a variable: g++ 12 destroys such a temporary twice in an expression "
                "with co_await");
  return detail::run_in_group(std::decay_t<Function>(std::forward<Function>(body)), on_failure);
}

}  // namespace spark
