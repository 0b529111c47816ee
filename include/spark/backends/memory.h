// MemoryStore keeps records in the process: for tests, development, and programs that ask about themselves.
// Made by the manager for Backend::memory, or directly; whoever makes it owns it, and what it holds ends with
// it.
//
// It is bounded. When its estimate of the memory held exceeds the bound, the oldest ended traces go first,
// each with all spans, events and metrics that belong to it, and are counted. Only when none is left do
// running traces, and records that belong to no trace, go, the oldest first. Nothing goes while it fits.
//
// Any thread may query while another writes: a query sees each batch whole or not at all.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>

#include "spark/telemetry/sink.h"

namespace spark {

struct MemoryOptions {
  // The bound, of estimated bytes. One batch may exceed it while it is being written. At least 1 MiB makes
  // sense; smaller ones are obeyed too.
  std::size_t size_bytes = 256 << 20;
  // A query that takes longer throws Error(timeout). More than zero.
  Seconds query_time_limit{30};
};

class MemoryStore final : public Store {
 public:
  // Throws Error(invalid_argument) for an option out of range.
  explicit MemoryStore(MemoryOptions options = {});
  ~MemoryStore() override;

  [[nodiscard]] std::string_view name() const noexcept override { return "memory"; }
  void write(const Batch& batch) override;
  void flush(Deadline deadline) override;

  // A query by trace id looks at that trace only; others look at every record once and copy at most `limit`.
  [[nodiscard]] Page<Trace> query_traces(const TraceQuery& query) override;
  [[nodiscard]] Page<Span> query_spans(const SpanQuery& query) override;
  [[nodiscard]] Page<Event> query_events(const EventQuery& query) override;
  [[nodiscard]] Page<Metric> query_metrics(const MetricQuery& query) override;
  [[nodiscard]] Page<GraphDefinition> query_graphs(const GraphQuery& query) override;
  // By trace id, within a trace in the order they came. Holds the ids of all traces meanwhile.
  void each_span(const SpanQuery& query, const std::function<bool(const Span&)>& visit) override;

  // As query_*, without copying any record. Writers wait meanwhile.
  [[nodiscard]] Groups aggregate_traces(const TraceQuery& query, const Aggregation& aggregation) override;
  [[nodiscard]] Groups aggregate_spans(const SpanQuery& query, const Aggregation& aggregation) override;
  [[nodiscard]] Groups aggregate_events(const EventQuery& query, const Aggregation& aggregation) override;
  [[nodiscard]] Groups aggregate_metrics(const MetricQuery& query, const Aggregation& aggregation) override;

  // Documents are not part of the bound: they are the caller's, and nothing would bring them back.
  std::uint64_t put(std::string_view kind, std::string_view id, const Value& content,
                    std::uint64_t expected_revision) override;
  [[nodiscard]] std::optional<Document> get(std::string_view kind, std::string_view id) override;
  [[nodiscard]] std::vector<std::string> list(std::string_view kind) override;

  // What went to keep the bound, since the store was made.
  struct Evictions {
    std::uint64_t ended_traces = 0;
    std::uint64_t running_traces = 0;  // also those known from spans only
    std::uint64_t loose_records = 0;   // events and metrics without a trace

    bool operator==(const Evictions&) const = default;
  };
  [[nodiscard]] Evictions evictions() const;
  // The estimate that is held against the bound.
  [[nodiscard]] std::size_t size_bytes() const;

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace spark
