// Random numbers for ids and sampling: fast, seeded from the operating system, not for secrets.
#pragma once

#include <cstdint>

namespace spark {

// wyrand (Wang Yi, wyhash v4, public domain): 64 bits a step, passes BigCrush and PractRand. A plain value, not
// thread-safe.
class Random {
 public:
  constexpr explicit Random(std::uint64_t seed) noexcept : state_(seed) {}

  constexpr std::uint64_t next() noexcept {
    state_ += 0xA0761D6478BD642FULL;
    __extension__ using Wide = unsigned __int128;
    const Wide product = static_cast<Wide>(state_) * (state_ ^ 0xE7037ED1A0B428DBULL);
    return static_cast<std::uint64_t>(product >> 64) ^ static_cast<std::uint64_t>(product);
  }

 private:
  std::uint64_t state_;
};

// 64 bits from the operating system; costs a system call (about 430 ns). Never fails: without getrandom it falls back
// to addresses and clocks.
[[nodiscard]] std::uint64_t operating_system_random() noexcept;

// The calling thread's own generator, seeded on first use from the operating system.
[[nodiscard]] Random& thread_random() noexcept;

}  // namespace spark
