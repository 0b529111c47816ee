// Measurements are the numbers of one group of an aggregate: their count, sum, minimum and maximum, and either the
// numbers themselves or, once there are too many, a base-2 exponential histogram of them (records.h, Distribution). The
// one owner decides how much it may hold. Not thread-safe.
#pragma once

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <vector>

#include "spark/telemetry/aggregate.h"
#include "spark/telemetry/records.h"

namespace spark::detail {

// A sum that keeps what each addition rounds off (A. Neumaier, "Rundungsfehleranalyse einiger Verfahren zur Summation
// endlicher Summen", 1974).
class CompensatedSum {
 public:
  void add(double value) noexcept {
    const double total = sum_ + value;
    rest_ += std::fabs(sum_) >= std::fabs(value) ? (sum_ - total) + value : (value - total) + sum_;
    sum_ = total;
  }
  // What is rounded off of infinity is no number.
  [[nodiscard]] double value() const noexcept { return std::isfinite(sum_) ? sum_ + rest_ : sum_; }

 private:
  double sum_ = 0;
  double rest_ = 0;
};

class Measurements {
 public:
  // Buckets of a histogram, both sides together: at the finest scale 64 factors of two.
  static constexpr std::size_t max_buckets = 16'384;

  // NaN is left out.
  void add(double value);
  // All that was collected into it. Left out if its scale or buckets are not such as the OpenTelemetry data model has.
  void add(const Distribution& distribution);

  // Numbers or buckets held.
  [[nodiscard]] std::size_t held() const noexcept {
    return values_.size() + buckets_.positive.counts.size() + buckets_.negative.counts.size();
  }
  // Holds at most this many (64 or more) from now on: numbers become a histogram, a histogram a coarser one.
  void hold_at_most(std::size_t room);

  // Sets all fields from `measured` on. Changes the order of the numbers, nothing else.
  void summarize(Group& group);

 private:
  // Of the histogram, in ascending order from 0.
  [[nodiscard]] double at_place(std::uint64_t place) const noexcept;
  void become_buckets();
  void add_to_buckets(double value);
  // At the finest scale that has room for both.
  void merge(Distribution more);
  void see(double value) noexcept {
    if (value < min_) min_ = value;
    if (value > max_) max_ = value;
  }

  std::uint64_t count_ = 0;
  CompensatedSum sum_;
  double min_ = std::numeric_limits<double>::infinity();
  double max_ = -std::numeric_limits<double>::infinity();
  std::vector<double> values_;
  bool has_buckets_ = false;
  std::size_t most_buckets_ = max_buckets;
  Distribution buckets_;  // its buckets, zero_count and scale; what is infinite lies outside of them
  std::uint64_t infinite_ = 0, minus_infinite_ = 0;
};

}  // namespace spark::detail
