// when_all runs tasks beside each other, each as a branch of its own (spark/async/task_group.h), and gives all their
// results. When one throws, the others are cancelled and waited for, and the first exception passes on. Cancelling the
// waiting task cancels all of them.
//
// Like every task it is lazy: nothing begins before it is awaited, and then in the awaiting task's telemetry context.
#pragma once

#include <cstddef>
#include <optional>
#include <tuple>
#include <type_traits>
#include <utility>
#include <vector>

#include "spark/async/detail/result.h"
#include "spark/async/task.h"
#include "spark/async/task_group.h"

namespace spark {

namespace detail {

// The results may lie in the waiting task's frame: it stays there until its branches have ended.
template <class Result, class... Ts, std::size_t... indices>
Task<Result> run_all(std::tuple<Task<Ts>...> tasks, std::index_sequence<indices...>) {
  std::tuple<std::optional<Stored<Ts>>...> results;
  TaskGroup group(OnFailure::cancel_others);
  (group.spawn(store_result<Ts>(std::move(std::get<indices>(tasks)), std::get<indices>(results))), ...);
  co_await group.join();
  co_return Result(std::move(*std::get<indices>(results))...);
}

}  // namespace detail

// The results in the order of the arguments; what is void gives a std::monostate.
template <class... Ts>
[[nodiscard]] Task<std::tuple<detail::Stored<Ts>...>> when_all(Task<Ts>... tasks) {
  return detail::run_all<std::tuple<detail::Stored<Ts>...>, Ts...>(std::tuple<Task<Ts>...>(std::move(tasks)...),
                                                                   std::index_sequence_for<Ts...>());
}

// The results in the order of the tasks; at most max_group_tasks.
template <class T>
requires(!std::is_void_v<T>) [[nodiscard]] Task<std::vector<T>> when_all(std::vector<Task<T>> tasks) {
  std::vector<std::optional<T>> results(tasks.size());
  TaskGroup group(OnFailure::cancel_others);
  for (std::size_t i = 0; i < tasks.size(); ++i) group.spawn(detail::store_result<T>(std::move(tasks[i]), results[i]));
  co_await group.join();
  std::vector<T> values;
  values.reserve(results.size());
  for (std::optional<T>& result : results) values.push_back(std::move(*result));
  co_return values;
}

[[nodiscard]] Task<void> when_all(std::vector<Task<void>> tasks);

}  // namespace spark
