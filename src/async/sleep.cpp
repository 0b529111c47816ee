#include "spark/async/sleep.h"

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "async/executor_state.h"
#include "async/time_after.h"
#include "spark/async/cancellation.h"
#include "spark/base/error.h"

namespace spark {

namespace {

using std::chrono::nanoseconds;

[[noreturn]] void throw_cancelled() { throw Error(ErrorCode::cancelled, "a sleep was cancelled before its end"); }

Task<void> sleep_really(boost::asio::steady_timer timer) {
  boost::system::error_code error;
  co_await timer.async_wait(boost::asio::redirect_error(boost::asio::use_awaitable, error));
  if (error) throw_cancelled();
}

Task<void> sleep_virtually(detail::ExecutorState& executor, nanoseconds steady) {
  boost::asio::steady_timer timer(executor.context());
  detail::VirtualTime::Sleeper sleeper(executor.virtual_time(), timer, steady);
  // The sleeper is cancelled rather than the timer: time must not jump before the task has resumed.
  boost::asio::cancellation_slot slot = (co_await boost::asio::this_coro::cancellation_state).slot();
  if (slot.is_connected()) slot.assign([&sleeper](boost::asio::cancellation_type) { sleeper.cancel(); });
  boost::system::error_code error;
  auto and_wait = boost::asio::redirect_error(boost::asio::use_awaitable, error);
  co_await timer.async_wait(boost::asio::bind_cancellation_slot(boost::asio::cancellation_slot(), and_wait));
  if (!sleeper.woke()) throw_cancelled();
}

// The wait from `now` until `steady`, both on the clock of `executor`, or of the system if that is null.
Task<void> sleep_between(detail::ExecutorState* executor, nanoseconds now, nanoseconds steady) {
  throw_if_cancelled();
  if (steady <= now) co_return;
  if (executor != nullptr && executor->virtual_time().is_on()) {
    co_await sleep_virtually(*executor, steady);
  } else if (executor != nullptr) {
    co_await sleep_really(boost::asio::steady_timer(executor->context(), steady - now));
  } else {
    auto here = co_await boost::asio::this_coro::executor;
    co_await sleep_really(boost::asio::steady_timer(here, steady - now));
  }
}

}  // namespace

Task<void> sleep_for(Seconds duration) {
  const nanoseconds now = current_clock().steady_now();
  co_await sleep_between(detail::ExecutorState::current(), now, detail::time_after(now, duration));
}

Task<void> sleep_until(nanoseconds steady) {
  co_await sleep_between(detail::ExecutorState::current(), current_clock().steady_now(), steady);
}

}  // namespace spark
