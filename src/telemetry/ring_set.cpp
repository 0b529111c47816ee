#include "ring_set.h"

#include <cxxabi.h>

#include <pthread.h>
#include <algorithm>
#include <cstdlib>
#include <limits>
#include <memory>
#include <new>
#include <optional>

#include "core.h"

namespace spark::detail {

constinit thread_local ThreadState thread_state{};

const unsigned* find_uncaught_exceptions() noexcept {
  // Itanium C++ ABI, 2.2.2: a thread's __cxa_eh_globals are the caught exceptions and then the count of uncaught ones.
  struct ExceptionGlobals {
    void* caught_exceptions;
    unsigned uncaught_exceptions;
  };
  const auto* globals = reinterpret_cast<const ExceptionGlobals*>(abi::__cxa_get_globals());
  return thread_state.uncaught_exceptions = &globals->uncaught_exceptions;
}

namespace {

// The rings a thread holds. Given back by a pthread key's destructor: those run after the thread's C++ objects are
// destroyed, which may still record, and not at all for the thread that calls exit, whose static destructors may too.
struct HeldRings {
  struct Held {
    Core* core;
    Ring* ring;
  };
  std::vector<Held> rings;
};

constinit thread_local HeldRings* held_rings = nullptr;

void give_back_all(void* pointer) noexcept {
  auto* held = static_cast<HeldRings*>(pointer);
  thread_state.core = nullptr;
  thread_state.ring = nullptr;
  held_rings = nullptr;
  for (const auto& [core, ring] : held->rings) core->rings().give_back(*core, *ring);
  delete held;
}

// False: the process has no key left, and this thread can hold no ring.
bool keep_until_thread_ends(HeldRings* held) noexcept {
  static const std::optional<pthread_key_t> key = [] {
    pthread_key_t made{};
    return pthread_key_create(&made, give_back_all) == 0 ? std::optional(made) : std::nullopt;
  }();
  return key && pthread_setspecific(*key, held) == 0;
}

}  // namespace

void forget_rings_of_this_thread() noexcept {
  thread_state.core = nullptr;
  thread_state.ring = nullptr;
  if (held_rings != nullptr) held_rings->rings.clear();
}

Ring* RingSet::of_this_thread(Core& core) noexcept {
  try {
    if (held_rings == nullptr) {
      auto made = std::make_unique<HeldRings>();
      if (!keep_until_thread_ends(made.get())) return nullptr;
      held_rings = made.release();
    }
    auto& held = held_rings->rings;
    const auto found = std::find_if(held.begin(), held.end(), [&](const auto& entry) { return entry.core == &core; });
    Ring* ring = nullptr;
    if (found != held.end()) {
      ring = found->ring;
    } else {
      // A good moment to let go of rings whose managers have ended, the one used last perhaps among them.
      thread_state.core = nullptr;
      thread_state.ring = nullptr;
      std::erase_if(held, [](const auto& entry) {
        const bool has_ended = entry.core->state.load(std::memory_order_relaxed) == core_shut_down;
        if (has_ended) entry.core->rings().give_back(*entry.core, *entry.ring);
        return has_ended;
      });
      held.reserve(held.size() + 1);
      ring = acquire();
      if (ring != nullptr) held.push_back({&core, ring});
    }
    thread_state.core = ring != nullptr ? &core : nullptr;
    thread_state.ring = ring;
    return ring;
  } catch (const std::bad_alloc&) {
    return nullptr;
  }
}

Ring* RingSet::acquire() noexcept {
  const std::lock_guard lock(mutex_);
  if (is_retired_) return nullptr;
  for (const auto& ring : rings_) {
    auto expected = Ring::Use::free;
    if (ring->use.compare_exchange_strong(expected, Ring::Use::active, std::memory_order_acquire)) return ring.get();
  }
  try {
    auto ring = std::make_unique<Ring>(budget_, first_bytes_);
    if (!ring->valid()) return nullptr;
    rings_.push_back(std::move(ring));
    return rings_.back().get();
  } catch (const std::bad_alloc&) {
    return nullptr;
  }
}

std::vector<Ring*> RingSet::all() {
  const std::lock_guard lock(mutex_);
  std::vector<Ring*> result;
  result.reserve(rings_.size());
  for (const auto& ring : rings_) result.push_back(ring.get());
  return result;
}

void RingSet::recycle() noexcept {
  const std::lock_guard lock(mutex_);
  for (const auto& ring : rings_) {
    if (ring->use.load(std::memory_order_acquire) == Ring::Use::ended && ring->unread() == 0) {
      ring->use.store(Ring::Use::free, std::memory_order_release);
    }
  }
}

void RingSet::give_back(Core& core, Ring& ring) noexcept {
  const std::lock_guard lock(mutex_);
  ring.use.store(Ring::Use::ended, std::memory_order_release);
  if (!is_retired_) return;
  close(core, ring);
  std::erase_if(rings_, [&](const auto& other) { return other.get() == &ring; });
}

void RingSet::retire(Core& core) noexcept {
  const std::lock_guard lock(mutex_);
  is_retired_ = true;
  std::erase_if(rings_, [&](const auto& ring) {
    const bool is_unused = ring->use.load(std::memory_order_acquire) != Ring::Use::active;
    if (is_unused) close(core, *ring);
    return is_unused;
  });
}

namespace {

template <class Visit>
void each_counter(Visit&& visit) {
  visit(&RingCounters::recorded);
  visit(&RingCounters::sampled_out);
  visit(&RingCounters::pushed);
  visit(&RingCounters::dropped_full);
}

}  // namespace

void RingSet::close(Core& core, Ring& ring) noexcept {
  (void)ring.drain(std::numeric_limits<std::uint64_t>::max(), [&](const std::byte* record) {
    const auto& head = *reinterpret_cast<const RecordHead*>(record);
    ++discarded_[static_cast<std::size_t>(head.kind)];
    core.give_back_values(head.value_bytes);
    if ((head.flags & spilled_flag) == 0) return release_values(record, head.size_bytes);
    const auto& spilled = *reinterpret_cast<const SpilledRecord*>(record);
    release_values(spilled.bytes, spilled.size_bytes);
    core.free_spilled(spilled);
  });
  each_counter([&](auto member) {
    for (std::size_t kind = 0; kind < record_kinds; ++kind) {
      (deleted_.*member)[kind].fetch_add((ring.counters.*member)[kind].load(std::memory_order_relaxed),
                                         std::memory_order_relaxed);
    }
  });
}

void RingSet::add_to(Stats& stats, const std::array<std::uint64_t, record_kinds>& popped) const noexcept {
  const std::lock_guard lock(mutex_);
  const auto add = [&](const RingCounters& counters) {
    for (std::size_t kind = 0; kind < record_kinds; ++kind) {
      FrontRow& row = stats.front[kind];
      row.recorded += counters.recorded[kind].load(std::memory_order_relaxed);
      row.sampled_out += counters.sampled_out[kind].load(std::memory_order_relaxed);
      row.in_rings += counters.pushed[kind].load(std::memory_order_relaxed);
      row.dropped[static_cast<std::size_t>(DropReason::ring_full)] +=
          counters.dropped_full[kind].load(std::memory_order_relaxed);
    }
  };
  add(deleted_);
  for (const auto& ring : rings_) add(ring->counters);
  for (std::size_t kind = 0; kind < record_kinds; ++kind) {
    stats.front[kind].in_rings -= popped[kind] + discarded_[kind];
    stats.front[kind].dropped[static_cast<std::size_t>(DropReason::shut_down)] += discarded_[kind];
  }
  stats.ring_bytes = budget_.used();
}

}  // namespace spark::detail
