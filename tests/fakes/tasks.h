// Tasks that tests of branches are made of.
#pragma once

#include <gtest/gtest.h>

#include <boost/asio/async_result.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <functional>
#include <string>
#include <utility>

#include "spark/async/sleep.h"
#include "spark/async/sync_wait.h"
#include "spark/base/error.h"

namespace spark::test {

// Suspends once, and resumes on whichever thread is free.
inline Task<void> hop() { co_await boost::asio::post(boost::asio::use_awaitable); }

// What thrown_by and thrown_in say of it.
inline constexpr const char* cancelled_sleep = "cancelled: a sleep was cancelled before its end";

inline Task<int> give_after(Seconds duration, int value) {
  co_await sleep_for(duration);
  co_return value;
}

inline Task<void> throw_after(Seconds duration, std::string message) {
  co_await sleep_for(duration);
  throw std::runtime_error(message);
}

inline Task<int> throw_int_after(Seconds duration, std::string message) {
  co_await throw_after(duration, std::move(message));
  co_return 0;
}

// Waits for an operation that forgets whom to tell: the task is destroyed there.
inline Task<void> wait_for_a_dropped_operation() {
  co_await boost::asio::async_initiate<const boost::asio::use_awaitable_t<>, void()>([](auto) {},
                                                                                     boost::asio::use_awaitable);
}

// "<code>: <message>" of the Error that the function throws, the message alone of another exception, or "nothing".
inline std::string thrown_by(const std::function<void()>& function) {
  try {
    function();
  } catch (const Error& error) {
    return std::string(to_string(error.code())) + ": " + error.what();
  } catch (const std::exception& exception) {
    return exception.what();
  }
  return "nothing";
}

// The same of a task, awaited where this is.
template <class T>
Task<std::string> thrown_in(Task<T> task) {
  try {
    static_cast<void>(co_await std::move(task));
  } catch (const Error& error) {
    co_return std::string(to_string(error.code())) + ": " + error.what();
  } catch (const std::exception& exception) {
    co_return exception.what();
  }
  co_return "nothing";
}

}  // namespace spark::test
