// Branches on pools of threads: each has its own current span, whatever happens to it, and cancelling from any thread
// races with nothing.
#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <cstdint>
#include <memory>
#include <stdexcept>
#include <stop_token>
#include <string>
#include <thread>
#include <vector>

#include "fakes/tasks.h"
#include "spark/async/blocking.h"
#include "spark/async/cancellation.h"
#include "spark/async/executor.h"
#include "spark/async/spawn.h"
#include "spark/async/task_group.h"
#include "spark/async/when_all.h"
#include "spark/async/when_any.h"
#include "spark/async/with_stop_token.h"
#include "spark/async/with_timeout.h"
#include "spark/telemetry/manager.h"

namespace spark {
namespace {

using namespace std::chrono_literals;
using test::hop;
using test::thrown_in;

constexpr int branches = 4;
constexpr int hops_each = 25;

// Counts the suspensions after which the current span was looked at, and those after which it was the wrong one.
class Watch {
 public:
  void expect_current(SpanId expected) noexcept {
    ++looked_;
    if (TelemetryContext::current().span_id() != expected) ++wrong_;
  }
  [[nodiscard]] int looked() const noexcept { return looked_; }
  [[nodiscard]] int wrong() const noexcept { return wrong_; }

 private:
  std::atomic<int> looked_ = 0;
  std::atomic<int> wrong_ = 0;
};

class AsyncBranches : public testing::TestWithParam<std::uint32_t> {
 protected:
  // Ends with a hop after which the thread that ran the task runs this: it must have been left clean.
  void run(Task<void> task) {
    Executor executor({.threads = GetParam(), .clock = &clock_});
    sync_wait(executor, std::move(task));
    sync_wait(executor, expect_clean());
    EXPECT_FALSE(TelemetryContext::current().trace_id().is_valid());
    EXPECT_EQ(watch_.wrong(), 0) << "of " << watch_.looked();
    EXPECT_GE(watch_.looked(), 2000);
  }

  Task<void> expect_clean() {
    std::vector<Task<void>> tasks;
    const auto look = [this]() -> Task<void> {
      watch_.expect_current(SpanId());
      co_await hop();
      watch_.expect_current(SpanId());
    };
    for (int i = 0; i < 16; ++i) tasks.push_back(look());
    co_await when_all(std::move(tasks));
  }

  // Hops in a span of its own, with a shorter one around each hop.
  Task<int> work(SpanId inherited, int give) {
    watch_.expect_current(inherited);
    const ActiveSpan own = manager_.start_span("branch");
    for (int i = 0; i < hops_each; ++i) {
      const ActiveSpan inner = manager_.start_span("inner");
      co_await hop();
      watch_.expect_current(inner.span_id());
    }
    watch_.expect_current(own.span_id());
    co_return give;
  }
  // As work, and sleeps in the end until it is cancelled.
  Task<int> work_and_sleep(SpanId inherited) {
    co_await work(inherited, 0);
    const ActiveSpan own = manager_.start_span("asleep");
    const std::string thrown = co_await thrown_in(sleep_for(1h));
    watch_.expect_current(own.span_id());
    throw_if_cancelled();
    throw std::logic_error("slept for an hour: " + thrown);
  }
  Task<int> work_and_throw(SpanId inherited) {
    watch_.expect_current(inherited);
    const ActiveSpan left_by_an_exception = manager_.start_span("throwing");
    co_await work(left_by_an_exception.span_id(), 0);
    watch_.expect_current(left_by_an_exception.span_id());
    throw std::runtime_error("thrown");
  }

