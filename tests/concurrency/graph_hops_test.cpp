// The nodes of a graph hop from thread to thread side by side: the current span is always the node's own, in branches
// that succeed, fail, time out and are cancelled, and no thread keeps one.
#include <gtest/gtest.h>

#include <atomic>
#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <stdexcept>
#include <string>
#include <vector>

#include "spark/async/blocking.h"
#include "spark/async/sleep.h"
#include "spark/async/sync_wait.h"
#include "spark/base/error.h"
#include "spark/graph/graph.h"
#include "spark/telemetry/context.h"

namespace spark {
namespace {

using namespace std::chrono_literals;

constexpr int hops_of_a_node = 60, parallel_nodes = 10, runs = 10;

// Whether the current span is the node's, or the one that it began inside of it.
class NodeWatch {
 public:
  void look(SpanId expected) {
    ++looks_;
    if (TelemetryContext::current().span_id() != expected) ++wrong_;
  }
  [[nodiscard]] int looks() const { return looks_; }
  [[nodiscard]] int wrong() const { return wrong_; }

 private:
  std::atomic<int> looks_{0}, wrong_{0};
};

enum class End { well, by_exception, by_timeout };

NodePtr hopping(NodeWatch& watch, End end) {
  const auto node = function_node("Hop", [&watch, end](ExecutionContext& context) -> Task<Outputs> {
    watch.look(context.span_id());
    for (int i = 0; i < hops_of_a_node; ++i) {
      {
        const ActiveSpan inner = context.start_span("inner");
        co_await boost::asio::post(boost::asio::use_awaitable);
        watch.look(inner.span_id());
      }
      watch.look(context.span_id());
    }
    const auto blocking = [&] { watch.look(context.span_id()); };
    co_await run_blocking(blocking);
    watch.look(context.span_id());
    if (end == End::by_exception) throw std::runtime_error("fails");
    if (end == End::by_timeout) {
      try {
        co_await sleep_for(1h);
      } catch (const Error&) {
        watch.look(context.span_id());
        throw;
      }
    }
    co_return Outputs{};
  });
  if (end == End::by_timeout) node->set_policy({.timeout = 100ms});
  return node;
}

TEST(GraphHops, the_current_span_is_the_node_s_own_and_no_thread_keeps_it) {
  TelemetryManager manager(TelemetryConfig::create_memory());
  for (const std::uint32_t threads : {1U, 2U, 4U}) {
    Executor executor({.threads = threads});
    NodeWatch watch;
    for (int run = 0; run < runs; ++run) {
      const NodePtr start = hopping(watch, End::well), join = hopping(watch, End::well);
      for (int i = 0; i < parallel_nodes; ++i) {
        const End end = i == 0 ? End::by_exception : i == 1 ? End::by_timeout : End::well;
        const NodePtr branch = hopping(watch, end);
        start >> branch >> join;
        // Both failures are taken, so that the run goes on behind them.
        branch->on_error() >> join;
      }
      join->set_join({.inputs = JoinInputs::by_source});
      const Graph graph({.start = start, .telemetry = &manager});
      sync_wait(executor, graph.run());
      EXPECT_FALSE(TelemetryContext::current().span_id().is_valid());
    }
    const auto seen_after = [] {
      return [](Task<void> hop) -> Task<bool> {
        co_await std::move(hop);
        co_return TelemetryContext::current().span_id().is_valid();
      };
    }();
    for (std::uint32_t i = 0; i < 4 * threads; ++i) {
      EXPECT_FALSE(sync_wait(executor, seen_after(boost::asio::post(boost::asio::use_awaitable)))) << "left behind";
    }
    EXPECT_GT(watch.looks(), 5'000) << threads << " threads";
    EXPECT_EQ(watch.wrong(), 0) << threads << " threads";
  }
}

TEST(GraphHops, branches_that_are_cancelled_restore_the_context_of_the_run_around_them) {
  TelemetryManager manager(TelemetryConfig::create_memory());
  for (const std::uint32_t threads : {1U, 2U, 4U}) {
    Executor executor({.threads = threads});
    NodeWatch watch;
    std::atomic<int> cancelled{0};
    for (int run = 0; run < runs; ++run) {
      const NodePtr start = hopping(watch, End::well);
      for (int i = 0; i < parallel_nodes; ++i) {
        start >> function_node("Waits", [&](ExecutionContext& context) -> Task<Outputs> {
          const ActiveSpan inner = context.start_span("inner");
          bool is_over = false;
          try {
            co_await sleep_for(1h);
          } catch (const Error&) {
            is_over = true;
          }
          watch.look(inner.span_id());
          if (is_over) ++cancelled;
          throw Error(ErrorCode::cancelled, "as it was asked to");
        });
      }
      start >> function_node("Fails", [](ExecutionContext&) -> Task<Outputs> {
        co_await sleep_for(1ms);
        throw std::runtime_error("fails");
      });
      const Graph graph({.start = start, .telemetry = &manager});
      const auto around = [&]() -> Task<void> {
        const ActiveSpan outer = manager.start_span("outer");
        bool has_failed = false;
        try {
          co_await graph.run();
        } catch (const std::runtime_error&) {
          has_failed = true;
        }
        EXPECT_TRUE(has_failed);
        watch.look(outer.span_id());
      };
      sync_wait(executor, around());
    }
    EXPECT_EQ(watch.wrong(), 0) << threads << " threads";
    EXPECT_GT(cancelled, runs) << threads << " threads";
  }
}

}  // namespace
}  // namespace spark
