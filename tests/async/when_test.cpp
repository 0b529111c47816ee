// when_all and when_any.
#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <memory>
#include <stdexcept>
#include <string>
#include <tuple>
#include <variant>
#include <vector>

#include "fakes/tasks.h"
#include "spark/async/cancellation.h"
#include "spark/async/executor.h"
#include "spark/async/when_all.h"
#include "spark/async/when_any.h"

namespace spark {
namespace {

using namespace std::chrono_literals;
using test::give_after;
using test::throw_after;
using test::throw_int_after;
using test::thrown_by;
using test::thrown_in;

// Both times on a virtual clock: what the task gave or threw, and when it ended.
class When : public testing::Test {
 protected:
  template <class T>
  T wait(Task<T> task) {
    return sync_wait(std::move(task), {.clock = &clock_});
  }
  template <class T>
  std::string thrown(Task<T> task) {
    return sync_wait(thrown_in(std::move(task)), {.clock = &clock_});
  }
  [[nodiscard]] std::chrono::nanoseconds now() const { return clock_.steady_now(); }

  // Ends when it is cancelled, some time after that, and counts it.
  Task<int> ignore_cancellation() {
    EXPECT_NE(co_await thrown_in(sleep_for(1h)), "nothing");
    for (int i = 0; i < 5; ++i) co_await test::hop();
    ++cancelled_;
    co_return 99;
  }
  template <class T>
  static std::vector<Task<T>> list(Task<T> a, Task<T> b) {
    std::vector<Task<T>> tasks;
    tasks.push_back(std::move(a));
    tasks.push_back(std::move(b));
    return tasks;
  }

