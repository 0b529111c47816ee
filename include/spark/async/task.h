// Task<T> is a coroutine that gives a T: lazy, move-only, awaited once. It is Asio's awaitable with its
// default executor type, so everything that Asio offers with use_awaitable can be awaited in it.
//
// A task runs on an Executor (spark/async/executor.h), which carries the telemetry context: a span started in
// a task is current in that task and nowhere else, whichever thread resumes it.
//
// g++ 12 destroys temporaries of aggregates, and of lambdas that capture by value, twice when they are part
// of an expression with co_await. So name options and such lambdas in a variable before the expression; our
// functions that return a Task do not compile with the dangerous temporaries.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <type_traits>

namespace spark {

template <class T = void>
using Task = boost::asio::awaitable<T>;

namespace detail {

// Whether an argument of type Function&& may be part of an expression with co_await: a variable, or a
// temporary whose destruction does nothing.
template <class Function>
inline constexpr bool is_safe_to_await_with =
    std::is_lvalue_reference_v<Function> || std::is_trivially_destructible_v<Function>;

}  // namespace detail

}  // namespace spark
