// The calls of TelemetryManager that block, and spans around tasks, in a form to await. Recording itself
// needs none of this: it never blocks.
//
// The functions copy what they are given before they return; the work begins when the task is awaited.
// Queries and flushes run on the pool of run_blocking. The manager must live until the task ends.
#pragma once

#include <chrono>
#include <exception>
#include <string>
#include <type_traits>
#include <utility>

#include "spark/async/task.h"
#include "spark/telemetry/manager.h"

namespace spark {

// As TelemetryManager::flush.
[[nodiscard]] Task<FlushResult> async_flush(TelemetryManager& manager, Seconds deadline = std::chrono::seconds(5));

// As TelemetryManager::query_traces and so on, by the type of the query. Give a named query: a temporary
// aggregate in an expression with co_await is destroyed twice by g++ 12, so it does not compile.
[[nodiscard]] Task<Page<Trace>> async_query(TelemetryManager& manager, const TraceQuery& query);
[[nodiscard]] Task<Page<Span>> async_query(TelemetryManager& manager, const SpanQuery& query);
[[nodiscard]] Task<Page<Event>> async_query(TelemetryManager& manager, const EventQuery& query);
[[nodiscard]] Task<Page<Metric>> async_query(TelemetryManager& manager, const MetricQuery& query);
[[nodiscard]] Task<Page<GraphDefinition>> async_query(TelemetryManager& manager, const GraphQuery& query);
Task<Page<Trace>> async_query(TelemetryManager& manager, TraceQuery&& query) = delete;
Task<Page<Span>> async_query(TelemetryManager& manager, SpanQuery&& query) = delete;
Task<Page<Event>> async_query(TelemetryManager& manager, EventQuery&& query) = delete;
Task<Page<Metric>> async_query(TelemetryManager& manager, MetricQuery&& query) = delete;
Task<Page<GraphDefinition>> async_query(TelemetryManager& manager, GraphQuery&& query) = delete;

// As TelemetryManager::aggregate_traces and so on, by the type of the query. Give both by name, as above.
[[nodiscard]] Task<Groups> async_aggregate(TelemetryManager& manager, const TraceQuery& query,
                                           const Aggregation& aggregation);
[[nodiscard]] Task<Groups> async_aggregate(TelemetryManager& manager, const SpanQuery& query,
                                           const Aggregation& aggregation);
[[nodiscard]] Task<Groups> async_aggregate(TelemetryManager& manager, const EventQuery& query,
                                           const Aggregation& aggregation);
[[nodiscard]] Task<Groups> async_aggregate(TelemetryManager& manager, const MetricQuery& query,
                                           const Aggregation& aggregation);
Task<Groups> async_aggregate(TelemetryManager& manager, TraceQuery&& query, Aggregation&& aggregation) = delete;
Task<Groups> async_aggregate(TelemetryManager& manager, TraceQuery&& query, const Aggregation& aggregation) = delete;
Task<Groups> async_aggregate(TelemetryManager& manager, const TraceQuery& query, Aggregation&& aggregation) = delete;
Task<Groups> async_aggregate(TelemetryManager& manager, SpanQuery&& query, Aggregation&& aggregation) = delete;
Task<Groups> async_aggregate(TelemetryManager& manager, SpanQuery&& query, const Aggregation& aggregation) = delete;
Task<Groups> async_aggregate(TelemetryManager& manager, const SpanQuery& query, Aggregation&& aggregation) = delete;
Task<Groups> async_aggregate(TelemetryManager& manager, EventQuery&& query, Aggregation&& aggregation) = delete;
Task<Groups> async_aggregate(TelemetryManager& manager, EventQuery&& query, const Aggregation& aggregation) = delete;
Task<Groups> async_aggregate(TelemetryManager& manager, const EventQuery& query, Aggregation&& aggregation) = delete;
Task<Groups> async_aggregate(TelemetryManager& manager, MetricQuery&& query, Aggregation&& aggregation) = delete;
Task<Groups> async_aggregate(TelemetryManager& manager, MetricQuery&& query, const Aggregation& aggregation) = delete;
Task<Groups> async_aggregate(TelemetryManager& manager, const MetricQuery& query, Aggregation&& aggregation) = delete;

// SpanOptions for a task's span. The attributes are owned: a named SpanOptions would borrow them from a braced list
// that is gone by the next statement.
struct TaskSpanOptions {
  SpanId parent_span_id = {};  // default: the current span if it is of this trace, else the trace's root span id
  SpanKind kind = SpanKind::INTERNAL;
  Object attributes = {};
  bool is_root = false;
};

namespace detail {

// What start_span borrows, owned, so that it can wait in a lazy coroutine.
class OwnedSpan {
 public:
  OwnedSpan(Text name, const TaskSpanOptions& options);

  [[nodiscard]] ActiveSpan start(TelemetryManager& manager) const noexcept;

 private:
  Text literal_;
  std::string name_;
  TaskSpanOptions options_;
};

template <class Function>
std::invoke_result_t<Function&, ActiveSpan&> run_in_span(TelemetryManager* manager, OwnedSpan owned,
                                                         Function function) {
  ActiveSpan span = owned.start(*manager);
  try {
    co_return co_await function(span);
  } catch (...) {
    span.record_exception(std::current_exception());
    throw;
  }
}

template <class T>
inline constexpr bool is_task = false;
template <class T>
inline constexpr bool is_task<Task<T>> = true;

}  // namespace detail

// What a function of a span gives; the span stays valid until that task ends.
template <class Function>
using SpanTask = std::invoke_result_t<std::decay_t<Function>&, ActiveSpan&>;
template <class Function>
concept SpanTaskFunction = detail::is_task<SpanTask<Function>>;

// Awaits function(span), on a copy of the function, inside a span that is current there; an exception is
// recorded in it and passes on. A lambda that captures by value must be a variable, and so must the options.
template <SpanTaskFunction Function>
[[nodiscard]] SpanTask<Function> in_span(TelemetryManager& manager, Text name, const TaskSpanOptions& options,
                                         Function&& function) {
  static_assert(detail::is_safe_to_await_with<Function>,
                "name this function in a variable: g++ 12 destroys such a temporary twice in an expression "
                "with co_await");
  return detail::run_in_span(&manager, detail::OwnedSpan(name, options),
                             std::decay_t<Function>(std::forward<Function>(function)));
}
template <SpanTaskFunction Function>
SpanTask<Function> in_span(TelemetryManager& manager, Text name, TaskSpanOptions&& options,
                           Function&& function) = delete;
template <SpanTaskFunction Function>
[[nodiscard]] SpanTask<Function> in_span(TelemetryManager& manager, Text name, Function&& function) {
  const TaskSpanOptions defaults;
  return in_span(manager, name, defaults, std::forward<Function>(function));
}

}  // namespace spark
