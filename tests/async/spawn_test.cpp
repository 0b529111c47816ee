#include "spark/async/spawn.h"

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <future>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <utility>

#include "fakes/tasks.h"
#include "spark/async/executor.h"
#include "spark/async/when_all.h"

namespace spark {
namespace {

using namespace std::chrono_literals;
using test::cancelled_sleep;
using test::give_after;
using test::hop;
using test::thrown_by;
using test::thrown_in;

// Says in `seen` how it ended.
Task<void> sleep_and_tell(std::shared_ptr<std::string> seen) { *seen = co_await thrown_in(sleep_for(1h)); }

TEST(Spawn, runs_in_the_background_and_gives_its_result) {
  VirtualClock clock;
  const auto task = []() -> Task<int> {
    Spawned<int> background = spawn(give_after(2s, 7));
    EXPECT_FALSE(background.has_ended());
    co_await sleep_for(3s);
    EXPECT_TRUE(background.has_ended());
    co_return co_await std::move(background).join();
  };
  EXPECT_EQ(sync_wait(task(), {.clock = &clock}), 7);
  EXPECT_EQ(clock.steady_now(), 3s);
}

TEST(Spawn, join_waits_for_the_end) {
  VirtualClock clock;
  const auto task = []() -> Task<void> {
    Spawned<void> background = spawn(sleep_for(2s));
    co_await std::move(background).join();
  };
  sync_wait(task(), {.clock = &clock});
  EXPECT_EQ(clock.steady_now(), 2s);
}

TEST(Spawn, join_throws_what_the_task_threw) {
  const auto task = []() -> Task<void> { co_await spawn(test::throw_after(0s, "in the background")).join(); };
  EXPECT_EQ(thrown_by([&] { sync_wait(task()); }), "in the background");
}

TEST(Spawn, a_cancelled_task_ends_at_its_next_wait) {
  VirtualClock clock;
  const auto task = []() -> Task<std::string> {
    Spawned<void> background = spawn(sleep_for(1h));
    co_await sleep_for(1s);
    background.cancel();
    co_return co_await thrown_in(std::move(background).join());
  };
  EXPECT_EQ(sync_wait(task(), {.clock = &clock}), cancelled_sleep);
  EXPECT_EQ(clock.steady_now(), 1s);
}

TEST(Spawn, a_handle_that_is_destroyed_cancels_its_task) {
  VirtualClock clock;
  const auto seen = std::make_shared<std::string>();
  const auto task = [&]() -> Task<void> {
    {
      const Spawned<void> background = spawn(sleep_and_tell(seen));
      co_await sleep_for(1s);
    }
    co_await sleep_for(1s);
    EXPECT_EQ(*seen, cancelled_sleep);
  };
  sync_wait(task(), {.clock = &clock});
  EXPECT_EQ(clock.steady_now(), 2s);
}

TEST(Spawn, a_join_that_is_dropped_cancels_the_task) {
  VirtualClock clock;
  const auto seen = std::make_shared<std::string>();
  const auto task = [&]() -> Task<void> {
    Spawned<void> background = spawn(sleep_and_tell(seen));
    co_await sleep_for(1s);
    { const Task<void> dropped = std::move(background).join(); }
    co_await sleep_for(1s);
    EXPECT_EQ(*seen, cancelled_sleep);
  };
  sync_wait(task(), {.clock = &clock});
}

TEST(Spawn, a_detached_task_runs_on) {
  VirtualClock clock;
  std::atomic<bool> has_ended = false;
  const auto background = [&]() -> Task<void> {
    co_await sleep_for(2s);
    has_ended = true;
    throw std::runtime_error("nobody sees it");
  };
  const auto task = [&]() -> Task<void> {
    spawn(background()).detach();
    co_await sleep_for(1s);
    EXPECT_FALSE(has_ended);
    co_await sleep_for(2s);
    EXPECT_TRUE(has_ended);
  };
  sync_wait(task(), {.clock = &clock});
}

TEST(Spawn, is_cancelled_with_the_task_that_joins_it) {
  VirtualClock clock;
  const auto seen = std::make_shared<std::string>();
  const auto join = [&]() -> Task<void> { co_await spawn(sleep_and_tell(seen)).join(); };
  EXPECT_EQ(thrown_by([&] { sync_wait(when_all(join(), test::throw_after(1s, "beside")), {.clock = &clock}); }),
            "beside");
  EXPECT_EQ(*seen, cancelled_sleep);
  EXPECT_EQ(clock.steady_now(), 1s);
}

TEST(Spawn, refuses_to_begin_where_no_task_runs) {
  EXPECT_EQ(
      thrown_by([] { spawn(hop()).detach(); }),
      "invalid_argument: tasks can only be started by a task or on a named executor, and this thread runs no task");
}

TEST(Spawn, begins_on_a_named_executor_from_any_thread) {
  Executor executor({.threads = 2});
  std::promise<std::thread::id> where;
  const auto tell = [&]() -> Task<int> {
    where.set_value(std::this_thread::get_id());
    co_return 7;
  };
  Spawned<int> background = spawn(executor, tell());
  EXPECT_NE(where.get_future().get(), std::this_thread::get_id());
  EXPECT_EQ(sync_wait(executor, std::move(background).join()), 7);
}

TEST(Spawn, has_ended_when_its_executor_has) {
  auto executor = std::make_unique<Executor>();
  Spawned<void> background = spawn(*executor, sleep_for(1h));
  sync_wait(*executor, hop());
  EXPECT_FALSE(background.has_ended());
  executor.reset();
  EXPECT_TRUE(background.has_ended());
  background.cancel();
}

TEST(Spawn, leaves_nothing_behind_when_the_executor_ends_at_once) {
  const auto alive = std::make_shared<int>(1);
  const auto hold = [](std::shared_ptr<int>) -> Task<void> { co_await sleep_for(1h); };
  for (int i = 0; i < 100; ++i) {
    std::optional<Spawned<void>> background;
    {
      Executor executor({.threads = 2});
      background.emplace(spawn(executor, hold(alive)));
    }
    EXPECT_EQ(alive.use_count(), 1);
  }
}

}  // namespace
}  // namespace spark
