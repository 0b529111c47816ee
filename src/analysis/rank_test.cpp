#include "spark/analysis/rank_test.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstdint>
#include <numbers>
#include <vector>

namespace spark::analysis {
namespace {

std::vector<double> sorted_finite(std::span<const double> values) {
  std::vector<double> result;
  result.reserve(values.size());
  std::copy_if(values.begin(), values.end(), std::back_inserter(result), [](double v) { return std::isfinite(v); });
  std::sort(result.begin(), result.end());
  return result;
}

// Whole numbers in the order of the doubles that they stand for, so that halving a range of them ends.
std::int64_t place_of(double value) {
  const auto bits = std::bit_cast<std::int64_t>(value);
  return bits >= 0 ? bits : std::int64_t{-1} - (bits & std::numeric_limits<std::int64_t>::max());
}
double value_at(std::int64_t place) {
  const std::int64_t bits = place >= 0 ? place : std::numeric_limits<std::int64_t>::min() | (std::int64_t{-1} - place);
  return std::bit_cast<double>(bits);
}

// The differences of two sorted samples as if they were listed in order.
class Differences {
 public:
  Differences(const std::vector<double>& a, const std::vector<double>& b) : a_(a), b_(b) {}

  // The one with this number, from 1.
  [[nodiscard]] double at(std::uint64_t number) const {
    std::int64_t low = place_of(b_.front() - a_.back()), high = place_of(b_.back() - a_.front());
    while (low < high) {
      // Rounded down, without overflow.
      const std::int64_t middle = (low & high) + ((low ^ high) >> 1);
      if (count_up_to(value_at(middle)) >= number) {
        high = middle;
      } else {
        low = middle + 1;
      }
    }
    return value_at(low);
  }

 private:
  [[nodiscard]] std::uint64_t count_up_to(double limit) const {
    std::uint64_t count = 0;
    std::size_t below = 0;  // of b, for the current a: grows with a
    for (const double value : a_) {
      while (below < b_.size() && b_[below] - value <= limit) ++below;
      count += below;
    }
    return count;
  }

  const std::vector<double>& a_;
  const std::vector<double>& b_;
};

}  // namespace

MannWhitney mann_whitney(std::span<const double> a, std::span<const double> b) {
  struct Member {
    double value;
    bool is_b;
  };
  const std::vector<double> sorted_a = sorted_finite(a), sorted_b = sorted_finite(b);
  MannWhitney result{.size_a = sorted_a.size(), .size_b = sorted_b.size()};
  if (sorted_a.empty() || sorted_b.empty()) return result;
  std::vector<Member> all;
  all.reserve(sorted_a.size() + sorted_b.size());
  for (const double value : sorted_a) all.push_back({value, false});
  for (const double value : sorted_b) all.push_back({value, true});
  std::sort(all.begin(), all.end(), [](const Member& x, const Member& y) { return x.value < y.value; });

  double ties = 0;  // the sum of t³ - t over groups of t equal values
  double a_before = 0;
  for (std::size_t begin = 0, end = 0; begin < all.size(); begin = end) {
    double a_here = 0, b_here = 0;
    for (; end < all.size() && all[end].value == all[begin].value; ++end) (all[end].is_b ? b_here : a_here) += 1;
    result.u += b_here * (a_before + a_here / 2);
    a_before += a_here;
    const double t = a_here + b_here;
    ties += t * (t * t - 1);
  }
  const double n = static_cast<double>(sorted_a.size()), m = static_cast<double>(sorted_b.size());
  result.probability = result.u / (n * m);
  const double variance = n * m / 12 * (n + m + 1 - ties / ((n + m) * (n + m - 1)));
  if (!(variance > 0)) return result;
  const double z = std::max(0.0, std::abs(result.u - n * m / 2) - 0.5) / std::sqrt(variance);
  result.p_value = std::erfc(z / std::numbers::sqrt2);
  return result;
}

HodgesLehmann hodges_lehmann(std::span<const double> a, std::span<const double> b, double confidence) {
  const double z = two_sided_z(confidence);
  const std::vector<double> sorted_a = sorted_finite(a), sorted_b = sorted_finite(b);
  if (sorted_a.empty() || sorted_b.empty()) return {};
  const Differences differences(sorted_a, sorted_b);
  const std::uint64_t pairs = std::uint64_t{sorted_a.size()} * sorted_b.size();
  const double n = static_cast<double>(sorted_a.size()), m = static_cast<double>(sorted_b.size());
  const double k = std::floor(n * m / 2 - z * std::sqrt(n * m * (n + m + 1) / 12));
  const std::uint64_t from_the_end = k >= 1 ? static_cast<std::uint64_t>(k) : 1;
  const double lower_middle = differences.at((pairs + 1) / 2);
  const double upper_middle = pairs % 2 == 0 ? differences.at(pairs / 2 + 1) : lower_middle;
  return {lower_middle + (upper_middle - lower_middle) / 2,
          {differences.at(from_the_end), differences.at(pairs + 1 - from_the_end)}};
}

}  // namespace spark::analysis
