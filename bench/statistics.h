// The little statistics that benchmarks need. Free functions without state.
#pragma once

#include <algorithm>
#include <cstddef>
#include <vector>

namespace spark::bench {

// Of an even number of values the lower of the two in the middle. `values` must not be empty.
[[nodiscard]] inline double median(std::vector<double> values) {
  const auto middle = values.begin() + static_cast<std::ptrdiff_t>((values.size() - 1) / 2);
  std::nth_element(values.begin(), middle, values.end());
  return *middle;
}

}  // namespace spark::bench
