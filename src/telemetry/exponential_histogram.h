// One thread's shard of a histogram instrument: base-2 exponential buckets (OpenTelemetry data model,
// "ExponentialHistogram"; a bucket holds its upper boundary), at most 160 a side. Written by one thread, read by the
// collector at any time: each count is read whole, and all of them are exact when nobody records.
//
// A scale that must fall makes a new shard: the old one stays as it is for a collector that may be reading it.
#pragma once

#include <algorithm>
#include <array>
#include <atomic>
#include <bit>
#include <cmath>
#include <cstdint>
#include <limits>
#include <memory>

#include "spark/telemetry/records.h"

namespace spark::detail {

inline constexpr int max_buckets = 160;  // OpenTelemetry SDK specification, default MaxSize
inline constexpr int max_scale = 8;      // 256 boundaries a factor of two; finer would only fill faster
inline constexpr int min_scale = -10;    // two buckets hold every double

inline constexpr std::size_t bucket_boundaries = 1 << max_scale;
inline constexpr int mantissa_bits = 52;
inline constexpr std::uint64_t mantissa_mask = (1ULL << mantissa_bits) - 1;

// boundary[k] = the mantissa of 2^(k/256); guess[t] = the largest k whose boundary is not above the mantissas that
// begin with the 8 bits t.
struct BucketTable {
  std::array<std::uint64_t, bucket_boundaries + 1> boundary{};
  std::array<std::uint16_t, bucket_boundaries> guess{};

  BucketTable() noexcept;
};
extern const BucketTable bucket_table;

// The index of a finite value > 0 at max_scale: i with 2^(i/256) < value <= 2^((i+1)/256).
[[nodiscard]] inline std::int32_t bucket_index(double value) noexcept {
  constexpr std::int32_t exponent_bias = 1023;
  // Subnormal values share the bucket of the smallest normal ones: nobody measures them apart.
  constexpr auto smallest = std::bit_cast<std::uint64_t>(std::numeric_limits<double>::min()) + 1;
  // A bucket holds its upper boundary, so ask for the double just below the value; no case then needs a branch.
  const std::uint64_t bits = std::max(std::bit_cast<std::uint64_t>(value), smallest) - 1;
  const std::int32_t exponent = static_cast<std::int32_t>(bits >> mantissa_bits) - exponent_bias;
  const std::uint64_t mantissa = bits & mantissa_mask;
  // The guess is at most two boundaries low.
  std::uint32_t index = bucket_table.guess[mantissa >> (mantissa_bits - max_scale)];
  index += mantissa >= bucket_table.boundary[index + 1];
  index += mantissa >= bucket_table.boundary[index + 1];
  return exponent * static_cast<std::int32_t>(bucket_boundaries) + static_cast<std::int32_t>(index);
}

class HistogramShard {
 public:
  explicit HistogramShard(int scale) noexcept : scale_(scale) {}

  // The owner. False: the value's bucket does not fit at this scale; continue with a coarser() shard.
  [[nodiscard]] bool record(double value) noexcept {
    if (value == 0) {
      add(zero_count_, 1);
      return true;
    }
    Side& side = value > 0 ? positive_ : negative_;
    const std::int32_t index = bucket_index(std::fabs(value)) >> (max_scale - scale_);
    if (index < side.first.load(std::memory_order_relaxed) || index > side.last.load(std::memory_order_relaxed))
        [[unlikely]] {
      if (!side.extend(index)) return false;
    }
    // The sum first: whoever sees the count then finds the sum to it. A sum whose count is missing joins the next
    // collection, which that count brings about; a count whose sum is missing would bring nothing, and lose it.
    sum_.store(sum_.load(std::memory_order_relaxed) + value, std::memory_order_relaxed);
    add(side.count(index), 1);
    return true;
  }
  // The owner. The same measurements at the largest smaller scale that has room for `value` as well.
  [[nodiscard]] std::unique_ptr<HistogramShard> coarser(double value) const;

  // Any thread. Adds what is here to `total`, both at the coarser of the two scales.
  void add_to(Distribution& total) const;

  // For the owner's chain of shards that went before.
  std::unique_ptr<HistogramShard> previous;

 private:
  using Count = std::atomic<std::uint64_t>;
  static constexpr std::uint32_t slots = 256;  // a power of two above max_buckets: the index wraps around

  struct Side {
    std::atomic<std::int32_t> first{1};  // first > last: empty
    std::atomic<std::int32_t> last{0};
    std::array<Count, slots> counts{};

    [[nodiscard]] Count& count(std::int32_t index) noexcept {
      return counts[static_cast<std::uint32_t>(index) % slots];
    }
    [[nodiscard]] const Count& count(std::int32_t index) const noexcept {
      return counts[static_cast<std::uint32_t>(index) % slots];
    }
    [[nodiscard]] bool extend(std::int32_t index) noexcept;
    [[nodiscard]] Distribution::Buckets buckets() const;
  };

  static void add(Count& count, std::uint64_t amount) noexcept {
    count.store(count.load(std::memory_order_relaxed) + amount, std::memory_order_release);
  }

  const int scale_;
  std::atomic<double> sum_{0};
  Count zero_count_{0};
  Side positive_;
  Side negative_;
};

// In place: the same measurements at a scale not larger than the present one.
void rescale(Distribution& distribution, std::int32_t scale);
// In place: the counts of both, which are of one scale.
void add_buckets(Distribution::Buckets& total, const Distribution::Buckets& more);
// What `now` has more than `before` (an earlier state of the same histogram), at the coarser of the two scales.
[[nodiscard]] Distribution difference(const Distribution& now, Distribution before);

}  // namespace spark::detail
