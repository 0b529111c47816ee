#include "spark/telemetry/sink.h"
#include "telemetry/aggregate_state.h"
#include "telemetry/query_rules.h"

namespace spark {
namespace {

// Large, since a store may have to look at every record to find the rows of a page.
constexpr std::size_t aggregate_page_size = 10'000;

template <class Query, class Run>
Groups aggregate_pages(const Query& query, const Aggregation& aggregation, const Run& run) {
  detail::check_aggregate(query);
  const detail::AggregatePlan plan(detail::kind_of(query), aggregation);
  // Without one of the query's, each page has the store's.
  const detail::TimeLimit limit(query.time_limit, Seconds::max());
  detail::AggregateState state(plan, aggregation);
  Query next = query;
  next.limit = aggregate_page_size;
  next.with_attributes = plan.reads_attributes();
  for (;;) {
    const auto page = run(next);
    for (const auto& record : page) state.add(record);
    limit.check();
    if (!page.truncated) return state.take(limit);
    next.cursor = page.cursor;
  }
}

}  // namespace

void Store::each_span(const SpanQuery& query, const std::function<bool(const Span&)>& visit) {
  constexpr std::size_t page_size = 1'000;
  detail::check_each(query);
  const std::optional<detail::TimeLimit> limit =
      query.time_limit ? std::optional(detail::TimeLimit(query.time_limit, {})) : std::nullopt;
  SpanQuery next = query;
  next.limit = page_size;
  for (;;) {
    const Page<Span> page = query_spans(next);
    for (const Span& span : page) {
      if (limit) limit->check();
      if (!visit(span)) return;
    }
    if (!page.truncated) return;
    next.cursor = page.cursor;
  }
}

Groups Store::aggregate_traces(const TraceQuery& query, const Aggregation& aggregation) {
  return aggregate_pages(query, aggregation, [this](const TraceQuery& page) { return query_traces(page); });
}
Groups Store::aggregate_spans(const SpanQuery& query, const Aggregation& aggregation) {
  return aggregate_pages(query, aggregation, [this](const SpanQuery& page) { return query_spans(page); });
}
Groups Store::aggregate_events(const EventQuery& query, const Aggregation& aggregation) {
  return aggregate_pages(query, aggregation, [this](const EventQuery& page) { return query_events(page); });
}
Groups Store::aggregate_metrics(const MetricQuery& query, const Aggregation& aggregation) {
  return aggregate_pages(query, aggregation, [this](const MetricQuery& page) { return query_metrics(page); });
}

}  // namespace spark
