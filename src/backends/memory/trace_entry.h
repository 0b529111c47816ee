// TraceEntry is everything a MemoryStore holds of one trace, which is also what it evicts as one. Plain data
// with the rules of merging; the store's lock protects it.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "backends/memory/id_set.h"
#include "spark/telemetry/records.h"

namespace spark::detail::memory {

// Estimates of the memory a record holds, itself included.
[[nodiscard]] std::size_t size_bytes(const Trace& trace) noexcept;
[[nodiscard]] std::size_t size_bytes(const Span& span) noexcept;
[[nodiscard]] std::size_t size_bytes(const Event& event) noexcept;
[[nodiscard]] std::size_t size_bytes(const Metric& metric) noexcept;
[[nodiscard]] std::size_t size_bytes(const GraphDefinition& graph) noexcept;

class TraceEntry {
 public:
  // Each returns by how much the estimate grew; it may be negative when an end takes the place of a larger
  // start.
  std::ptrdiff_t add(Trace&& trace);
  std::ptrdiff_t add(Span&& span, bool is_local_root);
  std::ptrdiff_t add(Event&& event);
  std::ptrdiff_t add(Metric&& metric);

  // The trace as queries show it: its own row, else the one that its local roots imply, else null.
  [[nodiscard]] const Trace* trace() const noexcept;
  // Ended ones are evicted first. An implied trace has ended as far as this process knows.
  [[nodiscard]] bool has_ended() const noexcept;
  // Its start, or the earliest time of what is known of it.
  [[nodiscard]] Timestamp start_time() const noexcept;

  [[nodiscard]] const std::vector<Span>& spans() const noexcept { return spans_; }
  [[nodiscard]] const std::vector<Event>& events() const noexcept { return events_; }
  [[nodiscard]] const std::vector<Metric>& metrics() const noexcept { return metrics_; }
  [[nodiscard]] std::size_t size_bytes() const noexcept { return size_bytes_; }

 private:
  std::ptrdiff_t grow(std::size_t bytes) noexcept;
  void imply(const Span& local_root);
  void see(Timestamp time) noexcept;

  std::optional<Trace> trace_;
  std::optional<Trace> implied_;
  Timestamp local_root_start_{};  // of the span that names the implied trace
  std::optional<Timestamp> first_seen_;
  std::vector<Span> spans_;
  std::vector<Event> events_;
  std::vector<Metric> metrics_;
  SpanIdSet span_ids_;
  RecordIdSet event_ids_;
  RecordIdSet metric_ids_;
  std::size_t size_bytes_ = 0;
};

}  // namespace spark::detail::memory