  VirtualClock clock_;
  std::atomic<int> cancelled_ = 0;
};
using WhenAll = When;
using WhenAny = When;

TEST_F(WhenAll, gives_results_of_several_types_in_the_order_of_the_arguments) {
  const auto text = []() -> Task<std::unique_ptr<std::string>> {
    co_await sleep_for(1s);
    co_return std::make_unique<std::string>("text");
  };
  const auto results = wait(when_all(give_after(3s, 7), text(), sleep_for(2s)));
  EXPECT_EQ(std::get<0>(results), 7);
  EXPECT_EQ(*std::get<1>(results), "text");
  EXPECT_EQ(std::get<2>(results), std::monostate());
  EXPECT_EQ(now(), 3s);
}

TEST_F(WhenAll, gives_the_results_of_a_list_in_its_order) {
  std::vector<Task<int>> tasks;
  for (int i = 0; i < 5; ++i) tasks.push_back(give_after(std::chrono::seconds(5 - i), i));
  EXPECT_EQ(wait(when_all(std::move(tasks))), (std::vector{0, 1, 2, 3, 4}));
  EXPECT_EQ(now(), 5s);
}

TEST_F(WhenAll, waits_for_a_list_of_tasks_without_results) {
  wait(when_all(list(sleep_for(1s), sleep_for(2s))));
  EXPECT_EQ(now(), 2s);
}

TEST_F(WhenAll, of_nothing_gives_nothing) {
  EXPECT_EQ(wait(when_all()), std::tuple());
  EXPECT_EQ(wait(when_all(std::vector<Task<int>>())), std::vector<int>());
  wait(when_all(std::vector<Task<void>>()));
}

TEST_F(WhenAll, results_can_be_bools_and_need_no_default) {
  class NoDefault {
   public:
    explicit NoDefault(int) {}
  };
  const auto yes = []() -> Task<bool> { co_return true; };
  const auto make = []() -> Task<NoDefault> { co_return NoDefault(1); };
  EXPECT_EQ(wait(when_all(list(yes(), yes()))), (std::vector{true, true}));
  EXPECT_EQ(wait(when_all(list(make(), make()))).size(), 2U);
}

TEST_F(WhenAll, does_not_begin_before_it_is_awaited) {
  bool has_begun = false;
  const auto begin = [&]() -> Task<void> {
    has_begun = true;
    co_return;
  };
  { const auto unused = when_all(begin(), begin()); }
  EXPECT_FALSE(has_begun);
}

TEST_F(WhenAll, cancels_and_waits_for_the_others_and_throws_what_was_thrown_first) {
  EXPECT_EQ(thrown(when_all(ignore_cancellation(), throw_after(2s, "second"), throw_after(1s, "first"))), "first");
  EXPECT_EQ(cancelled_, 1);
  EXPECT_EQ(now(), 1s);
}

TEST_F(WhenAll, of_a_list_cancels_and_waits_for_the_others_and_throws_what_was_thrown_first) {
  EXPECT_EQ(thrown(when_all(list(ignore_cancellation(), throw_int_after(1s, "first")))), "first");
  EXPECT_EQ(thrown(when_all(list(sleep_for(1h), throw_after(1s, "void")))), "void");
  EXPECT_EQ(cancelled_, 1);
  EXPECT_EQ(now(), 2s);
}

TEST_F(WhenAll, throws_one_of_the_exceptions_when_all_throw_at_once) {
  std::vector<Task<void>> tasks;
  for (int i = 0; i < 1000; ++i) tasks.push_back(throw_after(1s, "all at once"));
  EXPECT_EQ(thrown(when_all(std::move(tasks))), "all at once");
}

TEST_F(WhenAll, is_cancelled_with_the_task_that_waits) {
  const auto fail_beside = [&]() -> Task<void> {
    co_await when_all(when_all(sleep_for(1h), ignore_cancellation()), throw_after(1s, "outside"));
  };
  EXPECT_EQ(thrown(fail_beside()), "outside");
  EXPECT_EQ(cancelled_, 1);
  EXPECT_EQ(now(), 1s);
}

TEST_F(WhenAll, runs_ten_thousand_tasks) {
  std::vector<Task<int>> tasks;
  for (int i = 0; i < 10'000; ++i) tasks.push_back(give_after(1s, i));
  const std::vector<int> results = wait(when_all(std::move(tasks)));
  ASSERT_EQ(results.size(), 10'000U);
  for (int i = 0; i < 10'000; ++i) ASSERT_EQ(results[static_cast<std::size_t>(i)], i);
}

TEST_F(WhenAny, gives_index_and_result_of_the_first_and_waits_for_the_others) {
  const auto winner = wait(when_any(ignore_cancellation(), give_after(2s, 2), give_after(1s, 1)));
  EXPECT_EQ(winner.index(), 2U);
  EXPECT_EQ(winner.value(), 1);
  EXPECT_EQ(cancelled_, 1);
  EXPECT_EQ(now(), 1s);
}

TEST_F(WhenAny, of_tasks_without_results_gives_the_index) {
  EXPECT_EQ(wait(when_any(list(sleep_for(2s), sleep_for(1s)))).index(), 1U);
  EXPECT_EQ(now(), 1s);
}

TEST_F(WhenAny, gives_results_that_can_only_be_moved) {
  const auto make = []() -> Task<std::unique_ptr<int>> { co_return std::make_unique<int>(8); };
  auto winner = wait(when_any(make()));
  EXPECT_EQ(*std::move(winner).value(), 8);
}

TEST_F(WhenAny, a_task_that_throws_does_not_win) {
  const auto winner = wait(when_any(throw_int_after(1s, "too early"), give_after(2s, 2), give_after(3s, 3)));
  EXPECT_EQ(winner.index(), 1U);
  EXPECT_EQ(now(), 2s);
}

TEST_F(WhenAny, throws_what_was_thrown_first_if_all_throw) {
  EXPECT_EQ(thrown(when_any(throw_int_after(2s, "second"), throw_int_after(1s, "first"))), "first");
  EXPECT_EQ(now(), 2s);
}

TEST_F(WhenAny, refuses_to_choose_among_nothing) {
  EXPECT_EQ(thrown(when_any(std::vector<Task<int>>())),
            "invalid_argument: when_any was given no tasks, so none can win");
}

TEST_F(WhenAny, tasks_that_have_not_begun_when_one_wins_do_not_begin) {
  int begun = 0;
  const auto begin = [&]() -> Task<int> { co_return ++begun; };
  EXPECT_EQ(wait(when_any(begin(), begin(), begin())).index(), 0U);
  EXPECT_EQ(begun, 1);
}

TEST_F(WhenAny, is_cancelled_with_the_task_that_waits) {
  EXPECT_EQ(thrown(when_all(when_any(sleep_for(1h), sleep_for(2h)), throw_after(1s, "outside"))), "outside");
  EXPECT_EQ(now(), 1s);
}

TEST_F(WhenAny, chooses_among_ten_thousand_tasks) {
  std::vector<Task<int>> tasks;
  for (int i = 0; i < 10'000; ++i) tasks.push_back(give_after(i == 4321 ? 1s : 1h, i));
  EXPECT_EQ(wait(when_any(std::move(tasks))).value(), 4321);
  EXPECT_EQ(now(), 1s);
}

// Its result is moved twice on its way; the move that makes the winner's throws.
class ThrowsWhenMoved {
 public:
  explicit ThrowsWhenMoved(int moves) : moves_(moves) {}
  ThrowsWhenMoved(ThrowsWhenMoved&& other) : moves_(other.moves_ - 1) {
    if (moves_ == 0) throw std::runtime_error("it cannot be moved");
  }

 private:
  int moves_;
};

TEST_F(When, any_passes_on_what_moving_the_result_throws_and_cancels_the_others) {
  int thrown = 0;
  for (int moves = 1; moves < 20; ++moves) {
    const auto give = [moves]() -> Task<ThrowsWhenMoved> { co_return ThrowsWhenMoved(moves); };
    const auto never = []() -> Task<ThrowsWhenMoved> {
      co_await sleep_for(std::chrono::hours(1));
      co_return ThrowsWhenMoved(1'000);
    };
    std::vector<Task<ThrowsWhenMoved>> tasks;
    tasks.push_back(give());
    tasks.push_back(never());
    try {
      static_cast<void>(wait(when_any(std::move(tasks))));
    } catch (const std::exception&) {
      ++thrown;
    }
  }
  // Not if its own task throws it, for then the other one wins.
  EXPECT_GT(thrown, 0);
}

}  // namespace
}  // namespace spark
