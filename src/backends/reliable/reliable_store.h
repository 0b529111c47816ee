// ReliableStore is a ReliableSink around a Store that answers queries still: writes go by the sink, with its retries
// and its spool, and queries and documents straight to the store, whose functions for them are safe beside a write.
// What waits in a spool is not found until it is delivered. Made for backends that are both, and owned by the manager.
#pragma once

#include <memory>

#include "spark/backends/reliable.h"

namespace spark::detail::reliable {

class ReliableStore final : public Store {
 public:
  // Throws as ReliableSink's constructor.
  ReliableStore(std::unique_ptr<Store> inner, const ReliableOptions& options, const ReliableSources& sources)
      : store_(*inner), sink_(std::move(inner), options, sources) {}

  [[nodiscard]] std::string_view name() const noexcept override { return sink_.name(); }
  void write(const Batch& batch) override { sink_.write(batch); }
  void flush(Deadline deadline) override { sink_.flush(deadline); }
  [[nodiscard]] Refusals take_refusals() override { return sink_.take_refusals(); }
  bool abandon() noexcept override { return sink_.abandon(); }
  [[nodiscard]] SinkProgress take_progress() override { return sink_.take_progress(); }
  void close() noexcept override { sink_.close(); }
  [[nodiscard]] std::vector<std::mutex*> work_mutexes() noexcept override { return sink_.work_mutexes(); }

  [[nodiscard]] Page<Trace> query_traces(const TraceQuery& query) override { return store_.query_traces(query); }
  [[nodiscard]] Page<Span> query_spans(const SpanQuery& query) override { return store_.query_spans(query); }
  [[nodiscard]] Page<Event> query_events(const EventQuery& query) override { return store_.query_events(query); }
  [[nodiscard]] Page<Metric> query_metrics(const MetricQuery& query) override { return store_.query_metrics(query); }
  [[nodiscard]] Page<GraphDefinition> query_graphs(const GraphQuery& query) override {
    return store_.query_graphs(query);
  }
  void each_span(const SpanQuery& query, const std::function<bool(const Span&)>& visit) override {
    store_.each_span(query, visit);
  }
  [[nodiscard]] Groups aggregate_traces(const TraceQuery& query, const Aggregation& aggregation) override {
    return store_.aggregate_traces(query, aggregation);
  }
  [[nodiscard]] Groups aggregate_spans(const SpanQuery& query, const Aggregation& aggregation) override {
    return store_.aggregate_spans(query, aggregation);
  }
  [[nodiscard]] Groups aggregate_events(const EventQuery& query, const Aggregation& aggregation) override {
    return store_.aggregate_events(query, aggregation);
  }
  [[nodiscard]] Groups aggregate_metrics(const MetricQuery& query, const Aggregation& aggregation) override {
    return store_.aggregate_metrics(query, aggregation);
  }
  std::uint64_t put(std::string_view kind, std::string_view id, const Value& content,
                    std::uint64_t expected_revision) override {
    return store_.put(kind, id, content, expected_revision);
  }
  [[nodiscard]] std::optional<Document> get(std::string_view kind, std::string_view id) override {
    return store_.get(kind, id);
  }
  [[nodiscard]] std::vector<std::string> list(std::string_view kind) override { return store_.list(kind); }

 private:
  Store& store_;  // the sink's own; before it, which takes the store over
  ReliableSink sink_;
};

}  // namespace spark::detail::reliable
