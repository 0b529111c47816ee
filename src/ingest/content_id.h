// Ids for records that come without one: a hash of what they say and where, so that a request that is sent again gives
// the same ids and a store keeps nothing twice. Part of what is stored: the function never changes.
//
// No defence against somebody who looks for collisions: he could as well send the same record twice.
#pragma once

#include <bit>
#include <cstdint>
#include <cstring>
#include <string_view>
#include <unordered_map>

#include "spark/base/ids.h"

namespace spark::detail::ingest {

// Two sums in which the order counts, each a step of splitmix64 (Steele, Lea, Flood 2014) for every eight octets.
class ContentHash {
 public:
  void add(std::uint64_t word) noexcept {
    a_ = mixed(a_ ^ word);
    b_ = mixed(b_ + word);
  }
  // With its length, so that two texts are not one.
  void add(std::string_view text) noexcept {
    add(text.size());
    for (; text.size() >= sizeof(std::uint64_t); text.remove_prefix(sizeof(std::uint64_t))) {
      std::uint64_t word = 0;
      std::memcpy(&word, text.data(), sizeof word);
      add(std::endian::native == std::endian::little ? word : __builtin_bswap64(word));
    }
    std::uint64_t rest = 0;
    for (std::size_t i = text.size(); i > 0; --i) rest = rest << 8 | static_cast<std::uint8_t>(text[i - 1]);
    if (!text.empty()) add(rest);
  }
  [[nodiscard]] RecordId id() const noexcept { return RecordId::make(a_, b_); }

 private:
  static std::uint64_t mixed(std::uint64_t state) noexcept {
    state += 0x9E3779B97F4A7C15ULL;
    state = (state ^ (state >> 30)) * 0xBF58476D1CE4E5B9ULL;
    state = (state ^ (state >> 27)) * 0x94D049BB133111EBULL;
    return state ^ (state >> 31);
  }

  std::uint64_t a_ = 0x5350'4152'4B20'4944ULL;
  std::uint64_t b_ = 0x6F74'6C70'2069'6E21ULL;
};

// Tells records of one request apart that say the same, by which of them each is.
class ContentIds {
 public:
  [[nodiscard]] RecordId next(ContentHash content) {
    const std::uint64_t before = seen_[content.id()]++;
    if (before == 0) return content.id();
    content.add(before);
    return content.id();
  }

 private:
  std::unordered_map<RecordId, std::uint64_t> seen_;
};

}  // namespace spark::detail::ingest
