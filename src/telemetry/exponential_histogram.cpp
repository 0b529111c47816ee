#include "exponential_histogram.h"

#include <algorithm>
#include <limits>

namespace spark::detail {
BucketTable::BucketTable() noexcept {
  for (std::size_t k = 0; k < bucket_boundaries; ++k) {
    const double power = std::exp2(static_cast<double>(k) / bucket_boundaries);
    boundary[k] = std::bit_cast<std::uint64_t>(power) & mantissa_mask;
  }
  boundary[bucket_boundaries] = mantissa_mask + 1;  // above every mantissa
  std::uint16_t k = 0;
  for (std::uint64_t t = 0; t < bucket_boundaries; ++t) {
    while (boundary[k + 1u] <= t << (mantissa_bits - max_scale)) ++k;
    guess[t] = k;
  }
}

// Before every other object of the program that could record while it is being made.
[[gnu::init_priority(101)]] const BucketTable bucket_table;

bool HistogramShard::Side::extend(std::int32_t index) noexcept {
  const std::int32_t old_first = first.load(std::memory_order_relaxed);
  const std::int32_t old_last = last.load(std::memory_order_relaxed);
  if (old_first > old_last) {
    last.store(index, std::memory_order_relaxed);
    first.store(index, std::memory_order_relaxed);
    return true;
  }
  if (std::max(old_last, index) - std::min(old_first, index) >= max_buckets) return false;
  if (index < old_first) first.store(index, std::memory_order_relaxed);
  if (index > old_last) last.store(index, std::memory_order_relaxed);
  return true;
}

Distribution::Buckets HistogramShard::Side::buckets() const {
  Distribution::Buckets result;
  const std::int32_t from = first.load(std::memory_order_relaxed);
  const std::int32_t to = last.load(std::memory_order_relaxed);
  if (from > to) return result;
  result.offset = from;
  for (std::int32_t index = from; index <= to && index - from < max_buckets; ++index) {
    result.counts.push_back(count(index).load(std::memory_order_acquire));
  }
  return result;
}

std::unique_ptr<HistogramShard> HistogramShard::coarser(double value) const {
  const std::int32_t index = bucket_index(std::fabs(value));
  const Side& side = value > 0 ? positive_ : negative_;
  int scale = scale_;
  const auto width = [&](int s) {
    const std::int32_t first = side.first.load(std::memory_order_relaxed) >> (scale_ - s);
    const std::int32_t last = side.last.load(std::memory_order_relaxed) >> (scale_ - s);
    const std::int32_t wanted = index >> (max_scale - s);
    return std::max(last, wanted) - std::min(first, wanted);
  };
  while (scale > min_scale && width(scale) >= max_buckets) --scale;
  auto result = std::make_unique<HistogramShard>(scale);
  const auto copy_side = [&](const Side& from, Side& to) {
    const Distribution::Buckets buckets = from.buckets();
    for (std::size_t i = 0; i < buckets.counts.size(); ++i) {
      if (buckets.counts[i] == 0) continue;
      const std::int32_t at = (buckets.offset + static_cast<std::int32_t>(i)) >> (scale_ - scale);
      if (to.extend(at)) add(to.count(at), buckets.counts[i]);
    }
  };
  copy_side(positive_, result->positive_);
  copy_side(negative_, result->negative_);
  result->zero_count_.store(zero_count_.load(std::memory_order_relaxed), std::memory_order_relaxed);
  result->sum_.store(sum_.load(std::memory_order_relaxed), std::memory_order_relaxed);
  return result;
}

namespace {

void rescale_buckets(Distribution::Buckets& buckets, int shift) {
  if (shift == 0 || buckets.counts.empty()) return;
  Distribution::Buckets result;
  result.offset = buckets.offset >> shift;
  for (std::size_t i = 0; i < buckets.counts.size(); ++i) {
    const auto at =
        static_cast<std::size_t>(((buckets.offset + static_cast<std::int32_t>(i)) >> shift) - result.offset);
    if (at >= result.counts.size()) result.counts.resize(at + 1);
    result.counts[at] += buckets.counts[i];
  }
  buckets = std::move(result);
}

std::uint64_t subtract_buckets(Distribution::Buckets& from, const Distribution::Buckets& less) {
  std::uint64_t left = 0;
  for (std::size_t i = 0; i < from.counts.size(); ++i) {
    const std::int32_t at = from.offset + static_cast<std::int32_t>(i) - less.offset;
    if (at >= 0 && static_cast<std::size_t>(at) < less.counts.size()) {
      from.counts[i] -= std::min(from.counts[i], less.counts[static_cast<std::size_t>(at)]);
    }
    left += from.counts[i];
  }
  const auto is_used = [](std::uint64_t count) { return count != 0; };
  const auto last = std::find_if(from.counts.rbegin(), from.counts.rend(), is_used).base();
  from.counts.erase(last, from.counts.end());
  const auto first = std::find_if(from.counts.begin(), from.counts.end(), is_used);
  from.offset = from.counts.empty() ? 0 : from.offset + static_cast<std::int32_t>(first - from.counts.begin());
  from.counts.erase(from.counts.begin(), first);
  return left;
}

}  // namespace

void add_buckets(Distribution::Buckets& total, const Distribution::Buckets& more) {
  if (more.counts.empty()) return;
  if (total.counts.empty()) {
    total = more;
    return;
  }
  if (more.offset < total.offset) {
    total.counts.insert(total.counts.begin(), static_cast<std::size_t>(total.offset - more.offset), 0);
    total.offset = more.offset;
  }
  const auto shift = static_cast<std::size_t>(more.offset - total.offset);
  if (total.counts.size() < shift + more.counts.size()) total.counts.resize(shift + more.counts.size());
  for (std::size_t i = 0; i < more.counts.size(); ++i) total.counts[shift + i] += more.counts[i];
}

void rescale(Distribution& distribution, std::int32_t scale) {
  const int shift = std::max(0, distribution.scale - scale);
  rescale_buckets(distribution.positive, shift);
  rescale_buckets(distribution.negative, shift);
  distribution.scale -= shift;
}

namespace {

// A sum beyond the largest double stays there: infinite, the growth since the last collection would be no number.
double saturated(double sum) noexcept {
  constexpr double largest = std::numeric_limits<double>::max();
  return std::clamp(sum, -largest, largest);
}

}  // namespace

void HistogramShard::add_to(Distribution& total) const {
  Distribution more;
  more.scale = scale_;
  more.zero_count = zero_count_.load(std::memory_order_relaxed);
  more.positive = positive_.buckets();
  more.negative = negative_.buckets();
  more.sum = saturated(sum_.load(std::memory_order_relaxed));  // after the counts, see record()
  more.count = more.zero_count;
  for (const std::uint64_t count : more.positive.counts) more.count += count;
  for (const std::uint64_t count : more.negative.counts) more.count += count;
  if (more.count == 0) return;
  if (total.count == 0) {
    total = std::move(more);
    return;
  }
  // Until two threads' buckets fit together, both get coarser.
  std::int32_t scale = std::min(total.scale, more.scale);
  const auto fits = [&](Distribution::Buckets a, Distribution::Buckets b, int shift_a, int shift_b) {
    rescale_buckets(a, shift_a);
    rescale_buckets(b, shift_b);
    add_buckets(a, b);
    return a.counts.size() <= max_buckets;
  };
  while (scale > min_scale && !(fits(total.positive, more.positive, total.scale - scale, more.scale - scale) &&
                                fits(total.negative, more.negative, total.scale - scale, more.scale - scale))) {
    --scale;
  }
  rescale(total, scale);
  rescale(more, scale);
  add_buckets(total.positive, more.positive);
  add_buckets(total.negative, more.negative);
  total.zero_count += more.zero_count;
  total.count += more.count;
  total.sum = saturated(total.sum + more.sum);
}

Distribution difference(const Distribution& now, Distribution before) {
  Distribution result = now;
  if (before.count == 0) return result;
  // A collector that came upon a bucket range just growing may have merged at a coarser scale than was needed.
  rescale(result, before.scale);
  rescale(before, result.scale);
  result.zero_count -= std::min(result.zero_count, before.zero_count);
  result.count = result.zero_count + subtract_buckets(result.positive, before.positive) +
                 subtract_buckets(result.negative, before.negative);
  result.sum -= before.sum;
  return result;
}

}  // namespace spark::detail
