// A sum of many small numbers that keeps what a plain one loses in rounding (Neumaier, "Rundungsfehleranalyse einiger
// Verfahren zur Summation endlicher Summen", ZAMM 54, 1974): ten times 0.1 is 1.
#pragma once

#include <cmath>

namespace spark::analysis::detail {

class Sum {
 public:
  void add(double value) noexcept {
    const double next = sum_ + value;
    rest_ += std::abs(sum_) >= std::abs(value) ? (sum_ - next) + value : (value - next) + sum_;
    sum_ = next;
  }
  void add(const Sum& other) noexcept {
    add(other.sum_);
    if (std::isfinite(other.rest_)) add(other.rest_);
  }
  // Beyond the largest double it is infinite, and what was lost is no number.
  [[nodiscard]] double value() const noexcept { return std::isfinite(sum_) ? sum_ + rest_ : sum_; }

 private:
  double sum_ = 0;
  double rest_ = 0;
};

}  // namespace spark::analysis::detail
