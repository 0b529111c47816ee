// A task's result kept somewhere else: what is started as a branch gives nothing itself.
#pragma once

#include <optional>
#include <type_traits>
#include <utility>
#include <variant>

#include "spark/async/task.h"

namespace spark::detail {

// What stands for a T, also where T is void.
template <class T>
using Stored = std::conditional_t<std::is_void_v<T>, std::monostate, T>;

// The result must live until the task ends.
template <class T>
Task<void> store_result(Task<T> task, std::optional<Stored<T>>& result) {
  if constexpr (std::is_void_v<T>) {
    co_await std::move(task);
    result.emplace();
  } else {
    result.emplace(co_await std::move(task));
  }
}

// The stored T, moved out of it; nothing for void.
template <class T>
T take_result(std::optional<Stored<T>>& result) {
  if constexpr (!std::is_void_v<T>) return std::move(*result);
}

}  // namespace spark::detail
