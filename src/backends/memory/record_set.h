// RecordSet is what a MemoryStore holds: entries by trace id, records without a trace by time, and the two
// orders that eviction and queries need. Not thread-safe; the store locks.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <set>
#include <unordered_map>
#include <utility>

#include "backends/memory/trace_entry.h"
#include "spark/backends/memory.h"
#include "spark/telemetry/batch.h"

namespace spark::detail::memory {

class RecordSet {
 public:
  explicit RecordSet(std::size_t max_size_bytes) : max_size_bytes_(max_size_bytes) {}

  // Adds the whole batch, then evicts what no longer fits.
  void add(const Batch& batch);

  // Null if nothing is known of the trace. Valid until the next add.
  [[nodiscard]] const TraceEntry* find(TraceId id) const;

  // Calls visit(const TraceEntry&) for all, in no order.
  template <class Visit>
  void each_entry(const Visit& visit) const {
    for (const auto& [id, slot] : slots_) visit(slot.entry);
  }
  // Calls visit(TraceId) for all, in no order.
  template <class Visit>
  void each_id(const Visit& visit) const {
    for (const auto& [id, slot] : slots_) visit(id);
  }
  // Calls visit(const Trace&) for each trace to show, newest first, until it returns false.
  template <class Visit>
  void each_trace(const Visit& visit) const;

  using LooseKey = std::pair<Timestamp, RecordId>;
  [[nodiscard]] const std::map<LooseKey, Event>& loose_events() const noexcept { return loose_events_; }
  [[nodiscard]] const std::map<LooseKey, Metric>& loose_metrics() const noexcept { return loose_metrics_; }
  // In the order they came. They are numbered on and on; the first one here has first_graph_number().
  [[nodiscard]] const std::deque<GraphDefinition>& graphs() const noexcept { return graphs_; }
  [[nodiscard]] std::int64_t first_graph_number() const noexcept { return first_graph_number_; }

  [[nodiscard]] std::size_t size_bytes() const noexcept { return size_bytes_; }
  [[nodiscard]] const MemoryStore::Evictions& evictions() const noexcept { return evictions_; }

 private:
  // A program has few graphs; one that declares a new one for each run must not grow for ever.
  static constexpr std::size_t max_graphs = 10'000;

  using Order = std::set<std::pair<Timestamp, TraceId>>;
  struct Slot {
    TraceEntry entry;
    bool is_ordered = false;
    bool in_ended = false;
    Timestamp start_time;  // what it is ordered by
  };

  template <class... Record>
  void add_to_trace(TraceId id, Record&&... record);
  void add(Event&& event);
  void add(Metric&& metric);
  void add(const GraphDefinition& graph);
  void reorder(TraceId id, Slot& slot);
  void evict();
  void evict_trace(Order& order);
  void evict_oldest_running_or_loose();
  void grow(std::ptrdiff_t bytes) noexcept { size_bytes_ = static_cast<std::size_t>(signed_size() + bytes); }
  [[nodiscard]] std::ptrdiff_t signed_size() const noexcept { return static_cast<std::ptrdiff_t>(size_bytes_); }

  const std::size_t max_size_bytes_;
  std::size_t size_bytes_ = 0;
  MemoryStore::Evictions evictions_;
  std::unordered_map<TraceId, Slot> slots_;
  Slot* last_slot_ = nullptr;  // of last_id_, where the last record went
  TraceId last_id_;
  Order ended_;    // of slots_, by start time
  Order running_;  // the others
  std::map<LooseKey, Event> loose_events_;
  std::map<LooseKey, Metric> loose_metrics_;
  std::deque<GraphDefinition> graphs_;
  std::int64_t first_graph_number_ = 1;
};

template <class Visit>
void RecordSet::each_trace(const Visit& visit) const {
  auto ended = ended_.rbegin();
  auto running = running_.rbegin();
  while (ended != ended_.rend() || running != running_.rend()) {
    const bool take_ended = running == running_.rend() || (ended != ended_.rend() && *ended > *running);
    const TraceId id = (take_ended ? ended++ : running++)->second;
    const Trace* trace = slots_.at(id).entry.trace();
    if (trace != nullptr && !visit(*trace)) return;
  }
}

}  // namespace spark::detail::memory
