#include "backends/otlp/distribution.h"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <numeric>
#include <utility>

#include "telemetry/exponential_histogram.h"

namespace spark::detail::otlp {
namespace {

using Buckets = Distribution::Buckets;

constexpr std::int32_t largest_scale = 20;  // OpenTelemetry SDK specification, default MaxScale
constexpr std::int64_t exponents = 1'100;   // of two, up and down: more than a double has

// The buckets that are in use; first > last: none is.
struct Range {
  std::int64_t first = 1;
  std::int64_t last = 0;

  [[nodiscard]] bool empty() const noexcept { return first > last; }
};

Range range_of(const Buckets& buckets) noexcept {
  const auto is_used = [](std::uint64_t count) { return count != 0; };
  const auto begin = buckets.counts.begin(), end = buckets.counts.end();
  const auto first = std::find_if(begin, end, is_used);
  if (first == end) return {};
  const auto last = std::find_if(buckets.counts.rbegin(), buckets.counts.rend(), is_used).base() - 1;
  return {buckets.offset + (first - begin), buckets.offset + (last - begin)};
}

// At a scale that is smaller by `shift`.
Range coarser(Range range, int shift) noexcept {
  if (range.empty()) return {};
  return {range.first >> shift, range.last >> shift};
}

// Both, the first at a scale that is smaller by `shift_a`, and so on.
Range together(Range a, int shift_a, Range b, int shift_b) noexcept {
  a = coarser(a, shift_a);
  b = coarser(b, shift_b);
  if (a.empty()) return b;
  if (b.empty()) return a;
  return {std::min(a.first, b.first), std::max(a.last, b.last)};
}

bool fits(Range range) noexcept { return range.last - range.first < max_buckets; }

void add(Buckets& result, const Buckets& more, int shift) {
  for (std::size_t i = 0; i < more.counts.size(); ++i) {
    if (more.counts[i] == 0) continue;
    const std::int64_t index = (more.offset + static_cast<std::int64_t>(i)) >> shift;
    result.counts[static_cast<std::size_t>(index - result.offset)] += more.counts[i];
  }
}

Buckets sum_of(const Buckets& a, int shift_a, const Buckets& b, int shift_b) {
  const Range range = together(range_of(a), shift_a, range_of(b), shift_b);
  if (range.empty()) return {};
  Buckets result{.offset = static_cast<std::int32_t>(range.first),
                 .counts = std::vector<std::uint64_t>(static_cast<std::size_t>(range.last - range.first) + 1)};
  add(result, a, shift_a);
  add(result, b, shift_b);
  return result;
}

bool is_within_doubles(const Buckets& buckets, std::int32_t scale) noexcept {
  const Range range = range_of(buckets);
  if (range.empty()) return true;
  const std::int64_t limit = scale >= 0 ? exponents << scale : (exponents >> -scale) + 1;
  return range.first >= -limit && range.last <= limit;
}

std::uint64_t count_of(const Buckets& buckets) noexcept {
  return std::accumulate(buckets.counts.begin(), buckets.counts.end(), std::uint64_t{0});
}

bool is_without_buckets(const Distribution& distribution) noexcept {
  return range_of(distribution.positive).empty() && range_of(distribution.negative).empty();
}

// A sum beyond the largest double stays there: infinite, it would say nothing any more.
double saturated(double sum) noexcept {
  constexpr double largest = std::numeric_limits<double>::max();
  return std::clamp(sum, -largest, largest);
}

// True if the measurement had its bucket already, or the bucket was next to be made.
bool add_in_place(Distribution& total, double value) {
  if (value == 0) {
    ++total.zero_count;
    return true;
  }
  if (total.scale > max_scale) return false;
  Buckets& side = value > 0 ? total.positive : total.negative;
  const std::int64_t index = bucket_index(std::fabs(value)) >> (max_scale - total.scale);
  const std::int64_t place = index - side.offset;
  if (place < 0 || place >= static_cast<std::int64_t>(side.counts.size())) return false;
  ++side.counts[static_cast<std::size_t>(place)];
  return true;
}

}  // namespace

bool is_sound(const Distribution& distribution) noexcept {
  return distribution.scale >= min_scale && distribution.scale <= largest_scale && std::isfinite(distribution.sum) &&
         is_within_doubles(distribution.positive, distribution.scale) &&
         is_within_doubles(distribution.negative, distribution.scale);
}

void record(Distribution& total, double value) {
  if (total.count != 0 && add_in_place(total, value)) {
    ++total.count;
    total.sum = saturated(total.sum + value);
    return;
  }
  Distribution one{.count = 1, .sum = value, .scale = max_scale};
  if (value == 0) {
    one.zero_count = 1;
  } else {
    (value > 0 ? one.positive : one.negative) = {.offset = bucket_index(std::fabs(value)), .counts = {1}};
  }
  merge(total, one);
}

void merge(Distribution& total, const Distribution& more) {
  // Where nothing is in a bucket, the scale says nothing; but of what was sent it must not rise.
  if (total.count == 0) total.scale = more.scale;
  std::int32_t scale = is_without_buckets(more) ? total.scale : std::min(total.scale, more.scale);
  const auto shift = [&](const Distribution& distribution, std::int32_t to) {
    return std::max(distribution.scale - to, 0);
  };
  const auto fits_at = [&](std::int32_t s) {
    const int shift_total = shift(total, s), shift_more = shift(more, s);
    return fits(together(range_of(total.positive), shift_total, range_of(more.positive), shift_more)) &&
           fits(together(range_of(total.negative), shift_total, range_of(more.negative), shift_more));
  };
  while (scale > min_scale && !fits_at(scale)) --scale;
  Buckets positive = sum_of(total.positive, shift(total, scale), more.positive, shift(more, scale));
  Buckets negative = sum_of(total.negative, shift(total, scale), more.negative, shift(more, scale));
  total.positive = std::move(positive);
  total.negative = std::move(negative);
  total.scale = scale;
  total.zero_count += more.zero_count;
  total.count = total.zero_count + count_of(total.positive) + count_of(total.negative);
  total.sum = saturated(total.sum + more.sum);
}

}  // namespace spark::detail::otlp