  // Spans that other tests of this process have begun on this thread and ended on another are still current here.
  ContextScope nothing_current_{TelemetryContext()};
  VirtualClock clock_;
  Watch watch_;
  TelemetryManager manager_{TelemetryConfig::create_memory()};
};

TEST_P(AsyncBranches, of_when_all_have_their_own_current_span) {
  const auto task = [&]() -> Task<void> {
    const ActiveSpan parent = manager_.start_span("parent");
    for (int round = 0; round < 25; ++round) {
      std::vector<Task<int>> tasks;
      for (int i = 0; i < branches; ++i) tasks.push_back(work(parent.span_id(), i));
      const std::vector<int> results = co_await when_all(std::move(tasks));
      EXPECT_EQ(results, (std::vector{0, 1, 2, 3}));
      watch_.expect_current(parent.span_id());
    }
  };
  run(task());
}

TEST_P(AsyncBranches, of_when_all_restore_the_span_when_one_throws) {
  const auto task = [&]() -> Task<void> {
    const ActiveSpan parent = manager_.start_span("parent");
    for (int round = 0; round < 40; ++round) {
      auto all = when_all(work_and_sleep(parent.span_id()), work_and_throw(parent.span_id()));
      EXPECT_EQ(co_await thrown_in(std::move(all)), "thrown");
      watch_.expect_current(parent.span_id());
    }
  };
  run(task());
}

TEST_P(AsyncBranches, of_when_any_restore_the_span_when_the_others_are_cancelled) {
  const auto task = [&]() -> Task<void> {
    const ActiveSpan parent = manager_.start_span("parent");
    for (int round = 0; round < 40; ++round) {
      auto any =
          when_any(work_and_sleep(parent.span_id()), work(parent.span_id(), 7), work_and_throw(parent.span_id()));
      const auto winner = co_await std::move(any);
      EXPECT_EQ(winner.value(), 7);
      watch_.expect_current(parent.span_id());
    }
  };
  run(task());
}

TEST_P(AsyncBranches, that_were_spawned_have_their_own_current_span) {
  const auto task = [&]() -> Task<void> {
    const ActiveSpan parent = manager_.start_span("parent");
    for (int round = 0; round < 40; ++round) {
      Spawned<int> first = spawn(work(parent.span_id(), 1));
      Spawned<int> second = spawn(work_and_sleep(parent.span_id()));
      co_await work(parent.span_id(), 0);
      watch_.expect_current(parent.span_id());
      EXPECT_EQ(co_await std::move(first).join(), 1);
      second.cancel();
      EXPECT_NE(co_await thrown_in(std::move(second).join()), "nothing");
      watch_.expect_current(parent.span_id());
    }
  };
  run(task());
}

TEST_P(AsyncBranches, that_time_out_restore_the_span) {
  const auto task = [&]() -> Task<void> {
    const ActiveSpan parent = manager_.start_span("parent");
    for (int round = 0; round < 50; ++round) {
      EXPECT_EQ(co_await with_timeout(work(parent.span_id(), 7), 1s), 7);
      watch_.expect_current(parent.span_id());
      auto late = with_timeout(work_and_sleep(parent.span_id()), 1s);
      EXPECT_EQ(co_await thrown_in(std::move(late)), "timeout: the task did not end within 1 s");
      watch_.expect_current(parent.span_id());
    }
  };
  run(task());
}

TEST_P(AsyncBranches, that_are_nested_and_block_have_their_own_current_span) {
  const auto task = [&]() -> Task<void> {
    const ActiveSpan parent = manager_.start_span("parent");
    const auto nested = [&]() -> Task<void> {
      const ActiveSpan span = manager_.start_span("nested");
      for (int round = 0; round < 10; ++round) {
        auto look = [&] { watch_.expect_current(span.span_id()); };
        auto blocking = run_blocking(look);
        co_await when_all(work(span.span_id(), 0), std::move(blocking), work(span.span_id(), 1));
        watch_.expect_current(span.span_id());
      }
    };
    co_await when_all(nested(), nested(), nested(), nested());
    watch_.expect_current(parent.span_id());
  };
  run(task());
}

INSTANTIATE_TEST_SUITE_P(threads, AsyncBranches, testing::Values(1U, 2U, 4U));

class AsyncCancellation : public testing::TestWithParam<std::uint32_t> {};

// A thread that requests the stop of one source after the other, as soon as it is told, or a little later.
class Requester {
 public:
  ~Requester() {
    current_ = &end_;
    thread_.join();
  }
  void request(std::stop_source& source, int delay) {
    delay_ = delay;
    current_ = &source;
  }
  void wait() const {
    while (current_ != nullptr) std::this_thread::yield();
  }

 private:
  void run() {
    for (;;) {
      std::stop_source* const source = current_;
      if (source == &end_) return;
      if (source == nullptr) {
        std::this_thread::yield();
        continue;
      }
      for (int i = delay_; i > 0; --i) std::atomic_signal_fence(std::memory_order_seq_cst);
      source->request_stop();
      current_ = nullptr;
    }
  }

