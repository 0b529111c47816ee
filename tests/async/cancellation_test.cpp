#include "spark/async/cancellation.h"

#include <gtest/gtest.h>

#include <atomic>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <chrono>
#include <string>

#include "fakes/tasks.h"
#include "spark/async/blocking.h"
#include "spark/async/executor.h"
#include "spark/async/task_group.h"
#include "spark/async/with_timeout.h"

namespace spark {
namespace {

using namespace std::chrono_literals;
using test::hop;
using test::thrown_by;
using test::thrown_in;

constexpr const char* cancelled = "cancelled: the task was cancelled";

// Runs the task as a branch that is cancelled as soon as it runs, before it has waited for anything.
template <class MakeTask>
std::string run_cancelled(MakeTask make_task) {
  const auto task = [&]() -> Task<std::string> {
    TaskGroup group;
    const auto cancelled_task = [&]() -> Task<void> {
      group.cancel();
      co_await make_task();
    };
    group.spawn(cancelled_task);
    co_return co_await thrown_in(group.join());
  };
  return sync_wait(task());
}

TEST(Cancellation, is_asked_without_suspending) {
  EXPECT_FALSE(is_cancelled());
  const auto compute = []() -> Task<void> {
    EXPECT_TRUE(is_cancelled());
    throw_if_cancelled();
    co_return;
  };
  EXPECT_EQ(run_cancelled(compute), cancelled);
  EXPECT_FALSE(is_cancelled());
}

TEST(Cancellation, is_of_a_branch_and_not_of_the_one_beside) {
  const auto task = []() -> Task<void> {
    TaskGroup first;
    TaskGroup second;
    const auto expect = [](bool expected) -> Task<void> {
      for (int i = 0; i < 10; ++i) co_await hop();
      EXPECT_EQ(is_cancelled(), expected);
    };
    first.spawn(expect(true));
    second.spawn(expect(false));
    co_await hop();
    co_await hop();
    first.cancel();
    EXPECT_FALSE(is_cancelled());
    co_await first.join();
    co_await second.join();
  };
  sync_wait(task());
}

TEST(Cancellation, stops_a_loop_that_computes_and_asks) {
  Executor executor({.threads = 2});
  std::atomic<bool> is_computing = false;
  const auto compute = [&]() -> Task<void> {
    is_computing = true;
    while (!is_cancelled()) {
    }
    co_return;
  };
  const auto task = [&]() -> Task<void> {
    TaskGroup group;
    group.spawn(compute());
    while (!is_computing) co_await hop();
    group.cancel();
    co_await group.join();
  };
  sync_wait(executor, task());
}

TEST(Cancellation, does_not_make_a_thread_wait_for_a_task_that_computes) {
  Executor executor({.threads = 2});
  std::atomic<bool> is_computing = false;
  std::atomic<bool> may_end = false;
  const auto compute = [&]() -> Task<void> {
    is_computing = true;
    while (!may_end) {
    }
    co_return;
  };
  const auto task = [&]() -> Task<void> {
    TaskGroup group;
    group.spawn(compute());
    while (!is_computing) co_await hop();
    group.cancel();
    // On the only other thread: it would not get here if that waited.
    for (int i = 0; i < 100; ++i) co_await hop();
    may_end = true;
    co_await group.join();
  };
  sync_wait(executor, task());
}

TEST(Cancellation, before_a_sleep_begins_ends_it_at_once) {
  EXPECT_EQ(run_cancelled([] { return sleep_for(1h); }), cancelled);
  EXPECT_EQ(run_cancelled([] { return sleep_for(0s); }), cancelled);
  EXPECT_EQ(run_cancelled([] { return sleep_until(0s); }), cancelled);
}

TEST(Cancellation, ends_each_later_sleep_too) {
  const auto three_sleeps = []() -> Task<void> {
    for (int i = 0; i < 3; ++i) {
      EXPECT_EQ(co_await thrown_in(sleep_for(1h)), cancelled);
      co_await hop();
    }
  };
  EXPECT_EQ(run_cancelled(three_sleeps), "nothing");
}

TEST(Cancellation, ends_a_sleep_on_the_systems_clock) {
  const auto task = []() -> Task<std::string> {
    TaskGroup group;
    group.spawn(sleep_for(1h));
    co_await hop();
    co_await hop();
    group.cancel();
    co_return co_await thrown_in(group.join());
  };
  EXPECT_EQ(sync_wait(task()), "cancelled: a sleep was cancelled before its end");
}

TEST(Cancellation, keeps_blocking_work_from_beginning) {
  bool has_run = false;
  const auto work = [&] { has_run = true; };
  EXPECT_EQ(run_cancelled([&] { return run_blocking(work); }), cancelled);
  EXPECT_FALSE(has_run);
}

TEST(Cancellation, is_seen_by_blocking_work_that_runs_and_its_result_is_not_lost) {
  std::atomic<bool> is_working = false;
  int result = 0;
  const auto work = [&] {
    is_working = true;
    while (!is_cancelled()) {
    }
    return 7;
  };
  const auto keep = [&]() -> Task<void> { result = co_await run_blocking(work); };
  const auto task = [&]() -> Task<void> {
    TaskGroup group;
    group.spawn(keep());
    while (!is_working) co_await hop();
    group.cancel();
    co_await group.join();
  };
  sync_wait(task());
  EXPECT_EQ(result, 7);
}

TEST(Cancellation, does_not_reach_a_task_that_blocking_work_waits_for) {
  std::atomic<bool> is_working = false;
  const auto ask = []() -> Task<bool> { co_return is_cancelled(); };
  const auto work = [&] {
    is_working = true;
    while (!is_cancelled()) {
    }
    EXPECT_FALSE(sync_wait(ask()));
    EXPECT_TRUE(is_cancelled());
  };
  const auto task = [&]() -> Task<void> {
    TaskGroup group;
    group.spawn(run_blocking(work));
    while (!is_working) co_await hop();
    group.cancel();
    co_await group.join();
  };
  sync_wait(task());
}

// Waits for a connection that never comes.
Task<void> accept() {
  auto executor = co_await boost::asio::this_coro::executor;
  boost::asio::ip::tcp::acceptor acceptor(executor, {boost::asio::ip::address_v4::loopback(), 0});
  co_await acceptor.async_accept(boost::asio::use_awaitable);
}

TEST(Cancellation, ends_an_operation_of_asio_that_waits) {
  const auto task = []() -> Task<std::string> {
    TaskGroup group;
    group.spawn(accept());
    for (int i = 0; i < 3; ++i) co_await hop();
    group.cancel();
    co_return co_await thrown_in(group.join());
  };
  EXPECT_EQ(sync_wait(task()), "cancelled: the task was cancelled while it waited");
}

TEST(Cancellation, ends_an_operation_of_asio_that_begins_later) {
  EXPECT_EQ(run_cancelled(accept), "cancelled: the task was cancelled while it waited");
  const auto accept_after_hop = []() -> Task<void> {
    co_await hop();
    co_await accept();
  };
  EXPECT_EQ(run_cancelled(accept_after_hop), "cancelled: the task was cancelled while it waited");
}

TEST(Cancellation, does_not_change_an_operation_aborted_of_a_task_that_is_not_cancelled) {
  const auto abort = []() -> Task<void> {
    throw boost::system::system_error(boost::asio::error::operation_aborted, "closed");
    co_return;
  };
  const auto task = [&]() -> Task<void> {
    TaskGroup group;
    group.spawn(abort());
    co_await group.join();
  };
  EXPECT_THROW(sync_wait(task()), boost::system::system_error);
}

}  // namespace
}  // namespace spark
