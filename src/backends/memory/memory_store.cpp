#include "spark/backends/memory.h"

#include <algorithm>
#include <map>
#include <mutex>
#include <shared_mutex>
#include <string>
#include <tuple>
#include <utility>

#include "backends/memory/record_set.h"
#include "spark/base/error.h"
#include "spark/telemetry/config.h"

namespace spark {
namespace {

using detail::memory::RecordSet;
using detail::memory::TraceEntry;

template <class Value>
bool matches(const std::optional<Value>& wanted, const Value& actual) {
  return !wanted || *wanted == actual;
}

bool matches(const TraceQuery& query, const Trace& trace) {
  return matches(query.trace_id, trace.trace_id) && matches(query.name, trace.name) &&
         matches(query.status, trace.status) && query.start_time.contains(trace.start_time);
}

bool matches(const SpanQuery& query, const Span& span) {
  return matches(query.trace_id, span.trace_id) && matches(query.span_id, span.span_id) &&
         matches(query.parent_span_id, span.parent_span_id) && matches(query.name, span.name) &&
         matches(query.kind, span.kind) && matches(query.status, span.status) &&
         query.start_time.contains(span.start_time);
}

bool matches(const EventQuery& query, const Event& event) {
  return matches(query.trace_id, event.trace_id) && matches(query.span_id, event.span_id) &&
         matches(query.event_id, event.event_id) && matches(query.event_type, event.type) &&
         matches(query.name, event.name) && matches(query.source, event.source) &&
         query.timestamp.contains(event.timestamp);
}

bool matches(const MetricQuery& query, const Metric& metric) {
  return matches(query.trace_id, metric.trace_id) && matches(query.span_id, metric.span_id) &&
         matches(query.metric_id, metric.metric_id) && matches(query.name, metric.name) &&
         matches(query.aggregation_type, metric.aggregation_type) && query.timestamp.contains(metric.timestamp);
}

bool matches(const GraphQuery& query, const GraphDefinition& graph) {
  return matches(query.hash, graph.hash) && matches(query.graph_id, graph.graph_id) &&
         matches(query.version, graph.version);
}

// What rows are ordered by, descending.
auto order_of(const Span& span) { return std::tie(span.start_time, span.span_id, span.trace_id); }
auto order_of(const Event& event) { return std::tie(event.timestamp, event.event_id, event.trace_id); }
auto order_of(const Metric& metric) { return std::tie(metric.timestamp, metric.metric_id, metric.trace_id); }

void check_limit(std::size_t limit) {
  if (limit == 0) throw Error(ErrorCode::invalid_argument, "a query's limit is 0; it must be 1 or more");
}

// Gathers matching records by address, then copies the newest.
template <class Query, class Record>
class Newest {
 public:
  explicit Newest(const Query& query) : query_(query) { check_limit(query.limit); }

  void offer(const Record& record) {
    if (matches(query_, record)) found_.push_back(&record);
  }

  Page<Record> take() {
    const std::size_t count = std::min(query_.limit, found_.size());
    const auto end = found_.begin() + static_cast<std::ptrdiff_t>(count);
    std::partial_sort(found_.begin(), end, found_.end(),
                      [](const Record* a, const Record* b) { return order_of(*a) > order_of(*b); });
    Page<Record> page;
    page.truncated = found_.size() > count;
    page.rows.reserve(count);
    for (auto record = found_.begin(); record != end; ++record) page.rows.push_back(**record);
    return page;
  }

 private:
  const Query& query_;
  std::vector<const Record*> found_;
};

}  // namespace

class MemoryStore::Impl {
 public:
  explicit Impl(const MemoryOptions& options) : records(options.size_bytes) {}

  // Calls visit for the entries that a query by this trace id has to look at.
  template <class Visit>
  void each_entry(const std::optional<TraceId>& id, const Visit& visit) const {
    if (!id) return records.each_entry(visit);
    if (const TraceEntry* entry = records.find(*id)) visit(*entry);
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

  RecordSet records;
  std::map<std::pair<std::string, std::string>, Document> documents;  // by kind and id

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
  check_limit(query.limit);
  const auto lock = impl_->lock_to_read();
  Page<Trace> page;
  const auto offer = [&](const Trace& trace) {
    if (!matches(query, trace)) return true;
    page.truncated = page.rows.size() == query.limit;
    if (!page.truncated) page.rows.push_back(trace);
    return !page.truncated;
  };
  if (!query.trace_id) {
    impl_->records.each_trace(offer);
  } else if (const TraceEntry* entry = impl_->records.find(*query.trace_id); entry && entry->trace()) {
    offer(*entry->trace());
  }
  return page;
}

Page<Span> MemoryStore::query_spans(const SpanQuery& query) {
  Newest<SpanQuery, Span> newest(query);
  const auto lock = impl_->lock_to_read();
  impl_->each_entry(query.trace_id, [&](const TraceEntry& entry) {
    for (const Span& span : entry.spans()) newest.offer(span);
  });
  return newest.take();
}

Page<Event> MemoryStore::query_events(const EventQuery& query) {
  Newest<EventQuery, Event> newest(query);
  const auto lock = impl_->lock_to_read();
  impl_->each_entry(query.trace_id, [&](const TraceEntry& entry) {
    for (const Event& event : entry.events()) newest.offer(event);
  });
  if (!query.trace_id || !query.trace_id->is_valid()) {
    for (const auto& [key, event] : impl_->records.loose_events()) newest.offer(event);
  }
  return newest.take();
}

Page<Metric> MemoryStore::query_metrics(const MetricQuery& query) {
  Newest<MetricQuery, Metric> newest(query);
  const auto lock = impl_->lock_to_read();
  impl_->each_entry(query.trace_id, [&](const TraceEntry& entry) {
    for (const Metric& metric : entry.metrics()) newest.offer(metric);
  });
  if (!query.trace_id || !query.trace_id->is_valid()) {
    for (const auto& [key, metric] : impl_->records.loose_metrics()) newest.offer(metric);
  }
  return newest.take();
}

Page<GraphDefinition> MemoryStore::query_graphs(const GraphQuery& query) {
  check_limit(query.limit);
  const auto lock = impl_->lock_to_read();
  Page<GraphDefinition> page;
  const auto& graphs = impl_->records.graphs();
  for (auto graph = graphs.rbegin(); graph != graphs.rend() && !page.truncated; ++graph) {
    if (!matches(query, *graph)) continue;
    page.truncated = page.rows.size() == query.limit;
    if (!page.truncated) page.rows.push_back(*graph);
  }
  return page;
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
