// Whether one of two samples is larger, and by how much, without a word on how they are distributed: durations have
// long tails, which pull means about and leave ranks as they are. Pure functions. Values that are NaN or infinite are
// left out; the sizes in the results are those of what remained.
#pragma once

#include <cstddef>
#include <span>

#include "spark/analysis/proportions.h"

namespace spark::analysis {

struct MannWhitney {
  std::size_t size_a = 0;
  std::size_t size_b = 0;
  double u = 0;              // pairs in which b's value is larger; equal ones count half
  double p_value = 1;        // two-sided
  double probability = 0.5;  // that a value of b is larger than one of a: u / (size_a size_b)

  bool operator==(const MannWhitney&) const = default;
};

// The rank sum test (Mann, Whitney, "On a test of whether one of two random variables is stochastically larger than the
// other", 1947), by the normal approximation with the variance corrected for ties and a continuity correction of 1/2:
// good from about 8 values each on. p is 1 if a sample is empty or all values are equal. O(n log n).
[[nodiscard]] MannWhitney mann_whitney(std::span<const double> a, std::span<const double> b);

struct HodgesLehmann {
  double shift = 0;            // how much larger b is
  RealInterval interval = {};  // of the shift

  bool operator==(const HodgesLehmann&) const = default;
};

// The median of all differences, b's value minus a's (Hodges, Lehmann, "Estimates of location based on rank tests",
// 1963), and Moses' interval: from the k-th smallest difference to the k-th largest with k = floor(nm/2 - z
// sqrt(nm(n+m+1)/12)), or from the smallest to the largest if k is below 1 (Hollander, Wolfe, "Nonparametric
// statistical methods", 1999, 4.3). Zero if a sample is empty. O(n log n): the differences are counted, never listed.
[[nodiscard]] HodgesLehmann hodges_lehmann(std::span<const double> a, std::span<const double> b,
                                           double confidence = 0.95);

}  // namespace spark::analysis
