// Ring carries records from one thread (the producer) to the drainer (the consumer) without a lock, an allocation or a
// shared cache line in the steady state. It is a chain of byte rings: when the current one is full and the manager's
// budget allows, a larger one is appended and the old one is freed once drained. Records keep their order.
//
// A ring belongs to its core and serves one thread after the other: when its thread ends it is drained and reused.
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>

#include "record_format.h"
#include "spill_memory.h"

namespace spark::detail {

// Memory that all rings of a manager may hold together, spilled records included.
class RingBudget {
 public:
  explicit RingBudget(std::size_t limit_bytes) noexcept : limit_(limit_bytes) {}

  [[nodiscard]] bool take(std::size_t bytes) noexcept;
  void give_back(std::size_t bytes) noexcept { used_.fetch_sub(bytes, std::memory_order_relaxed); }
  // What failed spans and trace ends may use beyond the limit's other customers: a sixteenth.
  [[nodiscard]] bool take_reserved(std::size_t bytes) noexcept;
  [[nodiscard]] bool is_half_used() const noexcept { return used() > limit_ / 2; }
  [[nodiscard]] std::size_t used() const noexcept { return used_.load(std::memory_order_relaxed); }

 private:
  bool take_below(std::size_t bytes, std::size_t limit) noexcept;

  const std::size_t limit_;
  std::atomic<std::size_t> used_{0};
};

// Counts of one producer, by RecordKind. Written by it alone.
struct RingCounters {
  using ByKind = std::array<std::atomic<std::uint64_t>, record_kinds>;
  ByKind recorded{};
  ByKind sampled_out{};
  ByKind pushed{};
  ByKind dropped_full{};
};

inline void count(RingCounters::ByKind& counters, RecordKind kind, std::uint64_t amount = 1) noexcept {
  auto& counter = counters[static_cast<std::size_t>(kind)];
  counter.store(counter.load(std::memory_order_relaxed) + amount, std::memory_order_relaxed);
}

class Ring {
 public:
  // Allocates the first segment; `valid()` says whether that worked.
  Ring(RingBudget& budget, std::size_t first_bytes) noexcept;
  ~Ring();
  Ring(const Ring&) = delete;
  Ring& operator=(const Ring&) = delete;

  [[nodiscard]] bool valid() const noexcept { return write_ != nullptr; }

  // Producer. Room for a record of `size` bytes (a multiple of 8, much smaller than a segment), to be written and then
  // published. A priority record may use the reserve that others must leave. Null: no room.
  [[nodiscard]] std::byte* reserve(std::uint32_t size, bool is_priority) noexcept;
  // Producer. The record just written, as large as it was reserved.
  void publish(std::uint32_t size) noexcept {
    tail_ += size;
    write_->tail.store(tail_, std::memory_order_release);
    published_.store(published_.load(std::memory_order_relaxed) + 1, std::memory_order_release);
  }

  // Producer. True if the records not yet consumed have just reached `buffer_size`.
  [[nodiscard]] bool crossed(std::uint32_t buffer_size) noexcept {
    const std::uint64_t published = published_.load(std::memory_order_relaxed);
    if (published < next_check_) [[likely]]
      return false;
    return crossed_slow(published, buffer_size);
  }

  // Any thread.
  [[nodiscard]] std::uint64_t unread() const noexcept {
    const std::uint64_t consumed = consumed_.load(std::memory_order_relaxed);
    return published_.load(std::memory_order_acquire) - consumed;
  }

  // Consumer. Visits up to `limit` records in order; each is gone when its visit returns.
  template <class Visit>
  std::uint64_t drain(std::uint64_t limit, Visit&& visit) noexcept {
    std::uint64_t visited = 0;
    while (visited < limit) {
      Segment* const following = read_->next.load(std::memory_order_acquire);  // before tail: then tail is final
      const std::uint64_t tail = read_->tail.load(std::memory_order_acquire);
      std::uint64_t head = read_->head.load(std::memory_order_relaxed);
      while (head != tail && visited < limit) {
        const std::byte* record = read_->bytes() + (head & (read_->capacity - 1));
        const auto& record_head = *reinterpret_cast<const RecordHead*>(record);
        head += record_head.size_bytes;
        if ((record_head.flags & padding_flag) == 0) {
          visit(record);
          ++visited;
        }
        read_->head.store(head, std::memory_order_release);
      }
      if (head != tail || following == nullptr) break;
      free_segment(read_);
      read_ = following;
    }
    consumed_.store(consumed_.load(std::memory_order_relaxed) + visited, std::memory_order_release);
    return visited;
  }

  RingCounters counters;
  SpillMemory spill_memory;  // the producer's
  // Whether a thread owns it; see Core::acquire_ring.
  enum class Use : std::uint8_t { active, ended, free };
  std::atomic<Use> use{Use::active};

 private:
  struct alignas(64) Segment {
    std::size_t capacity = 0;  // a power of two
    std::atomic<Segment*> next{nullptr};
    alignas(64) std::atomic<std::uint64_t> tail{0};
    alignas(64) std::atomic<std::uint64_t> head{0};

    [[nodiscard]] std::byte* bytes() noexcept { return reinterpret_cast<std::byte*>(this + 1); }
  };

  [[nodiscard]] bool crossed_slow(std::uint64_t published, std::uint32_t buffer_size) noexcept;
  [[nodiscard]] bool make_room(std::uint32_t size, bool is_priority) noexcept;
  [[nodiscard]] std::uint64_t room_needed(std::uint32_t size) const noexcept;
  Segment* new_segment(std::size_t capacity) noexcept;
  void free_segment(Segment* segment) noexcept;
  void append_segment(Segment* segment) noexcept;

  RingBudget& budget_;
  const std::size_t first_bytes_;

  // The producer's.
  alignas(64) Segment* write_ = nullptr;
  std::uint64_t tail_ = 0;
  std::uint64_t limit_ = 0;  // tail_ may come up to here without asking where the consumer is
  std::atomic<std::uint64_t> published_{0};
  std::uint64_t next_check_ = 0;
  std::uint32_t idle_refills_ = 0;     // in a row; see make_room
  std::uint64_t refused_at_head_ = 0;  // one more than where the consumer was when the budget last refused to grow

  // The consumer's.
  alignas(64) Segment* read_ = nullptr;
  std::atomic<std::uint64_t> consumed_{0};
};

}  // namespace spark::detail
