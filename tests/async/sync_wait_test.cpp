#include "spark/async/sync_wait.h"

#include <gtest/gtest.h>

#include <memory>
#include <stdexcept>
#include <string>
#include <thread>
#include <utility>

#include "fakes/tasks.h"
#include "spark/async/sleep.h"
#include "spark/base/context_slot.h"
#include "spark/base/error.h"

namespace spark {
namespace {

using test::hop;
using test::wait_for_a_dropped_operation;

Task<int> seven() { co_return 7; }
Task<void> fail(std::string message) {
  throw std::runtime_error(message);
  co_return;
}

ErrorCode code_of_sync_wait_inside() {
  try {
    sync_wait(seven());
  } catch (const Error& error) {
    return error.code();
  }
  return ErrorCode::corrupt;
}
Task<ErrorCode> sync_wait_inside() { co_return code_of_sync_wait_inside(); }

Task<std::uint32_t> chain_after_hop() {
  const std::uint32_t before = context_slot().chain;
  co_await hop();
  co_return before == context_slot().chain ? before : 0;
}

TEST(SyncWait, gives_the_result_of_the_task) { EXPECT_EQ(sync_wait(seven()), 7); }

TEST(SyncWait, gives_results_that_can_only_be_moved) {
  const auto make = []() -> Task<std::unique_ptr<int>> { co_return std::make_unique<int>(8); };
  EXPECT_EQ(*sync_wait(make()), 8);
}

TEST(SyncWait, passes_the_exception_of_the_task_unchanged) {
  try {
    sync_wait(fail("as it was"));
    FAIL() << "nothing was thrown";
  } catch (const std::runtime_error& error) {
    EXPECT_STREQ(error.what(), "as it was");
  }
}

TEST(SyncWait, can_be_called_again_after_an_exception) {
  EXPECT_THROW(sync_wait(fail("first")), std::runtime_error);
  EXPECT_EQ(sync_wait(seven()), 7);
}

TEST(SyncWait, runs_a_task_on_the_calling_thread_by_default) {
  const auto where = []() -> Task<std::thread::id> {
    co_await hop();
    co_return std::this_thread::get_id();
  };
  EXPECT_EQ(sync_wait(where()), std::this_thread::get_id());
}

TEST(SyncWait, runs_a_task_on_threads_of_their_own_if_asked) {
  const auto where = []() -> Task<std::thread::id> {
    co_await hop();
    co_return std::this_thread::get_id();
  };
  EXPECT_NE(sync_wait(where(), {.threads = 2}), std::this_thread::get_id());
}

TEST(SyncWait, refuses_to_block_the_thread_that_runs_the_task) {
  EXPECT_EQ(sync_wait(sync_wait_inside()), ErrorCode::would_deadlock);
}

TEST(SyncWait, refuses_to_block_a_thread_of_a_pool) {
  EXPECT_EQ(sync_wait(sync_wait_inside(), {.threads = 1}), ErrorCode::would_deadlock);
}

TEST(SyncWait, tells_that_an_operation_dropped_the_task) {
  for (const std::uint32_t threads : {0U, 2U}) {
    try {
      sync_wait(wait_for_a_dropped_operation(), {.threads = threads});
      FAIL() << "nothing was thrown with " << threads << " threads";
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), ErrorCode::cancelled) << error.what();
    }
  }
}

TEST(SyncWait, gives_each_task_a_chain_number_of_its_own) {
  const std::uint32_t first = sync_wait(chain_after_hop());
  const std::uint32_t second = sync_wait(chain_after_hop());
  EXPECT_NE(first, 0U);
  EXPECT_NE(second, 0U);
  EXPECT_NE(first, second);
}

TEST(SyncWait, hands_the_callers_context_to_the_task_and_keeps_it_for_the_caller) {
  const ContextSlot before = context_slot();
  context_slot().words = {1, 2, 3, 4};
  const auto change = []() -> Task<std::uint64_t> {
    const std::uint64_t inherited = context_slot().words[3];
    context_slot().words[3] = 99;
    co_await hop();
    co_return inherited * 1000 + context_slot().words[3];
  };
  EXPECT_EQ(sync_wait(change()), 4099U);
  EXPECT_EQ(context_slot().words[3], 4U);
  EXPECT_EQ(context_slot().chain, 0U);
  context_slot() = before;
}

TEST(Executor, runs_one_task_after_the_other_without_threads) {
  Executor executor;
  EXPECT_EQ(sync_wait(executor, seven()), 7);
  EXPECT_EQ(sync_wait(executor, seven()), 7);
  EXPECT_EQ(executor.threads(), 0U);
}

TEST(Executor, refuses_more_threads_than_its_maximum) {
  try {
    const Executor executor({.threads = max_executor_threads + 1});
    FAIL() << "nothing was thrown";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::invalid_argument);
    EXPECT_STREQ(error.what(), "ExecutorOptions::threads is 257, at most 256");
  }
}

}  // namespace
}  // namespace spark
