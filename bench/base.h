// The yardstick: one call is 1 ×base, about 90 ns on the machine the targets were set on. Figures in ×base
// are ratios to it within one run, so that they hold on a machine that is faster, slower or busy. It is a
// chain of dependent operations: no cache, no allocator and no operating system changes it. This function
// never changes.
#pragma once

#include <cstdint>

namespace spark::bench {

// Give the result to the next call, so that the processor cannot overlap two of them.
[[nodiscard]] inline std::uint64_t base(std::uint64_t x) noexcept {
  for (int i = 0; i < 64; ++i) {
    x ^= x >> 29;
    x *= 0x9E3779B97F4A7C15;
  }
  asm volatile("" : "+r"(x));
  return x;
}

}  // namespace spark::bench
