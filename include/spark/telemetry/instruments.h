// Instruments measure often what record_metric measures once: name, unit and attributes are bound when the instrument
// is made, a measurement is an addition to the calling thread's own shard, and the exporter collects the sums each
// export_interval (and at flush) as one Metric. Asking for the same name, unit and attributes again gives the same
// instrument.
//
// Handles are plain values, valid for the life of the process; after their manager's shutdown they measure into
// nothing. All calls are safe from any thread, noexcept, and do not block; a thread's first use of an instrument
// allocates its shard.
#pragma once

#include <atomic>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <utility>

#include "spark/base/text.h"
#include "spark/telemetry/attributes.h"

namespace spark {

struct InstrumentOptions {
  Text unit = "1";
  Attributes attributes = {};
};

// More instruments than this in one process are refused, counted, and measure into nothing.
inline constexpr std::size_t max_instruments = 4096;

namespace detail {

class Core;
struct GaugeCell;

// One instrument's shard in one thread: written by that thread alone, read by the exporter.
struct ShardCell {
  std::atomic<std::int64_t> integer{0};
  std::atomic<double> number{0};
};
inline constexpr std::size_t shard_page_cells = 64;
struct ThreadShards {
  ShardCell* pages[max_instruments / shard_page_cells];
};
extern constinit thread_local ThreadShards tls_shards;

// The slow way: allocates the page. Null if the instrument is inert or the thread has ended.
ShardCell* make_shard_cell(std::uint32_t index) noexcept;

inline constexpr std::uint32_t no_instrument = max_instruments;

inline ShardCell* shard_cell(std::uint32_t index) noexcept {
  if (index >= max_instruments) return nullptr;
  ShardCell* page = tls_shards.pages[index / shard_page_cells];
  if (page == nullptr) [[unlikely]]
    return make_shard_cell(index);
  return page + index % shard_page_cells;
}

}  // namespace detail

// A sum of increments, each zero or more. A negative or non-finite increment is dropped and counted.
class Counter {
 public:
  Counter() noexcept = default;

  template <std::integral I>
  void add(I increment) noexcept {
    detail::ShardCell* cell = detail::shard_cell(index_);
    if (cell == nullptr) return;
    // Beyond this a double is as exact as anybody will ask for, and the sum of integers cannot overflow.
    constexpr std::int64_t largest_counted_exactly = std::int64_t{1} << 32;
    if (!std::in_range<std::uint64_t>(increment)) [[unlikely]]
      return refuse();
    if (std::cmp_greater(increment, largest_counted_exactly)) [[unlikely]]
      return add(static_cast<double>(increment));
    const auto amount = static_cast<std::int64_t>(increment);
    cell->integer.store(cell->integer.load(std::memory_order_relaxed) + amount, std::memory_order_relaxed);
  }
  template <std::floating_point F>
  void add(F increment) noexcept {
    detail::ShardCell* cell = detail::shard_cell(index_);
    if (cell == nullptr) return;
    const auto amount = static_cast<double>(increment);
    if (!(amount >= 0 && amount < std::numeric_limits<double>::infinity())) [[unlikely]]
      return refuse();
    cell->number.store(cell->number.load(std::memory_order_relaxed) + amount, std::memory_order_relaxed);
  }

 private:
  friend class detail::Core;
  void refuse() noexcept;

  std::uint32_t index_ = detail::no_instrument;
};

// The last value set, by any thread. Nothing is collected until it has been set, nor again until it changes.
class Gauge {
 public:
  Gauge() noexcept = default;
  void set(double value) noexcept;

 private:
  friend class detail::Core;
  detail::GaugeCell* cell_ = nullptr;
};

// A distribution: base-2 exponential buckets, 160 a side, scale at most 8 (relative error 0.27 %) and falling as the
// range of the values asks. NaN is dropped and counted; infinities count as the largest finite double.
class Histogram {
 public:
  Histogram() noexcept = default;
  void record(double value) noexcept;

 private:
  friend class detail::Core;
  std::uint32_t index_ = detail::no_instrument;
};

}  // namespace spark
