#include "ingest/histograms.h"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <numeric>

#include "telemetry/exponential_histogram.h"

namespace spark::detail::ingest {
namespace {

using Buckets = Distribution::Buckets;

constexpr std::size_t most_bounds = 1'000;    // SDKs have 15; each series remembers its own
constexpr std::int32_t largest_scale = 20;    // OpenTelemetry SDK specification, default MaxScale
constexpr std::int64_t exponents = 1'100;     // of two, up and down: more than a double has
constexpr int scale_of_spread = 4;            // buckets 4.4 % wide: explicit ones are wider
constexpr double share_near_zero = 1.0 / 16;  // of a bucket that begins at zero; what is below lies at its edge

std::int64_t index_of(double magnitude, int scale) noexcept {
  return std::int64_t{bucket_index(magnitude)} >> (max_scale - scale);
}
// The upper boundary of a bucket.
double boundary(std::int64_t index, int scale) noexcept {
  return std::exp2(std::ldexp(static_cast<double>(index + 1), -scale));
}

// Measurements between two magnitudes, from < to, or in one point.
struct Piece {
  std::uint64_t count;
  double from;
  double to;
};

// Where a side's pieces lie at a scale.
struct Range {
  std::int64_t first = 0;
  std::int64_t last = -1;
};
double lowest(const Piece& piece) noexcept {
  return piece.from > 0 ? piece.from : std::max(piece.to * share_near_zero, std::numeric_limits<double>::min());
}
Range range_of(const std::vector<Piece>& pieces, int scale) noexcept {
  Range range;
  for (const Piece& piece : pieces) {
    const std::int64_t first = index_of(lowest(piece), scale), last = std::max(first, index_of(piece.to, scale));
    const bool is_empty = range.first > range.last;
    range = {is_empty ? first : std::min(range.first, first), is_empty ? last : std::max(range.last, last)};
  }
  return range;
}

void spread(Buckets& side, const Piece& piece, int scale) {
  const std::int64_t first = index_of(lowest(piece), scale), last = std::max(first, index_of(piece.to, scale));
  std::uint64_t before = 0;
  for (std::int64_t index = first; index <= last; ++index) {
    std::uint64_t up_to = piece.count;
    if (index != last) {
      const double share = (boundary(index, scale) - piece.from) / (piece.to - piece.from);
      const auto part = static_cast<double>(piece.count) * std::clamp(share, 0.0, 1.0);
      up_to = std::clamp(static_cast<std::uint64_t>(std::min(part, 1.8e19)), before, piece.count);
    }
    side.counts[static_cast<std::size_t>(index - side.offset)] += up_to - before;
    before = up_to;
  }
}

Buckets side_of(const std::vector<Piece>& pieces, int scale) {
  const Range range = range_of(pieces, scale);
  if (range.first > range.last) return {};
  Buckets side{.offset = static_cast<std::int32_t>(range.first),
               .counts = std::vector<std::uint64_t>(static_cast<std::size_t>(range.last - range.first) + 1)};
  for (const Piece& piece : pieces) spread(side, piece, scale);
  return side;
}

struct Pieces {
  std::vector<Piece> positive, negative;
  std::uint64_t zeros = 0;

