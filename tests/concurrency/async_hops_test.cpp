// The context follows its coroutine through pools of threads, and nobody else's.
#include <gtest/gtest.h>

#include <atomic>
#include <cstdint>
#include <string>
#include <thread>
#include <vector>

#include "fakes/tasks.h"
#include "spark/async/blocking.h"
#include "spark/async/sleep.h"
#include "spark/async/sync_wait.h"
#include "spark/telemetry/detail/ended_spans.h"
#include "spark/telemetry/manager.h"

namespace spark {
namespace {

using namespace std::chrono_literals;
using test::hop;

constexpr int hops = 5000;
constexpr int chains = 4;

// Runs task(index) `chains` times at once.
template <class MakeTask>
void run_at_once(Executor& executor, MakeTask make_task) {
  std::vector<std::thread> waiting;
  for (int i = 0; i < chains; ++i)
    waiting.emplace_back([&executor, &make_task, i] { sync_wait(executor, make_task(i)); });
  for (std::thread& thread : waiting) thread.join();
}

TEST(AsyncHops, the_context_slot_is_the_chains_own_after_every_hop) {
  for (const std::uint32_t threads : {1U, 2U, 4U}) {
    Executor executor({.threads = threads});
    std::atomic<int> wrong = 0;
    const auto task = [&wrong](int) -> Task<void> {
      const std::uint32_t chain = context_slot().chain;
      for (int i = 0; i < hops / chains; ++i) {
        const std::uint64_t mark = (std::uint64_t{chain} << 32) + static_cast<std::uint64_t>(i);
        context_slot().words[0] = mark;
        co_await hop();
        if (context_slot().words[0] != mark || context_slot().chain != chain) ++wrong;
      }
      context_slot().words[0] = 0;
    };
    run_at_once(executor, task);
    EXPECT_EQ(wrong.load(), 0) << threads << " threads";
  }
}

TEST(AsyncHops, the_current_span_is_the_tasks_own_after_every_hop) {
  TelemetryManager manager(TelemetryConfig::create_memory());
  for (const std::uint32_t threads : {1U, 2U, 4U}) {
    Executor executor({.threads = threads});
    std::atomic<int> wrong = 0;
    const auto task = [&](int) -> Task<void> {
      const ActiveSpan outer = manager.start_span("outer");
      for (int i = 0; i < hops / chains / 2; ++i) {
        const ActiveSpan inner = manager.start_span("inner");
        co_await hop();
        if (TelemetryContext::current().span_id() != inner.span_id()) ++wrong;
        if (TelemetryContext::current().trace_id() != outer.trace_id()) ++wrong;
      }
      if (TelemetryContext::current().span_id() != outer.span_id()) ++wrong;
      co_await hop();
    };
    run_at_once(executor, task);
    EXPECT_EQ(wrong.load(), 0) << threads << " threads";
  }
  EXPECT_TRUE(manager.flush().complete());
  EXPECT_EQ(manager.stats()[RecordKind::span].recorded, 3U * chains * (hops / chains / 2 + 1));
}

TEST(AsyncHops, the_context_follows_through_blocking_work) {
  TelemetryManager manager(TelemetryConfig::create_memory());
  Executor executor({.threads = 2});
  std::atomic<int> wrong = 0;
  const auto task = [&](int) -> Task<void> {
    const ActiveSpan span = manager.start_span("blocking");
    for (int i = 0; i < 100; ++i) {
      auto current = [] { return TelemetryContext::current().span_id(); };
      auto work = run_blocking(current);
      const SpanId there = co_await std::move(work);
      if (there != span.span_id() || TelemetryContext::current().span_id() != span.span_id()) ++wrong;
    }
  };
  run_at_once(executor, task);
  EXPECT_EQ(wrong.load(), 0);
}

TEST(AsyncHops, sleepers_on_a_pool_keep_their_context_in_virtual_time) {
  TelemetryManager manager(TelemetryConfig::create_memory());
  VirtualClock clock;
  Executor executor({.threads = 3, .clock = &clock});
  std::atomic<int> wrong = 0;
  const auto task = [&](int index) -> Task<void> {
    const ActiveSpan span = manager.start_span("sleeping");
    for (int i = 0; i < 500; ++i) {
      co_await sleep_for(std::chrono::milliseconds(1 + (i * (index + 3)) % 7));
      if (TelemetryContext::current().span_id() != span.span_id()) ++wrong;
    }
  };
  run_at_once(executor, task);
  EXPECT_EQ(wrong.load(), 0);
  EXPECT_GT(clock.steady_now(), 500ms);
}

// The first ends while the second is current, and the second ends on whichever thread the task is resumed.
Task<void> end_out_of_order(TelemetryManager& manager, std::atomic<int>& left_current) {
  for (int i = 0; i < hops / chains; ++i) {
    ActiveSpan first = manager.start_span("first");
    ActiveSpan second = manager.start_span("second");
    first.end();
    co_await hop();
    second.end();
    if (TelemetryContext::current().trace_id().is_valid()) ++left_current;
  }
}

TEST(AsyncHops, spans_that_end_out_of_order_leave_nothing_current_on_any_thread) {
  TelemetryManager manager(TelemetryConfig::create_memory());
  Executor pool({.threads = 4});
  std::atomic<int> left_current{0};
  run_at_once(pool, [&](int) { return end_out_of_order(manager, left_current); });
  EXPECT_EQ(left_current, 0);
  EXPECT_EQ(detail::ended_spans_of_chains.load(), 0U);
}

}  // namespace
}  // namespace spark
