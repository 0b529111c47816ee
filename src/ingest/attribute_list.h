// The attributes of one record while it is read: each key once, the last value wins. Kept for its memory from record to
// record. One thread at a time; the views live as long as the batch they were made for.
#pragma once

#include <cstdint>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "spark/telemetry/batch.h"

namespace spark::detail::ingest {

class AttributeList {
 public:
  void clear() noexcept;

  // False: `limit` others are there already, and the key is none of them. `original_bytes` of a text that was cut.
  bool put(std::string_view key, ValueView value, std::size_t limit, std::uint64_t original_bytes = 0);
  // Leaves a value that is there.
  void add(std::string_view key, ValueView value, std::size_t limit);

  // Null: there is none. The pointer lives until something is put.
  [[nodiscard]] const ValueView* find(std::string_view key) const noexcept;
  [[nodiscard]] bool empty() const noexcept { return list_.empty(); }
  [[nodiscard]] std::size_t size() const noexcept { return list_.size(); }

  // Copies into the builder's arena, with "<key>.original_bytes" for each text that was cut.
  [[nodiscard]] AttributesView finish(BatchBuilder& builder);

 private:
  static constexpr std::size_t none = ~std::size_t{0};
  // Up to so many, most keys are told apart by a bit of their own, and the rest by looking.
  static constexpr std::size_t looked_through = 32;

  [[nodiscard]] std::size_t index_of(std::string_view key) const noexcept;
  void append(std::string_view key, ValueView value);

  std::vector<AttributeView> list_;
  std::uint64_t key_bits_ = 0;
  std::unordered_map<std::string_view, std::size_t> index_;       // of all, once there are more than looked_through
  std::vector<std::pair<std::size_t, std::uint64_t>> originals_;  // place in the list, size before the cut
};

}  // namespace spark::detail::ingest
