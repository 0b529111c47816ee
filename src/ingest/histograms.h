// Histograms of others as a Distribution, which has at most 160 buckets a side. Free functions without state.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "spark/telemetry/records.h"

namespace spark::detail::ingest {

// Bucket i has the values in (bounds[i-1], bounds[i]]; the first and the last are open.
struct ExplicitBuckets {
  std::vector<double> bounds = {};
  std::vector<std::uint64_t> counts = {};  // one more than bounds; or both empty: only count and sum are known
  std::optional<double> min = {};
  std::optional<double> max = {};

  bool operator==(const ExplicitBuckets&) const = default;
};

// What is wrong with them; empty: nothing.
[[nodiscard]] std::string_view complaint(const ExplicitBuckets& buckets) noexcept;

// Spreads each bucket evenly over the finer ones that it covers, as whoever reads a quantile from it assumes: up to
// `min` and `max` where they are known; else the first reaches from zero, and the last lies at its bound. One that has
// zero inside counts as zeros. `count` and `sum` of the result are the buckets' and the given one. Without buckets all
// of `count` lies at the mean.
[[nodiscard]] Distribution to_distribution(const ExplicitBuckets& buckets, std::uint64_t count, double sum);

// What is wrong with one that came as it is; empty: nothing.
[[nodiscard]] std::string_view complaint(const Distribution& distribution) noexcept;
// Without empty buckets at the ends, and coarser where there are more than 160. For sound ones.
void normalize(Distribution& distribution);

// From the middles of the buckets, for histograms that do not say it.
[[nodiscard]] double estimated_sum(const Distribution& distribution) noexcept;

}  // namespace spark::detail::ingest
