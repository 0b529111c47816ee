// A store that has nothing but what every store must have: the rest it gets from Store, made of pages.
#pragma once

#include "spark/backends/memory.h"
#include "spark/telemetry/sink.h"

namespace spark::testing {

class StoreOfPages final : public Store {
 public:
  std::string_view name() const noexcept override { return "pages"; }
  void write(const Batch& batch) override { store_.write(batch); }
  void flush(Deadline deadline) override { store_.flush(deadline); }
  Page<Trace> query_traces(const TraceQuery& query) override { return store_.query_traces(query); }
  Page<Span> query_spans(const SpanQuery& query) override { return store_.query_spans(query); }
  Page<Event> query_events(const EventQuery& query) override { return store_.query_events(query); }
  Page<Metric> query_metrics(const MetricQuery& query) override { return store_.query_metrics(query); }
  Page<GraphDefinition> query_graphs(const GraphQuery& query) override { return store_.query_graphs(query); }
  std::uint64_t put(std::string_view kind, std::string_view id, const Value& content, std::uint64_t revision) override {
    return store_.put(kind, id, content, revision);
  }
  std::optional<Document> get(std::string_view kind, std::string_view id) override { return store_.get(kind, id); }
  std::vector<std::string> list(std::string_view kind) override { return store_.list(kind); }

 private:
  MemoryStore store_;
};

}  // namespace spark::testing