  std::stop_source end_;
  std::atomic<int> delay_ = 0;
  std::atomic<std::stop_source*> current_ = nullptr;
  std::thread thread_{[this] { run(); }};
};

TEST_P(AsyncCancellation, may_be_requested_by_another_thread_at_any_moment) {
  Executor executor({.threads = GetParam()});
  Requester requester;
  std::atomic<int> cancelled = 0;
  constexpr int rounds = 3000;
  const auto nap = []() -> Task<void> {
    for (int i = 0; i < 3; ++i) co_await hop();
    co_await sleep_for(1h);
  };
  const auto hop_often = []() -> Task<void> {
    for (int i = 0; i < 20; ++i) co_await hop();
  };
  for (int round = 0; round < rounds; ++round) {
    std::stop_source stop;
    const auto task = [&]() -> Task<void> {
      requester.request(stop, (round * 37) % 4000);
      // Every other one ends by itself, before the request or after it.
      auto limited = with_stop_token(round % 2 == 0 ? nap() : hop_often(), stop.get_token());
      const std::string thrown = co_await thrown_in(std::move(limited));
      if (thrown.starts_with("cancelled")) {
        ++cancelled;
      } else {
        EXPECT_EQ(thrown, "nothing");
      }
    };
    sync_wait(executor, task());
    requester.wait();
  }
  EXPECT_GE(cancelled, rounds / 2);
}

TEST_P(AsyncCancellation, may_be_requested_by_tasks_of_the_group_while_others_are_spawned) {
  Executor executor({.threads = GetParam()});
  std::atomic<int> ended = 0;
  const auto task = [&]() -> Task<void> {
    for (int round = 0; round < 200; ++round) {
      TaskGroup group;
      const auto child = [&group, &ended](int number) -> Task<void> {
        for (int i = 0; i < number % 4; ++i) co_await hop();
        if (number == 30) group.cancel();
        const auto grandchild = [&ended]() -> Task<void> {
          co_await thrown_in(sleep_for(1h));
          ++ended;
        };
        if (number % 2 == 0) group.spawn(grandchild);
        co_await thrown_in(sleep_for(1h));
        ++ended;
      };
      for (int number = 0; number < 40; ++number) {
        group.spawn([child, number] { return child(number); });
        if (number % 8 == 0) co_await hop();
      }
      static_cast<void>(co_await thrown_in(group.join()));
      EXPECT_EQ(group.running(), 0U);
    }
  };
  sync_wait(executor, task());
  EXPECT_GT(ended, 0);
}

TEST_P(AsyncCancellation, races_with_the_end_of_blocking_work_and_of_sleeps) {
  VirtualClock clock;
  Executor executor({.threads = GetParam(), .clock = &clock});
  const auto task = [&]() -> Task<void> {
    for (int round = 0; round < 300; ++round) {
      auto compute = [] { return 7; };
      auto blocking = run_blocking(compute);
      const auto winner = co_await when_any(std::move(blocking), test::give_after(1ms, 7), test::give_after(1ms, 7),
                                            test::give_after(1h, 7));
      EXPECT_EQ(winner.value(), 7);
    }
  };
  sync_wait(executor, task());
  EXPECT_LE(clock.steady_now(), 300ms);
}

TEST_P(AsyncCancellation, by_a_handle_may_race_with_the_end_of_the_executor) {
  const auto alive = std::make_shared<int>(1);
  const auto hold = [](std::shared_ptr<int>) -> Task<void> {
    co_await hop();
    co_await sleep_for(1h);
  };
  for (int round = 0; round < 200; ++round) {
    auto executor = std::make_unique<Executor>(ExecutorOptions{.threads = GetParam()});
    Spawned<void> background = spawn(*executor, hold(alive));
    std::thread cancelling([&] { background.cancel(); });
    executor.reset();
    cancelling.join();
    EXPECT_TRUE(background.has_ended());
    EXPECT_EQ(alive.use_count(), 1);
  }
}

INSTANTIATE_TEST_SUITE_P(threads, AsyncCancellation, testing::Values(1U, 2U, 4U));

}  // namespace
}  // namespace spark
