// How sure one can be of a share: 3 failures of 20 runs. Pure functions; none blocks or allocates. They throw
// Error(invalid_argument) for a confidence that does not lie between 0 and 1 and for more hits than trials.
#pragma once

#include <cstdint>

namespace spark::analysis {

struct RealInterval {
  double low = 0;
  double high = 0;

  bool operator==(const RealInterval&) const = default;
};

// Failures of runs, for example.
struct Proportion {
  std::uint64_t hits = 0;
  std::uint64_t trials = 0;

  // Zero of no trials.
  [[nodiscard]] double share() const noexcept {
    return trials > 0 ? static_cast<double>(hits) / static_cast<double>(trials) : 0;
  }
  bool operator==(const Proportion&) const = default;
};

// The z that a standard normal variable stays within, on both sides of zero, with this probability: 1.96 of 0.95.
[[nodiscard]] double two_sided_z(double confidence);

// Where the true share lies: the score interval, without continuity correction (Wilson, "Probable inference, the law of
// succession, and statistical inference", JASA 22, 1927):
//   (p + z²/2n ± z sqrt(p(1-p)/n + z²/4n²)) / (1 + z²/n)
// Sound for few trials and for shares of 0 and 1, which the familiar p ± z sqrt(p(1-p)/n) is not. Of no trials: 0 to 1.
[[nodiscard]] RealInterval wilson_interval(Proportion proportion, double confidence = 0.95);

// Where the difference of the true shares, b - a, lies: method 10 of Newcombe, "Interval estimation for the difference
// between independent proportions", Statistics in Medicine 17, 1998. With the Wilson limits l and u of both:
//   d - sqrt((pb - lb)² + (ua - pa)²)  to  d + sqrt((ub - pb)² + (pa - la)²)
[[nodiscard]] RealInterval newcombe_interval(Proportion a, Proportion b, double confidence = 0.95);

// Fisher's exact test, two-sided: if both had the same true share, how probable a table with these sums is that is as
// improbable as this one or more so (Fisher, "The logic of inductive inference", 1935). 1 if either had no trials.
// O(min(hits, trials)). At most max_fisher_trials in all; more throw Error(invalid_argument).
[[nodiscard]] double fisher_exact(Proportion a, Proportion b);
inline constexpr std::uint64_t max_fisher_trials = 10'000'000;

}  // namespace spark::analysis
