// Interner keeps one copy of each literal it has seen, by address. The copies live as long as the process' telemetry,
// so batches can refer to them even after the code that held the literal was unloaded; the content is compared at each
// look-up, since another literal may by then lie at the same address. One thread at a time.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

namespace spark::detail {

class Interner {
 public:
  // `repaired` counts the literals that were not storable UTF-8, each once. It has to outlive the interner.
  explicit Interner(std::atomic<std::uint64_t>& repaired) noexcept : repaired_(repaired) {}

  // The kept copy, or an empty optional-like result (data() == nullptr) when max_entries are kept already: the caller
  // then copies. Throws std::bad_alloc.
  [[nodiscard]] std::string_view intern(std::string_view literal);

  static constexpr std::size_t max_entries = 65'536;

 private:
  struct Slot {
    const char* address = nullptr;
    std::string_view original;  // to compare with
    std::string_view copy;      // the same, unless the literal was not storable UTF-8
  };
  [[nodiscard]] static std::size_t hash(const char* address) noexcept {
    return (reinterpret_cast<std::size_t>(address) * 0x9E3779B97F4A7C15ULL) >> 32;
  }
  void grow();
  [[nodiscard]] Slot keep(std::string_view literal);

  std::atomic<std::uint64_t>& repaired_;
  std::vector<Slot> slots_;  // open addressing, a power of two, at most half full
  std::size_t used_ = 0;
  std::size_t kept_ = 0;
};

}  // namespace spark::detail
