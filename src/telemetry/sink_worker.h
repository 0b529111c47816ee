// SinkWorker is one sink's queue, thread and ledger. Whatever the sink does (slow, hung, throwing), enqueue returns at
// once: what does not fit the queue is dropped and counted. The thread owns the worker and the sink together with the
// manager, so a hung sink can be left behind.
#pragma once

#include <array>
#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <variant>
#include <vector>

#include "fork.h"
#include "spark/telemetry/manager.h"
#include "spark/telemetry/sink.h"
#include "spark/telemetry/stats.h"

namespace spark::detail {

class SinkWorker : public std::enable_shared_from_this<SinkWorker> {
 public:
  SinkWorker(std::unique_ptr<Sink> sink, std::size_t queue_bytes);
  // Starts the thread. To be called once, after make_shared.
  void start();

  void enqueue(std::shared_ptr<const Batch> batch) noexcept;

  // Asks for a flush of all that is queued now; wait_flushed waits for it.
  [[nodiscard]] std::uint64_t request_flush(Deadline deadline) noexcept;
  [[nodiscard]] FlushResult::SinkResult wait_flushed(std::uint64_t ticket, Deadline deadline) noexcept;

  // Ends after what is queued; waits until the deadline, then tells the sink so, leaves the thread to itself and counts
  // what is still queued as dropped. On the sink's own thread it does not wait.
  void stop(Deadline deadline) noexcept;

  // Waits, until the deadline, as long as the sink delivers what it has kept. Not on the sink's own thread.
  void await_delivery(Deadline deadline) noexcept;

  // At the end of the process: if the sink has not done all that it has to, it is told that nobody waits for it any
  // longer; one with a spool then saves it. Waits for that until the deadline.
  void rescue(Deadline deadline) noexcept;

  // As Core::park: the sink is between two writes.
  [[nodiscard]] bool park(ForkLocks& locks, Deadline deadline);

  [[nodiscard]] SinkStats stats();

  // What the sink has dropped and no earlier call gave. What is queued or being written counts as dropped (deadline) if
  // nobody waits for it any longer; what is in a spool does not.
  enum class Unfinished : std::uint8_t { may_succeed, is_lost };
  struct Losses {
    std::string sink;
    Drops lost{};
    std::uint64_t all = 0;  // that the sink was given or found
    std::string last_error;
  };
  [[nodiscard]] Losses take_losses(Unfinished unfinished);
  // Those that its write refused or its queue had no room for.
  [[nodiscard]] std::uint64_t lost_batches() const noexcept { return lost_batches_.load(std::memory_order_relaxed); }
  // Null if the sink is not a Store, or has been closed.
  [[nodiscard]] std::shared_ptr<Store> store() const noexcept;

 private:
  struct FlushTicket {
    std::uint64_t number;
    Deadline deadline;
  };
  using Item = std::variant<std::shared_ptr<const Batch>, FlushTicket>;

  // With the mutex held.
  [[nodiscard]] bool is_own_thread() const noexcept { return std::this_thread::get_id() == thread_id_; }
  void run() noexcept;
  void leave_sink() noexcept;
  // Lets go of the lock meanwhile. True if the sink was told and will end soon.
  [[nodiscard]] bool abandon_sink(std::unique_lock<std::mutex>& lock) noexcept;
  using Batches = std::vector<std::shared_ptr<const Batch>>;
  // With the mutex. Those that are written at once: more than one after a write that did not succeed at once. Empty
  // only if there is no memory for a list of one.
  [[nodiscard]] Batches take_batches(const std::shared_ptr<const Batch>& first) noexcept;
  void drop_for_memory(const Batch& batch) noexcept;
  void write(Batches batches) noexcept;
  void flush(const FlushTicket& ticket) noexcept;
  void drop_queued() noexcept;                        // with the mutex held, as are all below
  void update() noexcept;                             // what the sink did by itself
  void note_loss(const std::string& error) noexcept;  // for the flushes that wait, or else the next one
  void note_warning(const std::string& warning) noexcept;
  void note_failure(std::uint64_t ticket, const std::string& error) noexcept;

  static constexpr std::size_t max_failed_tickets = 64;
  static constexpr std::size_t most_records_together = 10'000;  // as many as the drainer puts into a batch
  static constexpr std::size_t most_bytes_together = 8 << 20;
  static constexpr std::chrono::milliseconds end_of_abandoned_sink{250};

  const std::size_t queue_bytes_limit_;
  std::string name_;
  std::thread thread_;
  std::thread::id thread_id_;

  mutable std::mutex mutex_;
  std::condition_variable work_;  // something to do, or stopping
  std::condition_variable done_;  // a ticket is served, or the thread has ended
  std::shared_ptr<Sink> sink_;    // null once closed
  std::shared_ptr<Store> store_;
  std::deque<Item> queue_;
  std::size_t queue_bytes_ = 0;  // of the batches in the queue and of the one in the sink
  bool is_in_sink_ = false;      // the thread is in a function of the sink
  bool is_stopping_ = false;
  bool is_far_end_troubled_ = false;  // the last write took several attempts, or ended at the breaker
  bool is_delivering_ = false;        // SinkProgress's, when it was asked last
  bool has_ended_ = false;
  bool is_abandoned_ = false;  // the sink was told that nobody waits for it
  std::uint64_t tickets_given_ = 0;
  std::uint64_t tickets_served_ = 0;
  std::map<std::uint64_t, std::string> failed_tickets_;  // until who waits for them has read why
  std::atomic<std::uint64_t> lost_batches_{0};
  SinkStats stats_;
  Drops told_losses_{};  // that take_losses() gave
};

}  // namespace spark::detail
