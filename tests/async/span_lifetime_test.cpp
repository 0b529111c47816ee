// Spans in coroutines: current where they should be, and ended as what happened to the coroutine.
#include <gtest/gtest.h>

#include <boost/asio/async_result.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <future>
#include <memory>
#include <stdexcept>
#include <thread>

#include "async/executor_state.h"
#include "async/ignored.h"
#include "fakes/tasks.h"
#include "spark/async/sleep.h"
#include "spark/async/sync_wait.h"
#include "spark/telemetry/manager.h"

namespace spark {
namespace {

using namespace std::chrono_literals;
using test::hop;
using test::Ignored;

class SpanLifetime : public testing::Test {
 protected:
  [[nodiscard]] Span only_span() {
    manager_.flush();
    const Page<Span> spans = manager_.query_spans();
    EXPECT_EQ(spans.size(), 1U);
    return spans.empty() ? Span() : spans[0];
  }

  [[nodiscard]] Task<void> sleep_in_span() {
    const ActiveSpan span = manager_.start_span("sleeping");
    co_await sleep_for(1h);
  }

  TelemetryManager manager_{TelemetryConfig::create_memory()};
};

TEST_F(SpanLifetime, a_span_is_current_in_its_task_and_not_outside) {
  const auto task = [&]() -> Task<bool> {
    const ActiveSpan span = manager_.start_span("inside");
    co_await hop();
    co_return TelemetryContext::current().span_id() == span.span_id();
  };
  EXPECT_TRUE(sync_wait(task()));
  EXPECT_FALSE(TelemetryContext::current().trace_id().is_valid());
  EXPECT_EQ(only_span().status, SpanStatus::completed);
}

TEST_F(SpanLifetime, a_task_inherits_the_callers_span) {
  const ActiveSpan outer = manager_.start_span("outer");
  const auto task = [&]() -> Task<void> {
    const ActiveSpan inner = manager_.start_span("inner");
    co_await hop();
  };
  sync_wait(task());
  EXPECT_EQ(TelemetryContext::current().span_id(), outer.span_id());
  EXPECT_EQ(only_span().parent_span_id, outer.span_id());
}

TEST_F(SpanLifetime, a_span_is_cancelled_when_its_executor_ends_while_it_waits) {
  for (const std::uint32_t threads : {0U, 2U}) {
    TelemetryManager manager(TelemetryConfig::create_memory());
    std::promise<void> has_begun;
    const auto sleep_in_span = [&]() -> Task<void> {
      const ActiveSpan span = manager.start_span("sleeping");
      has_begun.set_value();
      co_await sleep_for(1h);
    };
    {
      Executor executor({.threads = threads});
      executor.state().start_branch(sleep_in_span(), TelemetryContext(), std::make_shared<Ignored>());
      // Without threads, this runs what was started first, first.
      sync_wait(executor, hop());
      has_begun.get_future().wait();
    }
    manager.flush();
    const Page<Span> spans = manager.query_spans();
    ASSERT_EQ(spans.size(), 1U) << threads << " threads";
    EXPECT_EQ(spans[0].status, SpanStatus::cancelled) << threads << " threads";
  }
}

TEST_F(SpanLifetime, a_span_is_cancelled_when_an_operation_drops_its_task) {
  const auto task = [&]() -> Task<void> {
    const ActiveSpan span = manager_.start_span("waiting");
    co_await boost::asio::async_initiate<const boost::asio::use_awaitable_t<>, void()>([](auto) {},
                                                                                       boost::asio::use_awaitable);
  };
  EXPECT_THROW(sync_wait(task()), Error);
  EXPECT_EQ(only_span().status, SpanStatus::cancelled);
}

TEST_F(SpanLifetime, a_task_left_behind_by_sync_wait_is_destroyed_and_its_span_cancelled) {
  const auto leave_behind = [&]() -> Task<void> {
    detail::ExecutorState::current()->start_branch(sleep_in_span(), TelemetryContext(), std::make_shared<Ignored>());
    co_await hop();
    co_await hop();
  };
  sync_wait(leave_behind());
  EXPECT_EQ(only_span().status, SpanStatus::cancelled);
}

TEST_F(SpanLifetime, a_span_fails_when_an_exception_leaves_it_on_another_thread_than_it_began_on) {
  Executor executor({.threads = 2});
  const auto task = [&]() -> Task<void> {
    const ActiveSpan span = manager_.start_span("hopping");
    const std::thread::id begin = std::this_thread::get_id();
    while (std::this_thread::get_id() == begin) co_await hop();
    throw std::runtime_error("after the hop");
  };
  EXPECT_THROW(sync_wait(executor, task()), std::runtime_error);
  EXPECT_EQ(only_span().status, SpanStatus::failed);
}

TEST_F(SpanLifetime, a_span_completes_on_another_thread_than_it_began_on) {
  Executor executor({.threads = 2});
  const auto task = [&]() -> Task<void> {
    const ActiveSpan span = manager_.start_span("hopping");
    const std::thread::id begin = std::this_thread::get_id();
    while (std::this_thread::get_id() == begin) co_await hop();
  };
  sync_wait(executor, task());
  EXPECT_EQ(only_span().status, SpanStatus::completed);
}

}  // namespace
}  // namespace spark
