#include "apps/sparktel/sources/joined_stores.h"

#include <algorithm>
#include <iterator>
#include <unordered_set>
#include <utility>

#include "apps/sparktel/sources/open.h"

namespace spark::sparktel {

namespace {

// Two records of one trace as one, by the rules that a store has for them.
Trace joined(Trace a, Trace b) {
  if (a.partial != b.partial) return a.partial ? b : a;
  if (!a.partial) return !a.end_time && b.end_time ? b : a;
  const bool is_earlier = std::pair(b.start_time, b.root_span_id) < std::pair(a.start_time, a.root_span_id);
  Trace& first = is_earlier ? b : a;
  const Trace& second = is_earlier ? a : b;
  first.end_time = std::max(first.end_time, second.end_time);
  return std::move(first);
}

// What has no id is no copy of anything.
template <class Id>
bool is_first(std::unordered_set<Id>& seen, const Id& id) {
  return !id.is_valid() || seen.insert(id).second;
}

// The pages of all stores as one: `ask` asks one of them, `id_of` is what tells whether two records are the same.
template <class Record, class Id, class Ask>
Page<Record> joined_page(std::span<Store* const> stores, Order order, Id Record::*id_of, const Ask& ask) {
  Page<Record> joined;
  std::unordered_set<Id> seen;
  for (Store* const store : stores) {
    Page<Record> page = ask(*store);
    joined.truncated = joined.truncated || page.truncated;
    for (Record& record : page.rows) {
      if (is_first(seen, record.*id_of)) joined.rows.push_back(std::move(record));
    }
  }
  std::stable_sort(joined.rows.begin(), joined.rows.end(), [&](const Record& a, const Record& b) {
    const auto key = [&](const Record& record) { return std::pair(record.timestamp, record.*id_of); };
    return order == Order::oldest_first ? key(a) < key(b) : key(b) < key(a);
  });
  return joined;
}

}  // namespace

JoinedStores::JoinedStores(std::span<const Location> where) {
  for (const Location& location : where) {
    owned_.push_back(open_for_reading(location));
    stores_.push_back(owned_.back().get());
    names_.push_back(location.name());
  }
}

std::optional<JoinedTrace> JoinedStores::find_trace(TraceId id, std::size_t most_spans) {
  JoinedTrace result;
  std::optional<Trace> trace;
  std::unordered_set<SpanId> seen;
  for (std::size_t i = 0; i < stores_.size(); ++i) {
    const TraceQuery trace_query{.limit = 1, .trace_id = id};
    Page<Trace> traces = stores_[i]->query_traces(trace_query);
    const SpanQuery span_query{.limit = most_spans, .trace_id = id};
    Page<Span> spans = stores_[i]->query_spans(span_query);
    result.is_in.push_back(!traces.empty() || !spans.empty());
    result.span_counts.push_back(spans.size());
    result.truncated = result.truncated || spans.truncated;
    if (!traces.empty()) {
      trace = trace ? joined(std::move(*trace), std::move(traces.rows.front())) : std::move(traces.rows.front());
    }
    for (Span& span : spans.rows) {
      if (!is_first(seen, span.span_id)) continue;
      result.spans.push_back(std::move(span));
      result.store_of.push_back(i);
    }
  }
  if (!trace) return std::nullopt;
  result.trace = std::move(*trace);
  return result;
}

Page<Event> JoinedStores::query_events(const EventQuery& query) {
  return joined_page(stores(), query.order, &Event::event_id, [&](Store& store) { return store.query_events(query); });
}

Page<Metric> JoinedStores::query_metrics(const MetricQuery& query) {
  return joined_page(stores(), query.order, &Metric::metric_id,
                     [&](Store& store) { return store.query_metrics(query); });
}

Page<GraphDefinition> JoinedStores::query_graphs(const GraphQuery& query) {
  Page<GraphDefinition> page;
  for (Store* const store : stores_) {
    page = store->query_graphs(query);
    if (!page.empty()) break;
  }
  return page;
}

}  // namespace spark::sparktel
