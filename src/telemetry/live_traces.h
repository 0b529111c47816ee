// The traces that have started and not ended, by id: what an end needs to repeat of its start, and whether the trace is
// sampled. Bounded: beyond the limit the trace that started first is forgotten (its end will be unknown, its row stays
// `started`), counted. Safe from any thread; a lock and a hash look-up a call.
#pragma once

#include <atomic>
#include <cstddef>
#include <list>
#include <mutex>
#include <optional>
#include <unordered_map>
#include <vector>

#include "fork.h"
#include "spark/base/ids.h"

namespace spark::detail {

// A record's bytes with the Values it owns.
class OwnedRecord {
 public:
  OwnedRecord() noexcept = default;
  OwnedRecord(OwnedRecord&& other) noexcept : words_(std::move(other.words_)) { other.words_.clear(); }
  OwnedRecord& operator=(OwnedRecord&& other) noexcept;
  ~OwnedRecord();

  // Copies, with Values of its own. Empty if there is no memory.
  [[nodiscard]] static OwnedRecord copy_of(const std::byte* record, std::size_t size_bytes) noexcept;

  [[nodiscard]] bool empty() const noexcept { return words_.empty(); }
  [[nodiscard]] std::byte* bytes() noexcept { return reinterpret_cast<std::byte*>(words_.data()); }
  [[nodiscard]] std::size_t size_bytes() const noexcept { return words_.size() * sizeof(std::uint64_t); }
  // The caller takes over what the record owns; the bytes stay readable.
  void disown_values() noexcept;

 private:
  std::vector<std::uint64_t> words_;
};

class LiveTraces {
 public:
  explicit LiveTraces(std::size_t limit) noexcept : limit_(limit) {}

  // What is known of a trace.
  struct Facts {
    bool is_sampled;
    bool is_remote = false;  // it began in another process
  };
  // False if it is known already, or if there is no memory; it is then unknown. `end` is empty if the end is not to be
  // recorded.
  bool add(TraceId id, Facts facts, OwnedRecord end) noexcept;
  // Of a trace that began in another process; several may join it. False if it is one of this process' own, or if there
  // is no memory. What was joined is to be left.
  bool join(TraceId id, bool is_sampled) noexcept;
  void leave(TraceId id) noexcept;
  [[nodiscard]] std::optional<Facts> find(TraceId id) const noexcept;
  struct Ended {
    bool is_sampled;
    OwnedRecord end;
  };
  // Removes it. Empty if it is not known.
  [[nodiscard]] std::optional<Ended> remove(TraceId id) noexcept;
  // Keeps the ids, so that ends can be counted, and lets go of the memory.
  void forget_records() noexcept;
  [[nodiscard]] bool park(ForkLocks& locks, Deadline deadline) { return lock_until(locks, mutex_, deadline); }
  [[nodiscard]] std::uint64_t evicted() const noexcept { return evicted_.load(std::memory_order_relaxed); }

 private:
  struct Live {
    Facts facts;
    std::uint32_t joined;  // how often
    OwnedRecord end;
    std::list<TraceId>::iterator place;
  };

  // With the mutex held.
  bool add_new(TraceId id, Facts facts, OwnedRecord end) noexcept;

  const std::size_t limit_;
  std::atomic<std::uint64_t> evicted_{0};
  mutable std::mutex mutex_;
  std::unordered_map<TraceId, Live> traces_;
  std::list<TraceId> by_age_;  // oldest first
};

}  // namespace spark::detail
