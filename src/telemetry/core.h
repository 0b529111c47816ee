// Core is a manager: configuration, clock, rings, live traces, drainer and sinks. TelemetryManager is its face.
//
// Cores are made on the heap and never destroyed: contexts, spans and instruments refer to them by address from any
// thread at any time. After shutdown one holds no threads, sinks or rings, only counters.
#pragma once

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <unordered_set>
#include <vector>

#include "drainer.h"
#include "fork.h"
#include "live_traces.h"
#include "record_writer.h"
#include "ring_set.h"
#include "sink_worker.h"
#include "spark/base/random.h"
#include "spark/telemetry/manager.h"
#include "thread_state.h"
#include "tick_clock.h"

namespace spark::detail {

// Where a new span or point belongs.
struct Placement {
  TraceId trace_id;
  SpanId span_id;  // the parent, or what an event or metric belongs to
  bool is_sampled;
  bool is_current;     // it is the current context's
  bool is_local_root;  // nobody here started the trace
  bool begins_trace = false;
};

struct Instrument;

class Core : public CoreFlags {
 public:
  // Opens the sinks and starts the threads; reachable for the rest of the process from then on. Throws Error.
  Core(const TelemetryConfig& config, const ManagerSources& sources);
  Core(const Core&) = delete;
  Core& operator=(const Core&) = delete;

  TelemetryManager& face() noexcept { return face_; }
  [[nodiscard]] const TelemetryConfig& config() const noexcept { return config_; }
  [[nodiscard]] TickClock& ticks() noexcept { return ticks_; }
  [[nodiscard]] const TickClock& ticks() const noexcept { return ticks_; }
  [[nodiscard]] RingSet& rings() noexcept { return rings_; }
  [[nodiscard]] CutCounters& cuts() noexcept { return cuts_; }

  // ---- recording: any thread, noexcept ----
  [[nodiscard]] SpanId next_span_id() noexcept {
    const std::uint64_t id = random_();
    return {id != 0 ? id : 1};
  }
  // The current context if it is of this manager and of `trace` (if one is given); else what is known of the trace.
  // Without any trace: a new one if `begins_trace`, else none.
  [[nodiscard]] Placement place(const TraceId& trace, bool begins_trace) noexcept {
    return place(trace.high, trace.low, begins_trace);
  }
  [[nodiscard]] Placement place(std::uint64_t high, std::uint64_t low, bool begins_trace) noexcept {
    const ContextSlot& slot = context_slot();
    const bool is_current = slot.words[0] == reinterpret_cast<std::uint64_t>(this) &&
                            ((high | low) == 0 || (high == slot.words[1] && low == slot.words[2]));
    if (is_current) [[likely]] {
      return {{slot.words[1], slot.words[2]},
              {slot.words[3]},
              (slot.flags & TelemetryContext::sampled_flag) != 0,
              true,
              (slot.flags & TelemetryContext::remote_flag) != 0};
    }
    return place_elsewhere(TraceId{high, low}, begins_trace);
  }
  // The current context is of this manager, of `trace` (if one is given), and not sampled: the way of most spans where
  // sampling is low, so it is short.
  [[nodiscard]] bool is_unsampled_here(TraceId trace) const noexcept {
    const ContextSlot& slot = context_slot();
    return slot.words[0] == reinterpret_cast<std::uint64_t>(this) &&
           (slot.flags & TelemetryContext::sampled_flag) == 0 &&
           (!trace.is_valid() || (trace.high == slot.words[1] && trace.low == slot.words[2]));
  }
  [[nodiscard]] ContextSlot slot_for(TraceId trace, SpanId span, bool is_sampled) noexcept {
    return {.words = {reinterpret_cast<std::uint64_t>(this), trace.high, trace.low, span.value},
            .flags = is_sampled ? TelemetryContext::sampled_flag : 0,
            .chain = context_slot().chain,
            .carried = context_slot().carried};
  }
  // Null: suppressed or without memory; the record is then counted as such.
  [[nodiscard]] Ring* ring() noexcept {
    if (thread_state.core == this) [[likely]]
      return thread_state.ring;
    return ring_slow();
  }
  // The record is made: gives it to the thread's ring, or drops and counts it. Takes over what the image owns.
  // `end_ticks`: of a span. False: dropped.
  bool submit(RecordImage& image, bool is_priority, std::uint64_t end_ticks = 0) noexcept;
  void count_sampled_out(RecordKind kind) noexcept {
    Ring* const ring = this->ring();
    if (ring == nullptr) [[unlikely]]
      return count_without_ring(kind);
    count(ring->counters.recorded, kind);
    count(ring->counters.sampled_out, kind);
  }
  void count_dropped(RecordKind kind, DropReason reason) noexcept;
  // Whether a record given now can be kept. The first one in a forked child makes the sinks and starts the threads.
  [[nodiscard]] bool accepts() noexcept {
    return state.load(std::memory_order_acquire) == core_recording || accepts_slowly();
  }
  void refuse_measurement() noexcept { measurements_refused_.fetch_add(1, std::memory_order_relaxed); }
  // Few large records fill the memory long before buffer_size of them are there.
  [[nodiscard]] bool is_filled_by_spilled() const noexcept {
    return spilled_bytes_.load(std::memory_order_relaxed) != 0 && rings_.budget().is_half_used();
  }
  void give_back_values(std::size_t bytes) noexcept {
    if (bytes == 0) return;
    spilled_bytes_.fetch_sub(bytes, std::memory_order_relaxed);
    rings_.budget().give_back(bytes);
  }
  // A spilled record was read. Its slab is in the budget, not the record.
  void free_spilled(const SpilledRecord& spilled) noexcept {
    spilled_bytes_.fetch_sub(spilled.size_bytes, std::memory_order_relaxed);
    SpillMemory::free(spilled.bytes);
  }

