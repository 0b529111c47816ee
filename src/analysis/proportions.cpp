#include "spark/analysis/proportions.h"

#include <algorithm>
#include <cmath>
#include <numbers>

#include "analysis/checks.h"

namespace spark::analysis {
namespace {

void check(Proportion proportion) {
  if (proportion.hits <= proportion.trials) return;
  throw Error(ErrorCode::invalid_argument, "Proportion::hits is " + std::to_string(proportion.hits) + ": there were " +
                                               std::to_string(proportion.trials) + " trials");
}

// Stirling's series; its error is below 1e-15 of the result from 16 on. std::lgamma writes a global in glibc.
double log_factorial(std::uint64_t n) {
  constexpr std::uint64_t series_from = 16;
  if (n < series_from) {
    double product = 1;
    for (std::uint64_t factor = 2; factor <= n; ++factor) product *= static_cast<double>(factor);
    return std::log(product);
  }
  const double x = static_cast<double>(n);
  const double square = x * x;
  const double series = (1.0 / 12 - (1.0 / 360 - (1.0 / 1260 - 1.0 / 1680 / square) / square) / square) / x;
  return x * std::log(x) - x + 0.5 * std::log(2 * std::numbers::pi * x) + series;
}

double log_choose(std::uint64_t n, std::uint64_t k) {
  return log_factorial(n) - log_factorial(k) - log_factorial(n - k);
}

}  // namespace

double two_sided_z(double confidence) {
  detail::check_confidence("confidence", confidence);
  // erfc falls from 1 to 0; halving the place 100 times leaves no doubt in a double.
  const double outside = 1 - confidence;
  double low = 0, high = 40;
  for (int i = 0; i < 100; ++i) {
    const double middle = (low + high) / 2;
    (std::erfc(middle / std::numbers::sqrt2) > outside ? low : high) = middle;
  }
  return low;
}

RealInterval wilson_interval(Proportion proportion, double confidence) {
  const double z = two_sided_z(confidence);
  check(proportion);
  if (proportion.trials == 0) return {0, 1};
  const double n = static_cast<double>(proportion.trials);
  const double p = proportion.share();
  const double center = p + z * z / (2 * n);
  const double reach = z * std::sqrt(p * (1 - p) / n + z * z / (4 * n * n));
  const double scale = 1 + z * z / n;
  // The ends are exact, so that rounding does not move them.
  return {proportion.hits == 0 ? 0 : std::max(0.0, (center - reach) / scale),
          proportion.hits == proportion.trials ? 1 : std::min(1.0, (center + reach) / scale)};
}

RealInterval newcombe_interval(Proportion a, Proportion b, double confidence) {
  const RealInterval of_a = wilson_interval(a, confidence);
  const RealInterval of_b = wilson_interval(b, confidence);
  if (a.trials == 0 || b.trials == 0) return {-1, 1};
  const double pa = a.share(), pb = b.share();
  return {pb - pa - std::hypot(pb - of_b.low, of_a.high - pa), pb - pa + std::hypot(of_b.high - pb, pa - of_a.low)};
}

double fisher_exact(Proportion a, Proportion b) {
  check(a);
  check(b);
  if (a.trials > max_fisher_trials || b.trials > max_fisher_trials - a.trials) {
    throw Error(ErrorCode::invalid_argument, "fisher_exact: trials are more than " + std::to_string(max_fisher_trials));
  }
  const std::uint64_t trials = a.trials + b.trials, hits = a.hits + b.hits;
  const double log_all = log_choose(trials, hits);
  // If k of the hits are a's.
  const auto probability = [&](std::uint64_t k) {
    return std::exp(log_choose(a.trials, k) + log_choose(b.trials, hits - k) - log_all);
  };
  // What equals the observed one mathematically differs by rounding.
  constexpr double tolerance = 1 + 1e-7;
  const double limit = probability(a.hits) * tolerance;
  const std::uint64_t most = std::min(hits, a.trials);
  double sum = 0;
  for (std::uint64_t k = hits > b.trials ? hits - b.trials : 0; k <= most; ++k) {
    const double p = probability(k);
    if (p <= limit) sum += p;
  }
  return std::min(1.0, sum);
}

}  // namespace spark::analysis
