#include "spark/async/blocking.h"

#include <gtest/gtest.h>

#include <atomic>
#include <future>
#include <memory>
#include <stdexcept>
#include <thread>
#include <vector>

#include "async/executor_state.h"
#include "async/ignored.h"
#include "spark/async/sync_wait.h"
#include "spark/base/context_slot.h"

namespace spark {
namespace {

using test::Ignored;

TEST(RunBlocking, runs_the_work_on_another_thread_and_resumes_on_the_executor) {
  const auto task = []() -> Task<std::vector<std::thread::id>> {
    auto where = [] { return std::this_thread::get_id(); };
    auto work = run_blocking(where);
    const std::thread::id there = co_await std::move(work);
    co_return std::vector{there, std::this_thread::get_id()};
  };
  const std::vector<std::thread::id> threads = sync_wait(task());
  EXPECT_NE(threads[0], std::this_thread::get_id());
  EXPECT_EQ(threads[1], std::this_thread::get_id());
}

TEST(RunBlocking, passes_the_exception_of_the_work) {
  const auto fail = [] { throw std::runtime_error("in the pool"); };
  try {
    sync_wait(run_blocking(fail));
    FAIL() << "nothing was thrown";
  } catch (const std::runtime_error& error) {
    EXPECT_STREQ(error.what(), "in the pool");
  }
}

TEST(RunBlocking, may_wait_for_another_task_there) {
  const auto seven = []() -> Task<int> { co_return 7; };
  const auto wait = [seven] { return sync_wait(seven()); };
  EXPECT_EQ(sync_wait(run_blocking(wait)), 7);
}

TEST(RunBlocking, is_waited_for_by_the_end_of_the_executor) {
  std::promise<void> has_begun;
  std::promise<void> may_end;
  std::atomic<bool> has_ended = false;
  std::thread lets_it_end;
  {
    Executor executor({.threads = 1});
    const auto work = [&] {
      has_begun.set_value();
      may_end.get_future().wait();
      has_ended = true;
    };
    executor.state().start_branch(run_blocking(work), TelemetryContext(), std::make_shared<Ignored>());
    has_begun.get_future().wait();
    lets_it_end = std::thread([&] { may_end.set_value(); });
  }
  EXPECT_TRUE(has_ended.load());
  lets_it_end.join();
}

TEST(RunBlocking, does_not_begin_before_it_is_awaited) {
  bool has_run = false;
  {
    const Task<void> unused = run_blocking([&has_run] { has_run = true; });
  }
  EXPECT_FALSE(has_run);
}

}  // namespace
}  // namespace spark
