// when_any runs tasks beside each other, each as a branch of its own (spark/async/task_group.h), until one of them
// gives a result: it wins, the others are cancelled and waited for, and what they give or throw is dropped. If all
// throw, what was thrown first passes on. Cancelling the waiting task cancels all of them.
//
// Like every task it is lazy: nothing begins before it is awaited, and then in the awaiting task's telemetry context.
#pragma once

#include <atomic>
#include <concepts>
#include <cstddef>
#include <exception>
#include <optional>
#include <utility>
#include <vector>

#include "spark/async/detail/result.h"
#include "spark/async/task.h"
#include "spark/async/task_group.h"

namespace spark {

// Which task won, and what it gave; a value.
template <class T>
class WhenAny {
 public:
  WhenAny(std::size_t index, T value) : index_(index), value_(std::move(value)) {}

  // The winner's place among the tasks, from 0.
  [[nodiscard]] std::size_t index() const noexcept { return index_; }
  [[nodiscard]] const T& value() const& noexcept { return value_; }
  [[nodiscard]] T& value() & noexcept { return value_; }
  [[nodiscard]] T&& value() && noexcept { return std::move(value_); }

  bool operator==(const WhenAny&) const = default;

 private:
  std::size_t index_;
  T value_;
};

template <>
class WhenAny<void> {
 public:
  explicit WhenAny(std::size_t index) noexcept : index_(index) {}

  [[nodiscard]] std::size_t index() const noexcept { return index_; }

  bool operator==(const WhenAny&) const = default;

 private:
  std::size_t index_;
};

namespace detail {

// Waits for the group of a when_any: drops what was thrown if one of the tasks has won.
Task<void> join_race(TaskGroup& group, const std::atomic<std::size_t>& winner);
[[noreturn]] void throw_no_tasks();

inline constexpr std::size_t nobody = static_cast<std::size_t>(-1);

// The winner's result; lives in the waiting task's frame, which stays there until its branches have ended.
template <class T>
struct Race {
  TaskGroup group;
  std::atomic<std::size_t> winner{nobody};
  std::optional<Stored<T>> result = std::nullopt;
  std::exception_ptr exception = nullptr;  // of moving the result here
};

template <class T>
Task<void> compete(Task<T> task, std::size_t index, Race<T>& race) {
  std::optional<Stored<T>> result;
  auto storing = store_result<T>(std::move(task), result);
  co_await std::move(storing);
  std::size_t before = nobody;
  if (!race.winner.compare_exchange_strong(before, index)) co_return;
  try {
    race.result.emplace(std::move(*result));
  } catch (...) {
    race.exception = std::current_exception();
  }
  race.group.cancel();
}

}  // namespace detail

// At most max_group_tasks. Error(invalid_argument) without any.
template <class T>
[[nodiscard]] Task<WhenAny<T>> when_any(std::vector<Task<T>> tasks) {
  if (tasks.empty()) detail::throw_no_tasks();
  detail::Race<T> race;
  for (std::size_t i = 0; i < tasks.size(); ++i) race.group.spawn(detail::compete<T>(std::move(tasks[i]), i, race));
  co_await detail::join_race(race.group, race.winner);
  if (race.exception) std::rethrow_exception(race.exception);
  if constexpr (std::is_void_v<T>) {
    co_return WhenAny<void>(race.winner);
  } else {
    co_return WhenAny<T>(race.winner, std::move(*race.result));
  }
}

template <class T, std::same_as<Task<T>>... Tasks>
[[nodiscard]] Task<WhenAny<T>> when_any(Task<T> first, Tasks... others) {
  std::vector<Task<T>> tasks;
  tasks.reserve(1 + sizeof...(others));
  tasks.push_back(std::move(first));
  (tasks.push_back(std::move(others)), ...);
  return when_any(std::move(tasks));
}

}  // namespace spark
