#include "spill_memory.h"

#include <sys/mman.h>

#include <algorithm>
#include <atomic>
#include <new>

#include "ring.h"

namespace spark::detail {
namespace {

// The smallest page there is on Linux; what the bound counts is rounded to it.
constexpr std::size_t page_bytes = 4096;

constexpr std::size_t rounded(std::size_t size, std::size_t to) noexcept { return (size + to - 1) / to * to; }

}  // namespace

struct alignas(64) SpillMemory::Slab {
  Slab(RingBudget& charged, std::size_t size) noexcept : budget(charged), size_bytes(size), used_bytes(sizeof(Slab)) {}

  RingBudget& budget;
  const std::size_t size_bytes;
  std::size_t used_bytes;  // the producer's
  // Records not yet freed, and one more while records may be added.
  std::atomic<std::uint32_t> holders{1};
};

SpillMemory::~SpillMemory() {
  if (current_ != nullptr) release(current_);
}

std::byte* SpillMemory::allocate(std::size_t size, bool is_priority) noexcept {
  const std::size_t needed = rounded(size, 8) + sizeof(Slab*);
  if (current_ != nullptr) {
    // All read: from its beginning again, so that a thread with little to say keeps one slab for ever.
    if (current_->holders.load(std::memory_order_acquire) == 1) current_->used_bytes = sizeof(Slab);
    if (needed <= current_->size_bytes - current_->used_bytes) return take(*current_, needed);
  }
  if (needed <= slab_bytes / 4) {
    if (Slab* const slab = map(slab_bytes, is_priority)) {
      if (current_ != nullptr) release(current_);
      current_ = slab;
      return take(*slab, needed);
    }
  }
  // One of its own: for what is large, and where the bound has no room for a whole slab.
  Slab* const slab = map(rounded(sizeof(Slab) + needed, page_bytes), is_priority);
  if (slab == nullptr) return nullptr;
  std::byte* const bytes = take(*slab, needed);
  release(slab);
  return bytes;
}

std::byte* SpillMemory::take(Slab& slab, std::size_t size) noexcept {
  slab.holders.fetch_add(1, std::memory_order_relaxed);
  std::byte* const place = reinterpret_cast<std::byte*>(&slab) + slab.used_bytes;
  slab.used_bytes += size;
  *reinterpret_cast<Slab**>(place) = &slab;
  return place + sizeof(Slab*);
}

void SpillMemory::free(std::byte* bytes) noexcept { release(*reinterpret_cast<Slab**>(bytes - sizeof(Slab*))); }

SpillMemory::Slab* SpillMemory::map(std::size_t size, bool is_priority) noexcept {
  if (!(is_priority ? budget_.take_reserved(size) : budget_.take(size))) return nullptr;
  void* const memory = ::mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (memory != MAP_FAILED) return new (memory) Slab(budget_, size);
  budget_.give_back(size);
  return nullptr;
}

void SpillMemory::release(Slab* slab) noexcept {
  if (slab->holders.fetch_sub(1, std::memory_order_acq_rel) != 1) return;
  RingBudget& budget = slab->budget;
  const std::size_t size = slab->size_bytes;
  slab->~Slab();
  ::munmap(slab, size);
  budget.give_back(size);
}

}  // namespace spark::detail
