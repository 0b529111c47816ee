#include "spark/async/sleep.h"

#include <gtest/gtest.h>

#include <chrono>
#include <cstdint>
#include <limits>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "async/executor_state.h"
#include "async/ignored.h"
#include "spark/async/blocking.h"
#include "spark/async/sync_wait.h"
#include "spark/base/random.h"

namespace spark {
namespace {

using namespace std::chrono_literals;
using test::Ignored;

// Starts tasks beside the one that is waited for.
void start(Executor& executor, Task<void> task) {
  executor.state().start_branch(std::move(task), TelemetryContext(), std::make_shared<Ignored>());
}

class Log {
 public:
  void add(const std::string& line) {
    const std::lock_guard lock(mutex_);
    lines_.push_back(line);
  }
  [[nodiscard]] std::vector<std::string> lines() {
    const std::lock_guard lock(mutex_);
    return lines_;
  }

 private:
  std::mutex mutex_;
  std::vector<std::string> lines_;
};

Task<void> sleep_and_log(std::string name, Seconds first, Seconds second, Log& log) {
  co_await sleep_for(first);
  log.add(name + " " + std::to_string(current_clock().steady_now() / 1ms));
  co_await sleep_for(second);
  log.add(name + " " + std::to_string(current_clock().steady_now() / 1ms));
}

TEST(VirtualTime, jumps_to_the_next_deadline_when_nothing_can_run) {
  for (const std::uint32_t threads : {0U, 1U, 4U}) {
    VirtualClock clock;
    const auto task = []() -> Task<void> {
      co_await sleep_for(24h);
      co_await sleep_until(25h);
      co_await sleep_until(1h);
    };
    sync_wait(task(), {.threads = threads, .clock = &clock});
    EXPECT_EQ(clock.steady_now(), 25h) << threads << " threads";
  }
}

TEST(VirtualTime, wakes_sleepers_in_the_order_of_their_deadlines) {
  VirtualClock clock;
  Executor executor({.clock = &clock});
  Log log;
  start(executor, sleep_and_log("a", 30ms, 40ms, log));
  start(executor, sleep_and_log("b", 10ms, 20ms, log));
  start(executor, sleep_and_log("c", 20ms, 30ms, log));
  sync_wait(executor, sleep_for(1s));
  EXPECT_EQ(log.lines(), (std::vector<std::string>{"b 10", "c 20", "a 30", "b 30", "c 50", "a 70"}));
  EXPECT_EQ(clock.steady_now(), 1s);
}

TEST(VirtualTime, does_not_suspend_for_what_has_passed) {
  VirtualClock clock;
  const auto task = []() -> Task<void> {
    co_await sleep_for(0s);
    co_await sleep_for(-5s);
    co_await sleep_for(Seconds(std::numeric_limits<double>::quiet_NaN()));
  };
  sync_wait(task(), {.clock = &clock});
  EXPECT_EQ(clock.steady_now(), 0s);
}

TEST(VirtualTime, limits_a_sleep_to_a_hundred_years) {
  VirtualClock clock;
  sync_wait(sleep_for(Seconds(std::numeric_limits<double>::infinity())), {.clock = &clock});
  EXPECT_EQ(clock.steady_now(), std::chrono::years(100));
}

TEST(VirtualTime, waits_for_blocking_work_before_it_jumps) {
  VirtualClock clock;
  Executor executor({.clock = &clock});
  std::chrono::nanoseconds when = -1s;
  const auto work = [&]() -> Task<void> {
    auto nothing = [] { return 1; };
    auto task = run_blocking(std::move(nothing));
    co_await std::move(task);
    when = current_clock().steady_now();
  };
  start(executor, work());
  sync_wait(executor, sleep_for(1h));
  EXPECT_EQ(when, 0s);
  EXPECT_EQ(clock.steady_now(), 1h);
}

TEST(VirtualTime, has_the_same_end_for_many_sleepers_on_any_number_of_threads) {
  const std::uint64_t seed = operating_system_random();
  SCOPED_TRACE("seed " + std::to_string(seed));
  for (const std::uint32_t threads : {0U, 1U, 3U}) {
    VirtualClock clock;
    Executor executor({.threads = threads, .clock = &clock});
    Random random(seed);
    std::atomic<std::int64_t> woken = 0;
    const auto sleeper = [&woken](std::vector<std::int64_t> lengths) -> Task<void> {
      std::chrono::nanoseconds expected = current_clock().steady_now();
      for (const std::int64_t length : lengths) {
        co_await sleep_for(std::chrono::milliseconds(length));
        expected += std::chrono::milliseconds(length);
        if (current_clock().steady_now() == expected) ++woken;
      }
    };
    // Begun in a task, so that time stands still until all of them have been.
    const auto all = [&]() -> Task<void> {
      for (int i = 0; i < 50; ++i) {
        std::vector<std::int64_t> lengths;
        for (int k = 0; k < 100; ++k) lengths.push_back(1 + static_cast<std::int64_t>(random.next() % 20));
        start(executor, sleeper(std::move(lengths)));
      }
      co_await sleep_for(10s);
    };
    sync_wait(executor, all());
    EXPECT_EQ(woken.load(), 5000) << threads << " threads";
    EXPECT_EQ(clock.steady_now(), 10s) << threads << " threads";
  }
}

// Three times a hundred years are more nanoseconds than a clock has.
TEST(VirtualTime, ends_at_the_clocks_end) {
  VirtualClock clock;
  const auto sleeper = []() -> Task<void> {
    for (int i = 0; i < 3; ++i) co_await sleep_for(Seconds(1e300));
  };
  sync_wait(sleeper(), {.clock = &clock});
  EXPECT_EQ(clock.steady_now(), std::chrono::nanoseconds::max());
}

TEST(SystemTime, passes_while_a_task_sleeps) {
  const auto begin = system_clock().steady_now();
  sync_wait(sleep_for(2ms));
  EXPECT_GE(system_clock().steady_now() - begin, 2ms);
}

TEST(CurrentClock, is_the_systems_outside_of_tasks_and_the_executors_inside) {
  VirtualClock clock;
  const auto task = []() -> Task<const Clock*> { co_return &current_clock(); };
  EXPECT_EQ(&current_clock(), &system_clock());
  EXPECT_EQ(sync_wait(task(), {.clock = &clock}), &clock);
}

}  // namespace
}  // namespace spark