  void add(std::uint64_t count, double low, double high) {
    if (count == 0) return;
    if (low >= 0 && high > 0) {
      positive.push_back({count, low, high});
    } else if (high <= 0 && low < 0) {
      negative.push_back({count, -high, -low});
    } else {
      zeros += count;
    }
  }
};

Pieces pieces_of(const ExplicitBuckets& buckets) {
  Pieces pieces;
  const std::size_t last = buckets.bounds.size();
  for (std::size_t i = 0; i < buckets.counts.size(); ++i) {
    if (last == 0) {
      // One bucket for everything.
      const double low = buckets.min.value_or(0);
      pieces.add(buckets.counts[i], low, std::max(low, buckets.max.value_or(low)));
      continue;
    }
    double low = i == 0 ? std::min(0.0, buckets.bounds[0]) : buckets.bounds[i - 1];
    double high = i == last ? buckets.bounds[last - 1] : buckets.bounds[i];
    if (i == 0 && buckets.min) low = std::min(*buckets.min, high);
    if (i == last) high = std::max(high, buckets.max.value_or(high));
    pieces.add(buckets.counts[i], low, high);
  }
  return pieces;
}

bool is_within_doubles(const Buckets& buckets, std::int32_t scale) noexcept {
  const std::int64_t limit = scale >= 0 ? exponents << scale : (exponents >> -scale) + 1;
  return buckets.offset >= -limit && buckets.offset <= limit - static_cast<std::int64_t>(buckets.counts.size());
}

void trim(Buckets& buckets) {
  const auto is_used = [](std::uint64_t count) { return count != 0; };
  const auto first = std::find_if(buckets.counts.begin(), buckets.counts.end(), is_used);
  if (first == buckets.counts.end()) {
    buckets = {};
    return;
  }
  buckets.offset += static_cast<std::int32_t>(first - buckets.counts.begin());
  buckets.counts.erase(buckets.counts.begin(), first);
  const auto last = std::find_if(buckets.counts.rbegin(), buckets.counts.rend(), is_used);
  buckets.counts.erase(last.base(), buckets.counts.end());
}

double sum_of(const Buckets& side, std::int32_t scale) noexcept {
  double sum = 0;
  for (std::size_t i = 0; i < side.counts.size(); ++i) {
    if (side.counts[i] == 0) continue;
    const auto index = static_cast<double>(side.offset) + static_cast<double>(i) + 0.5;
    sum += static_cast<double>(side.counts[i]) * std::exp2(std::ldexp(index, -scale));
  }
  return sum;
}

}  // namespace

std::string_view complaint(const ExplicitBuckets& buckets) noexcept {
  if (buckets.bounds.empty() && buckets.counts.empty()) return {};
  if (buckets.counts.size() != buckets.bounds.size() + 1) return "has not one bucket_count more than explicit_bounds";
  if (buckets.bounds.size() > most_bounds) return "has more than 1000 explicit_bounds";
  for (std::size_t i = 0; i < buckets.bounds.size(); ++i) {
    if (!std::isfinite(buckets.bounds[i])) return "has an explicit_bound that is no finite number";
    if (i != 0 && !(buckets.bounds[i - 1] < buckets.bounds[i])) return "has explicit_bounds that do not increase";
  }
  const auto is_bad = [](const std::optional<double>& value) { return value && !std::isfinite(*value); };
  if (is_bad(buckets.min) || is_bad(buckets.max)) return "has a min or max that is no finite number";
  return {};
}

Distribution to_distribution(const ExplicitBuckets& buckets, std::uint64_t count, double sum) {
  Pieces pieces = pieces_of(buckets);
  if (buckets.counts.empty() && count != 0) {
    const double mean = sum / static_cast<double>(count);
    pieces.add(count, mean, mean);
  }
  int scale = scale_of_spread;
  const auto fits = [&](const std::vector<Piece>& side) {
    const Range range = range_of(side, scale);
    return range.last - range.first < max_buckets;
  };
  while (scale > min_scale && !(fits(pieces.positive) && fits(pieces.negative))) --scale;
  Distribution result{.sum = sum,
                      .scale = scale,
                      .zero_count = pieces.zeros,
                      .positive = side_of(pieces.positive, scale),
                      .negative = side_of(pieces.negative, scale)};
  normalize(result);
  return result;
}

std::string_view complaint(const Distribution& distribution) noexcept {
  if (distribution.scale < min_scale || distribution.scale > largest_scale)
    return "has a scale that is not from -10 to 20";
  if (!is_within_doubles(distribution.positive, distribution.scale) ||
      !is_within_doubles(distribution.negative, distribution.scale)) {
    return "has buckets that no number is in";
  }
  return {};
}

void normalize(Distribution& distribution) {
  trim(distribution.positive);
  trim(distribution.negative);
  const auto is_too_wide = [](const Buckets& side) { return side.counts.size() > max_buckets; };
  while (distribution.scale > min_scale && (is_too_wide(distribution.positive) || is_too_wide(distribution.negative))) {
    rescale(distribution, distribution.scale - 1);
  }
  const auto total = [](const Buckets& side) {
    return std::accumulate(side.counts.begin(), side.counts.end(), std::uint64_t{0});
  };
  distribution.count = distribution.zero_count + total(distribution.positive) + total(distribution.negative);
}

double estimated_sum(const Distribution& distribution) noexcept {
  constexpr double largest = std::numeric_limits<double>::max();
  const double sum =
      sum_of(distribution.positive, distribution.scale) - sum_of(distribution.negative, distribution.scale);
  return std::isnan(sum) ? 0 : std::clamp(sum, -largest, largest);
}

}  // namespace spark::detail::ingest
