#include "spark/async/task_group.h"

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <cstdint>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

#include "fakes/tasks.h"
#include "spark/async/cancellation.h"
#include "spark/async/executor.h"

namespace spark {
namespace {

using namespace std::chrono_literals;
using test::cancelled_sleep;
using test::hop;
using test::thrown_by;
using test::thrown_in;

constexpr int many = 10'000;
constexpr const char* not_begun = "cancelled: the task was cancelled before it began";

Task<void> count_one(std::atomic<int>& count) {
  ++count;
  co_return;
}

Task<void> count_after(Seconds duration, std::atomic<int>& count) {
  co_await sleep_for(duration);
  ++count;
}

Task<void> spawn_two(TaskGroup& group, int depth, std::atomic<int>& ended) {
  co_await hop();
  for (int i = 0; i < 2 && depth > 0; ++i) group.spawn(spawn_two(group, depth - 1, ended));
  ++ended;
}

Task<void> spawn_next(TaskGroup& group, int left, std::atomic<int>& ended) {
  if (left > 1) group.spawn(spawn_next(group, left - 1, ended));
  ++ended;
  co_return;
}

TEST(TaskGroup, waits_for_all_its_tasks) {
  VirtualClock clock;
  std::atomic<int> ended = 0;
  const auto task = [&]() -> Task<void> {
    TaskGroup group;
    for (int i = 1; i <= 3; ++i) group.spawn(count_after(std::chrono::seconds(i), ended));
    EXPECT_EQ(group.running(), 3U);
    EXPECT_EQ(ended, 0);
    co_await group.join();
    EXPECT_EQ(group.running(), 0U);
  };
  sync_wait(task(), {.clock = &clock});
  EXPECT_EQ(ended, 3);
  EXPECT_EQ(clock.steady_now(), 3s);
}

TEST(TaskGroup, never_runs_a_task_before_spawn_returns_and_then_in_order) {
  std::vector<int> order;
  const auto note = [&](int number) -> Task<void> {
    order.push_back(number);
    co_return;
  };
  const auto task = [&]() -> Task<void> {
    TaskGroup group;
    group.spawn(note(1));
    group.spawn(note(2));
    order.push_back(0);
    co_await group.join();
    order.push_back(3);
  };
  sync_wait(task());
  EXPECT_EQ(order, (std::vector<int>{0, 1, 2, 3}));
}

TEST(TaskGroup, join_without_tasks_returns_at_once) {
  const auto task = []() -> Task<void> {
    TaskGroup group;
    co_await group.join();
    co_await group.join();
  };
  sync_wait(task());
}

TEST(TaskGroup, join_throws_the_first_exception_when_all_have_ended) {
  VirtualClock clock;
  std::atomic<int> ended = 0;
  const auto task = [&]() -> Task<std::string> {
    TaskGroup group;
    group.spawn(test::throw_after(2s, "the second"));
    group.spawn(test::throw_after(1s, "the first"));
    group.spawn(count_after(3s, ended));
    const std::string thrown = co_await thrown_in(group.join());
    EXPECT_EQ(group.is_cancelled(), false);
    EXPECT_EQ(co_await thrown_in(group.join()), "nothing");
    co_return thrown;
  };
  EXPECT_EQ(sync_wait(task(), {.clock = &clock}), "the first");
  EXPECT_EQ(ended, 1);
  EXPECT_EQ(clock.steady_now(), 3s);
}

TEST(TaskGroup, cancels_the_others_on_failure_only_if_asked_to) {
  VirtualClock clock;
  const auto task = []() -> Task<std::string> {
    TaskGroup group(OnFailure::cancel_others);
    group.spawn(sleep_for(1h));
    group.spawn(test::throw_after(1s, "failed"));
    const std::string thrown = co_await thrown_in(group.join());
    EXPECT_TRUE(group.is_cancelled());
    co_return thrown;
  };
  EXPECT_EQ(sync_wait(task(), {.clock = &clock}), "failed");
  EXPECT_EQ(clock.steady_now(), 1s);
}

TEST(TaskGroup, waits_for_tasks_that_its_tasks_spawn_meanwhile) {
  for (const std::uint32_t threads : {0U, 1U, 4U}) {
    std::atomic<int> ended = 0;
    const auto task = [&]() -> Task<void> {
      TaskGroup group;
      group.spawn(spawn_two(group, 9, ended));
      co_await group.join();
      EXPECT_EQ(ended, 1023);
    };
    sync_wait(task(), {.threads = threads});
    EXPECT_EQ(ended, 1023) << threads << " threads";
  }
}

TEST(TaskGroup, runs_ten_thousand_tasks_that_end_at_once) {
  for (const std::uint32_t threads : {0U, 2U}) {
    VirtualClock clock;
    std::atomic<int> ended = 0;
    const auto task = [&]() -> Task<void> {
      TaskGroup group;
      for (int i = 0; i < many; ++i) group.spawn(count_after(1s, ended));
      co_await group.join();
    };
    sync_wait(task(), {.threads = threads, .clock = &clock});
    EXPECT_EQ(ended, many);
    EXPECT_EQ(clock.steady_now(), 1s);
  }
}

TEST(TaskGroup, runs_a_line_of_ten_thousand_tasks_that_spawn_the_next_one) {
  for (const std::uint32_t threads : {0U, 2U}) {
    std::atomic<int> ended = 0;
    const auto task = [&]() -> Task<void> {
      TaskGroup group;
      group.spawn(spawn_next(group, many, ended));
      co_await group.join();
    };
    sync_wait(task(), {.threads = threads});
    EXPECT_EQ(ended, many);
  }
}

// Each waits for a group that holds the next.
Task<void> nest(int depth, std::atomic<int>& ended) {
  if (depth > 0) {
    TaskGroup group;
    group.spawn(nest(depth - 1, ended));
    co_await group.join();
  }
  ++ended;
}

TEST(TaskGroup, may_be_nested_ten_thousand_deep) {
  std::atomic<int> ended = 0;
  sync_wait(nest(many, ended));
  EXPECT_EQ(ended, many + 1);
}

TEST(TaskGroup, cancels_ten_thousand_tasks_through_nested_groups) {
  for (const std::uint32_t threads : {0U, 4U}) {
    VirtualClock clock;
    std::atomic<int> cancelled = 0;
    const auto sleep = [&]() -> Task<void> {
      if (co_await thrown_in(sleep_for(1h)) == cancelled_sleep) ++cancelled;
    };
    const auto inner = [&]() -> Task<void> {
      TaskGroup group;
      for (int i = 0; i < many / 10; ++i) group.spawn(sleep());
      co_await group.join();
    };
    const auto task = [&]() -> Task<void> {
      TaskGroup group;
      for (int i = 0; i < 10; ++i) group.spawn(inner());
      co_await sleep_for(1s);
      group.cancel();
      co_await group.join();
    };
    sync_wait(task(), {.threads = threads, .clock = &clock});
    EXPECT_EQ(cancelled, many) << threads << " threads";
    EXPECT_EQ(clock.steady_now(), 1s) << threads << " threads";
  }
}

TEST(TaskGroup, a_task_cancelled_before_it_began_does_not_begin) {
  std::atomic<int> begun = 0;
  const auto task = [&]() -> Task<std::string> {
    TaskGroup group;
    group.spawn(count_one(begun));
    group.cancel();
    group.cancel();
    co_return co_await thrown_in(group.join());
  };
  EXPECT_EQ(sync_wait(task()), not_begun);
  EXPECT_EQ(begun, 0);
}

TEST(TaskGroup, a_task_spawned_in_a_cancelled_group_does_not_begin) {
  std::atomic<int> begun = 0;
  const auto task = [&]() -> Task<std::string> {
    TaskGroup group;
    group.cancel();
    group.spawn(count_one(begun));
    co_return co_await thrown_in(group.join());
  };
  EXPECT_EQ(sync_wait(task()), not_begun);
  EXPECT_EQ(begun, 0);
}

TEST(TaskGroup, a_cancelled_task_that_returns_has_ended_well) {
  VirtualClock clock;
  const auto catch_it = []() -> Task<void> { EXPECT_EQ(co_await thrown_in(sleep_for(1h)), cancelled_sleep); };
  const auto task = [&]() -> Task<void> {
    TaskGroup group;
    group.spawn(catch_it());
    co_await sleep_for(1s);
    group.cancel();
    co_await group.join();
  };
  sync_wait(task(), {.clock = &clock});
  EXPECT_EQ(clock.steady_now(), 1s);
}

TEST(TaskGroup, cancelling_after_the_end_does_nothing) {
  std::atomic<int> ended = 0;
  const auto task = [&]() -> Task<void> {
    TaskGroup group;
    group.spawn(count_one(ended));
    co_await group.join();
    group.cancel();
    co_await group.join();
  };
  sync_wait(task());
  EXPECT_EQ(ended, 1);
}

TEST(TaskGroup, a_task_may_cancel_its_own_group) {
  VirtualClock clock;
  const auto task = []() -> Task<std::string> {
    TaskGroup group;
    const auto cancel_it = [&]() -> Task<void> {
      group.cancel();
      EXPECT_TRUE(is_cancelled());
      co_await sleep_for(1h);
    };
    group.spawn(cancel_it());
    co_return co_await thrown_in(group.join());
  };
  EXPECT_EQ(sync_wait(task(), {.clock = &clock}), "cancelled: the task was cancelled");
  EXPECT_EQ(clock.steady_now(), 0s);
}

TEST(TaskGroup, goes_on_waiting_when_the_waiting_task_is_cancelled) {
  VirtualClock clock;
  const auto task = [&]() -> Task<void> {
    TaskGroup outer;
    const auto wait_for_inner = [&]() -> Task<void> {
      // What this task owns must stay until the inner task has ended.
      std::string owned = "whole";
      TaskGroup inner;
      const auto use_it = [&owned]() -> Task<void> {
        EXPECT_EQ(co_await thrown_in(sleep_for(1h)), cancelled_sleep);
        for (int i = 0; i < 10; ++i) co_await hop();
        EXPECT_EQ(owned, "whole");
        owned = "used";
      };
      inner.spawn(use_it());
      co_await inner.join();
      EXPECT_EQ(owned, "used");
      EXPECT_TRUE(is_cancelled());
      EXPECT_EQ(co_await thrown_in(sleep_for(0s)), "cancelled: the task was cancelled");
    };
    outer.spawn(wait_for_inner());
    co_await sleep_for(1s);
    outer.cancel();
    co_await outer.join();
  };
  sync_wait(task(), {.clock = &clock});
  EXPECT_EQ(clock.steady_now(), 1s);
}

TEST(TaskGroup, cancels_what_is_spawned_by_a_task_that_was_cancelled_before_it_waited) {
  VirtualClock clock;
  std::atomic<int> begun = 0;
  const auto task = [&]() -> Task<void> {
    TaskGroup outer;
    const auto spawn_in_vain = [&]() -> Task<void> {
      outer.cancel();
      TaskGroup inner;
      const auto sleep = [&]() -> Task<void> {
        ++begun;
        co_await sleep_for(1h);
      };
      inner.spawn(sleep());
      co_await inner.join();
    };
    outer.spawn(spawn_in_vain());
    const std::string thrown = co_await thrown_in(outer.join());
    EXPECT_TRUE(thrown == cancelled_sleep || thrown == not_begun) << thrown;
  };
  sync_wait(task(), {.clock = &clock});
  EXPECT_EQ(clock.steady_now(), 0s);
}

TEST(TaskGroup, a_group_that_is_destroyed_cancels_its_tasks) {
  VirtualClock clock;
  std::atomic<int> cancelled = 0;
  const auto task = [&]() -> Task<void> {
    const auto sleep = [](std::atomic<int>* count) -> Task<void> {
      if (co_await thrown_in(sleep_for(1h)) == cancelled_sleep) ++*count;
    };
    {
      TaskGroup group;
      group.spawn(sleep(&cancelled));
      co_await hop();
      co_await hop();
    }
    EXPECT_EQ(cancelled, 0);
    co_await sleep_for(1ms);
    EXPECT_EQ(cancelled, 1);
  };
  sync_wait(task(), {.clock = &clock});
  EXPECT_EQ(clock.steady_now(), 1ms);
}

TEST(TaskGroup, its_tasks_and_who_waits_are_destroyed_with_their_executor) {
  for (const std::uint32_t threads : {0U, 2U}) {
    const auto alive = std::make_shared<int>(1);
    {
      Executor executor({.threads = threads});
      const auto sleep = [](std::shared_ptr<int>) -> Task<void> { co_await sleep_for(1h); };
      const auto wait = [sleep](std::shared_ptr<int> mine) -> Task<void> {
        TaskGroup inner;
        for (int i = 0; i < 100; ++i) inner.spawn(sleep(mine));
        co_await inner.join();
      };
      TaskGroup outer(executor);
      outer.spawn(wait(alive));
      const auto until_all_sleep = [&]() -> Task<void> {
        while (alive.use_count() < 102) co_await hop();
      };
      sync_wait(executor, until_all_sleep());
      EXPECT_EQ(outer.running(), 1U);
      outer.let_go();
    }
    EXPECT_EQ(alive.use_count(), 1) << threads << " threads";
  }
}

TEST(TaskGroup, may_outlive_its_executor) {
  auto executor = std::make_unique<Executor>();
  TaskGroup group(*executor);
  group.spawn(sleep_for(1h));
  sync_wait(*executor, hop());
  EXPECT_EQ(group.running(), 1U);
  executor.reset();
  EXPECT_EQ(group.running(), 0U);
  group.cancel();
}

TEST(TaskGroup, a_task_that_is_dropped_by_what_it_waits_for_counts_as_cancelled) {
  const auto task = []() -> Task<std::string> {
    TaskGroup group;
    group.spawn(test::wait_for_a_dropped_operation());
    co_return co_await thrown_in(group.join());
  };
  EXPECT_EQ(sync_wait(task()),
            "cancelled: the task was destroyed before its end, because what it waited for dropped it");
}

TEST(TaskGroup, can_be_cancelled_after_one_of_its_tasks_was_dropped) {
  VirtualClock clock;
  const auto task = []() -> Task<void> {
    TaskGroup group;
    group.spawn(test::wait_for_a_dropped_operation());
    group.spawn(sleep_for(1h));
    co_await sleep_for(1s);
    group.cancel();
    EXPECT_NE(co_await thrown_in(group.join()), "nothing");
  };
  sync_wait(task(), {.clock = &clock});
  EXPECT_EQ(clock.steady_now(), 1s);
}

TEST(TaskGroup, refuses_a_second_task_that_waits) {
  VirtualClock clock;
  const auto task = []() -> Task<void> {
    TaskGroup group;
    TaskGroup waiting;
    group.spawn(sleep_for(1s));
    waiting.spawn(group.join());
    waiting.spawn(group.join());
    EXPECT_EQ(co_await thrown_in(waiting.join()), "conflict: another task waits for this group already");
  };
  sync_wait(task(), {.clock = &clock});
  EXPECT_EQ(clock.steady_now(), 1s);
}

TEST(TaskGroup, refuses_to_be_made_where_no_task_runs) {
  EXPECT_EQ(
      thrown_by([] { const TaskGroup group; }),
      "invalid_argument: tasks can only be started by a task or on a named executor, and this thread runs no task");
}

TEST(TaskGroup, refuses_to_be_waited_for_on_another_executor) {
  Executor executor({.threads = 1});
  TaskGroup group(executor);
  EXPECT_EQ(thrown_by([&] { sync_wait(group.join()); }),
            "invalid_argument: tasks can only be waited for on the executor that they run on");
}

TEST(WithTaskGroup, waits_for_the_tasks_that_the_body_has_spawned) {
  VirtualClock clock;
  std::atomic<int> ended = 0;
  const auto body = [&](TaskGroup& group) -> Task<void> {
    group.spawn(count_after(2s, ended));
    co_await sleep_for(1s);
  };
  sync_wait(with_task_group(body), {.clock = &clock});
  EXPECT_EQ(ended, 1);
  EXPECT_EQ(clock.steady_now(), 2s);
}

TEST(WithTaskGroup, cancels_and_waits_when_the_body_throws) {
  VirtualClock clock;
  std::string seen;
  const auto body = [&](TaskGroup& group) -> Task<void> {
    const auto sleep = [&seen]() -> Task<void> {
      seen = co_await thrown_in(sleep_for(1h));
      throw std::runtime_error("dropped");
    };
    group.spawn(sleep);
    co_await test::throw_after(1s, "of the body");
  };
  EXPECT_EQ(thrown_by([&] { sync_wait(with_task_group(body), {.clock = &clock}); }), "of the body");
  EXPECT_EQ(seen, cancelled_sleep);
  EXPECT_EQ(clock.steady_now(), 1s);
}

TEST(WithTaskGroup, throws_what_a_task_threw_first_and_cancels_the_others) {
  VirtualClock clock;
  const auto body = [](TaskGroup& group) -> Task<void> {
    group.spawn(sleep_for(1h));
    group.spawn(test::throw_after(1s, "of a task"));
    co_return;
  };
  EXPECT_EQ(thrown_by([&] { sync_wait(with_task_group(body), {.clock = &clock}); }), "of a task");
  EXPECT_EQ(clock.steady_now(), 1s);
}

}  // namespace
}  // namespace spark
