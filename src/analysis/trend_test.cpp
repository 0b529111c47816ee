#include "spark/analysis/trend_test.h"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <numbers>
#include <vector>

#include "analysis/checks.h"

namespace spark::analysis {
namespace {

std::vector<Point> sorted_finite(std::span<const Point> points) {
  if (points.size() > max_trend_points) {
    throw Error(ErrorCode::invalid_argument, "points are " + std::to_string(points.size()) + ": at most " +
                                                 std::to_string(max_trend_points) + " can be compared");
  }
  std::vector<Point> result;
  result.reserve(points.size());
  std::copy_if(points.begin(), points.end(), std::back_inserter(result),
               [](const Point& point) { return std::isfinite(point.x) && std::isfinite(point.y); });
  std::sort(result.begin(), result.end(), [](const Point& a, const Point& b) { return a.x < b.x; });
  return result;
}

double variance_of(const std::vector<Point>& points) {
  std::vector<double> values;
  values.reserve(points.size());
  for (const Point& point : points) values.push_back(point.y);
  std::sort(values.begin(), values.end());
  const auto term = [](double count) { return count * (count - 1) * (2 * count + 5); };
  double sum = term(static_cast<double>(values.size()));
  for (auto begin = values.begin(); begin != values.end();) {
    const auto end = std::upper_bound(begin, values.end(), *begin);
    sum -= term(static_cast<double>(end - begin));
    begin = end;
  }
  return sum / 18;
}

}  // namespace

MannKendall mann_kendall(std::span<const Point> points) {
  const std::vector<Point> sorted = sorted_finite(points);
  MannKendall result{.points = sorted.size(), .variance = variance_of(sorted)};
  for (std::size_t later = 1; later < sorted.size(); ++later) {
    for (std::size_t earlier = 0; earlier < later; ++earlier) {
      if (sorted[earlier].x == sorted[later].x) continue;
      result.s += static_cast<double>((sorted[later].y > sorted[earlier].y) - (sorted[later].y < sorted[earlier].y));
    }
  }
  if (!(result.variance > 0)) return result;
  const double z = std::max(0.0, std::abs(result.s) - 1) / std::sqrt(result.variance);
  result.p_value = std::erfc(z / std::numbers::sqrt2);
  return result;
}

TheilSen theil_sen(std::span<const Point> points, double confidence) {
  const double z = two_sided_z(confidence);
  const std::vector<Point> sorted = sorted_finite(points);
  std::vector<double> slopes;
  slopes.reserve(sorted.size() * (sorted.size() + 1) / 2);
  for (std::size_t later = 1; later < sorted.size(); ++later) {
    for (std::size_t earlier = 0; earlier < later; ++earlier) {
      const double slope = (sorted[later].y - sorted[earlier].y) / (sorted[later].x - sorted[earlier].x);
      // Infinite or NaN of equal x, and of values that are too far apart.
      if (std::isfinite(slope)) slopes.push_back(slope);
    }
  }
  if (slopes.empty()) return {};
  std::sort(slopes.begin(), slopes.end());
  const std::size_t count = slopes.size();
  const double middle = slopes[(count - 1) / 2] + (slopes[count / 2] - slopes[(count - 1) / 2]) / 2;
  const double reach = z * std::sqrt(variance_of(sorted));
  const double n = static_cast<double>(count);
  const auto at = [&](double number) { return slopes[static_cast<std::size_t>(std::clamp(number, 1.0, n)) - 1]; };
  return {middle, {at(std::round((n - reach) / 2)), at(std::round((n + reach) / 2) + 1)}};
}

}  // namespace spark::analysis
