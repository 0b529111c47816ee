#include "apps/sparktel/terminal/histogram.h"

#include <algorithm>
#include <array>
#include <cmath>

namespace spark::sparktel {

LogScale::LogScale(double low, double high, std::size_t cells)
    // Rounding of the logarithm must not open another power of ten.
    : low_exponent_(std::floor(std::log10(low) + 1e-9)),
      high_exponent_(std::max(std::ceil(std::log10(high) - 1e-9), low_exponent_ + 1)),
      cells_(std::max<std::size_t>(cells, 1)) {}

std::size_t LogScale::cell_of(double value) const noexcept {
  if (!(value > 0)) return 0;
  const double share = (std::log10(value) - low_exponent_) / (high_exponent_ - low_exponent_);
  const auto count = static_cast<double>(cells_);
  return std::min(static_cast<std::size_t>(std::clamp(share * count, 0.0, count)), cells_ - 1);
}

double LogScale::low() const noexcept { return std::pow(10.0, low_exponent_); }
double LogScale::high() const noexcept { return std::pow(10.0, high_exponent_); }

std::string draw_blocks(std::span<const std::uint64_t> counts) {
  constexpr std::array<const char*, 9> blocks{" ", "▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"};
  std::uint64_t largest = 1;
  for (const std::uint64_t count : counts) largest = std::max(largest, count);
  std::string out;
  for (const std::uint64_t count : counts) {
    const double height = static_cast<double>(count) / static_cast<double>(largest) * 8;
    out += blocks[static_cast<std::size_t>(std::ceil(height))];
  }
  return out;
}

}  // namespace spark::sparktel