  ActiveTrace start_trace(Text name, const TraceOptions& options) noexcept;
  RemoteTrace join_trace(TraceId trace_id, SpanId remote_span_id, bool is_sampled) noexcept;
  void forget_trace(TraceId trace_id) noexcept;
  void end_trace(TraceId trace_id, TraceStatus status) noexcept;
  void record_event(const EventOptions& event) noexcept;
  void record_metric(const MetricOptions& metric) noexcept;
  void record_graph(const GraphDefinition& graph) noexcept;
  Counter counter(Text name, const InstrumentOptions& options) noexcept;
  Gauge gauge(Text name, const InstrumentOptions& options) noexcept;
  Histogram histogram(Text name, const InstrumentOptions& options) noexcept;

  // ---- life cycle ----
  FlushResult flush(Deadline deadline) noexcept;
  // At the end of the process: a flush, and time for sinks that deliver by themselves; what they have not delivered by
  // the deadline they save. What is lost is said on standard error.
  void end_with_process(Deadline deadline) noexcept;
  FlushResult shutdown(Deadline deadline) noexcept;
  [[nodiscard]] Stats stats() const;
  // The drainer's, from within its round: the front alone.
  [[nodiscard]] Stats front_stats_in_round() const;
  void add_sink_stats(Stats& stats) const;
  [[nodiscard]] std::shared_ptr<Store> store();

  // ---- fork ----
  // Waits until nobody is at work here and keeps it so until unpark(). False: not by the deadline.
  [[nodiscard]] bool park(Deadline deadline) noexcept;
  void unpark() noexcept { fork_locks_.clear(); }
  // In the child: leaves this core inert and makes the one that takes its place. `may_start` false: that one records
  // nothing either.
  void make_successor(bool may_start) noexcept;
  // This core or, in a forked child, the one that stands for it now.
  [[nodiscard]] Core& latest() noexcept {
    Core* core = this;
    while (core->successor != nullptr) [[unlikely]] core = core->successor;
    return *core;
  }
  Core* previous_core = nullptr;  // see ProcessManagers::last

 private:
  struct AfterFork {};
  Core(const Core& parent_s, AfterFork);
  void start();
  void await_delivery(Deadline deadline) noexcept;
  [[nodiscard]] bool accepts_slowly() noexcept;
  [[nodiscard]] Placement place_elsewhere(TraceId trace, bool begins_trace) noexcept;
  [[nodiscard]] bool is_sampled_by_id(TraceId trace) const noexcept { return trace.random_56() >= sampling_threshold_; }
  [[nodiscard]] Ring* ring_slow() noexcept;
  // In a forked child a core of its parent's: another thread may have held any of the locks here at the fork, and then
  // holds it for ever, so nothing takes them.
  [[nodiscard]] bool is_inert() const noexcept { return is_abandoned_ || successor != nullptr; }
  [[nodiscard]] bool is_new_graph(const std::string& hash);
  [[nodiscard]] std::uint64_t random_() noexcept { return is_seeded_ ? seeded_random() : thread_random().next(); }
  [[nodiscard]] std::uint64_t seeded_random() noexcept;
  [[nodiscard]] TraceId new_trace_id() noexcept;
  void count_without_ring(RecordKind kind) noexcept;
  void add_shared_counts(Stats& stats) const noexcept;
  void drop(RecordImage& image, RecordKind kind, DropReason reason) noexcept;
  // False: the record is dropped, there being no room for it.
  bool refuse(Ring& ring, RecordImage& image, RecordKind kind) noexcept;
  [[nodiscard]] bool take_for_values(std::size_t bytes, bool is_priority) noexcept;
  [[nodiscard]] FlushResult flush_sinks(Deadline deadline, bool drained) noexcept;
  [[nodiscard]] Instrument* instrument(AggregationType type, Text name, const InstrumentOptions& options) noexcept;

  const TelemetryConfig config_;
  ManagerSources sources_;  // until shutdown
  TickClock ticks_;
  const bool is_seeded_;
  std::atomic<std::uint64_t> seeded_state_;
  const std::uint64_t sampling_threshold_;
  RingSet rings_;
  CutCounters cuts_;
  LiveTraces live_traces_;
  TelemetryManager face_;

  // Counted by any thread, rarely: what did not come as far as a ring.
  struct SharedCounts {
    std::atomic<std::uint64_t> recorded{0};
    std::array<std::atomic<std::uint64_t>, drop_reasons> dropped{};
  };
  std::array<SharedCounts, record_kinds> shared_counts_;
  std::atomic<std::uint64_t> measurements_refused_{0};
  std::atomic<std::uint64_t> instruments_refused_{0};
  std::atomic<std::uint64_t> spilled_bytes_{0};  // of spilled records and Values in the rings

  std::mutex graphs_mutex_;
  std::unordered_set<std::string> recorded_graphs_;  // by hash
  std::uint64_t lost_batches_seen_ = 0;

  std::mutex shutdown_mutex_;
  std::condition_variable shutdown_done_;
  bool is_shutting_down_ = false;
  std::optional<FlushResult> shutdown_result_;

  bool is_abandoned_ = false;  // in a forked child: of its parent's and without a successor
  ForkLocks fork_locks_;
  std::mutex start_mutex_;
  std::unique_ptr<Drainer> drainer_;  // null: noop or dormant
};

inline Core& core_of(CoreFlags& flags) noexcept { return static_cast<Core&>(flags); }

}  // namespace spark::detail
