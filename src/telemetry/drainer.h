// Drainer is the manager's one thread for everything that recording must not do: it empties the rings, decodes records
// into batches and hands those to every sink. It sleeps until a thread has buffer_size unread records, export_interval
// has passed, or somebody flushes; it never spins, and rests 1 to 10 ms between two rounds, the longer the less there
// is to do.
#pragma once

#include <array>
#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

#include "decoder.h"
#include "fork.h"
#include "ring_set.h"
#include "sink_worker.h"
#include "spark/telemetry/stats.h"
#include "wakeup.h"

namespace spark::detail {

class Core;
class SelfMetrics;

class Drainer {
 public:
  Drainer(Core& core, std::shared_ptr<Resource> resource, std::vector<std::shared_ptr<SinkWorker>> workers);
  ~Drainer();
  void start();

  // A recording thread's unread records have reached buffer_size. Wakes the drainer only if it sleeps; never blocks.
  void wake_if_asleep() noexcept {
    if (is_asleep_.exchange(false, std::memory_order_seq_cst)) wakeup_.signal();
  }

  // Waits until everything recorded before is with the sinks' queues. False if the deadline came first, or if the
  // drainer itself asks (from a redactor).
  [[nodiscard]] bool drain(Deadline deadline) noexcept;
  // Ends the thread after a last round. False if the deadline came first; the thread then ends by itself.
  [[nodiscard]] bool stop(Deadline deadline) noexcept;

  // As Core::park, for the drainer and its sinks.
  [[nodiscard]] bool park(ForkLocks& locks, Deadline deadline);

  // The ledger's front, without what recording threads count. Waits for a round that is under way.
  void add_to(Stats& stats, const RingSet& rings) const;
  // The same, from within the drainer's own round.
  void add_in_round(Stats& stats, const RingSet& rings) const;
  [[nodiscard]] const std::vector<std::shared_ptr<SinkWorker>>& workers() const noexcept { return workers_; }

 private:
  void run() noexcept;
  void redact_resource() noexcept;
  [[nodiscard]] std::uint64_t drain_rings() noexcept;
  void take(const std::byte* record) noexcept;
  void count(RecordKind kind, Decoder::Outcome outcome) noexcept;
  void take_unspilled(const std::byte* record, std::size_t size_bytes) noexcept;
  void collect_instruments() noexcept;
  void add_self_metrics() noexcept;
  void dispatch_if_full() noexcept;
  void dispatch() noexcept;
  [[nodiscard]] bool should_work() const noexcept;

  Core& core_;
  const std::vector<std::shared_ptr<SinkWorker>> workers_;
  std::thread thread_;
  std::thread::id thread_id_;
  Wakeup wakeup_;
  std::atomic<bool> is_asleep_{false};

  // Held during a round, so that stats() sees its terms together.
  mutable std::mutex round_mutex_;
  const std::shared_ptr<Resource> resource_;  // metadata and redaction come before the first batch
  bool has_redacted_resource_ = false;
  Decoder decoder_;
  std::unique_ptr<SelfMetrics> self_metrics_;
  std::array<std::uint64_t, record_kinds> popped_{};
  std::array<std::uint64_t, record_kinds> collected_{};  // made here, not recorded: instruments' points
  std::array<std::uint64_t, record_kinds> admitted_{};
  std::array<std::uint64_t, record_kinds> redactor_drops_{};
  std::array<std::uint64_t, record_kinds> memory_drops_{};
  bool has_leftovers_ = false;  // of records that were dropped, in the builder's memory

  // Rounds asked for and done.
  mutable std::mutex request_mutex_;
  std::condition_variable done_;
  std::uint64_t requested_ = 0;
  std::uint64_t served_ = 0;
  bool is_stopping_ = false;
  bool has_ended_ = false;
};

}  // namespace spark::detail
