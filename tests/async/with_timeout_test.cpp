#include "spark/async/with_timeout.h"

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <cstdint>
#include <future>
#include <limits>
#include <stdexcept>
#include <string>
#include <vector>

#include "fakes/tasks.h"
#include "spark/async/blocking.h"
#include "spark/async/cancellation.h"
#include "spark/async/executor.h"
#include "spark/async/when_all.h"

namespace spark {
namespace {

using namespace std::chrono_literals;
using test::give_after;
using test::thrown_by;
using test::thrown_in;

class WithTimeout : public testing::TestWithParam<std::uint32_t> {
 protected:
  template <class T>
  T wait(Task<T> task) {
    return sync_wait(std::move(task), {.threads = GetParam(), .clock = &clock_});
  }
  template <class T>
  std::string thrown(Task<T> task) {
    return wait(thrown_in(std::move(task)));
  }

  VirtualClock clock_;
};

TEST_P(WithTimeout, gives_the_result_of_a_task_that_ends_in_time) {
  EXPECT_EQ(wait(with_timeout(give_after(1s, 7), 2s)), 7);
  EXPECT_EQ(clock_.steady_now(), 1s);
  wait(with_timeout(sleep_for(1s), 2s));
  EXPECT_EQ(clock_.steady_now(), 2s);
}

TEST_P(WithTimeout, throws_when_the_time_is_up_and_names_it) {
  EXPECT_EQ(thrown(with_timeout(give_after(1h, 7), 1500ms)), "timeout: the task did not end within 1.5 s");
  EXPECT_EQ(clock_.steady_now(), 1500ms);
}

TEST_P(WithTimeout, passes_the_exception_of_a_task_that_ends_in_time) {
  EXPECT_EQ(thrown(with_timeout(test::throw_after(1s, "its own"), 2s)), "its own");
  EXPECT_EQ(clock_.steady_now(), 1s);
}

TEST_P(WithTimeout, names_what_did_not_end) {
  EXPECT_EQ(thrown(with_timeout(sleep_for(1h), 1s, "the upload")), "timeout: the upload did not end within 1 s");
}

// A thread may begin the sleep's branch between the exception and the end of the task's: what that branch throws must
// not be taken for the task's.
TEST_P(WithTimeout, passes_the_exception_of_a_task_that_fails_at_once) {
  const auto fail = []() -> Task<void> {
    throw std::runtime_error("its own");
    co_return;
  };
  std::atomic<int> others = 0;
  const auto often = [&]() -> Task<void> {
    for (int i = 0; i < 1'000; ++i) {
      if (co_await thrown_in(with_timeout(fail(), 1h)) != "its own") ++others;
    }
  };
  std::vector<Task<void>> tasks;
  for (int i = 0; i < 3; ++i) tasks.push_back(often());
  wait(when_all(std::move(tasks)));
  EXPECT_EQ(others, 0);
}

// There may be no thread on which the timer could fire.
TEST_P(WithTimeout, is_seen_by_a_task_that_computes_and_by_its_branches) {
  bool was_told = false, was_branch_told = false;
  const auto branch = [&]() -> Task<void> {
    was_branch_told = is_cancelled();
    co_return;
  };
  const auto compute = [&]() -> Task<int> {
    EXPECT_FALSE(is_cancelled());
    clock_.advance(1s);
    EXPECT_FALSE(is_cancelled());
    clock_.advance(1ns);
    was_told = is_cancelled();
    std::vector<Task<void>> branches;
    branches.push_back(branch());
    co_await when_all(std::move(branches));
    co_return 7;
  };
  EXPECT_EQ(thrown(with_timeout(compute(), 1s)), "timeout: the task did not end within 1 s");
  EXPECT_TRUE(was_told);
  EXPECT_TRUE(was_branch_told);
}

TEST_P(WithTimeout, waits_for_a_task_that_ignores_the_cancellation_and_throws_all_the_same) {
  bool has_ended = false;
  const auto ignore = [&]() -> Task<int> {
    EXPECT_EQ(co_await thrown_in(sleep_for(1h)), "cancelled: a sleep was cancelled before its end");
    for (int i = 0; i < 10; ++i) co_await test::hop();
    has_ended = true;
    co_return 7;
  };
  EXPECT_EQ(thrown(with_timeout(ignore(), 1s)), "timeout: the task did not end within 1 s");
  EXPECT_TRUE(has_ended);
}

TEST_P(WithTimeout, drops_what_the_cancelled_task_throws) {
  const auto fail = [&]() -> Task<int> {
    static_cast<void>(co_await thrown_in(sleep_for(1h)));
    throw std::runtime_error("while it was cancelled");
  };
  EXPECT_EQ(thrown(with_timeout(fail(), 1s)), "timeout: the task did not end within 1 s");
}

TEST_P(WithTimeout, of_zero_a_negative_time_or_nan_is_up_at_once) {
  bool has_begun = false;
  const auto begin = [&]() -> Task<void> {
    has_begun = true;
    co_return;
  };
  EXPECT_EQ(thrown(with_timeout(begin(), 0s)), "timeout: the task did not end within 0 s");
  EXPECT_EQ(thrown(with_timeout(begin(), -2s)), "timeout: the task did not end within -2 s");
  EXPECT_EQ(thrown(with_timeout(begin(), Seconds(std::numeric_limits<double>::quiet_NaN()))),
            "timeout: the task did not end within nan s");
  EXPECT_FALSE(has_begun);
  EXPECT_EQ(clock_.steady_now(), 0s);
}

TEST_P(WithTimeout, of_infinity_is_never_up) {
  EXPECT_EQ(wait(with_timeout(give_after(1h, 7), Seconds(std::numeric_limits<double>::infinity()))), 7);
  EXPECT_EQ(clock_.steady_now(), 1h);
}

TEST_P(WithTimeout, may_be_nested_and_the_shorter_one_counts) {
  EXPECT_EQ(thrown(with_timeout(with_timeout(sleep_for(1h), 1s), 2s)), "timeout: the task did not end within 1 s");
  EXPECT_EQ(clock_.steady_now(), 1s);
  EXPECT_EQ(thrown(with_timeout(with_timeout(sleep_for(1h), 2s), 1s)), "timeout: the task did not end within 1 s");
  EXPECT_EQ(clock_.steady_now(), 2s);
}

TEST_P(WithTimeout, is_cancelled_with_the_task_that_waits) {
  std::string seen;
  const auto limited = [&]() -> Task<void> { seen = co_await thrown_in(with_timeout(sleep_for(1h), 1h)); };
  EXPECT_EQ(thrown(when_all(limited(), test::throw_after(1s, "beside"))), "beside");
  EXPECT_EQ(seen, "cancelled: a sleep was cancelled before its end");
  EXPECT_EQ(clock_.steady_now(), 1s);
}

TEST_P(WithTimeout, a_task_cancelled_from_outside_may_still_give_its_result) {
  int result = 0;
  const auto catch_it = []() -> Task<int> {
    static_cast<void>(co_await thrown_in(sleep_for(1h)));
    co_return 7;
  };
  const auto limited = [&]() -> Task<void> { result = co_await with_timeout(catch_it(), 1h); };
  EXPECT_EQ(thrown(when_all(limited(), test::throw_after(1s, "beside"))), "beside");
  EXPECT_EQ(result, 7);
}

INSTANTIATE_TEST_SUITE_P(threads, WithTimeout, testing::Values(0U, 1U, 4U));

TEST(WithTimeoutOnTheSystemsClock, waits_for_blocking_work_that_runs) {
  std::promise<void> may_end;
  std::atomic<bool> has_begun = false;
  std::atomic<bool> has_ended = false;
  const auto work = [&] {
    has_begun = true;
    may_end.get_future().wait();
    has_ended = true;
  };
  // Lets the work end only when the time is up: after the sleep was cancelled along with the timeout.
  const auto sleep = [&]() -> Task<void> {
    EXPECT_NE(co_await thrown_in(sleep_for(1h)), "nothing");
    may_end.set_value();
  };
  const auto both = [&]() -> Task<void> { co_await when_all(run_blocking(work), sleep()); };
  EXPECT_EQ(thrown_by([&] { sync_wait(with_timeout(both(), 1ms)); }), "timeout: the task did not end within 0.001 s");
  // On a busy machine the time may be up before a thread has taken the work.
  EXPECT_EQ(has_ended, has_begun);
}

}  // namespace
}  // namespace spark
