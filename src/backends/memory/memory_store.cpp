#include "spark/backends/memory.h"

#include <algorithm>
#include <map>
#include <mutex>
#include <shared_mutex>
#include <string>
#include <utility>
#include <vector>

#include "backends/memory/matcher.h"
#include "backends/memory/record_set.h"
#include "backends/memory/tally.h"
#include "spark/base/error.h"
#include "spark/telemetry/config.h"

namespace spark {
namespace {

using detail::memory::Matcher;
using detail::memory::RecordSet;
using detail::memory::Selection;
using detail::memory::Tally;
using detail::memory::TraceEntry;

}  // namespace

class MemoryStore::Impl {
 public:
  explicit Impl(const MemoryOptions& options)
      : records(options.size_bytes), query_time_limit(options.query_time_limit) {
    if (!(query_time_limit.count() > 0)) {
      throw Error(ErrorCode::invalid_argument, "MemoryOptions.query_time_limit must be more than 0");
    }
  }

  // Calls visit for the entries that a query by this trace id has to look at.
  template <class Visit>
  void each_entry(const std::optional<TraceId>& id, const Visit& visit) const {
    if (!id) return records.each_entry(visit);
    if (const TraceEntry* entry = records.find(*id)) visit(*entry);
  }

  // Calls visit for the records that a query by this trace id has to look at.
  template <class Visit>
  void each_span(const std::optional<TraceId>& id, const Visit& visit) const {
    each_entry(id, [&](const TraceEntry& entry) {
      for (const Span& span : entry.spans()) visit(span);
    });
  }
  template <class Visit>
  void each_event(const std::optional<TraceId>& id, const Visit& visit) const {
    each_entry(id, [&](const TraceEntry& entry) {
      for (const Event& event : entry.events()) visit(event);
    });
    if (id && id->is_valid()) return;
    for (const auto& [key, event] : records.loose_events()) visit(event);
  }
  template <class Visit>
  void each_metric(const std::optional<TraceId>& id, const Visit& visit) const {
    each_entry(id, [&](const TraceEntry& entry) {
      for (const Metric& metric : entry.metrics()) visit(metric);
    });
    if (id && id->is_valid()) return;
    for (const auto& [key, metric] : records.loose_metrics()) visit(metric);
  }

  // The platform's shared mutex lets readers in as long as any reader is inside, so that busy readers would
  // keep a writer out for ever. A waiting writer holds the gate; readers go through it and leave it open.
  [[nodiscard]] std::shared_lock<std::shared_mutex> lock_to_read() const {
    const std::lock_guard pass(gate_);
    return std::shared_lock(mutex_);
  }
  [[nodiscard]] std::unique_lock<std::shared_mutex> lock_to_write() {
    const std::lock_guard pass(gate_);
    return std::unique_lock(mutex_);
  }

  // Of the traces that a query by this id has to look at, in order.
  [[nodiscard]] std::vector<TraceId> trace_ids(const std::optional<TraceId>& id) const {
    if (id) return {*id};
    std::vector<TraceId> ids;
    {
      const auto lock = lock_to_read();
      records.each_id([&](TraceId each) { ids.push_back(each); });
    }
    std::sort(ids.begin(), ids.end());
    return ids;
  }

  RecordSet records;
  std::map<std::pair<std::string, std::string>, Document> documents;  // by kind and id
  const Seconds query_time_limit;

