// Whether a series rises or falls, and how steeply, without a word on how it is distributed: one wild value moves
// neither answer much. Pure functions. Points with a NaN or an infinity are left out.
#pragma once

#include <cstddef>
#include <span>

#include "spark/analysis/proportions.h"

namespace spark::analysis {

struct Point {
  double x = 0;
  double y = 0;

  bool operator==(const Point&) const = default;
};

// Points a series may have: all pairs of them are compared, and the slopes of all are in memory at once. More throw
// Error(invalid_argument).
inline constexpr std::size_t max_trend_points = 2'000;

struct MannKendall {
  std::size_t points = 0;
  double s = 0;         // pairs that rise minus pairs that fall
  double variance = 0;  // of s if there is no trend, corrected for ties in y
  double p_value = 1;   // two-sided

  bool operator==(const MannKendall&) const = default;
};

// Mann, "Nonparametric tests against trend", Econometrica 13, 1945; Kendall, "Rank correlation methods", 1975. With
//   variance = (n(n-1)(2n+5) - sum over ties of t(t-1)(2t+5)) / 18
// and z = (s - sign(s)) / sqrt(variance), a normal approximation that is good from 10 points on. The points come in any
// order and each x once; p is 1 if all y are equal. O(n²).
[[nodiscard]] MannKendall mann_kendall(std::span<const Point> points);

struct TheilSen {
  double slope = 0;            // of y by x
  RealInterval interval = {};  // of the slope

  bool operator==(const TheilSen&) const = default;
};

// The median of the slopes of all pairs with different x, and its interval: from the slope with the number (N - C)/2,
// rounded, to the one with (N + C)/2 + 1, where N is how many slopes there are and C = z sqrt(Mann-Kendall's
// variance), or from the smallest to the largest if that is beyond them (Sen, "Estimates of the regression coefficient
// based on Kendall's tau", JASA 63, 1968). Zero if there is no such pair. O(n²).
[[nodiscard]] TheilSen theil_sen(std::span<const Point> points, double confidence = 0.95);

}  // namespace spark::analysis
