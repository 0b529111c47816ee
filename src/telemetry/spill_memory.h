// SpillMemory is where a thread's records wait that are too large for the places in its ring: slabs that are filled one
// record after the other and go back to the operating system when the last of their records was read.
//
// Not malloc: a record is freed by the drainer, into the arena of the thread that made it (glibc), and what one
// thread's arena has free no other thread can use. Of four threads' records the arenas held up to 2.3 times what the
// records did; a slab holds what it says.
//
// One belongs to each ring. allocate is the producer's, free anybody's.
#pragma once

#include <cstddef>
#include <cstdint>

namespace spark::detail {

class RingBudget;

class SpillMemory {
 public:
  explicit SpillMemory(RingBudget& budget) noexcept : budget_(budget) {}
  ~SpillMemory();
  SpillMemory(const SpillMemory&) = delete;
  SpillMemory& operator=(const SpillMemory&) = delete;

  // Aligned to 8. Null: the rings' bound or the system's memory does not allow it. `is_priority`: may use the reserve.
  [[nodiscard]] std::byte* allocate(std::size_t size, bool is_priority) noexcept;
  // What allocate returned; its SpillMemory may have ended meanwhile.
  static void free(std::byte* bytes) noexcept;

  static constexpr std::size_t slab_bytes = 64 << 10;

 private:
  struct Slab;
  [[nodiscard]] Slab* map(std::size_t size, bool is_priority) noexcept;
  static void release(Slab* slab) noexcept;
  [[nodiscard]] static std::byte* take(Slab& slab, std::size_t size) noexcept;

  RingBudget& budget_;
  Slab* current_ = nullptr;
};

}  // namespace spark::detail
