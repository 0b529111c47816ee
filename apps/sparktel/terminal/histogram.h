// Small histograms for a cell of a table: counts of equal steps of the logarithm, a block for each. Values in, text
// out.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>

namespace spark::sparktel {

// The steps. From one power of ten to another, so that several tables have scales that can be compared.
class LogScale {
 public:
  // Holds everything from `low` to `high`, which are more than 0. At least one power of ten.
  LogScale(double low, double high, std::size_t cells);

  // What lies outside is in the first or the last one.
  [[nodiscard]] std::size_t cell_of(double value) const noexcept;
  [[nodiscard]] double low() const noexcept;
  [[nodiscard]] double high() const noexcept;
  [[nodiscard]] std::size_t cells() const noexcept { return cells_; }

 private:
  double low_exponent_;
  double high_exponent_;
  std::size_t cells_;
};

// A block for each count, as high as its share of the largest; an empty one is a space, one that is not is never empty.
[[nodiscard]] std::string draw_blocks(std::span<const std::uint64_t> counts);

}  // namespace spark::sparktel