 private:
  mutable std::mutex gate_;
  mutable std::shared_mutex mutex_;  // protects the records and documents
};

MemoryStore::MemoryStore(MemoryOptions options) : impl_(std::make_unique<Impl>(options)) {}

MemoryStore::~MemoryStore() = default;

void MemoryStore::write(const Batch& batch) {
  const auto lock = impl_->lock_to_write();
  impl_->records.add(batch);
}

void MemoryStore::flush(Deadline) {}

Page<Trace> MemoryStore::query_traces(const TraceQuery& query) {
  Selection<TraceQuery, Trace> selection(query, impl_->query_time_limit);
  const auto lock = impl_->lock_to_read();
  if (query.trace_id) {
    const TraceEntry* entry = impl_->records.find(*query.trace_id);
    if (entry != nullptr && entry->trace() != nullptr) selection.offer(*entry->trace());
    return selection.take();
  }
  impl_->records.each_trace([&](const Trace& trace) {
    selection.offer(trace);
    return query.order != Order::newest_first || !selection.has_enough();
  });
  return selection.take();
}

Page<Span> MemoryStore::query_spans(const SpanQuery& query) {
  Selection<SpanQuery, Span> selection(query, impl_->query_time_limit);
  const auto lock = impl_->lock_to_read();
  impl_->each_span(query.trace_id, [&](const Span& span) { selection.offer(span); });
  return selection.take();
}

Page<Event> MemoryStore::query_events(const EventQuery& query) {
  Selection<EventQuery, Event> selection(query, impl_->query_time_limit);
  const auto lock = impl_->lock_to_read();
  impl_->each_event(query.trace_id, [&](const Event& event) { selection.offer(event); });
  return selection.take();
}

Page<Metric> MemoryStore::query_metrics(const MetricQuery& query) {
  Selection<MetricQuery, Metric> selection(query, impl_->query_time_limit);
  const auto lock = impl_->lock_to_read();
  impl_->each_metric(query.trace_id, [&](const Metric& metric) { selection.offer(metric); });
  return selection.take();
}

// There are few graphs, so they are looked at one by one, the last declared first.
Page<GraphDefinition> MemoryStore::query_graphs(const GraphQuery& query) {
  using detail::memory::matches;
  detail::check_query(query);
  const auto after = detail::cursor_of(query);
  const detail::TimeLimit limit(query.time_limit, impl_->query_time_limit);
  limit.check();
  const auto lock = impl_->lock_to_read();
  const auto& graphs = impl_->records.graphs();
  Page<GraphDefinition> page;
  detail::RowKey last_row;
  std::size_t left_out = detail::offset_of(query);
  for (std::size_t i = graphs.size(); i-- > 0;) {
    const GraphDefinition& graph = graphs[i];
    const detail::RowKey key{.value = impl_->records.first_graph_number() + static_cast<std::int64_t>(i)};
    if (after && key >= *after) continue;
    if (!matches(query.hash, graph.hash) || !matches(query.graph_id, graph.graph_id) ||
        !matches(query.version, graph.version)) {
      continue;
    }
    if (left_out > 0) {
      --left_out;
    } else if (page.rows.size() == query.limit) {
      page.truncated = true;
      page.cursor = detail::make_cursor(detail::RowKind::graph, Order::newest_first, last_row);
      break;
    } else {
      page.rows.push_back(graph);
      last_row = key;
    }
  }
  return page;
}

void MemoryStore::each_span(const SpanQuery& query, const std::function<bool(const Span&)>& visit) {
  constexpr std::size_t chunk_size = 256;  // spans copied under one lock, and looked at between two checks of the time
  detail::check_each(query);
  const Matcher<SpanQuery> matches(query);
  const detail::TimeLimit limit(query.time_limit, impl_->query_time_limit);
  limit.check();
  std::vector<Span> chunk;
  for (const TraceId id : impl_->trace_ids(query.trace_id)) {
    // A trace's spans only ever grow in number, so that a position in them stays one; it may be evicted as a whole.
    for (std::size_t position = 0, size = 1; position < size;) {
      chunk.clear();
      {
        const auto lock = impl_->lock_to_read();
        const TraceEntry* entry = impl_->records.find(id);
        size = entry != nullptr ? entry->spans().size() : 0;
        const std::size_t end = std::min(size, position + chunk_size);
        for (; position < end; ++position) {
          if (matches(entry->spans()[position])) chunk.push_back(matches.copy(entry->spans()[position]));
        }
      }
      limit.check();
      for (const Span& span : chunk) {
        if (!visit(span)) return;
        limit.check();
      }
    }
  }
}

Groups MemoryStore::aggregate_traces(const TraceQuery& query, const Aggregation& aggregation) {
  Tally<TraceQuery> tally(query, aggregation, impl_->query_time_limit);
  {
    const auto lock = impl_->lock_to_read();
    impl_->each_entry(query.trace_id, [&](const TraceEntry& entry) {
      if (const Trace* trace = entry.trace()) tally.offer(*trace);
    });
  }
  return tally.take();
}

Groups MemoryStore::aggregate_spans(const SpanQuery& query, const Aggregation& aggregation) {
  Tally<SpanQuery> tally(query, aggregation, impl_->query_time_limit);
  {
    const auto lock = impl_->lock_to_read();
    impl_->each_span(query.trace_id, [&](const Span& span) { tally.offer(span); });
  }
  return tally.take();
}

Groups MemoryStore::aggregate_events(const EventQuery& query, const Aggregation& aggregation) {
  Tally<EventQuery> tally(query, aggregation, impl_->query_time_limit);
  {
    const auto lock = impl_->lock_to_read();
    impl_->each_event(query.trace_id, [&](const Event& event) { tally.offer(event); });
  }
  return tally.take();
}

Groups MemoryStore::aggregate_metrics(const MetricQuery& query, const Aggregation& aggregation) {
  Tally<MetricQuery> tally(query, aggregation, impl_->query_time_limit);
  {
    const auto lock = impl_->lock_to_read();
    impl_->each_metric(query.trace_id, [&](const Metric& metric) { tally.offer(metric); });
  }
  return tally.take();
}

std::uint64_t MemoryStore::put(std::string_view kind, std::string_view id, const Value& content,
                               std::uint64_t expected_revision) {
  std::pair key{std::string(kind), std::string(id)};
  const auto lock = impl_->lock_to_write();
  const auto found = impl_->documents.find(key);
  const std::uint64_t revision = found != impl_->documents.end() ? found->second.revision : 0;
  if (revision != expected_revision) {
    throw Error(ErrorCode::conflict, "document " + key.first + "/" + key.second + " has revision " +
                                         std::to_string(revision) + ", not the expected " +
                                         std::to_string(expected_revision));
  }
  impl_->documents.insert_or_assign(std::move(key), Document{content, revision + 1});
  return revision + 1;
}

std::optional<Document> MemoryStore::get(std::string_view kind, std::string_view id) {
  const auto lock = impl_->lock_to_read();
  const auto found = impl_->documents.find({std::string(kind), std::string(id)});
  if (found == impl_->documents.end()) return std::nullopt;
  return found->second;
}

std::vector<std::string> MemoryStore::list(std::string_view kind) {
  const auto lock = impl_->lock_to_read();
  std::vector<std::string> ids;
  for (auto position = impl_->documents.lower_bound({std::string(kind), std::string()});
       position != impl_->documents.end() && position->first.first == kind; ++position) {
    ids.push_back(position->first.second);
  }
  return ids;
}

MemoryStore::Evictions MemoryStore::evictions() const {
  const auto lock = impl_->lock_to_read();
  return impl_->records.evictions();
}

std::size_t MemoryStore::size_bytes() const {
  const auto lock = impl_->lock_to_read();
  return impl_->records.size_bytes();
}

}  // namespace spark

extern "C" spark::Sink* spark_make_memory_sink(const spark::TelemetryConfig& config) {
  return new spark::MemoryStore({.size_bytes = config.memory_store_bytes});
}
