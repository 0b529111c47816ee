// What percentiles are taken of: a bounded sample and the nearest rank in it.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "spark/base/random.h"

namespace spark::analysis::detail {

// The smallest value that `percent` of the values do not exceed; zero if there are none. Reorders them.
template <class T>
[[nodiscard]] T nearest_rank(std::vector<T>& values, std::size_t percent) {
  if (values.empty()) return T{};
  const std::size_t rank = std::max<std::size_t>(1, (values.size() * percent + 99) / 100);
  const auto place = values.begin() + static_cast<std::ptrdiff_t>(rank - 1);
  std::nth_element(values.begin(), place, values.end());
  return *place;
}

// All values while there are few; beyond the capacity each value seen so far is equally likely to be among those kept
// (algorithm R; Vitter, "Random sampling with a reservoir", ACM TOMS 11, 1985).
template <class T>
class Reservoir {
 public:
  explicit Reservoir(std::size_t capacity) noexcept : capacity_(capacity) {}

  void add(const T& value, Random& random) {
    ++seen_;
    if (values_.size() < capacity_) {
      values_.push_back(value);
    } else if (const std::uint64_t place = random.next() % seen_; place < capacity_) {
      values_[place] = value;
    }
  }

  [[nodiscard]] std::uint64_t seen() const noexcept { return seen_; }
  [[nodiscard]] std::vector<T>& values() noexcept { return values_; }

 private:
  std::size_t capacity_;
  std::uint64_t seen_ = 0;
  std::vector<T> values_;
};

}  // namespace spark::analysis::detail
