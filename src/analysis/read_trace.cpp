#include "analysis/read_trace.h"

#include <algorithm>
#include <utility>

namespace spark::analysis::detail {

TraceQuery query_of(const TraceFilter& filter) {
  TraceQuery query{.name = filter.name, .start_time = filter.start_time, .with_attributes = false};
  if (filter.graph_id) query.attributes.push_back(attribute("graph_id") == Value(*filter.graph_id));
  if (filter.graph_version) query.attributes.push_back(attribute("graph_version") == Value(*filter.graph_version));
  return query;
}

bool each_trace(Store& store, const TraceFilter& filter, std::size_t most,
                const std::function<void(const Trace&)>& visit) {
  TraceQuery query = query_of(filter);
  for (std::size_t left = most;;) {
    query.limit = std::min(left, default_query_limit);
    Page<Trace> page = store.query_traces(query);
    for (const Trace& trace : page) visit(trace);
    left -= page.size();
    if (!page.truncated || left == 0) return page.truncated;
    query.cursor = std::move(page.cursor);
  }
}

TraceSpans read_trace(Store& store, TraceId trace_id, std::size_t most, bool with_attributes) {
  SpanQuery query{
      .limit = most, .trace_id = trace_id, .order = Order::oldest_first, .with_attributes = with_attributes};
  Page<Span> page = store.query_spans(query);
  TraceSpans result{std::move(page.rows), 0};
  if (page.truncated) {
    const SpanQuery all{.trace_id = trace_id};
    const std::uint64_t spans = store.aggregate_spans(all, {}).front().count;
    result.left_out = spans > result.spans.size() ? spans - result.spans.size() : 0;
  }
  return result;
}

}  // namespace spark::analysis::detail
