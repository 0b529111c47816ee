// RingSet is all rings of one manager: it lends one to each thread that records and takes it back when the thread ends
// or the manager has been shut down. Safe from any thread; a lock only when a thread records for the first time or
// ends.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <mutex>
#include <vector>

#include "fork.h"
#include "ring.h"
#include "spark/telemetry/stats.h"
#include "thread_state.h"

namespace spark::detail {

class RingSet {
 public:
  RingSet(std::size_t first_bytes, std::size_t total_bytes) noexcept
      : budget_(total_bytes), first_bytes_(first_bytes) {}

  // The calling thread's ring for `core`, whose set this is; also remembered as the thread's last. Null if there is no
  // memory for one.
  [[nodiscard]] Ring* of_this_thread(Core& core) noexcept;

  // Drainer: the rings there are. Valid until retire().
  [[nodiscard]] std::vector<Ring*> all();
  // Drainer: makes drained rings of ended threads free for others.
  void recycle() noexcept;
  // Frees what no thread holds; the rest follows as threads notice or end.
  void retire(Core& core) noexcept;

  // Adds the producers' terms of the ledger. `popped` is what the drainer took, by kind.
  void add_to(Stats& stats, const std::array<std::uint64_t, record_kinds>& popped) const noexcept;
  [[nodiscard]] RingBudget& budget() noexcept { return budget_; }
  [[nodiscard]] const RingBudget& budget() const noexcept { return budget_; }

  [[nodiscard]] bool park(ForkLocks& locks, Deadline deadline) { return lock_until(locks, mutex_, deadline); }

  // A thread gives a ring of `core`, whose set this is, back.
  void give_back(Core& core, Ring& ring) noexcept;

 private:
  [[nodiscard]] Ring* acquire() noexcept;
  // Before a ring is deleted: keeps its counts, and lets go of records that came when nobody drained any more.
  void close(Core& core, Ring& ring) noexcept;

  RingBudget budget_;
  const std::size_t first_bytes_;
  mutable std::mutex mutex_;
  bool is_retired_ = false;
  std::vector<std::unique_ptr<Ring>> rings_;
  RingCounters deleted_;                                 // the counts of rings that are no more
  std::array<std::uint64_t, record_kinds> discarded_{};  // what was still in them
};

// In a forked child: the rings that this thread holds are the parent's managers'.
void forget_rings_of_this_thread() noexcept;

}  // namespace spark::detail
