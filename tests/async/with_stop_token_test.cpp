#include "spark/async/with_stop_token.h"

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <future>
#include <memory>
#include <optional>
#include <string>
#include <thread>

#include "fakes/tasks.h"
#include "spark/async/blocking.h"
#include "spark/async/executor.h"
#include "spark/async/spawn.h"
#include "spark/async/when_all.h"

namespace spark {
namespace {

using namespace std::chrono_literals;
using test::give_after;
using test::hop;
using test::thrown_by;
using test::thrown_in;

TEST(WithStopToken, gives_the_result_if_no_stop_is_requested) {
  VirtualClock clock;
  std::stop_source stop;
  EXPECT_EQ(sync_wait(with_stop_token(give_after(1s, 7), stop.get_token()), {.clock = &clock}), 7);
  EXPECT_EQ(sync_wait(with_stop_token(give_after(1s, 8), std::stop_token()), {.clock = &clock}), 8);
  EXPECT_TRUE(stop.request_stop());
}

TEST(WithStopToken, passes_the_exception_of_the_task) {
  EXPECT_EQ(thrown_by([] { sync_wait(with_stop_token(test::throw_after(0s, "its own"), std::stop_token())); }),
            "its own");
}

TEST(WithStopToken, cancels_the_task_when_stop_is_requested) {
  VirtualClock clock;
  std::stop_source stop;
  const auto task = [&]() -> Task<std::string> {
    const auto request = [&]() -> Task<void> {
      co_await sleep_for(1s);
      stop.request_stop();
    };
    Spawned<void> requesting = spawn(request());
    const std::string thrown = co_await thrown_in(with_stop_token(sleep_for(1h), stop.get_token()));
    co_await std::move(requesting).join();
    co_return thrown;
  };
  EXPECT_EQ(sync_wait(task(), {.clock = &clock}), "cancelled: a sleep was cancelled before its end");
  EXPECT_EQ(clock.steady_now(), 1s);
}

TEST(WithStopToken, does_not_begin_if_stop_was_requested_before) {
  std::stop_source stop;
  stop.request_stop();
  bool has_begun = false;
  const auto begin = [&]() -> Task<void> {
    has_begun = true;
    co_return;
  };
  EXPECT_EQ(thrown_by([&] { sync_wait(with_stop_token(begin(), stop.get_token())); }),
            "cancelled: the task was cancelled before it began");
  EXPECT_FALSE(has_begun);
}

TEST(WithStopToken, a_task_may_request_its_own_stop) {
  std::stop_source stop;
  const auto request = [&]() -> Task<void> {
    stop.request_stop();
    co_await sleep_for(1h);
  };
  EXPECT_EQ(thrown_by([&] { sync_wait(with_stop_token(request(), stop.get_token())); }),
            "cancelled: the task was cancelled");
}

TEST(WithStopToken, waits_for_blocking_work_that_runs) {
  std::stop_source stop;
  std::promise<void> may_end;
  std::atomic<bool> has_ended = false;
  const auto work = [&] {
    stop.request_stop();
    may_end.get_future().wait();
    has_ended = true;
  };
  const auto let_it_end = [&]() -> Task<void> {
    EXPECT_NE(co_await thrown_in(sleep_for(1h)), "nothing");
    may_end.set_value();
  };
  const auto both = [&]() -> Task<void> { co_await when_all(let_it_end(), run_blocking(work)); };
  sync_wait(with_stop_token(both(), stop.get_token()));
  EXPECT_TRUE(has_ended);
}

TEST(WithStopToken, wakes_a_task_from_another_thread) {
  std::stop_source stop;
  std::thread requesting([&] { stop.request_stop(); });
  EXPECT_NE(thrown_by([&] { sync_wait(with_stop_token(sleep_for(1h), stop.get_token())); }), "nothing");
  requesting.join();
}

TEST(WithStopToken, stop_may_be_requested_while_the_executor_ends) {
  const auto alive = std::make_shared<int>(1);
  const auto hold = [](std::shared_ptr<int>, std::stop_token stop) -> Task<void> {
    co_await with_stop_token(sleep_for(1h), std::move(stop));
  };
  for (int i = 0; i < 200; ++i) {
    std::stop_source stop;
    std::atomic<bool> may_request = false;
    std::thread requesting([&] {
      while (!may_request) std::this_thread::yield();
      stop.request_stop();
    });
    {
      Executor executor({.threads = static_cast<std::uint32_t>(i % 3)});
      spawn(executor, hold(alive, stop.get_token())).detach();
      sync_wait(executor, hop());
      may_request = true;
    }
    requesting.join();
    EXPECT_EQ(alive.use_count(), 1);
  }
}

}  // namespace
}  // namespace spark
