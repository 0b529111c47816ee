#include "spark/async/recording.h"

#include "spark/async/blocking.h"

namespace spark {

namespace {

// Queries are aggregates: in a class with a constructor they are safe to pass to a coroutine.
template <class Query>
class Owned {
 public:
  explicit Owned(const Query& query) : query_(query) {}

  [[nodiscard]] const Query& get() const noexcept { return query_; }

 private:
  Query query_;
};

template <class Record, class Query>
Task<Page<Record>> query_on_pool(const TelemetryManager* manager,
                                 Page<Record> (TelemetryManager::*function)(const Query&) const, Owned<Query> query) {
  auto work = [&] { return (manager->*function)(query.get()); };
  auto task = run_blocking(std::move(work));
  co_return co_await std::move(task);
}

template <class Query>
Task<Groups> aggregate_on_pool(const TelemetryManager* manager,
                               Groups (TelemetryManager::*function)(const Query&, const Aggregation&) const,
                               Owned<Query> query, Owned<Aggregation> aggregation) {
  auto work = [&] { return (manager->*function)(query.get(), aggregation.get()); };
  auto task = run_blocking(std::move(work));
  co_return co_await std::move(task);
}

Task<FlushResult> flush_on_pool(TelemetryManager* manager, Seconds deadline) {
  auto work = [manager, deadline] { return manager->flush(deadline); };
  auto task = run_blocking(std::move(work));
  co_return co_await std::move(task);
}

}  // namespace

namespace detail {

OwnedSpan::OwnedSpan(Text name, const TaskSpanOptions& options)
    : literal_(name.is_literal() ? name : Text()),
      name_(name.is_literal() ? std::string() : std::string(name.view())),
      options_(options) {}

ActiveSpan OwnedSpan::start(TelemetryManager& manager) const noexcept {
  return manager.start_span(literal_.is_literal() ? literal_ : Text(name_), {.parent_span_id = options_.parent_span_id,
                                                                             .kind = options_.kind,
                                                                             .attributes = options_.attributes,
                                                                             .is_root = options_.is_root});
}

}  // namespace detail

Task<FlushResult> async_flush(TelemetryManager& manager, Seconds deadline) { return flush_on_pool(&manager, deadline); }

Task<Page<Trace>> async_query(TelemetryManager& manager, const TraceQuery& query) {
  return query_on_pool(&manager, &TelemetryManager::query_traces, Owned(query));
}
Task<Page<Span>> async_query(TelemetryManager& manager, const SpanQuery& query) {
  return query_on_pool(&manager, &TelemetryManager::query_spans, Owned(query));
}
Task<Page<Event>> async_query(TelemetryManager& manager, const EventQuery& query) {
  return query_on_pool(&manager, &TelemetryManager::query_events, Owned(query));
}
Task<Page<Metric>> async_query(TelemetryManager& manager, const MetricQuery& query) {
  return query_on_pool(&manager, &TelemetryManager::query_metrics, Owned(query));
}
Task<Page<GraphDefinition>> async_query(TelemetryManager& manager, const GraphQuery& query) {
  return query_on_pool(&manager, &TelemetryManager::query_graphs, Owned(query));
}

Task<Groups> async_aggregate(TelemetryManager& manager, const TraceQuery& query, const Aggregation& aggregation) {
  return aggregate_on_pool(&manager, &TelemetryManager::aggregate_traces, Owned(query), Owned(aggregation));
}
Task<Groups> async_aggregate(TelemetryManager& manager, const SpanQuery& query, const Aggregation& aggregation) {
  return aggregate_on_pool(&manager, &TelemetryManager::aggregate_spans, Owned(query), Owned(aggregation));
}
Task<Groups> async_aggregate(TelemetryManager& manager, const EventQuery& query, const Aggregation& aggregation) {
  return aggregate_on_pool(&manager, &TelemetryManager::aggregate_events, Owned(query), Owned(aggregation));
}
Task<Groups> async_aggregate(TelemetryManager& manager, const MetricQuery& query, const Aggregation& aggregation) {
  return aggregate_on_pool(&manager, &TelemetryManager::aggregate_metrics, Owned(query), Owned(aggregation));
}

}  // namespace spark
