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
    add(other.rest_);
  }
  [[nodiscard]] double value() const noexcept { return sum_ + rest_; }

 private:
  double sum_ = 0;
  double rest_ = 0;
};

}  // namespace spark::analysis::detail
