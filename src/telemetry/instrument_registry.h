// InstrumentRegistry is the process' table of instruments and of the threads' shards. Shards of a thread that ended are
// handed to the next thread as they are: what is collected is the growth of the sum over all shards, so nothing has to
// be carried over or reset. One object, never destroyed; safe from any thread.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <new>
#include <string>
#include <vector>

#include "exponential_histogram.h"
#include "fork.h"
#include "spark/base/value.h"
#include "spark/telemetry/instruments.h"
#include "spark/telemetry/records.h"

namespace spark::detail {

class Core;

struct GaugeCell {
  std::atomic<double> value{0};
  std::atomic<std::uint64_t> changes{0};
};

struct Instrument {
  Core* core;  // whose it is; cores are never destroyed
  AggregationType type;
  std::string name;
  std::string unit;
  Object attributes;
  std::uint32_t index;  // of its cells
  GaugeCell gauge;

  // The collector's: what it found the last time.
  std::int64_t collected_integer = 0;
  double collected_number = 0;
  Distribution collected_distribution;
  std::uint64_t collected_changes = 0;
};

// What an instrument measured since it was collected last.
struct Collected {
  double value = 0;
  std::unique_ptr<const Distribution> distribution;  // of histograms
};

class InstrumentRegistry {
 public:
  [[nodiscard]] static InstrumentRegistry& instance() noexcept;

  // The instrument with these properties, made if need be. Null beyond max_instruments. Throws std::bad_alloc.
  [[nodiscard]] Instrument* get(Core& core, AggregationType type, Text name, const InstrumentOptions& options);

  // Visits each instrument of `core` that measured something: visit(const Instrument&, Collected). One collector a
  // core.
  template <class Visit>
  void collect(Core& core, Visit&& visit) {
    const std::lock_guard lock(mutex_);
    for (const auto& instrument : instruments_) {
      if (instrument->core != &core) continue;
      Collected collected;
      if (take(*instrument, collected)) visit(*instrument, std::move(collected));
    }
  }

  // Whether an instrument of `core` measured something since it was collected last.
  [[nodiscard]] bool has_growth(Core& core);

  // Around fork(): before it; and in the child, where the instruments of `from` become those of `to`. What the parent
  // has yet to collect is not the child's.
  [[nodiscard]] bool park(ForkLocks& locks, Deadline deadline) { return lock_until(locks, mutex_, deadline); }
  void hand_over(Core& from, Core& to) noexcept;
  // In a child, when somebody held the lock.
  void abandon_lock() noexcept { new (&mutex_) std::mutex; }

  // The cell of an instrument in the calling thread. Null if there is no memory.
  [[nodiscard]] ShardCell* make_cell(std::uint32_t index) noexcept;
  [[nodiscard]] Core* core_of(std::uint32_t index) const noexcept;

 private:
  static constexpr std::size_t page_count = max_instruments / shard_page_cells;
  // All shards of one thread after the other.
  struct Table {
    std::array<std::atomic<ShardCell*>, page_count> pages{};
    bool is_used = true;  // by a living thread
  };

  static void give_back(void* table) noexcept;
  [[nodiscard]] Table* table_of_this_thread();
  [[nodiscard]] bool take(Instrument& instrument, Collected& collected) const;

  mutable std::mutex mutex_;
  std::vector<std::unique_ptr<Instrument>> instruments_;
  std::array<std::atomic<Core*>, max_instruments> owners_{};  // for measurements that are refused
  std::vector<std::unique_ptr<Table>> tables_;
};

// A histogram's cell holds the address of the thread's shard.
[[nodiscard]] inline HistogramShard* shard_of(const ShardCell& cell) noexcept {
  return reinterpret_cast<HistogramShard*>(cell.integer.load(std::memory_order_acquire));
}

}  // namespace spark::detail
